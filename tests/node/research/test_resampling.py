"""Headlines on resampled test samples, beside numbers that can be told without a computer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.research.resampling import Interval, interval, resampled


def test_samples_that_say_the_same_leave_no_doubt():
    assert (resampled([[(1.0, 2.0)] * 5]) == 0.5).all()
    assert interval(0.5, resampled([[(1.0, 2.0)] * 5])[:, 0]) == Interval(0.5, 0.5, 0.5)


def test_the_spread_is_that_of_a_mean():
    right = [(1.0, 1.0)] * 100 + [(0.0, 1.0)] * 100
    headlines = resampled([right])[:, 0]
    assert headlines.shape == (2000,)
    assert headlines.std() == pytest.approx((0.25 / 200) ** 0.5, rel=0.1)


def test_runs_are_resampled_together():
    draw = np.random.default_rng(0)
    hard = draw.random(50)
    one, better = [(x, 1.0) for x in hard], [(x + 0.25, 1.0) for x in hard]
    headlines = resampled([one, better])
    assert headlines[:, 1] - headlines[:, 0] == pytest.approx(np.full(2000, 0.25))


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.5, 10)), min_size=1, max_size=20))
def test_a_ratio_of_sums_stays_between_the_samples_own_ratios(parts):
    headlines = resampled([parts])
    ratios = [above / below for above, below in parts]
    assert min(ratios) - 1e-9 <= headlines.min()
    assert headlines.max() <= max(ratios) + 1e-9


def test_a_sample_may_have_nothing_to_add():
    assert np.isfinite(resampled([[(0.0, 0.0), (1.0, 1.0)]])).all(), "an F1 without a positive is 0"


@pytest.mark.parametrize("runs", [[[(1.0, 1.0)], [(1.0, 1.0)] * 2], [[]], []])
def test_runs_on_other_samples_cannot_be_compared(runs):
    with pytest.raises(DataError, match="measure all on the same ones"):
        resampled(runs)
