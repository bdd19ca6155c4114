from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.attacks import Knowledge, attack
from aggregator.contribution import contributions, contributions_of_updates
from aggregator.errors import BadParameter

BUDGET = 10**21  # token wei
LONG = 10**12  # so many coordinates that chance has no say


def product(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def dot(one, other):
    return Decimal(product(one, other))


def cosine(one, other):
    whole = dot(one, one) * dot(other, other)
    return dot(one, other) / whole.sqrt() if whole else Decimal(0)


def sameness(rows):
    """How far each pair of rows counts as one."""
    pairs = {(i, j): cosine(rows[i], rows[j]) for i, j in combinations(range(len(rows)), 2)}
    usual = max(sorted(pairs.values())[ceil((len(pairs) - 1) * 0.75)], Decimal(0)) if pairs else Decimal(0)
    above = {pair: max(value - usual, Decimal(0)) for pair, value in pairs.items()}
    return {pair: min(4 * value, Decimal(1)) ** 2 if value else Decimal(0) for pair, value in above.items()}


def outside(row, known):
    """The part of the row at right angles to all `known` ones, by Gram and Schmidt, in fractions."""
    plane = []
    for one in [*known, row]:
        rest = list(map(Fraction, one))
        for axis in plane:
            along = product(rest, axis) / product(axis, axis)
            rest = [x - along * y for x, y in zip(rest, axis, strict=True)]
        if any(rest):
            plane.append(rest)
    return rest


def novelty(row, known):
    rest = outside(row, known)
    share = product(rest, rest) / product(row, row) if any(row) else Fraction(1)
    return Decimal(share.numerator) / Decimal(share.denominator)


def reference(rows, known, length):
    """The formula on the selected rows, with fifty digits: weights up to one common factor."""
    same = sameness(rows)
    same |= {(j, i): share for (i, j), share in same.items()}
    mass = [1 + sum(same[i, j] for j in range(len(rows)) if j != i) for i in range(len(rows))]
    norms = [dot(row, row).sqrt() for row in rows]
    positive = sorted(filter(None, norms))
    median = positive[(len(positive) - 1) // 2] if positive else Decimal(1)
    size = [min(norm / median, Decimal(1)) for norm in norms]
    chance = 2 / Decimal(length).sqrt()
    return [
        size[i]
        / mass[i]
        * novelty(rows[i], known)
        * sum(
            size[j] / mass[j] * (1 - same[i, j]) * max(cosine(rows[i], rows[j]) - chance, Decimal(0))
            for j in range(len(rows))
            if j != i
        )
        for i in range(len(rows))
    ]


def gram_of(rows):
    return np.array(rows, np.int64) @ np.array(rows, np.int64).T


@st.composite
def rounds(draw):
    n = draw(st.integers(1, 7))
    rows = draw(npst.arrays(np.int16, (n, draw(st.integers(1, 6))), elements=st.integers(-32767, 32767)))
    selected = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
    known = draw(npst.arrays(np.int16, (draw(st.integers(0, 3)), rows.shape[1]), elements=st.integers(-32767, 32767)))
    return rows, selected, np.concatenate([known, known[:1]])  # one depends on another


@given(rounds(), st.integers(0, BUDGET), st.sampled_from([4, 100, LONG]))
def test_shares_follow_the_formula_and_sum_exactly_to_the_budget(drawn, budget, length):
    rows, selected, known = drawn
    shares = contributions(gram_of([*rows, *known]), selected, budget, length)
    assert sum(shares) == budget
    assert all(share >= 0 and (chosen or not share) for share, chosen in zip(shares, selected, strict=True))
    kept = [row for row in range(len(rows)) if selected[row]]
    with localcontext(prec=50):
        weights = [float(weight) for weight in reference(rows[kept].tolist(), known.tolist(), length)]
    if sum(weights) < 1e-6:
        return  # too little to compare in relative terms; discarding such draws would fail a health check now and then
    for row, weight in zip(kept, weights, strict=True):
        assert shares[row] == pytest.approx(budget * weight / sum(weights), abs=1 + budget * 1e-6)


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_updates_changes_no_amount(drawn, random):
    rows, selected, known = drawn
    order = random.sample(range(len(rows)), len(rows))
    shares = contributions(gram_of([*rows, *known]), selected, BUDGET, LONG)
    moved = contributions(gram_of([*rows[order], *known]), [selected[row] for row in order], BUDGET, LONG)
    for place, row in enumerate(order):
        assert abs(moved[place] - shares[row]) <= 1, "only what the floors leave goes by row"


@given(rounds())
def test_threads_and_chunks_never_change_an_amount(drawn):
    rows, selected, known = drawn
    plain = contributions_of_updates(rows, selected, BUDGET, None, *known)
    assert contributions_of_updates(rows, selected, BUDGET, *known, None, chunk=2, threads=2) == plain
    assert contributions(gram_of([*rows, *known]), selected, BUDGET, rows.shape[1]) == plain


def test_known_amounts():
    """Cosines .6, .6 and .28: the quartile is .6, nothing is a duplicate, so weights are sums of cosines."""
    rows = [[5, 0], [3, 4], [3, -4], [-9, -9]]
    rows[2] = [3, -4]
    shares = contributions(gram_of(rows), (True, True, True, False), 1000, LONG)
    # with the first: .6 and .6; the other two have -.28 in common, which counts as nothing
    assert shares == (500, 250, 250, 0)


def test_what_noise_would_reach_is_nothing_in_common():
    rows = gram_of([[100, 0, 0], [60, 80, 0], [30, 0, 95]])  # cosines .6, .3 and .18
    assert contributions(rows, (True,) * 3, 1000, 100)[2] > 0, "chance is .2"
    assert contributions(rows, (True,) * 3, 1000, 25) == (500, 500, 0), "chance is .4"


def test_without_a_known_direction_everything_is_new():
    rows = [[2, 0], [1, 1], [0, 2]]
    shares = contributions(gram_of(rows), (True,) * 3, 80, LONG)
    assert contributions(gram_of([*rows, [0, 0]]), (True,) * 3, 80, LONG) == shares


def test_whatever_two_known_directions_make_together_is_an_echo():
    aggregate, step = [3, 4, 0], [1, 0, 1]
    rows = [[3, 4, 0], [1, 0, 1], [7, 8, 1], [4, 5, 1]]
    assert contributions(gram_of([*rows, aggregate, step]), (True,) * 4, 1000, LONG) == (0, 0, 0, 1000)


def test_an_echo_of_the_previous_aggregate_earns_nothing():
    rows = [[6, 8, 0], [30, 40, 0], [3, 4, 5], [3, 0, 5], [3, 4, 0]]
    assert contributions(gram_of(rows), (True,) * 4, 1000, LONG)[:2] == (0, 0)


def test_growing_beyond_the_median_norm_gains_nothing():
    rows = np.array([[10, 1], [10, -1], [10, 2], [10, -2], [100, 30]])
    shouting = rows.copy()
    shouting[4] *= 50
    before = contributions(gram_of(rows), (True,) * 5, BUDGET, LONG)
    assert contributions(gram_of(shouting), (True,) * 5, BUDGET, LONG) == pytest.approx(before, rel=1e-12)


def test_a_short_update_earns_less_and_an_empty_one_nothing():
    rows = [[10, 1, 0], [10, 0, 1], [1, 0, 0], [0, 0, 0], [10, 0, -1]]
    shares = contributions(gram_of(rows), (True,) * 5, 1000, LONG)
    assert 0 < shares[2] < min(shares[0], shares[1], shares[4]) / 5
    assert shares[3] == 0


def test_opposing_the_others_earns_nothing():
    shares = contributions(gram_of([[5, 0], [5, 1], [5, 2], [-5, 0]]), (True,) * 4, 100, LONG)
    assert shares[3] == 0
    assert min(shares[:3]) > 0


@pytest.mark.parametrize("copies", [2, 4])
def test_copies_of_one_update_earn_together_what_it_would_alone(copies, strangers):
    alone = contributions_of_updates(strangers, (True,) * len(strangers), BUDGET)
    rows = np.vstack([strangers, *[strangers[:1]] * (copies - 1)])
    shares = contributions_of_updates(rows, (True,) * len(rows), BUDGET)
    own = shares[0] + sum(shares[len(strangers) :])
    assert own == pytest.approx(alone[0], rel=0.1)
    assert max(shares[1 : len(strangers)]) < 1.1 * max(alone), "nor do the others gain by being agreed with twice"


def test_free_riders_earn_next_to_nothing(strangers):
    previous = strangers.mean(axis=0).astype(np.int16)
    seen = Knowledge(strangers.astype(np.float32), 1, previous=previous.astype(np.float32), step_exponent=0, seed=4)
    for name in ("zero", "free_rider_noise", "echo"):
        rows = np.vstack([strangers, seen.quantised(attack(name)(seen))])
        shares = contributions_of_updates(rows, (True,) * len(rows), BUDGET, previous)
        assert shares[-1] <= 0.05 * np.median(shares[:-1]), name


@pytest.fixture
def strangers():
    """Nine updates with a tenth of their square in common."""
    draw = np.random.default_rng(2)
    return (draw.normal(0, 300, 5000) + draw.normal(0, 900, (9, 5000))).astype(np.int16)


@pytest.mark.parametrize("rows", [[[0], [0], [0]], [[3], [-3], [0]]])
def test_when_nobody_has_anything_in_common_the_selected_share_equally(rows):
    assert contributions(gram_of(rows), (True, True, False), 5, LONG) == (3, 2, 0)


def test_identical_updates_share_equally():
    assert contributions(gram_of([[3, 4]] * 3), (True,) * 3, 6, LONG) == (2, 2, 2)


def test_a_single_selected_update_takes_all():
    assert contributions(np.array([[4, 2], [2, 9]]), (False, True), 7, LONG) == (0, 7)


@pytest.mark.parametrize(
    ("inner", "selected", "budget", "length", "sentence"),
    [
        (np.eye(1), (True, True), 1, 9, r"Gram matrix of shape \(1, 1\) for 2 updates"),
        (np.ones((2, 3)), (True, True), 1, 9, r"Gram matrix of shape \(2, 3\) for 2 updates"),
        (np.ones(4), (True,) * 4, 1, 9, r"Gram matrix of shape \(4,\)"),
        (np.eye(2), (True, True), 1, 0, "for 2 updates of length 0"),
        (np.eye(2, dtype=int), (False, False), 1, 9, "no update is selected"),
        (np.eye(2, dtype=int), (True, True), -1, 9, "cannot split -1"),
    ],
)
def test_refuses_what_cannot_be_shared(inner, selected, budget, length, sentence):
    with pytest.raises(BadParameter, match=sentence):
        contributions(inner, selected, budget, length)
