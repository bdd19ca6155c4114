"""How much each selected update contributed, as integers that sum exactly to the round's budget.

Everything follows from one Gram matrix, in Python's integers. How amounts accumulate and are claimed is in `ledger`.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.exact import gram, root_of_ratio, split
from aggregator.updates import Delta, Rows, Updates

__all__ = ["contributions", "contributions_of_updates"]

Matrix: TypeAlias = list[list[int]]

FACTOR_BITS = 64  # factors are fixed-point numbers with as many fractional bits


def contributions(inner: NDArray[np.int64], selected: Sequence[bool], budget: int) -> tuple[int, ...]:
    """Share `budget` among n updates by what they have in common with the others; exact, sums to `budget`.

    `inner` is the exact Gram matrix of the n updates and, as further rows, of known directions: what anybody could have
    sent without training, such as the previous aggregate. A selected update weighs its inner product with the sum of
    the *other* selected ones: 0 when negative, scaled down to the median norm of the selected when it is longer than
    that, and times 1 − cos² of its angle to the plane of the known directions, so that an echo earns nothing. If nobody
    weighs anything the selected share equally. An unselected update earns 0. What the floors leave goes to the largest
    remainders, ties by row. Raises `BadParameter` when shapes do not agree, nothing is selected or the budget is
    negative.
    """
    n = len(selected)
    if inner.shape != (len(inner),) * 2 or len(inner) < n:
        raise BadParameter(f"Gram matrix of shape {inner.shape} for {n} updates: give ({n}, {n}) or more of both")
    kept = [row for row in range(n) if selected[row]]
    if not kept:
        raise BadParameter("no update is selected: there is nobody to share the budget among")
    weights = _weights(inner.tolist(), kept, n)
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
    rows = (*updates, *(one for one in known if one is not None))
    return contributions(gram(Updates.of(rows, chunk, threads)), selected, budget)


def _weights(inner: Matrix, kept: list[int], n: int) -> list[int]:
    """Weigh each of the `kept` rows, as integers in one common fixed-point unit.

    Rows of norm 0 have no say in the median, or many of them would cap everybody at 0. The median of an even count is
    the lower of the two, so that the cap is always some update's own norm.
    """
    lengths = sorted(inner[row][row] for row in kept if inner[row][row])
    cap = lengths[(len(lengths) - 1) // 2] if lengths else 0
    return [_common(inner, kept, row) * _scale(inner[row][row], cap) * _novelty(inner, row, n) for row in kept]


def _common(inner: Matrix, kept: list[int], row: int) -> int:
    """Inner product of the row with the sum of the other `kept` rows, at least 0."""
    return max(sum(inner[row][other] for other in kept) - inner[row][row], 0)


def _scale(square: int, cap: int) -> int:
    """The factor, in units of 2^-FACTOR_BITS, that brings a norm down to the cap; both are given squared."""
    return root_of_ratio(cap, square, FACTOR_BITS) if square > cap else 1 << FACTOR_BITS


def _novelty(inner: Matrix, row: int, n: int) -> int:
    """1 − cos² of the row's angle to the plane of rows n and up, in units of 2^-FACTOR_BITS; 1 when there are none.

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
    return int(left[-1][-1] * (1 << FACTOR_BITS) / whole) if whole else 1 << FACTOR_BITS
