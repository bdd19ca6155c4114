"""Rules that weigh whole updates by their distance to a centre: geometric median and centred clipping.

The centre is always a weighted mean of the updates, so every step happens in the Gram matrix and in Python's integers;
the updates themselves are read twice, once for that matrix and once for the result. Rules that drop updates are in
`selection`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from aggregator.compiler import compiles
from aggregator.exact import gram, squares_and_products
from aggregator.mixing import Mixing
from aggregator.rule import Aggregation, Context, FaultTolerant, register
from aggregator.updates import Delta, Updates

__all__ = ["CentredClipping", "GeometricMedian", "on_grid", "percent", "weighted_mean"]

GRID_BITS = 36  # weights that sum to about 2^36 leave room for the rounding of 2^15 of them
FACTOR_BITS = 32
MOST_STEPS = 1000


@register("geometric_median")
@dataclass(frozen=True)
class GeometricMedian(FaultTolerant):
    """The point with the smallest summed distance to all updates, after `steps` Weiszfeld steps from their mean.

    A step is z ← Σ wᵢ xᵢ / Σ wᵢ with wᵢ = 1 / max(1, ‖xᵢ − z‖): distances below one quantisation step count as one.
    Pillutla et al. 2022, "Robust Aggregation for Federated Learning" (IEEE Transactions on Signal Processing, arXiv
    1912.13445). Needs n > 2f. 32 steps when not given: with 8 of 20 updates together and 700 times as far away as the
    others are from each other, 16 miss by a third of that distance and 24 by a thousandth. Weights are rounded to 2^-36
    of their sum in every step.
    """

    condition: ClassVar[str] = "n > 2f"
    largest: ClassVar[Mapping[str, int]] = {"steps": MOST_STEPS}

    steps: int | None = None

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Weigh and average to int16 of shape (d,), half to even; raises `TooFewUpdates` unless n > 2f."""
        n = updates.count
        self.faults(n, context)
        inner = gram(updates).tolist()
        weights, before = on_grid([1] * n), list[int]()
        for _ in range(32 if self.steps is None else self.steps):
            if weights == before:
                break  # no further step would change anything
            before, whole = weights, sum(weights)
            lengths = [max(whole, isqrt(square)) for square in _squares_to_centre(inner, weights)]
            weights = on_grid([(whole << 2 * GRID_BITS) // length for length in lengths])
        whole = sum(weights)
        reasons = tuple(f"kept: {percent(weight, whole)} of the weight" for weight in weights)
        return Aggregation(weighted_mean(updates, weights, whole), (True,) * n, reasons)


@register("centred_clipping")
@dataclass(frozen=True)
class CentredClipping(FaultTolerant):
    """A centre moved `steps` times by the mean of the differences to it, each clipped to a radius.

    A step is v ← v + (1/n) Σ (xᵢ − v) · min(1, τ / ‖xᵢ − v‖), from the context's previous aggregate, or 0 without one.
    Karimireddy et al. 2021, "Learning from History for Byzantine Robust Optimization" (ICML, arXiv 2012.10333). There
    the radius τ is tuned by hand; here it is the lower median of the distances to v, in every step anew: with n > 2f,
    which is what this needs, τ lies between the smallest and the largest distance of an honest update, wherever the
    others are. 8 steps when not given: while v is still far away, a step shrinks its distance to at most 2f/n of it.
    Weights are rounded to 2^-36 of their sum and factors down to 32 fractional bits.
    """

    condition: ClassVar[str] = "n > 2f"
    largest: ClassVar[Mapping[str, int]] = {"steps": MOST_STEPS}

    steps: int | None = None

    def __call__(self, updates: Updates, context: Context) -> Aggregation:
        """Move the centre and give it as int16 of shape (d,), rounded half to even.

        Raises `TooFewUpdates` unless n > 2f, `BadParameter` unless a previous aggregate is int16 of shape (d,).
        """
        n = updates.count
        self.faults(n, context)
        rows = updates if context.previous is None else updates.joined(context.previous)
        inner = np.zeros((n + 1, n + 1), np.int64)  # without a previous aggregate the last row is 0
        steps = 8 if self.steps is None else self.steps
        inner[: rows.count, : rows.count] = gram(rows) if steps > 1 else _with_the_last(rows)
        weights, factors = [0] * n + [1 << GRID_BITS], [0] * n
        for _ in range(steps):
            lengths = [isqrt(square) for square in _squares_to_centre(inner.tolist(), weights)[:n]]
            radius = sorted(lengths)[(n - 1) // 2]
            factors = [_factor(radius, length) for length in lengths]
            weights = _moved(weights, factors)
        return Aggregation(
            weighted_mean(rows, weights[: rows.count], sum(weights)), (True,) * n, tuple(map(_told_factor, factors))
        )


def _with_the_last(rows: Updates) -> NDArray[np.int64]:
    """Of the Gram matrix only its diagonal and what the last row is part of: a first step asks for nothing else."""
    inner = np.zeros((rows.count, rows.count), np.int64)
    squares, products = squares_and_products(rows).T
    np.fill_diagonal(inner, squares)
    inner[-1], inner[:, -1] = products, products
    return inner


def _squares_to_centre(inner: list[list[int]], weights: list[int]) -> list[int]:
    """Square the distance of every row to the weighted mean of all rows, times the square of the sum of weights."""
    whole = sum(weights)
    common = [sum(map(int.__mul__, row, weights)) for row in inner]  # with the weighted sum of the rows
    square = sum(map(int.__mul__, common, weights))
    return [row[i] * whole * whole - 2 * whole * common[i] + square for i, row in enumerate(inner)]


def on_grid(numbers: list[int]) -> list[int]:
    """Scale non-negative integers, not all 0, to weights that sum to about 2^36, each rounded to the nearest."""
    whole = sum(numbers)
    return [((number << GRID_BITS + 1) + whole) // (2 * whole) for number in numbers]


def weighted_mean(updates: Updates, weights: list[int], divisor: int) -> Delta:
    """Add up weighted updates and divide, rounding once, half to even, to int16 of shape (d,)."""
    mixing = Mixing(np.array([weights], np.int64), divisor)
    if compiles(updates.count * updates.length):
        return updates.by_chunk(mixing.only_row)
    return updates.mixed(mixing).dense().by_chunk(lambda rows: rows[0])


def percent(part: int, whole: int) -> str:
    """Write a share as a percentage with one decimal, the nearest one."""
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10} %"


def _factor(radius: int, length: int) -> int:
    return 1 << FACTOR_BITS if length <= radius else (radius << FACTOR_BITS) // length


def _moved(weights: list[int], factors: list[int]) -> list[int]:
    """Move the centre, a weighted mean of the updates and the first centre, by the mean of the clipped differences."""
    whole, moved = sum(weights), sum(factors)
    stays = (len(factors) << FACTOR_BITS) - moved
    return on_grid([weight * stays + factor * whole for weight, factor in zip(weights, [*factors, 0], strict=True)])


def _told_factor(factor: int) -> str:
    if factor >> FACTOR_BITS:
        return "kept: within the radius around the centre"
    return f"kept: clipped to the radius, {percent(factor, 1 << FACTOR_BITS)} of its distance to the centre"
