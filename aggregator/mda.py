"""Minimum diameter averaging: an exact search for the updates that are closest together.

Dropping f updates so that no two that are far apart remain is a vertex cover of at most f vertices in the graph of far
pairs, which a search that branches f times finds quickly; sets of updates are bitmasks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.exact import gram, mean_half_even, squared_distances
from aggregator.order import value_ranks
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Updates

__all__ = ["Mda"]


@register("mda")
@dataclass(frozen=True)
class Mda(FaultTolerant):
    """The mean of the n - f updates with the smallest diameter, the largest distance between two of them.

    El Mhamdi et al. 2020, "Genuinely Distributed Byzantine Machine Learning" (PODC, arXiv 1905.03853). Needs n > 2f,
    and n ≤ 20, since the search may have to look at every subset. Of several subsets with the same diameter, which are
    common, the one with the smallest sum of squared distances is taken, then the first in the order of values.
    """

    condition: ClassVar[str] = "n > 2f"
    most: ClassVar[int | None] = 20

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Average the n - f that are closest together to int16 of shape (d,), half to even.

        Raises `TooFewUpdates` unless n > 2f and `TooManyUpdates` unless n ≤ 20.
        """
        n = updates.count
        f = self.faults(n, context)
        distances = squared_distances(gram(updates))
        diameter = _smallest_diameter(distances, f)
        kept = _best(updates, distances, sorted(set(_subsets(_far_pairs(distances, diameter), (1 << n) - 1, f))))
        return Aggregation(
            updates.take(kept).wide(context.chunk).by_chunk(mean_half_even),
            tuple(row in kept for row in range(n)),
            tuple(_told(row, kept, distances[row].tolist(), diameter) for row in range(n)),
        )


def _smallest_diameter(distances: NDArray[np.int64], faults: int) -> int:
    """Find the smallest squared diameter of n - f updates, by bisection over the distances there are."""
    values: list[int] = np.unique(distances).tolist()
    low, high = 0, len(values) - 1
    everybody = (1 << len(distances)) - 1
    while low < high:
        middle = (low + high) // 2
        if next(_subsets(_far_pairs(distances, values[middle]), everybody, faults), None) is None:
            low = middle + 1
        else:
            high = middle
    return values[low]


def _far_pairs(distances: NDArray[np.int64], diameter: int) -> list[int]:
    """For each update, the set of those farther away than the diameter."""
    far = distances > diameter
    return [sum(1 << other for other in np.flatnonzero(row).tolist()) for row in far]


def _subsets(far: list[int], kept: int, budget: int) -> Iterator[int]:
    """Yield every set that drops exactly `budget` of `kept` and leaves no far pair; some more than once.

    An update with far partners is dropped, or all of them are.
    """
    row = next((row for row in _members(kept) if far[row] & kept), None)
    if row is None:
        for dropped in combinations(_members(kept), budget):
            yield kept - sum(1 << one for one in dropped)
        return
    partners = far[row] & kept
    if budget:
        yield from _subsets(far, kept & ~(1 << row), budget - 1)
    if partners.bit_count() <= budget:
        yield from _subsets(far, kept & ~partners, budget - partners.bit_count())


def _members(subset: int) -> list[int]:
    return [row for row in range(subset.bit_length()) if subset >> row & 1]


def _best(updates: Updates, distances: NDArray[np.int64], subsets: list[int]) -> list[int]:
    """Choose among subsets of the same diameter: by the sum of squared distances, then by values, then by row."""
    members = np.array(subsets)[:, None] >> np.arange(updates.count) & 1
    halves = ((members @ half * members).sum(axis=1).tolist() for half in (distances >> 32, distances & (1 << 32) - 1))
    sums = [(high << 32) + low for high, low in zip(*halves, strict=True)]
    least = min(sums)
    tied = [_members(subset) for subset, one in zip(subsets, sums, strict=True) if one == least]
    ranks = value_ranks(updates) if len(tied) > 1 else [0] * updates.count
    return min(tied, key=lambda rows: (sorted(ranks[row] for row in rows), rows))


def _told(row: int, kept: list[int], distances: list[int], diameter: int) -> str:
    if row in kept:
        return f"kept: one of the {len(kept)} updates that are closest together"
    farthest = max(distances[other] for other in kept)
    return (
        f"dropped: not one of the {len(kept)} updates that are closest together; those are at most {diameter} apart, "
        f"squared, and it is {farthest} from the farthest of them"
    )
