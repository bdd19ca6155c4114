"""The covariance-bound agnostic filter, which lowers the weight of updates that stand out in the worst direction.

Everything happens in the Gram matrix, in integers; the one float64 matrix product multiplies integers so short that it
is exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import isqrt
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.exact import gram
from aggregator.geometric import on_grid, percent, weighted_mean
from aggregator.order import value_ranks
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Updates

__all__ = ["Caf"]

UNIT = 1 << 30  # the weight of an update that the filter has not touched
SQUARINGS = 10  # the power method's exponent is 2^10
EIGENVALUE_BITS = 32  # fractional bits in which eigenvalues are compared
Integers = NDArray[Any]  # of dtype object: Python's integers, of any size


@register("caf")
@dataclass(frozen=True)
class Caf(FaultTolerant):
    """The weighted mean with the smallest spread along its worst direction, among those a filter goes through.

    Weights cᵢ start at 1. Until their sum is at most n - 2f: take the weighted mean μ, the direction v of the largest
    variance λ around it, and τᵢ = ⟨v, xᵢ − μ⟩²; then cᵢ ← cᵢ · (1 − τᵢ / max τ), the maximum over updates that still
    weigh something, so that each pass drops one at least. The result is the μ with the smallest λ, the first of equals,
    without the updates that kept less than a hundredth of their weight.
    Allouah, Guerraoui and Stephan 2025, "Towards Trustworthy Federated Learning with Untrusted Participants" (ICML,
    arXiv 2505.01874). Needs n > 2f.

    Weights are rounded down to 30 fractional bits. v comes from the 1024th power of the n × n matrix with entries
    √cᵢ ⟨xᵢ − μ, xⱼ − μ⟩ √cⱼ, squared ten times and rounded after each so that float64 products stay exact; λ is the
    variance along that v. Of columns of the power with equal diagonals that of the smaller values is taken.
    """

    condition: ClassVar[str] = "n > 2f"

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Filter and average to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n > 2f."""
        n = updates.count
        f = self.faults(n, context)
        weights = _filtered(updates, f)
        selected = tuple(100 * weight >= max(weights) for weight in weights)
        kept = on_grid([weight if one else 0 for weight, one in zip(weights, selected, strict=True)])
        return Aggregation(
            weighted_mean(updates, kept, sum(kept)),
            selected,
            tuple(_told(weight, one) for weight, one in zip(weights, selected, strict=True)),
        )


def _filtered(updates: Updates, faults: int) -> list[int]:
    """Lower the weights pass by pass and give those with the smallest largest variance."""
    n = updates.count
    inner: Integers = gram(updates).astype(object)
    ranks = cache(lambda: value_ranks(updates))
    weights = best = [UNIT] * n
    least = None
    while sum(weights) > (n - 2 * faults) * UNIT:
        variance, deviations = _worst_direction(inner, weights, ranks)
        if least is None or variance < least:
            least, best = variance, weights
        squares = [one * one if weight else 0 for one, weight in zip(deviations, weights, strict=True)]
        most = max(squares)
        if not most:
            break  # what still weighs something is all the same
        weights = [weight * (most - one) // most for weight, one in zip(weights, squares, strict=True)]
    return best


def _worst_direction(inner: Integers, weights: list[int], ranks: Callable[[], list[int]]) -> tuple[int, list[int]]:
    """Find the direction of the largest variance: that variance, and how far each update is from the mean along it.

    The variance has 32 fractional bits; the deviations share a factor.
    """
    whole = sum(weights)
    masses: Integers = np.array(weights, object)
    common = inner @ masses
    centred = inner * whole**2 - whole * (common[:, None] + common) + masses @ common  # times whole^2
    roots: Integers = np.array([isqrt(weight * UNIT) for weight in weights], object)
    power = _dominant(centred * roots[:, None] * roots)
    diagonal = np.diag(power)
    top = min(np.flatnonzero(diagonal == diagonal.max()).tolist(), key=lambda row: ranks()[row])
    direction = roots * power[:, top].astype(np.int64).astype(object)  # as a combination of centred updates
    deviations = centred @ direction
    length = direction @ deviations
    spread = (masses * deviations) @ deviations
    return ((spread << EIGENVALUE_BITS) // (whole**3 * length) if length else 0), deviations.tolist()


def _dominant(matrix: Integers) -> NDArray[np.float64]:
    """Raise a positive semidefinite integer matrix to its 1024th power, up to a factor: float64 that holds integers.

    Entries are cut to so many bits that a product of two rows stays below 2^53; the largest is on the diagonal.
    """
    bits = (53 - len(matrix).bit_length()) // 2
    power = (matrix >> max(0, int(max(np.diag(matrix))).bit_length() - bits)).astype(np.float64)
    for _ in range(SQUARINGS):
        power = power @ power
        power = np.rint(power * 2.0 ** -max(0, int(power.diagonal().max()).bit_length() - bits))
    return power


def _told(weight: int, selected: bool) -> str:
    share = f"the filter left it {percent(weight, UNIT)} of its weight"
    return f"kept: {share}" if selected else f"dropped: {share}, less than a hundredth of the largest"
