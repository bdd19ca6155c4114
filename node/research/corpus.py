"""The data of an experiment: pieces of installed packages with the package as label, held-out pieces, and their parts.

The packages are ordinary dependencies of fednode, so every machine that runs it has them; versions differ, and so do
figures a little. How samples are dealt out is `learning.data.partition`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from node.guideline import Guideline, load_guideline
from node.learning.benchmark import encode_benchmark, mix
from node.learning.data import DataSource, read_split
from node.learning.data.partition import Partition

__all__ = ["AMOUNTS", "SEARCH_PACKAGES", "Amounts", "Corpus", "read_corpus", "search_guideline", "sources"]

SEARCH_PACKAGES = (
    *("networkx", "sympy", "fonttools", "matplotlib", "pydantic", "rich", "huggingface-hub"),  # alone, the seven peers
    *("numpy", "transformers", "torch"),
)


@dataclass(frozen=True)
class Amounts:
    """How much of each package is used: at most `read` characters of files on each side, cut into at most `pieces` to
    train on and `held_out` to measure on, of each of the latter at most `excerpt` characters.
    """

    read: int
    pieces: int
    held_out: int
    excerpt: int


AMOUNTS = {
    "code-to-text": Amounts(read=4_000_000, pieces=300, held_out=60, excerpt=200_000),
    "code-search": Amounts(read=4_000_000, pieces=300, held_out=60, excerpt=200_000),  # whole functions
    "code-completion": Amounts(read=200_000, pieces=300, held_out=5, excerpt=2_000),
}


@dataclass(frozen=True)
class Corpus:
    """Pieces to train on, the package of each, and the benchmark (`encode_benchmark`'s bytes) of the held-out ones."""

    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    benchmark: bytes


def search_guideline() -> Guideline:
    """The guideline of experiments on code search, `code-search.toml` beside this file."""
    return load_guideline(Path(__file__).with_name("code-search.toml"))


def read_corpus(packages: Sequence[str], guideline: Guideline, amounts: Amounts | None = None) -> Corpus:
    """Read pieces of each package, as the guideline's task cuts them, and hold out others; `AMOUNTS` by default.

    The split is the node's own, by file. Raises `DataError` when a package is not installed or gives nothing.
    """
    from node.learning.tasks import find_task

    task = find_task(guideline.data.task)
    amounts = amounts or AMOUNTS[task.name]
    train: list[str] = []
    labels: list[str] = []
    measured: list[list[str]] = []
    for package in packages:
        split = read_split(DataSource(package=package), guideline.data, amounts.read)
        found = list(islice(task.pieces(split.train), amounts.pieces))
        train += found
        labels += [package] * len(found)
        measured.append(list(islice(task.pieces(split.held_out), amounts.held_out)))
    most = len(packages) * amounts.held_out * amounts.excerpt
    return Corpus(tuple(train), tuple(labels), encode_benchmark(mix(measured, most, amounts.excerpt)))


def sources(corpus: Corpus, partition: Partition, parts: int, seed: int) -> tuple[DataSource, ...]:
    """What each peer trains on. Raises `DataError` when there is too little for so many."""
    return tuple(
        DataSource(texts=tuple(corpus.pieces[place] for place in part))
        for part in partition(corpus.labels, parts, seed)
    )
