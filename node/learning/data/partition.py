"""Who holds what: samples dealt to the peers of a simulation, by repository, at random or skewed.

A partition sees the label of each sample and nothing else (for code search the package that it comes from), and gives
the places that each part holds. Every sample is in exactly one part; the same labels, parts and seed give the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.errors import DataError

__all__ = [
    "PARTITIONS",
    "Holding",
    "Partition",
    "Parts",
    "by_repository",
    "dirichlet_label",
    "dirichlet_quantity",
    "holdings",
    "uniform",
]

Parts: TypeAlias = tuple[tuple[int, ...], ...]
ALPHA = 0.5  # Dirichlet concentration: small is skewed, large is even
Integers = NDArray[np.int64]


class Partition(Protocol):
    """Deal samples to `parts` parts by their labels."""

    def __call__(self, labels: Sequence[str], parts: int, seed: int) -> Parts:
        """Places of the samples in each part, ascending, none empty.

        Raises `DataError` when there are too few samples (or repositories) for the parts.
        """
        ...


@dataclass(frozen=True)
class Holding:
    """What one part holds: samples in all and of each label, and `skew`.

    `skew` is the total variation distance between the labels here and everywhere: 0 as everywhere, towards 1 the
    rarer the labels that it holds alone.
    """

    samples: int
    by_label: Mapping[str, int]
    skew: float


def by_repository(labels: Sequence[str], parts: int, seed: int = 0) -> Parts:
    """Every repository (label) in one piece: the largest first, each to the part that holds least so far.

    Draws nothing. With as many parts as repositories, each part is one of them.
    """
    counts = Counter(labels)
    if len(counts) < parts:
        raise DataError(f"partition: {len(counts)} repositories for {parts} parts; take fewer parts or more packages")
    held = [0] * parts
    owner: dict[str, int] = {}
    for label, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        owner[label] = held.index(min(held))
        held[owner[label]] += count
    return _parts([owner[label] for label in labels], parts)


def uniform(labels: Sequence[str], parts: int, seed: int = 0) -> Parts:
    """Shuffled and dealt out one by one: sizes differ by at most one, labels are alike everywhere (IID)."""
    _check(labels, parts)
    owners = np.empty(len(labels), np.int64)
    owners[np.random.default_rng(seed).permutation(len(labels))] = np.arange(len(labels)) % parts
    return _parts(owners, parts)


def dirichlet_label(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Each label is shared out in proportions drawn from Dirichlet(alpha): peers differ in what they hold.

    Yurochkin et al. 2019, "Bayesian Nonparametric Federated Learning of Neural Networks" (arXiv 1905.12022). A part
    that came out empty takes a sample from the fullest.
    """
    _check(labels, parts)
    generator = np.random.default_rng(seed)
    owners = np.empty(len(labels), np.int64)
    names = np.array(labels)
    for label in sorted(set(labels)):
        places = generator.permutation(np.flatnonzero(names == label))
        owners[places] = _owners(generator, len(places), parts, alpha)
    return _parts(_none_empty(owners, parts), parts)


def dirichlet_quantity(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Sizes drawn from Dirichlet(alpha), labels alike everywhere: peers differ in how much they hold.

    Li et al. 2022, "Federated Learning on Non-IID Data Silos: An Experimental Study" (ICDE, arXiv 2102.02079). A part
    that came out empty takes a sample from the fullest.
    """
    _check(labels, parts)
    generator = np.random.default_rng(seed)
    owners = np.empty(len(labels), np.int64)
    owners[generator.permutation(len(labels))] = _owners(generator, len(labels), parts, alpha)
    return _parts(_none_empty(owners, parts), parts)


PARTITIONS: dict[str, Partition] = {
    "by_repository": by_repository,
    "dirichlet_label": dirichlet_label,
    "dirichlet_quantity": dirichlet_quantity,
    "uniform": uniform,
}


def holdings(labels: Sequence[str], parts: Parts) -> tuple[Holding, ...]:
    """What each part of a partition holds."""
    everywhere = Counter(labels)
    return tuple(_holding(Counter(labels[place] for place in part), everywhere) for part in parts)


def _holding(here: Counter[str], everywhere: Counter[str]) -> Holding:
    total, samples = everywhere.total(), here.total()
    apart = sum(abs(here[label] / samples - count / total) for label, count in everywhere.items())
    return Holding(samples, dict(sorted(here.items())), apart / 2)


def _check(labels: Sequence[str], parts: int) -> None:
    if not 1 <= parts <= len(labels):
        raise DataError(f"partition: {len(labels)} samples for {parts} parts; a part needs at least one")


def _owners(generator: np.random.Generator, count: int, parts: int, alpha: float) -> Integers:
    """The part of each of `count` samples, ascending, in proportions drawn from Dirichlet(alpha)."""
    if not alpha > 0:
        raise DataError(f"partition: alpha is {alpha}; the concentration of a Dirichlet distribution is above 0")
    ends = np.rint(np.cumsum(generator.dirichlet(np.full(parts, alpha))) * count)
    ends[-1] = count
    return np.searchsorted(ends, np.arange(count), side="right").astype(np.int64)


def _none_empty(owners: Integers, parts: int) -> Integers:
    """Let each empty part take the first sample of the fullest."""
    for part in range(parts):
        if not (owners == part).any():
            fullest = np.bincount(owners, minlength=parts).argmax()
            owners[np.flatnonzero(owners == fullest)[0]] = part
    return owners


def _parts(owners: Iterable[int], parts: int) -> Parts:
    held: list[list[int]] = [[] for _ in range(parts)]
    for place, owner in enumerate(owners):
        held[int(owner)].append(place)
    return tuple(map(tuple, held))
