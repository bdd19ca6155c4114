"""What may stand in front of a rule: nearest-neighbour mixing, bucketing and two ways of clipping.

Each turns the updates into rows that are integer-weighted sums of them; all weights come from exact inner products. How
one is put in front of a rule is in `composition`, the arithmetic of mixing in `mixing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import lcm
from typing import ClassVar, Protocol

import numpy as np

from aggregator.exact import gram, root_of_ratio, squared_distances, squared_norms
from aggregator.mixing import Mixing
from aggregator.named import Named, lister, make
from aggregator.order import value_ranks
from aggregator.rule import Context
from aggregator.updates import Updates

__all__ = ["PREAGGREGATIONS", "Arc", "Bucketing", "Clipping", "Mixture", "Nnm", "Preaggregation", "preaggregation"]

SCALE_BITS = 32  # a clipped update is multiplied by a fixed-point number with as many fractional bits


@dataclass(frozen=True)
class Mixture:
    """What a preaggregation makes of n updates: `mixing`, the row that stands for each update, and a note on each.

    A note says in a few words what happened to the update, "" when nothing did.
    """

    mixing: Mixing
    stands_for: tuple[int, ...]
    notes: tuple[str, ...]


class Preaggregation(Protocol):
    """A way to turn n updates, of which f may be poisoned, into rows that are easier for a rule to judge."""

    @property
    def name(self) -> str:
        """The name in `PREAGGREGATIONS`."""

    @property
    def parameters(self) -> Mapping[str, int]:
        """The parameters that were given, as the guideline and the round record write them."""

    def rows(self, n: int) -> int:
        """Give the number of rows that become of n updates."""

    def needs(self, rows: int, faults: int) -> int:
        """Give the smallest n that this accepts for `faults` poisoned updates and that becomes at least `rows` rows."""

    def __call__(self, updates: Updates, faults: int, context: Context) -> Mixture:
        """Say how to mix the updates, whose number is at least what `needs` gives."""


@dataclass(frozen=True)
class _RowByRow(Named):
    """The base of preaggregations that keep one row for every update and ask for nothing."""

    def rows(self, n: int) -> int:
        """Give n."""
        return n

    def needs(self, rows: int, faults: int) -> int:
        """Give `rows`: there is no condition on f."""
        return rows


@dataclass(frozen=True)
class _ForFaults(_RowByRow):
    """The base of preaggregations that reckon with f poisoned updates and need n > 2f.

    `f` is their own number of faults, for use without a round and in front of a rule that has none.
    """

    f: int | None = None

    def needs(self, rows: int, faults: int) -> int:
        """Give `rows`, or 2f + 1 when that is more."""
        return max(rows, 2 * faults + 1)


PREAGGREGATIONS: dict[str, type[Preaggregation]] = {}
register = lister(PREAGGREGATIONS)


def preaggregation(name: str, /, **parameters: int) -> Preaggregation:
    """Make the preaggregation of that name; raises `UnknownRule`, or `BadParameter` for a parameter it has not."""
    return make("preaggregation", PREAGGREGATIONS, name, parameters)


@register("nnm")
@dataclass(frozen=True)
class Nnm(_ForFaults):
    """Nearest-neighbour mixing: every update becomes the mean of the n - f updates nearest to it, itself included.

    Allouah et al. 2023, "Fixing by Mixing: A Recipe for Optimal Byzantine ML under Heterogeneity" (AISTATS, arXiv
    2302.01772). Needs n > 2f. Of equally distant updates the one with the smaller values comes first.
    """

    def __call__(self, updates: Updates, faults: int, context: Context) -> Mixture:
        """Weigh the nearest n - f of each update 1 and the others 0."""
        n = updates.count
        nearest = n - faults
        distances = squared_distances(gram(updates))
        ranks = _ranks_if_tied(updates, distances, nearest)
        weights = np.zeros((n, n), np.int64)
        for row in range(n):
            weights[row, np.lexsort((ranks, distances[row]))[:nearest]] = 1
        note = f"judged as the mean of the {nearest} updates nearest to it"
        return Mixture(Mixing(weights, nearest), tuple(range(n)), (note,) * n)


def _ranks_if_tied(updates: Updates, distances: np.ndarray, nearest: int) -> list[int]:
    """Rank the updates by value, unless no choice of nearest ones depends on it."""
    if nearest == updates.count:
        return [0] * updates.count
    ordered = np.sort(distances, axis=1)
    tied = (ordered[:, nearest - 1] == ordered[:, nearest]).any()
    return value_ranks(updates) if tied else [0] * updates.count


@register("bucketing")
@dataclass(frozen=True)
class Bucketing(Named):
    """Means of random buckets of `size` updates, 2 when not given; the last bucket may be smaller.

    Karimireddy et al. 2022, "Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing" (ICLR, arXiv
    2006.09365). As many rows may be poisoned as updates are, of size times fewer. The permutation orders the updates,
    sorted by value, by SHA-256 of the context's seed and their place: the same everywhere, whatever the order of peers.
    """

    size: int | None = None

    def rows(self, n: int) -> int:
        """Give the number of buckets."""
        return -(-n // self._size)

    def needs(self, rows: int, faults: int) -> int:
        """Give the smallest n that fills `rows` buckets, the last with one update."""
        return (rows - 1) * self._size + 1

    def __call__(self, updates: Updates, faults: int, context: Context) -> Mixture:
        """Weigh the members of each bucket alike."""
        ranks = value_ranks(updates)
        by_value = sorted(range(updates.count), key=lambda row: ranks[row])
        drawn = [by_value[place] for place in _permutation(updates.count, context.seed)]
        buckets = [drawn[start : start + self._size] for start in range(0, len(drawn), self._size)]
        divisor = lcm(*map(len, buckets))
        weights = np.zeros((len(buckets), updates.count), np.int64)
        for row, bucket in enumerate(buckets):
            weights[row, bucket] = divisor // len(bucket)
        home = {row: place for place, bucket in enumerate(buckets) for row in bucket}
        stands_for = tuple(home[row] for row in range(updates.count))
        return Mixture(Mixing(weights, divisor), stands_for, tuple(_told(len(buckets[place])) for place in stands_for))

    @property
    def _size(self) -> int:
        return 2 if self.size is None else self.size


def _permutation(n: int, seed: int) -> list[int]:
    return sorted(range(n), key=lambda place: sha256(f"fednode bucketing {seed} {place}".encode()).digest())


def _told(members: int) -> str:
    return f"judged as the mean of its bucket of {members} updates" if members > 1 else "alone in its bucket"


@register("clipping")
@dataclass(frozen=True)
class Clipping(_RowByRow):
    """Static clipping: an update longer than the median norm is scaled down to it.

    The radius is the norm at rank ceil(`percent` · n / 100) from the shortest, with 50 when `percent` is not given: the
    lower median. With fewer than half poisoned it is never longer than the longest honest update. Norm clipping as in
    Sun et al. 2019, "Can You Really Backdoor Federated Learning?" (arXiv 1911.07963), with a radius from the data.
    Factors are rounded down to 32 fractional bits.
    """

    largest: ClassVar[Mapping[str, int]] = {"percent": 100}

    percent: int | None = None

    def __call__(self, updates: Updates, faults: int, context: Context) -> Mixture:
        """Weigh each update by the factor that brings it within the radius."""
        place = -(-self._percent * updates.count // 100) - 1
        which = "the median norm" if self._percent == 50 else f"the norm that {self._percent} % do not exceed"
        return _clipped(updates, place, which)

    @property
    def _percent(self) -> int:
        return 50 if self.percent is None else self.percent


@register("arc")
@dataclass(frozen=True)
class Arc(_ForFaults):
    """Adaptive robust clipping: the k = floor(2 · f / n · (n - f)) longest updates are scaled to the next norm.

    Allouah et al. 2025, "Adaptive Gradient Clipping for Robust Federated Learning" (ICLR, arXiv 2405.14432). Needs n >
    2f. Factors are rounded down to 32 fractional bits.
    """

    def __call__(self, updates: Updates, faults: int, context: Context) -> Mixture:
        """Weigh each update by the factor that brings it within the radius."""
        n = updates.count
        clipped = 2 * faults * (n - faults) // n
        return _clipped(updates, n - clipped - 1, f"the norm of the longest but {clipped}")


def _clipped(updates: Updates, place: int, which: str) -> Mixture:
    """Scale every update down to the norm at `place` from the shortest."""
    squares: list[int] = squared_norms(updates).tolist()
    cap = sorted(squares)[place]
    factors = [1 << SCALE_BITS if one <= cap else root_of_ratio(cap, one, SCALE_BITS) for one in squares]
    mixing = Mixing(np.diag(np.array(factors, np.int64)), 1 << SCALE_BITS)
    notes = tuple("" if one <= cap else f"clipped to {which}" for one in squares)
    return Mixture(mixing, tuple(range(updates.count)), notes)
