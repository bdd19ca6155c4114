from itertools import combinations

import numpy as np
import pytest

from aggregator import Context, aggregate, aggregate_with_reasons, composed, preaggregation, rule
from aggregator.errors import TooManyUpdates


def column(*values):
    return np.array([[value] for value in values], np.int16)


def test_the_closest_together_are_averaged_and_the_rest_is_told_why():
    outcome = aggregate_with_reasons(column(0, 1, 4, 100, -90), rule("mda"), Context(faults=2))
    assert outcome.delta.tolist() == [2]
    assert outcome.selected == (True, True, True, False, False)
    assert outcome.reasons[0] == "kept: one of the 3 updates that are closest together"
    assert outcome.reasons[3] == (
        "dropped: not one of the 3 updates that are closest together; those are at most 16 apart, squared, and it is "
        "10000 from the farthest of them"
    )


def test_of_subsets_with_the_same_diameter_the_one_with_less_spread_is_taken():
    """Dropping either of the last two leaves the diameter of the first two; they are farther from each other."""
    rows = np.array([[0, 0], [100, 0], [50, 60], [50, -61]], np.int16)
    assert aggregate_with_reasons(rows, rule("mda", f=1)).selected == (True, True, True, False)


def test_of_equal_spreads_the_smaller_values_are_taken_whatever_the_order_of_peers():
    rows = column(5, 0, 10)
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert aggregate(rows[order], rule("mda", f=1)).tolist() == [2]


def test_of_equal_updates_the_first_rows_are_taken():
    assert aggregate_with_reasons(column(7, 7, 7, 7, 7), rule("mda", f=2)).selected == (True,) * 3 + (False,) * 2


@pytest.mark.parametrize("faults", [4, 6, 9])
def test_twenty_updates_are_searched_exactly(faults):
    rows = np.random.default_rng(faults).integers(-999, 999, (20, 30), np.int16)
    distances = ((rows[:, None].astype(int) - rows) ** 2).sum(axis=2)
    subsets = np.array(list(combinations(range(20), 20 - faults)))
    pairs = np.array(list(combinations(range(20 - faults), 2)))
    diameters = np.zeros(len(subsets), int)
    for one, other in pairs:
        np.maximum(diameters, distances[subsets[:, one], subsets[:, other]], out=diameters)
    kept = np.flatnonzero(aggregate_with_reasons(rows, rule("mda", f=faults)).selected)
    assert distances[np.ix_(kept, kept)].max() == diameters.min()
    assert len(kept) == 20 - faults


def test_refuses_more_updates_than_it_can_search_but_takes_buckets_of_them():
    rows = column(*range(25))
    with pytest.raises(TooManyUpdates, match="mda searches subsets and takes at most 20 updates, not 25"):
        aggregate(rows, rule("mda"), Context(faults=2))
    with pytest.raises(TooManyUpdates):
        rule("mda").largest_faults(21)
    behind = composed(rule("mda"), preaggregation("bucketing"))
    assert behind.largest_faults(25) == 6
    assert aggregate(rows, behind, Context(faults=2)).shape == (1,)
    with pytest.raises(TooManyUpdates):
        behind.largest_faults(41)
