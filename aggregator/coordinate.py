"""Rules that treat every coordinate by itself: mean, trimmed mean, median and mean around median. They select all.

What runs a rule is in `rule`; rules that judge whole updates are in `selection`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter, TooFewUpdates
from aggregator.exact import mean_half_even
from aggregator.ranks import mean_around_median, mean_of_ranks
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Delta, Updates

__all__ = ["Mean", "MeanAroundMedian", "Median", "TrimmedMean", "capped_weights"]

LARGEST_WEIGHT_SUM = 2**46  # weighted sums of int16 stay below 2^61


def _by_chunk(updates: Updates, context: Context, kernel: Callable[[Delta], NDArray[np.integer]]) -> Aggregation:
    n = updates.count
    delta = updates.wide(context.chunk).by_chunk(kernel)
    return Aggregation(delta, (True,) * n, ("kept: coordinate rules select all",) * n)


@register("mean")
@dataclass(frozen=True)
class Mean:
    """Average of the updates, uniform or by the context's weights; tolerates no fault at all.

    McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data" (FedAvg, arXiv
    1602.05629). Accepts any n ≥ 1, whatever f: it defends against nothing.
    """

    name: ClassVar[str]

    @property
    def parameters(self) -> dict[str, int]:
        """None."""
        return {}

    @classmethod
    def needs(cls, faults: int) -> int:
        """Give 1: more updates would not make the mean safer."""
        return 1

    @classmethod
    def largest_faults(cls, n: int) -> int:
        """Give 0; raises `TooFewUpdates` without any update."""
        if n < 1:
            raise TooFewUpdates(f"mean needs n >= 1: at least 1 update, not {n}")
        return 0

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Average to int16 of shape (d,), half to even; raises `BadParameter` for weights out of range."""
        weights = context.weights
        if weights is None:
            return _by_chunk(updates, context, lambda rows: mean_of_ranks(rows, range(len(rows))))
        _check_weights(weights, updates.count)
        return _by_chunk(updates, context, lambda rows: mean_half_even(rows, weights))


def _check_weights(weights: tuple[int, ...], n: int) -> None:
    if len(weights) != n or min(weights) < 1 or sum(weights) > LARGEST_WEIGHT_SUM:
        raise BadParameter(
            f"{len(weights)} weights from {min(weights, default=0)}, sum {sum(weights)}, for {n} updates: "
            "give one positive integer for each, at most 2^46 together"
        )


def capped_weights(examples: Sequence[int], multiple: int) -> tuple[int, ...]:
    """Weigh n updates by how many examples each was trained on, none by more than `multiple` times the median count.

    Counts are what trainers say about themselves, so without a cap one lie decides the mean. A count of 0 weighs 1. The
    median of an even n is the lower of the two middle counts, so that half the trainers cannot raise it alone. For the
    `weights` of a `Context`. Raises `BadParameter` for no count, a negative one, or a multiple below 1.
    """
    if not examples or min(examples) < 0 or multiple < 1:
        raise BadParameter(
            f"cannot cap {len(examples)} example counts from {min(examples, default=0)} at {multiple} times their "
            "median: give at least one count, none negative, and a multiple of at least 1"
        )
    cap = multiple * sorted(examples)[(len(examples) - 1) // 2]
    return tuple(max(1, min(count, cap)) for count in examples)


@register("trimmed_mean")
@dataclass(frozen=True)
class TrimmedMean(FaultTolerant):
    """Coordinate-wise mean after dropping the f smallest and the f largest values.

    Yin et al. 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates" (arXiv 1803.01498).
    Needs n > 2f.
    """

    condition: ClassVar[str] = "n > 2f"

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Trim and average to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n > 2f."""
        n = updates.count
        f = self.faults(n, context)
        return _by_chunk(updates, context, lambda rows: mean_of_ranks(rows, range(f, n - f)))


@register("median")
@dataclass(frozen=True)
class Median(FaultTolerant):
    """Coordinate-wise median; for an even n the mean of the two middle values, half to even.

    Yin et al. 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates" (arXiv 1803.01498).
    Needs n > 2f.
    """

    condition: ClassVar[str] = "n > 2f"

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Take the median to int16 of shape (d,); raises `TooFewUpdates` unless n > 2f."""
        n = updates.count
        self.faults(n, context)
        middle = range((n - 1) // 2, n // 2 + 1)
        return _by_chunk(updates, context, lambda rows: mean_of_ranks(rows, middle))


@register("meamed")
@dataclass(frozen=True)
class MeanAroundMedian(FaultTolerant):
    """Coordinate-wise mean of the n - f values closest to the median.

    The median of an even n is the exact middle between the two middle values, and of two values equally far from it the
    smaller one is kept. Xie et al. 2018, "Generalized Byzantine-tolerant SGD" (arXiv 1802.10116). Needs n > 2f.
    """

    condition: ClassVar[str] = "n > 2f"

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Average around the median to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n > 2f."""
        keep = updates.count - self.faults(updates.count, context)
        return _by_chunk(updates, context, lambda rows: mean_around_median(rows, keep))
