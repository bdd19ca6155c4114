"""Means, deviations and intervals are those of the numbers they are made of."""

import numpy as np
import pytest

from node.research.experiments.statistics import Measurements, difference, level, recovered


def measured(*rows, denominators=None):
    numerators = np.array(rows, np.float64)
    below = np.ones_like(numerators) if denominators is None else np.array(denominators, np.float64)
    return Measurements(numerators, below, tuple((numerators.sum(1) / below.sum(1)).tolist()))


def coins(share, samples=1000, seed=0):
    return (np.random.default_rng(seed).random(samples) < share).astype(float)


def test_mean_and_deviation_are_over_seeds():
    one = measured([1, 0, 0, 0], [1, 1, 0, 0])
    assert one.mean == 0.375
    assert one.deviation == pytest.approx(np.std([0.25, 0.5], ddof=1))
    assert measured([1, 0]).deviation == 0


def test_an_interval_is_as_wide_as_theory_says():
    found = level(measured(coins(0.3)))
    assert found.low < found.value < found.high
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(0.3 * 0.7 / 1000), rel=0.1)


def test_a_ratio_of_sums_is_resampled_as_one():
    # An F1 of 2·tp / (2·tp + fp + fn): samples that are true negatives add nothing to either side.
    found = level(measured([2, 2, 0, 0], denominators=[[2, 2, 1, 0]]))
    assert found.value == pytest.approx(0.8)
    assert 0 <= found.low <= found.high <= 1


def test_what_makes_a_sample_hard_cancels():
    easy = coins(0.5)
    better = np.maximum(easy, coins(0.1, seed=1))
    found = difference(measured(better), measured(easy))
    alone = level(measured(better))
    assert found.above_zero
    assert not found.below_zero
    assert found.high - found.low < (alone.high - alone.low) / 1.5


def test_no_difference_is_not_clear_of_zero():
    one = measured(coins(0.5))
    assert difference(one, one) == pytest.approx(difference(one, one))
    assert not difference(one, one).above_zero
    assert not difference(one, measured(coins(0.5, seed=7))).below_zero


def test_an_interval_is_the_same_every_time():
    assert level(measured(coins(0.4)), seed=3) == level(measured(coins(0.4)), seed=3)
    assert level(measured(coins(0.4)), seed=3) != level(measured(coins(0.4)), seed=4)


def test_what_is_recovered_of_centralised_training():
    base, half, central = (measured(np.repeat([1.0, 0.0], [right, 100 - right])) for right in (20, 40, 60))
    found = recovered(half, base, central)
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert found.low < 0.5 < found.high
    assert recovered(half, central, base) is None


def test_units_can_be_changed():
    found = level(measured([1, 0])).scaled(100)
    assert (found.value, found.low, found.high) == (50, 0, 100)
