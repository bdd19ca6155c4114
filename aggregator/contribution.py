"""How much each selected update contributed, as integers that sum exactly to the round's budget.

Everything follows from one Gram matrix, in Python's integers. How amounts accumulate and are claimed is in `ledger`;
why the formula is this one, and what it is measured against, is in docs/decisions/contribution.md.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.exact import gram, root_of_ratio, split
from aggregator.updates import Delta, Rows, Updates

__all__ = ["contributions", "contributions_of_updates"]

Matrix: TypeAlias = list[list[int]]

BITS = 64  # cosines, factors and masses are fixed-point numbers with as many fractional bits
ONE = 1 << BITS
CHANCE = 2  # standard deviations of a random update's cosine, 1/sqrt(d), that count as nothing in common
SAME = 4  # a cosine of 1/SAME more than usual is as good as one data set


def contributions(inner: NDArray[np.int64], selected: Sequence[bool], budget: int, length: int) -> tuple[int, ...]:
    """Share `budget` among n updates by how much the others speak for each; exact, sums to `budget`.

    `inner` is the exact Gram matrix of the n updates and, as further rows, of known directions: what anybody could have
    sent without training, such as the previous aggregate; `length` is d. Among the selected, j speaks for i by their
    cosine c_ij less 2/sqrt(d), which is what noise reaches, and not at all below that. Near duplicates divide what one
    update would have: with q the upper quartile of the cosines, at least 0, the share s_ij = min(1, 4 (c_ij - q))², 0
    below q, of two updates is the same; the same part does not speak for the other, and both weights and votes are
    divided by the mass 1 + sum of s_ij. A norm counts in units of the median norm and at most 1, on either side. Times
    1 - cos² of the angle to the plane of the known directions, so that an echo earns nothing. If nobody weighs anything
    the selected share equally. An unselected update earns 0. What the floors leave goes to the largest remainders, ties
    by row. Raises `BadParameter` when shapes do not agree, nothing is selected, the length is below 1 or the budget
    negative.
    """
    n = len(selected)
    if inner.shape != (len(inner),) * 2 or len(inner) < n or length < 1:
        raise BadParameter(
            f"Gram matrix of shape {inner.shape} for {n} updates of length {length}: give ({n}, {n}) or more of both"
        )
    kept = [row for row in range(n) if selected[row]]
    if not kept:
        raise BadParameter("no update is selected: there is nobody to share the budget among")
    weights = _weights(inner.tolist(), kept, n, length)
    shares = dict(zip(kept, split(budget, weights if any(weights) else [1] * len(kept)), strict=True))
    return tuple(shares.get(row, 0) for row in range(n))


def contributions_of_updates(
    updates: Rows,
    selected: Sequence[bool],
    budget: int,
    *known: Delta | None,
    chunk: int | None = None,
    threads: int = 1,
) -> tuple[int, ...]:
    """Share `budget` as `contributions` does, from int16 updates and known directions (or None), all of shape (d,)."""
    rows = Updates.of((*updates, *(one for one in known if one is not None)), chunk, threads)
    return contributions(gram(rows), selected, budget, rows.length)


def _weights(inner: Matrix, kept: list[int], n: int, length: int) -> list[int]:
    """Weigh each of the `kept` rows, as integers in one common fixed-point unit."""
    lengths = _lengths(inner, kept)
    cosines = _cosines(inner, kept)
    same = _sameness(cosines)
    masses = [sum(row) for row in same]
    chance = root_of_ratio(CHANCE**2, length, BITS)
    places = range(len(kept))

    def vote(i: int, j: int) -> int:
        return max(cosines[i][j] - chance, 0) * (ONE - same[i][j]) * lengths[j] // masses[j]

    spoken = [sum(vote(i, j) for j in places if j != i) for i in places]
    return [spoken[i] * lengths[i] // masses[i] * _novelty(inner, kept[i], n) for i in places]


def _lengths(inner: Matrix, kept: list[int]) -> list[int]:
    """The norm of each of the `kept` rows in units of their median norm, at most ONE.

    Rows of norm 0 have no say in the median, or many of them would cap everybody at 0. The median of an even count is
    the lower of the two, so that the cap is always some update's own norm.
    """
    squares = sorted(inner[row][row] for row in kept if inner[row][row])
    median = squares[(len(squares) - 1) // 2] if squares else 1
    return [root_of_ratio(min(inner[row][row], median), median, BITS) for row in kept]


def _cosines(inner: Matrix, kept: list[int]) -> Matrix:
    """Cosine of each pair of the `kept` rows, rounded towards 0; a row of norm 0 has nothing in common with any."""
    cosines = [[0] * len(kept) for _ in kept]
    for i, j in combinations(range(len(kept)), 2):
        one, other = kept[i], kept[j]
        whole = inner[one][one] * inner[other][other]
        size = root_of_ratio(inner[one][other] ** 2, whole, BITS) if whole else 0
        cosines[i][j] = cosines[j][i] = size if inner[one][other] > 0 else -size
    return cosines


def _sameness(cosines: Matrix) -> Matrix:
    """How far each pair counts as one, from 0 to ONE, by what its cosine has above the usual; a row with itself is ONE.

    The usual is the upper quartile, at least 0: half of the rows can neither raise it by being one another's copies nor
    lower it by being strangers.
    """
    pairs = list(combinations(range(len(cosines)), 2))
    ranked = sorted(cosines[i][j] for i, j in pairs)
    usual = max(ranked[-(-(len(ranked) - 1) * 3 // 4)], 0) if ranked else 0
    same = [[ONE if i == j else 0 for j in range(len(cosines))] for i in range(len(cosines))]
    for i, j in pairs:
        if cosines[i][j] > usual:
            share = min(SAME * (cosines[i][j] - usual), ONE)
            same[i][j] = same[j][i] = share * share >> BITS
    return same


def _novelty(inner: Matrix, row: int, n: int) -> int:
    """1 − cos² of the row's angle to the plane of rows n and up, in units of 2^-BITS; 1 when there are none.

    What of its square is outside the plane remains when the known rows are eliminated from the matrix bordered by it,
    in exact fractions. A pivot of 0 is a direction that depends on those before it: all of its row is 0 by then.
    """
    rows = [*range(n, len(inner)), row]
    left = [[Fraction(inner[one][other]) for other in rows] for one in rows]
    for place in range(len(rows) - 1):
        pivot = left[place][place]
        for below in range(place + 1, len(rows)) if pivot else ():
            factor = left[below][place] / pivot
            left[below] = [value - factor * above for value, above in zip(left[below], left[place], strict=True)]
    whole = inner[row][row]
    return int(left[-1][-1] * ONE / whole) if whole else ONE
