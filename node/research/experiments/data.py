"""The samples of an experiment: pieces to train on, the label and the repository of each, and a benchmark of others.

How a task's texts are read is `learning.data`'s, how samples are dealt out `learning.data.partition`'s. Where files lie
is told by whoever runs an experiment, never by the experiment.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from node.errors import DataError
from node.guideline import Guideline
from node.learning.benchmark import encode_benchmark
from node.learning.data import DataSource
from node.learning.data.partition import PARTITIONS, Parts, centralised
from node.research.corpus import Amounts, read_corpus
from node.research.experiments.design import DataChoice
from node.research.experiments.file_sets import read_files, sample_of

__all__ = ["Samples", "clients_of", "data_version", "deal", "pooled", "read_samples"]

BY_REPOSITORY = "by_repository"


@dataclass(frozen=True)
class Samples:
    """Pieces to train on, of each its class label and its repository, and a benchmark of held-out ones."""

    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    repositories: tuple[str, ...]
    benchmark: bytes

    def labels_for(self, distribution: str) -> tuple[str, ...]:
        """What a distribution goes by: repositories, or class labels."""
        return self.repositories if distribution == BY_REPOSITORY else self.labels


def deal(samples: Samples, distribution: str, clients: int, seed: int) -> Parts:
    """Places of each client's samples. Raises `DataError` when there are too few for so many."""
    return PARTITIONS[distribution](samples.labels_for(distribution), clients, seed)


def clients_of(samples: Samples, distribution: str, clients: int, seed: int) -> tuple[DataSource, ...]:
    """What each client trains on. Raises as `deal`."""
    return tuple(_source(samples, part) for part in deal(samples, distribution, clients, seed))


def pooled(samples: Samples) -> DataSource:
    """Everybody's samples in one place."""
    (everything,) = centralised(samples.labels)
    return _source(samples, everything)


def _source(samples: Samples, part: tuple[int, ...]) -> DataSource:
    return DataSource(texts=tuple(samples.pieces[place] for place in part))


def read_samples(choice: DataChoice, guideline: Guideline, folder: Path | None) -> Samples:
    """Read a data set; `folder` is where sets of files lie. Raises `DataError`."""
    if choice.name == "packages":
        amounts = Amounts(choice.read, choice.pieces, choice.held_out, choice.excerpt)
        corpus = read_corpus(choice.packages, guideline, amounts)
        return Samples(corpus.pieces, corpus.labels, corpus.labels, corpus.benchmark)
    train, held_out = read_files(choice, {role: _file(folder, name) for role, name in choice.files.items()})
    kept = sample_of(train, choice.pieces)
    measured = [one.piece for one in sample_of(held_out, choice.held_out)]
    if not kept or not measured:
        raise DataError(f"data: {choice.name} gives {len(kept)} pieces to train on and {len(measured)} held out")
    return Samples(
        pieces=tuple(one.piece for one in kept),
        labels=tuple(one.label for one in kept),
        repositories=tuple(one.repository for one in kept),
        benchmark=encode_benchmark(measured),
    )


def data_version(choice: DataChoice, folder: Path | None) -> str:
    """Sixteen hex digits that change with the versions of packages and the contents of files.

    Raises `DataError` when a package is not installed or a file is missing.
    """
    known: dict[str, str] = {package: _installed(package) for package in choice.packages}
    for role, name in sorted(choice.files.items()):
        known[role] = hashlib.sha256(_file(folder, name).read_bytes()).hexdigest()
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError as error:
        raise DataError(f"data.packages: {package!r} is not installed; install it or leave it out") from error


def _file(folder: Path | None, name: str) -> Path:
    if folder is None:
        raise DataError(f"data: {name} is needed; name the folder that holds it with --data")
    path = folder / name
    if not path.is_file():
        raise DataError(f"{path}: no such file; name the folder that holds {name} with --data")
    return path
