"""What is checked as one: a source file, or a row of task data as `fednode data build` and CodeXGLUE write it.

Found in the order in which they count; contents are read when they are asked for, so that only places are in memory.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aggregator.canonical import too_deep
from node.errors import DataError
from node.files import write_atomically
from node.learning.data.codexglue.lines import byte_lines
from node.learning.data.files import SourceFile, as_text
from node.learning.data.split import is_held_out, reading_order

__all__ = [
    "CLEARED",
    "ROWS",
    "Sample",
    "clear_rows",
    "file_samples",
    "is_task_data",
    "parse_row",
    "row_samples",
    "row_text",
]

ROWS = ".jsonl"
CLEARED = "cleared"  # folder of the rows that passed, in the folder of all
TRAINING = "train"  # stem of the file of rows that trains; the others only measure
PLACE = frozenset({"commit_id", "language", "path", "repo"})  # fields that say where a row is from


@dataclass(frozen=True, order=True)
class Sample:
    """A file's content, or `size` bytes of it from `start` on, its line `row` (from 1; 0 for the whole file).

    `digest` is the SHA-256 of a row without the spaces around it.
    """

    file: str
    row: int
    held_out: bool
    path: Path
    start: int = 0
    size: int = -1
    digest: bytes = field(default=b"", compare=False)

    @property
    def place(self) -> str:
        """How findings name it."""
        return f"{self.file}:{self.row}" if self.row else self.file

    def data(self) -> bytes:
        """Its bytes. Raises `DataError` when they cannot be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.start)
                return file.read(self.size)
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error.strerror}); check its permissions") from error

    @property
    def origin(self) -> tuple[object, object]:
        """Repository and path that a row says it is from."""
        fields = parse_row(self.data()) or {}
        return fields.get("repo"), fields.get("path")

    def text(self, data: bytes) -> str:
        """What it says: of a row the texts of its fields, each from a new line on, of what is no row all of it."""
        fields = parse_row(data) if self.row else None
        if fields is None:
            return as_text(data)
        return row_text(fields)


def file_samples(files: Sequence[SourceFile], percent: int) -> list[Sample]:
    """Source files in the order in which a node reads them, `percent` of them held out."""
    ordered = reading_order(files, percent)
    return [Sample(one.name, 0, is_held_out(one.name, percent), one.path) for one in ordered]


def is_task_data(folder: Path) -> bool:
    """Whether a folder holds rows of samples rather than source code."""
    return folder.is_dir() and any(folder.glob(f"*{ROWS}"))


def row_samples(folder: Path) -> list[Sample]:
    """The rows of a folder's JSON Lines files, training first.

    Raises `DataError` for a folder without any and for files that cannot be read or are far too large.
    """
    if not is_task_data(folder):
        raise DataError(f"{folder}: no folder of task data (*{ROWS}); `fednode data build --out {folder}` writes one")
    paths = sorted(folder.glob(f"*{ROWS}"), key=lambda path: (path.stem != TRAINING, path.name))
    return [row for path in paths for row in _rows(path, f"{folder.name}/{path.name}")]


def clear_rows(cleared: Sequence[Sample], folder: Path) -> tuple[Path, ...]:
    """Copy the cleared rows of a folder of task data, byte by byte, to files of the same names in its `cleared` folder.

    Raises `DataError` when they cannot be written.
    """
    written = []
    for path in sorted(folder.glob(f"*{ROWS}")):
        rows = b"".join(one.data() for one in cleared if one.path == path)
        target = folder / CLEARED / path.name
        try:
            target.parent.mkdir(exist_ok=True)
            write_atomically(target, rows)
        except OSError as error:
            raise DataError(f"{target}: cannot be written ({error.strerror}); check the folder") from error
        written.append(target)
    return tuple(written)


def parse_row(data: bytes) -> dict[str, object] | None:
    """The fields of one row, None for what is no JSON object."""
    if too_deep(data):
        return None
    try:
        fields = json.loads(data)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def row_text(fields: Mapping[str, object]) -> str:
    """What a row says: the texts of its fields, each from a new line on, but for those that say where it is from."""
    return "\n".join(value for name, value in sorted(fields.items()) if isinstance(value, str) and name not in PLACE)


def _rows(path: Path, name: str) -> Iterator[Sample]:
    start = 0
    for number, (_, line) in enumerate(byte_lines(path), start=1):
        if content := line.strip():
            digest = hashlib.sha256(content).digest()
            yield Sample(name, number, path.stem != TRAINING, path, start, len(line), digest)
        start += len(line)
