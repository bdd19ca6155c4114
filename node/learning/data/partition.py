"""Who holds what: samples dealt to the peers of a simulation, by repository, at random or skewed.

A partition sees the label of each sample and nothing else (for code search the package that it comes from, for a
classifier the class), and gives the places that each part holds. Every sample is in exactly one part; the same labels,
parts and seed give the same. `centralised` and `single_client`, what federations are compared with, are one part.
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
    "centralised",
    "dirichlet_label",
    "dirichlet_quantity",
    "holdings",
    "holdings_of",
    "label_imbalanced",
    "quantity_imbalanced",
    "single_client",
    "uniform",
]

Parts: TypeAlias = tuple[tuple[int, ...], ...]
ALPHA = 0.5  # Dirichlet concentration: small is skewed, large is even
OWNER_ENDS = "/"  # in a repository's name: `owner/name`
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    """Every owner's repositories in one piece: the largest first, each to the part that holds least so far.

    The owner of `owner/name` is what stands before the slash; a label without one is its own owner. Draws nothing.
    With as many parts as owners, each part is one of them.
    """
    owners = [label.partition(OWNER_ENDS)[0] for label in labels]
    counts = Counter(owners)
    if len(counts) < parts:
        raise DataError(f"partition: {len(counts)} repositories for {parts} parts; take fewer parts or more packages")
    held = [0] * parts
    part_of: dict[str, int] = {}
    for owner, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        part_of[owner] = held.index(min(held))
        held[part_of[owner]] += count
    return _parts([part_of[owner] for owner in owners], parts)


def centralised(labels: Sequence[str], parts: int = 1, seed: int = 0) -> Parts:
    """Everything in one part, however many `parts` there would be; draws nothing."""
    _check(labels, 1)
    return (tuple(range(len(labels))),)


def single_client(labels: Sequence[str], parts: int, seed: int = 0) -> Parts:
    """One part, a random subset of the samples: what one of so many `uniform` peers holds. The rest is nobody's."""
    return uniform(labels, parts, seed)[:1]


def uniform(labels: Sequence[str], parts: int, seed: int = 0) -> Parts:
    """Shuffled and dealt out one by one: sizes differ by at most one, labels are alike everywhere (IID)."""
    _check(labels, parts)
    owners = np.empty(len(labels), np.int64)
    owners[np.random.default_rng(seed).permutation(len(labels))] = np.arange(len(labels)) % parts
    return _parts(owners, parts)


def dirichlet_label(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Each label is shared out in proportions drawn from Dirichlet(alpha): peers differ in what, and how much.

    Yurochkin et al. 2019, "Bayesian Nonparametric Federated Learning of Neural Networks" (arXiv 1905.12022). A part
    that came out empty takes a sample from the fullest.
    """
    _check(labels, parts, alpha)
    generator = np.random.default_rng(seed)
    owners = np.empty(len(labels), np.int64)
    for places in map(generator.permutation, _by_label(labels).values()):
        owners[places] = _owners(generator.dirichlet(np.full(parts, alpha)), len(places))
    return _parts(_none_empty(owners, parts), parts)


def dirichlet_quantity(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Sizes drawn from Dirichlet(alpha), labels at random: peers differ in how much they hold.

    Li et al. 2022, "Federated Learning on Non-IID Data Silos: An Experimental Study" (ICDE, arXiv 2102.02079). A part
    that came out empty takes a sample from the fullest.
    """
    _check(labels, parts, alpha)
    generator = np.random.default_rng(seed)
    owners = np.empty(len(labels), np.int64)
    shares = generator.dirichlet(np.full(parts, alpha))
    owners[generator.permutation(len(labels))] = _owners(shares, len(labels))
    return _parts(_none_empty(owners, parts), parts)


def quantity_imbalanced(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Sizes as `dirichlet_quantity`'s, and the mix of labels the same everywhere, as nearly as whole samples allow."""
    _check(labels, parts, alpha)
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet(np.full(parts, alpha))
    owners = np.empty(len(labels), np.int64)
    for places in map(generator.permutation, _by_label(labels).values()):
        owners[places] = _owners(shares, len(places))
    return _parts(_none_empty(owners, parts), parts)


def label_imbalanced(labels: Sequence[str], parts: int, seed: int = 0, alpha: float = ALPHA) -> Parts:
    """Sizes that differ by at most one, and in each part another mix of labels, drawn from a Dirichlet distribution.

    Hsu et al. 2019, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification"
    (arXiv 1909.06335), section 3.1: concentrations are in proportion to how frequent labels are, `alpha` on average.
    Parts take turns drawing a label from their mix; one that has run out is drawn no more.
    """
    _check(labels, parts, alpha)
    generator = np.random.default_rng(seed)
    stock = [generator.permutation(places).tolist() for places in _by_label(labels).values()]
    left = np.array([len(places) for places in stock], np.float64)
    mixes = generator.dirichlet(alpha * len(stock) * left / len(labels), parts)
    owners = np.empty(len(labels), np.int64)
    for turn in range(len(labels)):
        mix = np.where(left > 0, mixes[turn % parts], 0)
        mix = mix if mix.sum() > 0 else left
        drawn = generator.choice(len(stock), p=mix / mix.sum())
        owners[stock[drawn].pop()] = turn % parts
        left[drawn] -= 1
    return _parts(owners, parts)


PARTITIONS: dict[str, Partition] = {
    "by_repository": by_repository,
    "dirichlet_label": dirichlet_label,
    "dirichlet_quantity": dirichlet_quantity,
    "label_imbalanced": label_imbalanced,
    "quantity_imbalanced": quantity_imbalanced,
    "uniform": uniform,
}


def holdings(labels: Sequence[str], parts: Parts) -> tuple[Holding, ...]:
    """What each part of a partition holds."""
    return holdings_of([Counter(labels[place] for place in part) for part in parts])


def holdings_of(counts: Sequence[Mapping[str, int]]) -> tuple[Holding, ...]:
    """The same, given how many samples of each label every part holds."""
    everywhere: Counter[str] = sum(map(Counter, counts), Counter())
    return tuple(_holding(Counter(one), everywhere) for one in counts)


def _holding(here: Counter[str], everywhere: Counter[str]) -> Holding:
    total, samples = everywhere.total(), here.total()
    apart = sum(abs(here[label] / samples - count / total) for label, count in everywhere.items())
    return Holding(samples, dict(sorted(here.items())), apart / 2)


def _check(labels: Sequence[str], parts: int, alpha: float = ALPHA) -> None:
    if not 1 <= parts <= len(labels):
        raise DataError(f"partition: {len(labels)} samples for {parts} parts; a part needs at least one")
    if not alpha > 0:
        raise DataError(f"partition: alpha is {alpha}; the concentration of a Dirichlet distribution is above 0")


def _by_label(labels: Sequence[str]) -> dict[str, Integers]:
    """Places of each label, labels in their order."""
    names = np.array(labels)
    return {label: np.flatnonzero(names == label) for label in sorted(set(labels))}


def _owners(shares: Floats, count: int) -> Integers:
    """The part of each of `count` samples, ascending, in these proportions."""
    ends = np.rint(np.cumsum(shares) * count)
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
