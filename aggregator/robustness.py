"""How robust an aggregate was: the smallest kappa with which one outcome of a rule satisfies (f, kappa)-robustness.

Exact: a ratio of integers, from one Gram matrix. Which inputs and which attacks to try is the business of the benchmark
that measures rules with this.
"""

from fractions import Fraction
from functools import lru_cache
from itertools import chain, combinations
from math import comb, inf

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.exact import gram
from aggregator.updates import Delta, Rows, Updates

__all__ = ["kappa", "least_kappa"]

LARGEST_SUBSETS = 1 << 20
EXACT = 1 << 53  # integers below are exact in float64, whatever the order of additions
NEARLY = 1 - 1e-9  # ratios this close to the largest float ratio are compared exactly


def kappa(updates: Rows, aggregate: Delta, faults: int) -> Fraction | float:
    """The largest, over all n − f of the n updates, of what the definition compares; 0 or more, `inf` if unbounded.

    With m_S the mean over a subset S of n − f updates: |aggregate − m_S|² divided by the mean of |x_i − m_S|² over S,
    the (f, kappa)-robustness of Allouah et al. 2023, "Fixing by Mixing: A Recipe for Optimal Byzantine ML under
    Heterogeneity" (arXiv 2302.01772), definition 2. Takes int16 updates, shape (n, d), and an int16 aggregate, shape
    (d,). Raises `BadParameter` unless n > 2f >= 0 and the subsets and sums stay within bounds.
    """
    n = len(updates)
    if not 0 <= 2 * faults < n or comb(n, faults) > LARGEST_SUBSETS:
        raise BadParameter(f"{faults} faults among {n} updates: give n > 2f, and at most {LARGEST_SUBSETS} subsets")
    inner = gram(Updates.of((*updates, aggregate)))
    if (2 * n) ** 2 * int(np.abs(inner).max()) >= EXACT:
        raise BadParameter(f"inner products up to {int(np.abs(inner).max())}: smaller or fewer values keep sums exact")
    away, spread = _sums(inner.astype(np.float64), n, faults)
    return _largest_ratio(away, spread)


def least_kappa(n: int, faults: int) -> Fraction:
    """f / (n − 2f): no rule can do better for every input (Allouah et al. 2023, proposition 6). Needs n > 2f."""
    return Fraction(faults, n - 2 * faults)


def _sums(inner: NDArray[np.float64], n: int, faults: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides of the definition times m², for each subset of m = n − f, as integers in float64.

    m²|R − m_S|² = m² R·R − 2m R·s + s·s and m Σ|x_i − m_S|² = m Σ x_i·x_i − s·s, where s is the sum over S.
    """
    members = _subsets(n, n - faults)
    rows, m = inner[:n, :n], n - faults
    square = ((members @ rows) * members).sum(axis=1)
    away = m * m * inner[n, n] - 2 * m * (members @ inner[:n, n]) + square
    return away, m * (members @ np.diag(rows)) - square


@lru_cache(maxsize=8)
def _subsets(n: int, size: int) -> NDArray[np.float64]:
    """One row of zeros and ones for every subset, shape (count, n)."""
    members = np.zeros((comb(n, size), n))
    places = np.fromiter(chain.from_iterable(combinations(range(n), size)), np.int64).reshape(-1, size)
    np.put_along_axis(members, places, 1, axis=1)
    return members


def _largest_ratio(away: NDArray[np.float64], spread: NDArray[np.float64]) -> Fraction | float:
    """The exact maximum of away / spread over all subsets; where both are 0 the definition asks for nothing."""
    if (away[spread == 0] > 0).any():
        return inf
    away, spread = away[spread > 0], spread[spread > 0]
    if not len(away):
        return Fraction(0)
    ratios = away / spread
    close = ratios >= ratios.max() * NEARLY
    return max(Fraction(int(a), int(s)) for a, s in set(zip(away[close].tolist(), spread[close].tolist(), strict=True)))
