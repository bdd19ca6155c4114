from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.errors import BadParameter
from aggregator.exact import gram
from aggregator.mixing import LARGEST_DIVISOR, Mixing
from aggregator.updates import Updates

ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=6))
DIVISORS = st.integers(1, 600) | st.integers(1, LARGEST_DIVISOR) | st.sampled_from([511, 512, LARGEST_DIVISOR])


@st.composite
def mixings(draw, n):
    """Weights of up to five rows made of n, each with a sum of at most the divisor."""
    divisor = draw(DIVISORS)
    cuts = draw(st.lists(st.lists(st.integers(0, divisor), min_size=n, max_size=n), min_size=1, max_size=5))
    weights = [np.diff(sorted([0, *row])) for row in cuts]
    return Mixing(np.array(weights, np.int64), divisor)


def seen(rows, *mixings):
    """The rows as a rule sees them behind the mixings."""
    updates = Updates.of(rows)
    for mixing in mixings:
        updates = updates.mixed(mixing)
    return updates.block(0, updates.length)


def mixed(rows, mixing):
    """The same in fractions."""
    return [
        [
            round(Fraction(sum(w * x for w, x in zip(row, column, strict=True)), mixing.divisor))
            for column in rows.T.tolist()
        ]
        for row in mixing.weights.tolist()
    ]


@given(ROWS, st.data())
def test_mixing_equals_fractions(rows, data):
    mixing = data.draw(mixings(len(rows)))
    assert seen(rows, mixing).dtype == np.int16
    assert seen(rows, mixing).tolist() == mixed(rows, mixing)
    for place, row in enumerate(mixed(rows, mixing)):
        assert mixing.take([place]).only_row(rows).tolist() == row


@pytest.mark.parametrize("divisor", [2, 509, 510, 511, 512, 514, (1 << 38) - 2])
def test_quotients_at_a_half_and_next_to_it_round_like_fractions(divisor):
    """Half the divisor times an odd number is a half; one more or one less must not be taken for it."""
    half = divisor // 2
    rows = np.array([[32767, 32766, -32768, 32765], [1, -1, 1, -1], [0, 1, 1, 0]], np.int16)
    mixing = Mixing(np.array([[half, 1, 0], [half, 0, 0], [half - 1, 1, 1]], np.int64), divisor)
    assert seen(rows, mixing).tolist() == mixed(rows, mixing)
    assert [mixing.take([place]).only_row(rows).tolist() for place in range(3)] == mixed(rows, mixing)


@pytest.mark.parametrize("value", [-32768, 32767])
@pytest.mark.parametrize("divisor", [511, LARGEST_DIVISOR])
def test_the_largest_sums_stay_exact_and_in_range(value, divisor):
    rows = np.full((511, 3), value, np.int16)
    weights = np.full((1, 511), divisor // 511, np.int64)
    weights[0, 0] += divisor - weights.sum()
    assert seen(rows, Mixing(weights, divisor)).tolist() == [[value] * 3]


@given(ROWS, st.data(), st.integers(1, 7), st.integers(1, 3))
def test_updates_are_mixed_chunk_by_chunk_and_rows_taken_of_what_is_mixed(rows, data, chunk, threads):
    first = data.draw(mixings(len(rows)))
    second = data.draw(mixings(len(first.weights)))
    updates = Updates.of(rows, chunk, threads).mixed(first).mixed(second)
    whole = seen(rows, first, second)
    assert updates.count == len(whole)
    assert seen(seen(rows, first), second).tolist() == whole.tolist()
    assert updates.by_chunk(lambda part: part[-1]).tolist() == whole[-1].tolist()
    assert gram(updates).tolist() == (whole.astype(object) @ whole.T.astype(object)).tolist()
    last = updates.count - 1
    assert updates.take([last, 0]).block(0, updates.length).tolist() == whole[[last, 0]].tolist()


@pytest.mark.parametrize(
    ("weights", "divisor", "sentence"),
    [
        ([[1]], 0, "divisor is 0: from 1 to"),
        ([[1]], LARGEST_DIVISOR + 1, "divisor is 274877906944"),
        ([[2, -1]], 3, "a weight is negative"),
        ([[1, 1], [1, 2]], 2, "a row of weights has a sum above the divisor"),
    ],
)
def test_refuses_what_would_not_be_exact(weights, divisor, sentence):
    with pytest.raises(BadParameter, match=sentence):
        Mixing(np.array(weights, np.int64), divisor)


@given(ROWS, st.data())
def test_scaling_each_row_equals_fractions(rows, data):
    divisor = data.draw(DIVISORS)
    factors = data.draw(st.lists(st.integers(0, divisor), min_size=len(rows), max_size=len(rows)))
    scaling = Mixing(np.diag(np.array(factors, np.int64)), divisor)
    assert seen(rows, scaling).tolist() == mixed(rows, scaling)


def test_a_joined_row_passes_through_untouched():
    rows, added = np.array([[4, 8], [2, 3]], np.int16), np.array([-7, 9], np.int16)
    updates = Updates.of(rows).mixed(Mixing(np.array([[1, 1]]), 2)).mixed(Mixing(np.array([[3]]), 4)).joined(added)
    assert updates.block(0, 2).tolist() == [[2, 4], [-7, 9]]  # 3 and 6 (5.5 to even), then 2.25 and 4.5
