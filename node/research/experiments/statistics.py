"""What outcomes say: means and deviations over seeds, and how sure differences are, by a bootstrap over test samples.

All methods of a study are measured on the same test samples, so a resampling draws samples once for both sides of a
difference and what makes a sample hard cancels. An interval says how far another test set of this kind could differ;
how far another training could, the deviation over seeds says.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "Measurements", "difference", "level", "recovered"]

RESAMPLES = 2000
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Measurements:
    """The same test samples measured on one model or more, of one method.

    `numerators` and `denominators` have shape (models, samples): a model's headline metric is the ratio of its sums.
    `by_seed` are the values of the runs (of clients alone, each seed's mean over clients).
    """

    numerators: Floats
    denominators: Floats
    by_seed: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return statistics.fmean(self.by_seed)

    @property
    def deviation(self) -> float:
        """The standard deviation over seeds; 0 for one seed."""
        return statistics.stdev(self.by_seed) if len(self.by_seed) > 1 else 0.0

    def resampled(self, counts: Floats) -> Floats:
        """The mean metric over the models, (resamples,), for how often each sample was drawn, (resamples, samples)."""
        above, below = counts @ self.numerators.T, counts @ self.denominators.T
        ratios: Floats = np.divide(above, below, out=np.zeros_like(above), where=below != 0)  # of nothing, 0
        return np.asarray(ratios.mean(axis=1))


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval."""

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

    def scaled(self, scale: float) -> "Estimate":
        """In other units."""
        return Estimate(self.value * scale, self.low * scale, self.high * scale)


def level(one: Measurements, seed: int = 0) -> Estimate:
    """A method's mean metric."""
    return _estimate(one.mean, one.resampled(_drawn(one, seed)))


def difference(one: Measurements, other: Measurements, seed: int = 0) -> Estimate:
    """By how much `one` is above `other`, in means over seeds (and over clients, of clients alone)."""
    drawn = _drawn(one, seed)
    return _estimate(one.mean - other.mean, one.resampled(drawn) - other.resampled(drawn))


def recovered(one: Measurements, base: Measurements, central: Measurements, seed: int = 0) -> Estimate | None:
    """Of what centralised training adds to the base, the share that `one` adds: (one - base) / (central - base).

    None when centralised training is not clear of the base, since then there is nothing to recover.
    """
    drawn = _drawn(one, seed)
    start, whole = base.resampled(drawn), central.resampled(drawn)
    if np.percentile(whole - start, 2.5) <= 0:
        return None
    value = (one.mean - base.mean) / (central.mean - base.mean)
    usable = whole > start
    return _estimate(value, (one.resampled(drawn) - start)[usable] / (whole - start)[usable])


def _drawn(one: Measurements, seed: int) -> Floats:
    """How often each test sample is drawn in each resampling (Efron and Tibshirani 1993), (resamples, samples)."""
    samples = one.numerators.shape[1]
    generator = np.random.default_rng(seed)
    return generator.multinomial(samples, np.full(samples, 1 / samples), RESAMPLES).astype(np.float64)


def _estimate(value: float, resampled: Sequence[float] | Floats) -> Estimate:
    low, high = np.percentile(resampled, [2.5, 97.5])  # the percentile method
    return Estimate(value, float(low), float(high))
