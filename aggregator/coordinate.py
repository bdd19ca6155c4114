"""Rules that treat every coordinate by itself: mean, trimmed mean and median. All updates are selected.

What runs a rule is in `rule`; rules that judge whole updates are in `selection`.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter, TooFewUpdates
from aggregator.exact import mean_half_even, sort_rows
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Delta, Updates

__all__ = ["Mean", "Median", "TrimmedMean"]

LARGEST_WEIGHT_SUM = 2**46  # weighted sums of int16 stay below 2^61


def _all_selected(delta: Delta, n: int) -> Aggregation:
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
        if weights is not None:
            _check_weights(weights, updates.count)
        return _all_selected(updates.by_chunk(lambda rows: mean_half_even(rows, weights)), updates.count)


def _check_weights(weights: tuple[int, ...], n: int) -> None:
    if len(weights) != n or min(weights) < 1 or sum(weights) > LARGEST_WEIGHT_SUM:
        raise BadParameter(
            f"{len(weights)} weights from {min(weights, default=0)}, sum {sum(weights)}, for {n} updates: "
            "give one positive integer for each, at most 2^46 together"
        )


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
        return _all_selected(updates.by_chunk(lambda rows: mean_half_even(sort_rows(rows)[f : n - f])), n)


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

        def middle(rows: Delta) -> NDArray[np.integer]:
            return mean_half_even(sort_rows(rows)[(n - 1) // 2 : n // 2 + 1])

        return _all_selected(updates.by_chunk(middle), n)
