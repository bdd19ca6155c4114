from collections import Counter
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator import PREAGGREGATIONS, Context, preaggregation
from aggregator.errors import BadParameter, UnknownRule
from aggregator.updates import Updates
from tests.aggregator.reference import PREAGGREGATED

NAMES = sorted(PREAGGREGATIONS)
INT16 = st.integers(-32768, 32767) | st.sampled_from([-32768, -32767, -1, 0, 1, 32767])  # ties and extremes are likely


@st.composite
def rounds(draw):
    """A number of faults and updates enough for every preaggregation."""
    faults = draw(st.integers(0, 3))
    n = draw(st.integers(2 * faults + 1, 2 * faults + 5))
    return draw(npst.arrays(np.int16, (n, draw(st.integers(1, 5))), elements=INT16)), faults


def column(*values):
    return Updates.of(np.array([[value] for value in values], np.int16))


def seen(updates, mixture):
    """The rows that a rule sees."""
    mixed = updates.mixed(mixture.mixing)
    return mixed.block(0, mixed.length).tolist()


@pytest.mark.parametrize("name", NAMES)
@given(rounds(), st.integers(0, 2**64), st.integers(1, 6))
def test_equals_the_reference_in_python_integers(name, drawn, seed, chunk):
    rows, faults = drawn
    updates = Updates.of(rows, chunk)
    mixture = preaggregation(name)(updates, faults, Context(seed=seed))
    assert seen(updates, mixture) == PREAGGREGATED[name](rows.tolist(), faults, seed)
    assert len(mixture.stands_for) == len(mixture.notes) == len(rows)


@pytest.mark.parametrize("name", NAMES)
@given(rounds(), st.data())
def test_the_order_of_peers_changes_nothing_but_the_order_of_rows(name, drawn, data):
    rows, faults = drawn
    order = data.draw(st.permutations(range(len(rows))))
    plain = preaggregation(name)(Updates.of(rows), faults, Context())
    other = preaggregation(name)(Updates.of(rows[order]), faults, Context())
    one, two = seen(Updates.of(rows), plain), seen(Updates.of(rows[order]), other)
    assert Counter(map(tuple, one)) == Counter(map(tuple, two))
    if len(np.unique(rows, axis=0)) == len(rows):
        assert [one[plain.stands_for[row]] for row in order] == [two[place] for place in other.stands_for]
        assert [plain.notes[row] for row in order] == list(other.notes)


@pytest.mark.parametrize("name", NAMES)
@given(rows=st.integers(1, 40), faults=st.integers(0, 9))
def test_needs_is_the_least_that_gives_as_many_rows(name, rows, faults):
    one = preaggregation(name)
    least = one.needs(rows, faults)
    assert one.rows(least) >= rows
    assert one.rows(least - 1) < rows or least == 2 * faults + 1


def test_neighbours_are_mixed_and_an_outlier_stays_far_but_alone():
    updates = column(0, 2, 10, 1000)
    mixture = preaggregation("nnm")(updates, 1, Context())
    assert seen(updates, mixture) == [[4], [4], [4], [337]]
    assert mixture.notes == ("judged as the mean of the 3 updates nearest to it",) * 4


def test_of_two_equally_near_neighbours_the_smaller_is_mixed_in():
    for order in ([0, 5, -5], [5, -5, 0]):
        updates = column(*order)
        assert seen(updates, preaggregation("nnm")(updates, 1, Context()))[order.index(0)] == [-2]


def test_the_seed_draws_the_buckets():
    updates = column(*range(20))
    drawn = [preaggregation("bucketing", size=3)(updates, 0, Context(seed=seed)) for seed in (0, 0, 1)]
    assert drawn[0].stands_for == drawn[1].stands_for != drawn[2].stands_for
    assert Counter(drawn[0].stands_for) == dict.fromkeys(range(6), 3) | {6: 2}


def test_a_bucket_of_one_is_told_apart():
    mixture = preaggregation("bucketing")(column(1, 2, 3), 0, Context())
    assert Counter(mixture.notes) == {"judged as the mean of its bucket of 2 updates": 2, "alone in its bucket": 1}


@pytest.mark.parametrize(("percent", "radius"), [(None, 2), (1, 1), (25, 1), (26, 2), (75, 3), (76, 50), (100, 50)])
def test_the_radius_of_clipping_is_a_norm_at_a_rank(percent, radius):
    updates = column(3, -1, 50, 2)
    chosen = {} if percent is None else {"percent": percent}
    mixture = preaggregation("clipping", **chosen)(updates, 0, Context())
    assert seen(updates, mixture) == [[min(3, radius)], [-1], [min(50, radius)], [min(2, radius)]]
    which = f"the norm that {percent} % do not exceed" if percent else "the median norm"
    assert mixture.notes[2] == ("" if radius == 50 else f"clipped to {which}")
    assert mixture.notes[1] == ""


def test_adaptive_clipping_shortens_twice_as_many_as_may_be_poisoned_but_never_all():
    updates = column(1, 2, 3, 4, 5, 6, 7)
    assert seen(updates, preaggregation("arc")(updates, 2, Context())) == [[1], [2], [3], [4], [5], [5], [5]]
    mixture = preaggregation("arc")(updates, 3, Context())
    assert seen(updates, mixture) == [[1], [2], [3], [4], [4], [4], [4]]
    assert mixture.notes == ("",) * 4 + ("clipped to the norm of the longest but 3",) * 3


@given(npst.arrays(np.int16, (5, 40), elements=INT16))
def test_clipping_keeps_within_the_radius_up_to_the_rounding_of_coordinates(rows):
    updates = Updates.of(rows)
    clipped = seen(updates, preaggregation("clipping")(updates, 0, Context()))
    radius = sorted(sum(value * value for value in row) for row in rows.tolist())[2]
    most = isqrt(radius) + 1 + isqrt(40) + 1  # half a unit in each of 40 coordinates is at most the root of 10
    assert all(sum(value * value for value in row) <= most**2 for row in clipped)


def test_zeros_are_clipped_to_zero_without_a_division():
    updates = column(0, 0, 0, 9)
    assert seen(updates, preaggregation("clipping")(updates, 0, Context())) == [[0]] * 4


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("clipping", {"percent": 101}, "clipping parameter percent is 101: give at most 100"),
        ("clipping", {"percent": 0}, "clipping parameter percent is 0: give an integer of at least 1"),
        ("bucketing", {"size": 0}, "bucketing parameter size is 0"),
        ("nnm", {"f": -1}, "nnm parameter f is -1"),
        ("arc", {"size": 2}, "arc has no parameter 'size': it takes f"),
    ],
)
def test_refuses_wrong_parameters(name, parameters, sentence):
    with pytest.raises(BadParameter, match=sentence):
        preaggregation(name, **parameters)


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(UnknownRule, match="no preaggregation is called 'nn': there are arc, bucketing, clipping, nnm"):
        preaggregation("nn")


@pytest.mark.parametrize("name", NAMES)
def test_preaggregations_are_values_that_know_their_name_and_parameters(name):
    assert preaggregation(name) == preaggregation(name)
    assert preaggregation(name).name == name
    assert preaggregation(name).parameters == {}
    assert preaggregation("bucketing", size=3).parameters == {"size": 3}
