"""What outcomes say: means and deviations over seeds, and how sure differences are, by a bootstrap over test samples.

All methods of a study are measured on the same test samples, so a resampling draws samples once for both sides of a
difference and what makes a sample hard cancels. An interval says how far another test set of this kind could differ;
how far another training could, the deviation over seeds says.
"""

import statistics
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.research.resampling import Interval, headlines, interval, redrawn

__all__ = ["Measurements", "difference", "level", "recovered"]

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
        return np.asarray(headlines(self.numerators, self.denominators, counts).mean(axis=1))


def level(one: Measurements, seed: int = 0) -> Interval:
    """A method's mean metric."""
    return interval(one.mean, one.resampled(_drawn(one, seed)))


def difference(one: Measurements, other: Measurements, seed: int = 0) -> Interval:
    """By how much `one` is above `other`, in means over seeds (and over clients, of clients alone)."""
    drawn = _drawn(one, seed)
    return interval(one.mean - other.mean, one.resampled(drawn) - other.resampled(drawn))


def recovered(one: Measurements, base: Measurements, central: Measurements, seed: int = 0) -> Interval | None:
    """Of what centralised training adds to the base, the share that `one` adds: (one - base) / (central - base).

    None when centralised training is not clear of the base, since then there is nothing to recover.
    """
    drawn = _drawn(one, seed)
    start, whole = base.resampled(drawn), central.resampled(drawn)
    if np.percentile(whole - start, 2.5) <= 0:
        return None
    value = (one.mean - base.mean) / (central.mean - base.mean)
    usable = whole > start
    return interval(value, (one.resampled(drawn) - start)[usable] / (whole - start)[usable])


def _drawn(one: Measurements, seed: int) -> Floats:
    return redrawn(one.numerators.shape[1], seed)
