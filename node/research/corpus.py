"""The data of an experiment: pieces of installed packages with the package as label, held-out pieces, and their parts.

The packages are ordinary dependencies of fednode, so every machine that runs it has them; versions differ, and so do
figures a little. How samples are dealt out is `learning.data.partition`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from node.guideline import Guideline
from node.learning.benchmark import encode_benchmark
from node.learning.data import DataSource, read_split
from node.learning.data.partition import Partition

__all__ = ["SEARCH_PACKAGES", "Corpus", "read_corpus", "sources"]

SEARCH_PACKAGES = (
    *("networkx", "sympy", "fonttools", "matplotlib", "pydantic", "rich", "huggingface-hub"),  # alone, the seven peers
    *("numpy", "transformers", "torch"),
)
READ = 4_000_000  # characters of each package and side, to find enough documented functions in


@dataclass(frozen=True)
class Corpus:
    """Pieces to train on, the package of each, and the benchmark (`encode_benchmark`'s bytes) of the held-out ones."""

    pieces: tuple[str, ...]
    labels: tuple[str, ...]
    benchmark: bytes


def read_corpus(
    packages: Sequence[str], guideline: Guideline, pieces: int = 300, held_out: int = 60, read: int = READ
) -> Corpus:
    """Read at most so many pieces of each package, as the guideline's task cuts them, and hold out others of each.

    The split is the node's own, by file. Raises `DataError` when a package is not installed or gives nothing.
    """
    from node.learning.tasks import find_task

    task = find_task(guideline.data.task)
    train: list[str] = []
    labels: list[str] = []
    measured: list[str] = []
    for package in packages:
        split = read_split(DataSource(package=package), guideline.data, read)
        found = list(islice(task.pieces(split.train), pieces))
        train += found
        labels += [package] * len(found)
        measured += islice(task.pieces(split.held_out), held_out)
    return Corpus(tuple(train), tuple(labels), encode_benchmark(measured))


def sources(corpus: Corpus, partition: Partition, parts: int, seed: int) -> tuple[DataSource, ...]:
    """What each peer trains on. Raises `DataError` when there is too little for so many."""
    return tuple(
        DataSource(texts=tuple(corpus.pieces[place] for place in part))
        for part in partition(corpus.labels, parts, seed)
    )
