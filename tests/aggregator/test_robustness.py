from fractions import Fraction
from itertools import combinations
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator import Context, aggregate, rule
from aggregator.errors import BadParameter
from aggregator.robustness import kappa, least_kappa


def square(vector):
    return sum(x * x for x in vector)


def by_definition(rows, aggregate, faults):
    """Every subset in turn, in fractions, as the definition is written."""
    worst = Fraction(0)
    for subset in combinations(rows, len(rows) - faults):
        mean = [Fraction(sum(column), len(subset)) for column in zip(*subset, strict=True)]
        away = square([a - m for a, m in zip(aggregate, mean, strict=True)])
        spread = Fraction(sum(square([x - m for x, m in zip(row, mean, strict=True)]) for row in subset)) / len(subset)
        if spread == 0 and away > 0:
            return inf
        if spread:
            worst = max(worst, away / spread)
    return worst


@st.composite
def outcomes(draw):
    n = draw(st.integers(1, 6))
    values = st.sampled_from([0, 1, -1, 2, 7, -50, 1000, 32767, -32767])
    rows = draw(npst.arrays(np.int16, (n + 1, draw(st.integers(1, 4))), elements=values))
    return rows[:n], rows[n], draw(st.integers(0, (n - 1) // 2))


@given(outcomes())
def test_kappa_is_what_the_definition_says(drawn):
    rows, aggregate, faults = drawn
    assert kappa(rows, aggregate, faults) == by_definition(rows.tolist(), aggregate.tolist(), faults)


def test_known_values():
    rows = np.array([[0], [0], [0], [6]], np.int16)
    assert kappa(rows, np.array([0], np.int16), 1) == Fraction(1, 2)  # {0, 0, 6}: mean 2, so 4 to a spread of 8
    assert kappa(rows, np.array([1], np.int16), 1) == inf, "three agree and the aggregate does not"
    assert kappa(rows[:3], np.array([0], np.int16), 1) == 0
    assert kappa(np.array([[0], [4]], np.int16), np.array([3], np.int16), 0) == Fraction(1, 4)


@pytest.mark.parametrize("name", ["trimmed_mean", "median"])
@pytest.mark.parametrize(("n", "f"), [(3, 1), (10, 2), (10, 3), (11, 5)])
def test_the_input_behind_the_lower_bound(name, n, f):
    """f honest updates elsewhere than the rest: whoever ignores them is off by exactly the bound."""
    rows = np.zeros((n, 1), np.int16)
    rows[:f] = 100
    outcome = aggregate(rows, rule(name), Context(faults=f))
    assert outcome == 0
    assert kappa(rows, outcome, f) == least_kappa(n, f)


@pytest.mark.parametrize(("n", "f"), [(4, 2), (0, 0), (3, -1), (50, 10)])
def test_refuses_more_subsets_than_it_can_try(n, f):
    with pytest.raises(BadParameter, match=f"{f} faults among {n} updates"):
        kappa(np.ones((n, 1), np.int16), np.ones(1, np.int16), f)


def test_refuses_what_floating_point_could_round():
    long = np.full(1 << 22, 32767, np.int16)
    with pytest.raises(BadParameter, match="inner products up to 4503324753657856: smaller or fewer values"):
        kappa((long, long, long), long, 1)
