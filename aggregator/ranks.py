"""Kernels on one chunk of rows: the mean of certain values of each column, by rank or by distance to the median.

Compiled where that can be and is worth it: see `compiler`. How rows are put in order is in `sorting`; which rule
averages what is theirs to say.
"""

import numpy as np
from numpy.typing import NDArray

from aggregator.compiler import compiles
from aggregator.exact import mean_half_even
from aggregator.sorting import bands, comparators, sorted_bands
from aggregator.updates import Delta

__all__ = ["mean_around_median", "mean_of_ranks"]


def mean_of_ranks(rows: Delta, ranks: range) -> NDArray[np.int16] | NDArray[np.int64]:
    """Average, in each column of int16 `rows` of shape (n, c), the values of the given ranks; rank 0 is the smallest.

    Rounds once, half to even, to integers of shape (c,); overwrites `rows`.
    """
    if not compiles(rows.size):
        return mean_half_even(sorted_bands(rows, [ranks]))
    from aggregator.compiled import mean_of_ranks_into

    mean = np.empty(rows.shape[1], np.int16)
    mean_of_ranks_into(np.ascontiguousarray(rows), comparators(len(rows), [ranks]), ranks.start, ranks.stop, mean)
    return mean


def mean_around_median(rows: Delta, keep: int) -> NDArray[np.int16] | NDArray[np.int64]:
    """Average, in each column of int16 `rows` of shape (n, c), the `keep` values closest to the column's median.

    The median of an even n is the exact middle between the two middle values. Of two values equally far from it the
    smaller one is kept, so the order of the rows does not matter. Rounds once, half to even, to integers of shape (c,);
    overwrites `rows`. `keep` is from 1 to n.

    In sorted order the closest values are neighbours. So for each of the n - keep values to drop, one of two values
    goes that lie `keep` places apart: the one farther from the median.
    """
    n, dropped = len(rows), len(rows) - keep
    low, high = (n - 1) // 2, n // 2  # ranks of the two middle values, the same one for an odd n
    wanted = bands([*range(dropped + 1), low, low + 1, high, high + 1, *range(keep, n + 1)])
    if not compiles(rows.size):
        return _mean_of_closest(sorted_bands(rows, wanted), keep)
    from aggregator.compiled import around_median_into

    mean = np.empty(rows.shape[1], np.int16)
    around_median_into(np.ascontiguousarray(rows), comparators(n, wanted), keep, mean)
    return mean


def _mean_of_closest(lines: list[Delta], keep: int) -> NDArray[np.int16] | NDArray[np.int64]:
    """Average the `keep` values closest to the median, given the rows in order; overwrites them."""
    n = len(lines)
    low, high = (n - 1) // 2, n // 2
    below, above = lines[low].copy(), lines[high].copy()
    for near, far in zip(range(n - keep), range(keep, n), strict=True):
        if far < high:
            continue  # both at or below the median: the upper one is closer, and stays at its place
        if near > low:
            lines[far] = lines[near]
        else:
            _keep_closer(lines[near], lines[far], below, above)
    return mean_half_even(lines[n - keep :])


def _keep_closer(lower: Delta, upper: Delta, below: Delta, above: Delta) -> None:
    """Overwrite `upper` with `lower` where the latter is at least as close to the middle of `below` and `above`.

    lower <= below <= above <= upper, so int16 subtraction wraps around to distances that fit uint16 exactly; the change
    of `upper` wraps around twice and so not at all. Multiplying by the comparison is faster than a masked copy.
    """
    closer = np.subtract(below, lower).view(np.uint16) <= np.subtract(upper, above).view(np.uint16)
    change = lower - upper
    change *= closer
    upper += change
