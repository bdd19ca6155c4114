"""Rules behind preaggregations: the result, what they need, and the reasons given for every original update."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator import (
    PREAGGREGATIONS,
    RULES,
    Context,
    aggregate,
    aggregate_with_reasons,
    composed,
    effective_faults,
    preaggregation,
    rule,
)
from aggregator.errors import REASON_LIMIT, BadParameter, TooFewUpdates
from tests.aggregator.reference import PREAGGREGATED

INT16 = st.integers(-32768, 32767) | st.sampled_from([-32768, -1, 0, 1, 32767])
FRONTS = [("nnm",), ("bucketing",), ("clipping",), ("arc",), ("bucketing", "nnm"), ("clipping", "nnm"), ("arc", "nnm")]


def behind(name, *front, **parameters):
    return composed(rule(name, **parameters), *map(preaggregation, front))


def column(*values):
    return np.array([[value] for value in values], np.int16)


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", sorted(RULES))
@given(st.data())
def test_is_the_rule_applied_to_the_mixed_rows(name, front, data):
    faults = data.draw(st.integers(0, 1))
    chosen = behind(name, *front)
    n = data.draw(st.integers(chosen.needs(faults), chosen.needs(faults) + 3))
    rows = data.draw(npst.arrays(np.int16, (n, data.draw(st.integers(1, 5))), elements=INT16))
    context = Context(faults=faults, seed=data.draw(st.integers(0, 99)), chunk=data.draw(st.integers(1, 6)))
    mixed = rows.tolist()
    for one in front:
        mixed = PREAGGREGATED[one](mixed, faults, context.seed)
    expected = aggregate_with_reasons(np.array(mixed, np.int16), rule(name), context)
    outcome = aggregate_with_reasons(rows, chosen, context)
    assert outcome.delta.tolist() == expected.delta.tolist()
    assert len(outcome.selected) == len(outcome.reasons) == n
    assert set(outcome.selected) == set(expected.selected)
    assert all(
        reason.startswith("kept" if kept else "dropped")
        for kept, reason in zip(outcome.selected, outcome.reasons, strict=True)
    )
    assert max(map(len, outcome.reasons)) <= REASON_LIMIT


@pytest.mark.parametrize("front", FRONTS)
@given(st.data())
def test_order_of_peers_threads_and_chunks_never_change_a_byte(front, data):
    chosen = behind("multi_krum", *front)
    rows = data.draw(npst.arrays(np.int16, (data.draw(st.integers(9, 12)), 7), elements=INT16))
    order = data.draw(st.permutations(range(len(rows))))
    plain = aggregate(rows, chosen, Context(faults=1))
    context = Context(faults=1, threads=data.draw(st.integers(1, 3)), chunk=data.draw(st.integers(1, 8)))
    assert plain.tobytes() == aggregate(rows[order], chosen, context).tobytes()


def test_an_update_is_kept_when_the_row_that_stands_for_it_is():
    rows = column(0, 1, 2, 3, 500, 900)
    outcome = aggregate_with_reasons(rows, behind("krum", "bucketing"), Context(faults=0, seed=1))
    kept = [row for row in range(6) if outcome.selected[row]]
    assert len(kept) == 2
    assert outcome.delta == aggregate(rows[kept], rule("mean"))


def test_reasons_end_with_what_happened_before():
    outcome = aggregate_with_reasons(
        column(1, -3, 5, 7, -900), behind("multi_krum", "clipping", "nnm"), Context(faults=1)
    )
    assert outcome.reasons[0].startswith("kept: score rank ")
    assert outcome.reasons[0].endswith(" of 5; judged as the mean of the 4 updates nearest to it")
    assert outcome.reasons[4].endswith(
        "; judged as the mean of the 4 updates nearest to it; clipped to the median norm"
    )


def test_without_preaggregations_it_is_the_rule_itself():
    median = rule("median")
    assert composed(median) is median


def test_it_is_a_value_that_tells_its_name_and_the_rules_parameters():
    assert behind("multi_krum", "clipping", "nnm", m=3) == behind("multi_krum", "clipping", "nnm", m=3)
    assert behind("multi_krum", "clipping", "nnm", m=3).name == "clipping + nnm + multi_krum"
    assert behind("multi_krum", "clipping", "nnm", m=3).parameters == {"m": 3}


@pytest.mark.parametrize(
    ("name", "front", "faults", "least"),
    [
        ("krum", ("nnm",), 2, 7),
        ("mean", ("nnm",), 2, 5),
        ("krum", ("bucketing",), 2, 13),
        ("krum", ("nnm", "bucketing"), 2, 13),
        ("mean", ("bucketing", "nnm"), 2, 9),
        ("mean", ("nnm", "bucketing"), 2, 5),
        ("mean", ("clipping",), 9, 1),
        ("median", ("arc",), 3, 7),
    ],
)
def test_needs_reckons_from_the_rule_backwards(name, front, faults, least):
    chosen = behind(name, *front)
    assert chosen.needs(faults) == least
    rows = np.arange(least, dtype=np.int16)[:, None]
    assert aggregate(rows, chosen, Context(faults=faults)).shape == (1,)
    with pytest.raises(TooFewUpdates):
        aggregate(rows[1:], chosen, Context(faults=faults))


@pytest.mark.parametrize(
    ("name", "front", "n", "largest"),
    [
        ("krum", ("nnm",), 9, 3),
        ("mean", ("nnm",), 9, 4),
        ("mean", ("clipping",), 9, 0),
        ("median", ("bucketing",), 9, 2),
    ],
)
def test_the_largest_f_follows_from_all_of_them(name, front, n, largest):
    assert behind(name, *front).largest_faults(n) == largest
    assert effective_faults(behind(name, *front), 99, n) == largest


def test_says_how_many_updates_are_missing():
    with pytest.raises(TooFewUpdates, match=r"bucketing \+ krum with f = 0 needs at least 5 updates, not 4"):
        behind("krum", "bucketing").largest_faults(4)


def test_one_f_holds_for_all():
    rows = np.array([[0], [1], [5], [8], [20], [70], [95]], np.int16)

    def outcome(own, mixing, faults=None):
        chosen = composed(rule("trimmed_mean", **own), preaggregation("nnm", **mixing))
        return aggregate(rows, chosen, Context(faults=faults)).tolist()

    expected = [outcome({}, {}, faults) for faults in range(4)]
    assert len({tuple(one) for one in expected}) == 4
    assert outcome({"f": 1}, {"f": 2}) == expected[1]
    assert outcome({}, {"f": 2}) == expected[2]
    assert outcome({"f": 1}, {"f": 2}, 0) == expected[0]
    assert outcome({}, {}) == expected[3]


def test_no_more_buckets_may_be_poisoned_than_there_are():
    assert aggregate(column(1, 1, 1), behind("mean", "bucketing"), Context(faults=99)).tolist() == [1]


def test_weights_follow_the_updates_into_their_buckets():
    """Whatever two share a bucket: its mean weighs as much as both together."""
    outcome = aggregate(column(10, 20, 40), behind("mean", "bucketing"), Context(weights=(1, 1, 2)))
    pairs = [(15 * 2 + 40 * 2) / 4, (25 * 3 + 20 * 1) / 4, (30 * 3 + 10 * 1) / 4]
    assert outcome.tolist()[0] in map(round, pairs)
    with pytest.raises(BadParameter, match="2 weights for 3 updates"):
        aggregate(column(10, 20, 40), behind("mean", "bucketing"), Context(weights=(1, 1)))


def test_refuses_a_negative_f():
    with pytest.raises(BadParameter, match=r"nnm \+ mean parameter f is -1"):
        aggregate(column(1, 2), behind("mean", "nnm"), Context(faults=-1))


def test_every_preaggregation_stands_in_a_front():
    assert {name for front in FRONTS for name in front} == set(PREAGGREGATIONS)
