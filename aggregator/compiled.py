"""Kernels of the coordinate rules compiled for this CPU: the same bytes as numpy's kernels, in a fraction of the time.

Needs numba, the extra `fast`; nothing imports this module where it is missing. Columns are taken a few hundred at a
time, so that all their values stay in the fastest cache from the first comparator to the rounded mean. Which kernel
runs is decided in `kernels`, what is computed is said there too.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from aggregator.updates import Delta

__all__ = ["around_median_into", "mean_of_ranks_into"]

F = TypeVar("F", bound=Callable[..., None])
Comparators = NDArray[np.int64]

TILE = 256  # columns; a constant, so that loops over them compile to a few instructions for whole vectors
MAGIC = float(3 << 51)  # from here on to 2^53 doubles are whole numbers: adding it rounds, half to even


def _compiled(function: F) -> F:
    return cast(F, njit(nogil=True)(function))


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
    for i in range(len(rows)):
        source, place = rows[i, start : start + TILE], tile[i]
        for j in range(len(source)):
            place[j] = source[j]
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
