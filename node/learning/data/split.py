"""From files to texts: the guideline's quality rules, and the split into train and held-out.

The split hashes a file's name inside its repository, so it is the same on every machine and in every round, and a new
file never moves an old one to the other side.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data.clearance import Clearance
from node.learning.data.directory import list_directories
from node.learning.data.files import SourceFile, read_text, suffixes_of
from node.learning.data.packages import list_package

__all__ = ["CHARACTER_LIMIT", "DataSource", "Split", "is_held_out", "length_problem", "read_split", "reading_order"]

CHARACTER_LIMIT = 400_000  # of training text a round can use; held-out text is bounded by the same number


@dataclass(frozen=True)
class DataSource:
    """Where one trainer's private code is: folders, one installed package, or texts in memory (one of the three).

    With a `clearance`, the file of a `data.clearance.Clearance`, only what is cleared in it is read.

    What only research has: `pooled`, further packages, is everybody's code in one place; `texts` are a part of somebody
    else's split, so all of them train; `attack`, one of `data.DATA_ATTACKS`, is how a poisoner falsifies what it trains
    on.
    """

    directories: tuple[Path, ...] = ()
    package: str | None = None
    pooled: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    attack: str | None = None
    clearance: Path | None = None

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
    files = reading_order(source.files(protocol.languages), protocol.held_out_percent)
    held_out = [file for file in files if is_held_out(file.name, protocol.held_out_percent)]
    train = files[: len(files) - len(held_out)]
    reading = _Reading(protocol, _read_text(source, protocol))
    limit *= 1 + len(source.pooled)
    split = Split(reading.accepted(train, limit), reading.accepted(held_out, limit))
    if not split.train or not split.held_out:
        advice = "check again with `fednode data check --fix`" if source.clearance else "add more code"
        where = source.package or ", ".join(map(str, source.directories))
        raise DataError(
            f"data: {where}: of {len(files)} files, {len(split.train)} to train on and {len(split.held_out)} held out "
            f"pass the guideline's rules; {advice}"
        )
    return split


def reading_order(files: Iterable[SourceFile], percent: int) -> list[SourceFile]:
    """Files in the order in which they are read: training before held-out, each side by the hashes of the names.

    Of several copies the first in this order counts.
    """
    return sorted(files, key=lambda file: (is_held_out(file.name, percent), _digest(file.name), file))


def is_held_out(name: str, percent: int) -> bool:
    """Whether the file called `name` inside its repository is held out: a pure function of both arguments."""
    return int.from_bytes(_digest(name)[-4:], "big") % 100 < percent


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()


def length_problem(text: str, protocol: DataProtocol) -> str | None:
    """Why the guideline's length limits rule a text out, in words."""
    if len(text) < protocol.min_characters:
        return f"{len(text)} characters, and the guideline asks for {protocol.min_characters}"
    if len(text) > protocol.max_characters:
        return f"{len(text)} characters, and the guideline allows {protocol.max_characters}"
    return None


class _Reading:
    """Texts that pass the guideline's rules, each once, as `read` gives them; None from it leaves a file out."""

    def __init__(self, protocol: DataProtocol, read: Callable[[SourceFile], str | None]) -> None:
        self._protocol = protocol
        self._read = read
        self._seen: set[str] = set()

    def accepted(self, files: Iterable[SourceFile], limit: int) -> tuple[str, ...]:
        """Texts of `files` that are new to this reading, up to `limit` characters in all."""
        texts: list[str] = []
        for file in files:
            text = self._read(file)
            if text is None or length_problem(text, self._protocol):
                continue
            if self._protocol.deduplicate and text in self._seen:
                continue
            self._seen.add(text)
            texts.append(text[:limit])
            limit -= len(text)
            if limit <= 0:
                break
        return tuple(texts)


def _read_text(source: DataSource, protocol: DataProtocol) -> Callable[[SourceFile], str | None]:
    """How a file is read: only as far as it was cleared where there is a clearance. Raises `DataError`."""
    if source.clearance:
        return partial(Clearance.load(source.clearance).read, mask=protocol.mask_personal_data)
    if protocol.cleared_only:
        raise DataError(
            "data.clearance is not set, and the guideline trains on cleared files only: run `fednode data check --fix` "
            "and name the file that it writes"
        )
    return read_text
