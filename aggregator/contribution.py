"""How much each selected update contributed, as integers that sum exactly to the round's budget.

Everything follows from one Gram matrix, in Python's integers. How amounts accumulate and are claimed is in `ledger`.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.exact import gram, root_of_ratio, split
from aggregator.updates import Delta, Rows, Updates

__all__ = ["contributions", "contributions_of_updates"]

Matrix: TypeAlias = list[list[int]]

CAP_BITS = 64  # the cap on a norm is a fixed-point factor with as many fractional bits


def contributions(inner: NDArray[np.int64], selected: Sequence[bool], budget: int) -> tuple[int, ...]:
    """Share `budget` among n updates by what they have in common with the others; exact, sums to `budget`.

    `inner` is the exact Gram matrix of the n updates, or of the n updates and the previous aggregate as row n + 1. With
    everything projected off the previous aggregate's direction (an echo of it earns nothing), a selected update weighs
    its inner product with the sum of the *other* selected ones, scaled down to the median norm of the selected when it
    is longer than that, and 0 when negative. If nobody weighs anything the selected share equally. An unselected update
    earns 0. What the floors leave goes to the largest remainders, ties by row. Raises `BadParameter` when shapes do not
    agree, nothing is selected or the budget is negative.
    """
    n = len(selected)
    if inner.shape not in ((n, n), (n + 1, n + 1)):
        raise BadParameter(f"Gram matrix of shape {inner.shape} for {n} updates: give ({n}, {n}) or one row more")
    kept = [row for row in range(n) if selected[row]]
    if not kept:
        raise BadParameter("no update is selected: there is nobody to share the budget among")
    weights = _weights(_projected(inner.tolist(), kept, n))
    shares = dict(zip(kept, split(budget, weights if any(weights) else [1] * len(kept)), strict=True))
    return tuple(shares.get(row, 0) for row in range(n))


def contributions_of_updates(
    updates: Rows,
    selected: Sequence[bool],
    budget: int,
    previous: Delta | None = None,
    *,
    chunk: int | None = None,
    threads: int = 1,
) -> tuple[int, ...]:
    """Share `budget` as `contributions` does, from int16 updates and the previous int16 aggregate of shape (d,)."""
    rows = tuple(updates) if previous is None else (*updates, previous)
    return contributions(gram(Updates.of(rows, chunk, threads)), selected, budget)


def _projected(inner: Matrix, kept: list[int], n: int) -> Matrix:
    """Give the inner products of the `kept` rows off the previous aggregate's direction, times its squared norm.

    With p the previous aggregate, <x, y> − <x, p><y, p> / <p, p>, multiplied through so that it stays an integer.
    """
    square = inner[n][n] if len(inner) > n else 0
    if not square:
        return [[inner[i][j] for j in kept] for i in kept]
    return [[inner[i][j] * square - inner[i][n] * inner[j][n] for j in kept] for i in kept]


def _weights(inner: Matrix) -> list[int]:
    """Weigh each row by its inner product with the sum of the others, its norm capped at the median norm.

    Rows of norm 0 (echoes, once projected) have no say in the median, or many of them would cap everybody at 0. The
    median of an even count is the lower of the two, so that the cap is always some update's own norm.
    """
    squares = [inner[i][i] for i in range(len(inner))]
    lengths = sorted(filter(None, squares))
    cap = lengths[(len(lengths) - 1) // 2] if lengths else 0
    weights = []
    for row, square in zip(inner, squares, strict=True):
        common = max(sum(row) - square, 0)
        weights.append(common * root_of_ratio(cap, square, CAP_BITS) if square > cap else common << CAP_BITS)
    return weights
