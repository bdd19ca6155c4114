from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import aggregator
from aggregator.averaging import average_states
from aggregator.errors import BadParameter

states = npst.arrays(
    np.int32, st.tuples(st.integers(1, 9), st.integers(1, 7)), elements=st.integers(-(2**31), 2**31 - 1)
)


@given(states, st.integers(1, 8))
def test_the_mean_is_the_fraction_rounded_half_to_even_whatever_the_chunk(held, chunk):
    average = average_states(tuple(held), chunk)
    assert average.dtype == np.int32
    assert average.tolist() == [round(Fraction(sum(column), len(held))) for column in held.T.tolist()]


@given(states)
def test_the_order_of_the_states_does_not_matter(held):
    assert aggregator.average_states(tuple(held)).tobytes() == aggregator.average_states(tuple(held[::-1])).tobytes()


def test_one_state_is_its_own_average_at_both_ends_of_int32():
    state = np.array([-(2**31), 2**31 - 1], np.int32)
    assert average_states((state,)).tolist() == state.tolist()


@pytest.mark.parametrize("count", [0, 1001])
def test_refuses_too_few_and_too_many(count):
    with pytest.raises(BadParameter, match=f"{count} states: give from 1 to 1000"):
        average_states((np.zeros(1, np.int32),) * count)


@pytest.mark.parametrize("odd", [np.zeros(3, np.int32), np.zeros(2, np.int64), np.zeros((2, 1), np.int32)])
def test_refuses_what_is_no_state_of_the_lineage(odd):
    with pytest.raises(BadParameter, match="average states of one lineage"):
        average_states((np.zeros(2, np.int32), odd))
