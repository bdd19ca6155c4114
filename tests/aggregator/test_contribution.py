from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.contribution import contributions, contributions_of_updates
from aggregator.errors import BadParameter

BUDGET = 10**21  # token wei


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def reference(rows, selected, previous):
    """The formula on vectors: weights up to one common factor, in the order of the rows."""
    kept = [row for row, chosen in zip(rows, selected, strict=True) if chosen]
    squares = sorted(dot(row, row) for row in kept if any(row))
    median = squares[(len(squares) - 1) // 2] if squares else 0
    weights = []
    for row, chosen in zip(rows, selected, strict=True):
        others = [sum(column) - x for column, x in zip(zip(*kept, strict=True), row, strict=True)]
        capped = sqrt(min(1, median / dot(row, row))) if dot(row, row) else 1
        whole = dot(row, row) * dot(previous, previous)
        novelty = 1 - Fraction(dot(row, previous) ** 2, whole) if whole else 1
        weights.append(max(dot(row, others), 0) * capped * novelty if chosen else 0)
    return [float(weight) for weight in weights]


@st.composite
def rounds(draw):
    n = draw(st.integers(1, 7))
    rows = draw(npst.arrays(np.int16, (n, draw(st.integers(1, 6))), elements=st.integers(-32767, 32767)))
    selected = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
    previous = draw(npst.arrays(np.int16, rows.shape[1], elements=st.integers(-32767, 32767)))
    return rows, selected, previous


@given(rounds(), st.integers(0, BUDGET))
def test_shares_follow_the_formula_and_sum_exactly_to_the_budget(drawn, budget):
    rows, selected, previous = drawn
    shares = contributions_of_updates(rows, selected, budget, previous)
    assert sum(shares) == budget
    assert all(share >= 0 and (chosen or not share) for share, chosen in zip(shares, selected, strict=True))
    weights = reference(rows.tolist(), selected, previous.tolist())
    assume(max(weights) > 0)
    for share, weight in zip(shares, weights, strict=True):
        assert share == pytest.approx(budget * weight / sum(weights), abs=1 + budget * 1e-12)


@given(rounds())
def test_threads_and_chunks_never_change_an_amount(drawn):
    rows, selected, previous = drawn
    plain = contributions_of_updates(rows, selected, BUDGET, previous)
    assert contributions_of_updates(rows, selected, BUDGET, previous, chunk=2, threads=2) == plain


def test_known_amounts():
    rows = np.array([[2, 0], [1, 1], [0, 2], [-9, -9]], np.int16)
    selected = (True, True, True, False)
    # squares 4, 2, 4: the median is 4, nobody is capped; inner products with the others 2, 4, 2
    assert contributions_of_updates(rows, selected, 80) == (20, 40, 20, 0)
    # squared cosines to (0, 5): 0, 1/2, 1
    assert contributions_of_updates(rows, selected, 80, np.array([0, 5], np.int16)) == (40, 40, 0, 0)


def test_without_a_previous_aggregate_everything_is_new():
    rows = np.array([[2, 0], [1, 1], [0, 2]], np.int16)
    without = contributions_of_updates(rows, (True,) * 3, 80)
    for known in ((np.zeros(2, np.int16),), (None, None)):
        assert contributions_of_updates(rows, (True,) * 3, 80, *known) == without


def test_an_echo_of_the_previous_aggregate_earns_nothing():
    previous = np.array([3, 4, 0], np.int16)
    rows = np.array([[6, 8, 0], [30, 40, 0], [3, 4, 5], [0, 0, 5]], np.int16)
    assert contributions_of_updates(rows, (True,) * 4, 1000, previous)[:2] == (0, 0)


def outside(row, known):
    """The part of the row at right angles to all `known` ones, by Gram and Schmidt, in fractions."""
    plane = []
    for one in [*known, row]:
        rest = list(map(Fraction, one))
        for axis in plane:
            along = dot(rest, axis) / dot(axis, axis)
            rest = [x - along * y for x, y in zip(rest, axis, strict=True)]
        if any(rest):
            plane.append(rest)
    return rest


@given(npst.arrays(np.int16, st.tuples(st.integers(1, 5), st.just(4)), elements=st.integers(-9, 9)), st.integers(0, 3))
def test_only_what_is_outside_the_plane_of_all_known_directions_is_new(drawn, count):
    known = [*drawn[:count].tolist(), [0, 0, 0, 0], *drawn[:1].tolist()]  # some depend on others
    rows = np.array([[5, 1, 2, -1], [4, 0, 3, 2], [3, 2, 2, 0]], np.int16)
    shares = contributions_of_updates(rows, (True,) * 3, BUDGET, *np.array(known, np.int16))
    plain = contributions_of_updates(rows, (True,) * 3, BUDGET)
    left = [outside(row, known) for row in rows.tolist()]
    new = [
        float(share * dot(one, one) / dot(row, row)) for share, one, row in zip(plain, left, rows.tolist(), strict=True)
    ]
    assume(max(new) > 0)
    for share, weight in zip(shares, new, strict=True):
        assert share == pytest.approx(BUDGET * weight / sum(new), rel=1e-9, abs=1)


def test_whatever_two_known_directions_make_together_is_an_echo():
    aggregate, step = np.array([3, 4, 0], np.int16), np.array([1, 0, 1], np.int16)
    rows = np.array([[3, 4, 0], [1, 0, 1], [7, 8, 1], [4, 5, 1]], np.int16)
    assert contributions_of_updates(rows, (True,) * 4, 1000, aggregate, step) == (0, 0, 0, 1000)


def test_growing_beyond_the_median_norm_gains_nothing():
    rows = np.array([[10, 1], [10, -1], [10, 2], [10, -2], [100, 3]], np.int16)
    shouting = rows.copy()
    shouting[4] *= 50
    before = contributions_of_updates(rows, (True,) * 5, BUDGET)[4]
    assert contributions_of_updates(shouting, (True,) * 5, BUDGET)[4] <= before


def test_opposing_the_others_earns_nothing():
    rows = np.array([[5, 0], [5, 1], [5, 2], [-5, 0]], np.int16)
    shares = contributions_of_updates(rows, (True,) * 4, 100)
    assert shares[3] == 0
    assert min(shares[:3]) > 0


@pytest.mark.parametrize("rows", [[[0], [0], [0]], [[3], [-3], [0]]])
def test_when_nobody_has_anything_in_common_the_selected_share_equally(rows):
    assert contributions(np.array(rows) @ np.array(rows).T, (True, True, False), 5) == (3, 2, 0)


def test_a_single_selected_update_takes_all():
    assert contributions(np.array([[4, 2], [2, 9]]), (False, True), 7) == (0, 7)


@pytest.mark.parametrize(
    ("inner", "selected", "budget", "sentence"),
    [
        (np.eye(1), (True, True), 1, r"Gram matrix of shape \(1, 1\) for 2 updates"),
        (np.ones((2, 3)), (True, True), 1, r"Gram matrix of shape \(2, 3\) for 2 updates"),
        (np.ones(4), (True,) * 4, 1, r"Gram matrix of shape \(4,\)"),
        (np.eye(2, dtype=int), (False, False), 1, "no update is selected"),
        (np.eye(2, dtype=int), (True, True), -1, "cannot split -1"),
    ],
)
def test_refuses_what_cannot_be_shared(inner, selected, budget, sentence):
    with pytest.raises(BadParameter, match=sentence):
        contributions(inner, selected, budget)
