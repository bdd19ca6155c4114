"""From a trainer's data to its texts: where it is, what of it counts under the guideline, and how much a round takes.

Source files are read one text each, rows of task data (`built`) one piece each; both under the same rules.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data.built import find_rows, read_row
from node.learning.data.clearance import Clearance
from node.learning.data.directory import list_directories
from node.learning.data.files import SourceFile, read_text, suffixes_of
from node.learning.data.packages import list_package
from node.learning.data.pieces import is_piece
from node.learning.data.split import Split, is_held_out, length_problem, reading_order

__all__ = ["CHARACTER_LIMIT", "DataSource", "read_split"]

CHARACTER_LIMIT = 400_000  # of training text a round can use; held-out text is bounded by the same number

A = TypeVar("A")


@dataclass(frozen=True)
class DataSource:
    """Where one trainer's private code is: folders, one installed package, a folder of task data (`built`), or texts in
    memory (one of the four).

    With a `clearance`, the file of a `data.clearance.Clearance`, only what is cleared in it is read; task data has a
    folder of cleared rows instead.

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
    built: Path | None = None

    def check(self) -> None:
        """Raise `DataError` unless there is exactly one of the four."""
        if [bool(one) for one in (self.directories, self.package, self.built, self.texts)].count(True) != 1:
            raise DataError("data: give data.directories, data.built or data.package, exactly one of them")

    def files(self, languages: Sequence[str]) -> tuple[SourceFile, ...]:
        """Every source file, sorted by name. Raises `DataError`."""
        suffixes = suffixes_of(languages)
        if self.package:
            packages = (self.package, *self.pooled)
            return tuple(file for package in packages for file in list_package(package, suffixes))
        return list_directories(self.directories, suffixes)


def read_split(source: DataSource, protocol: DataProtocol, limit: int = CHARACTER_LIMIT) -> Split:
    """Read a source under the guideline's data protocol: at most `limit` characters on each side.

    Files are taken in the order of their names' hashes and rows in the order of their own, so that a bounded reading is
    a fair sample of the repository. Texts in memory are not split again: all of them train. Raises `DataError` when
    nothing is left to train on or nothing is held out, and for a row that is none of the guideline's task.
    """
    source.check()
    if source.texts:
        return Split(source.texts, ())
    limit *= 1 + len(source.pooled)
    if source.built:
        found = find_rows(source.built, protocol)
        rows = _Reading(protocol, partial(read_row, protocol=protocol))
        split = rows.split(found.rows, lambda row: row.held_out, limit)
        _require_both(split, f"{source.built}: of {len(found.rows)} rows", found.are_cleared)
        return split
    percent = protocol.held_out_percent
    listed = reading_order(source.files(protocol.languages), percent)
    files = _Reading(protocol, _read_text(source, protocol))
    split = files.split(listed, lambda file: is_held_out(file.name, percent), limit)
    where = source.package or ", ".join(map(str, source.directories))
    _require_both(split, f"{where}: of {len(listed)} files", bool(source.clearance))
    return split


def _require_both(split: Split, of_what: str, cleared: bool) -> None:
    if split.train and split.held_out:
        return
    advice = "check again with `fednode data check --fix`" if cleared else "add more code"
    raise DataError(
        f"data: {of_what}, {len(split.train)} to train on and {len(split.held_out)} held out "
        f"pass the guideline's rules; {advice}"
    )


class _Reading(Generic[A]):
    """Texts of things, each once, as `read` gives them; None from it leaves one out."""

    def __init__(self, protocol: DataProtocol, read: Callable[[A], str | None]) -> None:
        self._protocol = protocol
        self._read = read
        self._seen: set[str] = set()

    def split(self, things: Sequence[A], held_out: Callable[[A], bool], limit: int) -> Split:
        """What trains is read first, so that a copy of it is not held out."""
        train = [one for one in things if not held_out(one)]
        return Split(self._accepted(train, limit), self._accepted(filter(held_out, things), limit))

    def _accepted(self, things: Iterable[A], limit: int) -> tuple[str, ...]:
        """Texts that are new to this reading, up to `limit` characters in all; half a piece is none."""
        texts: list[str] = []
        left = limit
        for one in things:
            text = self._read(one)
            if text is None or (self._protocol.deduplicate and text in self._seen):
                continue
            if is_piece(text) and len(text) > left:
                if texts:
                    break
                continue  # it would not fit alone, and the others shall not be lost to it
            self._seen.add(text)
            texts.append(text[:left])
            left -= len(text)
            if left <= 0:
                break
        return tuple(texts)


def _read_text(source: DataSource, protocol: DataProtocol) -> Callable[[SourceFile], str | None]:
    """How a file is read: only as far as it was cleared where there is a clearance, and only with a length that counts.

    Raises `DataError`.
    """
    read: Callable[[SourceFile], str | None] = read_text
    if source.clearance:
        read = partial(Clearance.load(source.clearance).read, mask=protocol.mask_personal_data)
    elif protocol.cleared_only:
        raise DataError(
            "data.clearance is not set, and the guideline trains on cleared files only: run `fednode data check --fix` "
            "and name the file that it writes"
        )

    def read_one(file: SourceFile) -> str | None:
        text = read(file)
        return None if text is None or length_problem(text, protocol) else text

    return read_one
