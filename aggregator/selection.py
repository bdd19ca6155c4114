"""Rules that judge whole updates by their distances and keep some of them: Krum and Multi-Krum.

Distances are exact integers. Equal scores are ordered by the updates' values and then by row, so that the aggregate
does not depend on the order of the peers. What runs a rule is in `rule`; coordinate-wise rules are in `coordinate`.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.exact import gram, mean_half_even, squared_distances, sums_of_rows
from aggregator.order import value_ranks
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Updates

__all__ = ["Krum", "MultiKrum", "krum_ranking", "krum_scores"]


@dataclass(frozen=True)
class _KrumFamily(FaultTolerant):
    """The common part of the Krum family: score, rank, keep the best, average them."""

    condition: ClassVar[str] = "n >= 2f + 3"

    @classmethod
    def needs(cls, faults: int) -> int:
        """Give 2f + 3, so that a majority of every update's n - f - 2 nearest neighbours is honest."""
        return 2 * faults + 3

    def _keep_best(self, updates: Updates, context: Context, most: int | None) -> Aggregation:
        """Average the `most` updates with the best scores, n - f when it is None and never more than that."""
        f = self.faults(updates.count, context)
        allowed = updates.count - f
        neighbours = allowed - 2
        scores = krum_scores(squared_distances(gram(updates)), neighbours)
        ranking = krum_ranking(updates, scores)
        kept = sorted(ranking[: allowed if most is None else min(most, allowed)])
        return Aggregation(
            updates.take(kept).wide(context.chunk).by_chunk(mean_half_even),
            tuple(row in kept for row in range(updates.count)),
            _reasons(scores, ranking, len(kept), neighbours),
        )


@register("krum")
@dataclass(frozen=True)
class Krum(_KrumFamily):
    """The one update with the smallest summed squared distance to its n - f - 2 nearest neighbours.

    Blanchard et al. 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent" (NeurIPS). Needs
    n >= 2f + 3.
    """

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Choose one update, int16 of shape (d,); raises `TooFewUpdates` unless n >= 2f + 3."""
        return self._keep_best(updates, context, 1)


@register("multi_krum")
@dataclass(frozen=True)
class MultiKrum(_KrumFamily):
    """The mean of the m updates with the smallest Krum scores.

    `m` is n - f when not given, and never more than that. Blanchard et al. 2017, "Machine Learning with Adversaries:
    Byzantine Tolerant Gradient Descent" (NeurIPS). Needs n >= 2f + 3.
    """

    m: int | None = None

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Average the m best to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n >= 2f + 3."""
        return self._keep_best(updates, context, self.m)


def krum_scores(distances: NDArray[np.int64], neighbours: int) -> list[int]:
    """Sum each update's squared distances to its nearest `neighbours`; `distances` is of shape (n, n)."""
    others = distances.copy()
    np.fill_diagonal(others, -1)  # sorts an update itself before all others, equal ones too
    return sums_of_rows(np.sort(others, axis=1)[:, 1 : neighbours + 1])


def krum_ranking(updates: Updates, scores: list[int]) -> list[int]:
    """Order the rows by score, equal scores by the updates' values, equal updates by row."""
    tied = len(set(scores)) < len(scores)
    ranks = value_ranks(updates) if tied else [0] * len(scores)
    return sorted(range(len(scores)), key=lambda row: (scores[row], ranks[row]))


def _reasons(scores: list[int], ranking: list[int], kept: int, neighbours: int) -> tuple[str, ...]:
    n = len(scores)
    rank = {row: place + 1 for place, row in enumerate(ranking)}
    return tuple(
        f"kept: score rank {rank[row]} of {n}"
        if rank[row] <= kept
        else f"dropped: its summed squared distance to its {neighbours} nearest neighbours, {scores[row]}, "
        f"ranks {rank[row]} of {n} and only {kept} {'is' if kept == 1 else 'are'} kept"
        for row in range(n)
    )
