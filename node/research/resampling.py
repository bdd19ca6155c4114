"""How far a headline metric would differ on other test samples of the same kind: the bootstrap over test samples.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", percentile method. Runs measured on the same samples are
resampled together, so that what makes a sample hard cancels in their differences. Nothing here says how far another
training run would differ: that takes seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.errors import DataError

__all__ = ["Interval", "Parts", "headlines", "interval", "redrawn", "resampled"]

Parts: TypeAlias = Sequence[tuple[float, float]]  # `ports.Metrics.parts`
Floats: TypeAlias = NDArray[np.float64]

RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A value and the 95 % interval around it."""

    value: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        """Whether all of the interval is."""
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        """Whether all of the interval is."""
        return self.high < 0

    def scaled(self, scale: float) -> "Interval":
        """In other units."""
        return Interval(self.value * scale, self.low * scale, self.high * scale)


def redrawn(samples: int, seed: int = 0) -> Floats:
    """How often each test sample is drawn in each of 2000 resamples, shape (2000, samples)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(samples, np.full(samples, 1 / samples), RESAMPLES).astype(np.float64)


def headlines(numerators: Floats, denominators: Floats, drawn: Floats) -> Floats:
    """The headlines of k runs in each resample, shape (2000, k), from parts of shape (k, samples); 0 of nothing."""
    above, below = drawn @ numerators.T, drawn @ denominators.T
    ratios: Floats = np.divide(above, below, out=np.zeros_like(above), where=below != 0)
    return ratios


def resampled(runs: Sequence[Parts], seed: int = 0) -> Floats:
    """The headline of each of k runs on 2000 resamples of the samples that all were measured on, shape (2000, k).

    Raises `DataError` when two runs were not measured on as many samples, or one on none.
    """
    counts = {len(parts) for parts in runs}
    if len(counts) != 1 or 0 in counts:
        raise DataError(f"metrics of {sorted(counts)} test samples are compared; measure all on the same ones")
    pairs = np.asarray(runs, np.float64)
    return headlines(pairs[:, :, 0], pairs[:, :, 1], redrawn(pairs.shape[1], seed))


def interval(value: float, resamples: Floats) -> Interval:
    """`value` with the 2.5th and 97.5th percentile of what it was in the resamples, shape (2000,)."""
    low, high = np.percentile(resamples, [2.5, 97.5])
    return Interval(value, float(low), float(high))
