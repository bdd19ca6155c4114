from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.closest import mean_around_median

FEW = st.integers(-3, 3) | st.sampled_from([-32768, -32767, 32767])  # ties, and differences beyond int16
ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=FEW)


def mean_of_the_closest(column, keep):
    """The definition in fractions: by distance to the median, then by value."""
    column = sorted(column)
    median = Fraction(column[(len(column) - 1) // 2] + column[len(column) // 2], 2)
    kept = sorted(column, key=lambda value: (abs(value - median), value))[:keep]
    return round(Fraction(sum(kept), keep))


@given(ROWS, st.data())
def test_equals_the_definition_in_fractions(rows, data):
    keep = data.draw(st.integers(1, len(rows)))
    expected = [mean_of_the_closest(column, keep) for column in rows.T.tolist()]
    assert mean_around_median(rows, keep).tolist() == expected


@pytest.mark.parametrize("n", [20, 25])
def test_equals_the_definition_for_every_number_kept(n):
    rows = np.random.default_rng(n).integers(-20, 20, (n, 64), dtype=np.int16)
    for keep in range(1, n + 1):
        expected = [mean_of_the_closest(column, keep) for column in rows.T.tolist()]
        assert mean_around_median(rows.copy(), keep).tolist() == expected


@pytest.mark.parametrize(
    ("column", "keep", "mean"),
    [
        ([0, 4, 8], 2, 2),  # 0 and 8 are equally far from 4: the smaller one is kept
        ([0, 1, 2, 8], 2, 2),  # around 1.5, so 1 and 2, and their mean is half to even
        ([0, 0, 5, 9], 1, 0),  # 0 and 5 are equally far from 2.5
        ([-32768, 0, 32767], 2, 16384),  # 32767 is closer to 0, by a distance that int16 has no room for
    ],
)
def test_examples(column, keep, mean):
    assert mean_around_median(np.array(column, np.int16)[:, None], keep).tolist() == [mean]
