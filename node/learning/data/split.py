"""From files to texts: the guideline's quality rules, and the split into train and held-out.

The split hashes a file's name inside its repository, so it is the same on every machine and in every round, and a new
file never moves an old one to the other side.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data.directory import list_directories
from node.learning.data.files import SourceFile, read_text, suffixes_of
from node.learning.data.packages import list_package

__all__ = ["CHARACTER_LIMIT", "DataSource", "Split", "is_held_out", "read_split"]

CHARACTER_LIMIT = 400_000  # of training text a round can use; held-out text is bounded by the same number


@dataclass(frozen=True)
class DataSource:
    """Where one trainer's private code is: folders, one installed package, or texts in memory (one of the three).

    What only research has: `pooled`, further packages, is everybody's code in one place; `texts` are a part of somebody
    else's split, so all of them train; `attack`, one of `data.DATA_ATTACKS`, is how a poisoner falsifies what it trains
    on.
    """

    directories: tuple[Path, ...] = ()
    package: str | None = None
    pooled: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    attack: str | None = None

    def check(self) -> None:
        """Raise `DataError` unless there is exactly one of the three."""
        if [bool(self.directories), bool(self.package), bool(self.texts)].count(True) != 1:
            raise DataError("data: give either data.directories or data.package, exactly one of them")

    def files(self, languages: Sequence[str]) -> tuple[SourceFile, ...]:
        """Every source file, sorted by name. Raises `DataError`."""
        suffixes = suffixes_of(languages)
        if self.package:
            packages = (self.package, *self.pooled)
            return tuple(file for package in packages for file in list_package(package, suffixes))
        return list_directories(self.directories, suffixes)


@dataclass(frozen=True)
class Split:
    """Texts of one repository, a file each: what trains and what only measures."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def read_split(source: DataSource, protocol: DataProtocol, limit: int = CHARACTER_LIMIT) -> Split:
    """Read a source under the guideline's data protocol: at most `limit` characters on each side.

    Files are taken in the order of their names' hashes, so that a bounded reading is a fair sample of the repository.
    Texts in memory are not split again: all of them train. Raises `DataError` when nothing is left to train on or
    nothing is held out.
    """
    source.check()
    if source.texts:
        return Split(source.texts, ())
    files = sorted(source.files(protocol.languages), key=lambda file: _digest(file.name))
    held_out = [file for file in files if is_held_out(file.name, protocol.held_out_percent)]
    train = [file for file in files if not is_held_out(file.name, protocol.held_out_percent)]
    seen: set[str] = set()
    limit *= 1 + len(source.pooled)
    split = Split(_accepted(train, protocol, limit, seen), _accepted(held_out, protocol, limit, seen))
    if not split.train or not split.held_out:
        where = source.package or ", ".join(map(str, source.directories))
        raise DataError(
            f"data: {where}: of {len(files)} files, {len(split.train)} to train on and {len(split.held_out)} held out "
            "pass the guideline's rules; add more code"
        )
    return split


def is_held_out(name: str, percent: int) -> bool:
    """Whether the file called `name` inside its repository is held out: a pure function of both arguments."""
    return int.from_bytes(_digest(name)[-4:], "big") % 100 < percent


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()


def _accepted(files: Iterable[SourceFile], protocol: DataProtocol, limit: int, seen: set[str]) -> tuple[str, ...]:
    """Texts within the length limits and new to `seen` (which grows), up to `limit` characters in all."""
    texts: list[str] = []
    for file in files:
        text = read_text(file)
        if protocol.min_characters <= len(text) <= protocol.max_characters and not (
            protocol.deduplicate and text in seen
        ):
            seen.add(text)
            texts.append(text[:limit])
            limit -= len(text)
            if limit <= 0:
                break
    return tuple(texts)
