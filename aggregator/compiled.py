"""Kernels compiled for this CPU: the same bytes as numpy's and BLAS's, in a fraction of the time.

Needs numba, the extra `fast`; nothing imports this module where it is missing. Columns are taken a few hundred at a
time, so that their values stay in the fastest cache until all is done with them. What is computed is said where it is
decided which kernel runs: in `ranks` and `products`.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aggregator.updates import Delta

__all__ = [
    "around_median_into",
    "inner_products_into",
    "mean_of_ranks_into",
    "squares_and_products_into",
    "weighted_mean_into",
]

F = TypeVar("F", bound=Callable[..., None])
Comparators = NDArray[np.int64]
Numbers = NDArray[np.float64]

TILE = 256  # columns; a constant, so that loops over them compile to a few instructions for whole vectors
MAGIC = float(3 << 51)  # from here on to 2^53 doubles are whole numbers: adding it rounds, half to even


def _compiled(function: F) -> F:
    return cast(F, njit(nogil=True)(function))


def _compiled_for_integers(function: F) -> F:
    """Let sums be taken in any order and fused with products: integers below 2^53 do not notice."""
    return cast(F, njit(nogil=True, fastmath={"reassoc", "contract"})(function))


@_compiled
def mean_of_ranks_into(rows: Delta, comparators: Comparators, first: int, last: int, out: Delta) -> None:
    """Write to int16 `out` of shape (c,) the mean of the ranks from `first` to before `last` of each column of `rows`.

    `comparators`, of shape (m, 2), bring these ranks to the rows of the same numbers. Leaves `rows` as they are.
    """
    n, length = rows.shape
    tile, total = np.zeros((n, TILE), np.int16), np.empty(TILE, np.int32)
    for start in range(0, length, TILE):
        stop = min(start + TILE, length)
        _sorted_into(rows, start, comparators, tile)
        _mean_into(tile[first:last], total, out[start:stop])


@_compiled
def around_median_into(rows: Delta, comparators: Comparators, keep: int, out: Delta) -> None:
    """Write to int16 `out` of shape (c,) the mean of the `keep` values closest to the median of each column of `rows`.

    `comparators`, of shape (m, 2), sort the columns as far as needed. Leaves `rows` as they are.
    """
    n, length = rows.shape
    tile, total = np.zeros((n, TILE), np.int16), np.empty(TILE, np.int32)
    for start in range(0, length, TILE):
        stop = min(start + TILE, length)
        _sorted_into(rows, start, comparators, tile)
        below, above = tile[(n - 1) // 2], tile[n // 2]
        for j in range(TILE):
            total[j] = np.int32(below[j]) + np.int32(above[j])
        for near in range(n - keep):
            _keep_closer(tile[near], tile[near + keep], total)
        _mean_into(tile[n - keep :], total, out[start:stop])


@_compiled
def _sorted_into(rows: Delta, start: int, comparators: Comparators, tile: Delta) -> None:
    """Copy columns of `rows` from `start` on to `tile`, then let every comparator swap what is in the wrong order."""
    _copied_to(rows, start, tile)
    for k in range(len(comparators)):
        lower, upper = tile[comparators[k, 0]], tile[comparators[k, 1]]
        for j in range(TILE):
            one, other = lower[j], upper[j]
            lower[j], upper[j] = min(one, other), max(one, other)


@_compiled
def _keep_closer(lower: Delta, upper: Delta, middle: NDArray[np.int32]) -> None:
    """Overwrite `upper` with `lower` where the latter is at least as close to half of `middle`."""
    for j in range(TILE):
        if np.int32(lower[j]) + np.int32(upper[j]) >= middle[j]:
            upper[j] = lower[j]


@_compiled
def _mean_into(tile: Delta, total: NDArray[np.int32], out: Delta) -> None:
    """Write the mean of the rows of `tile` to `out`, half to even; overwrites `total`.

    A sum is exact in double precision, and its quotient cannot land on a half that the exact one misses: see `exact`.
    """
    total[:] = 0
    for i in range(len(tile)):
        row = tile[i]
        for j in range(TILE):
            total[j] += row[j]
    for j in range(len(out)):
        out[j] = np.int16(np.int32(total[j] / len(tile) + MAGIC - MAGIC))


@_compiled_for_integers
def inner_products_into(rows: Delta, out: NDArray[np.int64]) -> None:
    """Add to `out`, of shape (n, n), the product of each row of `rows`, of shape (n, c), with itself and those before.

    Entries right of the diagonal are left in no particular state.
    """
    n, length = rows.shape
    tile, products = np.zeros((n, TILE)), np.empty((4, 4))
    for start in range(0, length, TILE):
        _copied_to(rows, start, tile)
        tile[:, length - start :] = 0
        for i in range(0, n, 4):
            for j in range(0, i + 1, 4):
                _four_by_four(tile, i, j, products)
                for one in range(min(4, n - i)):
                    for other in range(min(4, n - j)):
                        out[i + one, j + other] += np.int64(products[one, other])


@_compiled
def squares_and_products_into(rows: Delta, out: NDArray[np.int64]) -> None:
    """Add to `out`, of shape (n, 2), the product of each row of `rows`, of shape (n, c), with itself and the last."""
    n, length = rows.shape
    for start in range(0, length, TILE):
        last = rows[n - 1, start : start + TILE]
        for i in range(n):
            row = rows[i, start : start + TILE]
            square = product = np.int64(0)
            for j in range(len(row)):
                square += np.int64(np.int32(row[j]) * np.int32(row[j]))
                product += np.int64(np.int32(row[j]) * np.int32(last[j]))
            out[i, 0] += square
            out[i, 1] += product


@_compiled
def weighted_mean_into(rows: Delta, weights: Numbers, divisor: float, out: Delta) -> None:
    """Write to int16 `out` of shape (c,) the rows times `weights`, of shape (n,), added up and divided, half to even.

    Exact under the conditions that `mixing` states.
    """
    n, length = rows.shape
    total = np.empty(TILE)
    for start in range(0, length, TILE):
        total[:] = 0
        for i in range(n):
            row = rows[i, start : start + TILE]
            for j in range(len(row)):
                total[j] += weights[i] * row[j]
        place = out[start : start + TILE]
        for j in range(len(place)):
            place[j] = np.int16(np.int32(total[j] / divisor + MAGIC - MAGIC))


@_compiled
def _copied_to(rows: Delta, start: int, tile: Delta | Numbers) -> None:
    """Copy columns of `rows` from `start` on to `tile`, as many as there are for it."""
    for i in range(len(rows)):
        source, place = rows[i, start : start + TILE], tile[i]
        for j in range(len(source)):
            place[j] = source[j]


@_compiled_for_integers
def _four_by_four(tile: Numbers, i: int, j: int, products: Numbers) -> None:
    """Multiply four rows from `i` on with four from `j` on; the last row stands in for missing ones.

    Sixteen sums at a time fit the registers, and each number that is read is used four times.
    """
    last = len(tile) - 1
    a, b, c, d = tile[i], tile[min(i + 1, last)], tile[min(i + 2, last)], tile[min(i + 3, last)]
    e, f, g, h = tile[j], tile[min(j + 1, last)], tile[min(j + 2, last)], tile[min(j + 3, last)]
    ae = af = ag = ah = be = bf = bg = bh = ce = cf = cg = ch = de = df = dg = dh = 0.0
    for k in range(TILE):
        ae, af, ag, ah = ae + a[k] * e[k], af + a[k] * f[k], ag + a[k] * g[k], ah + a[k] * h[k]
        be, bf, bg, bh = be + b[k] * e[k], bf + b[k] * f[k], bg + b[k] * g[k], bh + b[k] * h[k]
        ce, cf, cg, ch = ce + c[k] * e[k], cf + c[k] * f[k], cg + c[k] * g[k], ch + c[k] * h[k]
        de, df, dg, dh = de + d[k] * e[k], df + d[k] * f[k], dg + d[k] * g[k], dh + d[k] * h[k]
    products[0, 0], products[0, 1], products[0, 2], products[0, 3] = ae, af, ag, ah
    products[1, 0], products[1, 1], products[1, 2], products[1, 3] = be, bf, bg, bh
    products[2, 0], products[2, 1], products[2, 2], products[2, 3] = ce, cf, cg, ch
    products[3, 0], products[3, 1], products[3, 2], products[3, 3] = de, df, dg, dh
