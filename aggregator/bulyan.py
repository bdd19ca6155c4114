"""Bulyan: repeated Krum chooses updates, then every coordinate is averaged around their median.

Scores and their order are those of `selection`, the kernel of the second step is in `ranks`.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.exact import gram, squared_distances
from aggregator.ranks import mean_around_median
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.selection import krum_ranking, krum_scores
from aggregator.updates import Updates

__all__ = ["Bulyan"]


@register("bulyan")
@dataclass(frozen=True)
class Bulyan(FaultTolerant):
    """The mean, per coordinate, of the θ - 2f values closest to the median of the θ = n - 2f updates that Krum chooses.

    Krum chooses one update, then one of the others, and so on; of m that are left it sums the squared distances to the
    max(1, m - f - 2) nearest. The median of an even θ is the exact middle between the two middle values; of two values
    equally far from it the smaller one is kept. El Mhamdi et al. 2018, "The Hidden Vulnerability of Distributed
    Learning in Byzantium" (ICML, arXiv 1802.07927). Needs n >= 4f + 3.
    """

    condition: ClassVar[str] = "n >= 4f + 3"

    @classmethod
    def needs(cls, faults: int) -> int:
        """Give 4f + 3, so that the values averaged per coordinate lie between honest ones."""
        return 4 * faults + 3

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Choose and average to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n >= 4f + 3."""
        n = updates.count
        f = self.faults(n, context)
        chosen = _chosen(updates, n - 2 * f, f)
        middle = updates.take(sorted(chosen)).wide(context.chunk)
        delta = middle.by_chunk(lambda rows: mean_around_median(rows, n - 4 * f))
        turn = {row: place + 1 for place, row in enumerate(chosen)}
        return Aggregation(
            delta, tuple(row in turn for row in range(n)), tuple(_told(turn.get(row), len(chosen)) for row in range(n))
        )


def _chosen(updates: Updates, count: int, faults: int) -> list[int]:
    """Let Krum choose `count` updates, one after the other."""
    distances = squared_distances(gram(updates))
    left, chosen = list(range(updates.count)), list[int]()
    while len(chosen) < count:
        among: NDArray[np.int64] = distances[np.ix_(left, left)]
        scores = krum_scores(among, max(1, len(left) - faults - 2))
        chosen.append(left.pop(krum_ranking(updates.take(left), scores)[0]))
    return chosen


def _told(turn: int | None, count: int) -> str:
    if turn is None:
        return f"dropped: repeated Krum chose {count} others, which are closer to their nearest neighbours"
    return f"kept: choice {turn} of {count} of repeated Krum"
