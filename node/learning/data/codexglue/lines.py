"""Lines and JSON rows of files that come from outside: bounded, and every error names the file, the line and the field.

What the fields of a row mean, the readers beside this module say.
"""

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

from aggregator.canonical import DEPTH_LIMIT, too_deep
from node.errors import DataError

__all__ = [
    "ARRAY_LIMIT",
    "LINE_LIMIT",
    "ROW_LIMIT",
    "TEXT_LIMIT",
    "Row",
    "byte_lines",
    "read_lines",
    "read_rows",
    "row_of",
]

LINE_LIMIT = 4 * 1024 * 1024  # bytes of one line
ROW_LIMIT = 2_000_000  # lines or rows of one file
ARRAY_LIMIT = 128 * 1024 * 1024  # bytes of a file that is one JSON array, which is held in memory
TEXT_LIMIT = 1_000_000  # characters of a field
TOKEN_LIMIT = 200_000  # tokens of a field that is a list of them


@dataclass(frozen=True)
class Row:
    """One JSON object of a file; `where` names the file and the line for errors."""

    where: str
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """A field that is a text, half surrogate pairs replaced. Raises `DataError` for others and for one too long."""
        value = self._field(name)
        if not isinstance(value, str):
            self._refuse(name, "is no text")
        if len(value) > TEXT_LIMIT:
            self._refuse(name, f"has {len(value)} characters, at most {TEXT_LIMIT} are read")
        return _whole_characters(value)

    def tokens(self, name: str) -> tuple[str, ...]:
        """A field that is a list of texts. Raises `DataError` for others and for one too long."""
        value = self._field(name)
        if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
            self._refuse(name, "is no list of texts")
        if len(value) > TOKEN_LIMIT or sum(map(len, value)) > TEXT_LIMIT:
            self._refuse(name, f"is too long: at most {TOKEN_LIMIT} texts, {TEXT_LIMIT} characters in all, are read")
        return tuple(map(_whole_characters, value))

    def key(self, name: str) -> str:
        """A field that names something: a text, or an integer as its digits. Raises `DataError` for others."""
        value = self._field(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(name)

    def bit(self, name: str) -> int:
        """A field that is 0 or 1, as a number, a text or a truth value. Raises `DataError` for others."""
        value = self._field(name)
        if not isinstance(value, bool | int | str) or value not in (0, 1, "0", "1"):
            self._refuse(name, "is neither 0 nor 1")
        return int(value)

    def _field(self, name: str) -> object:
        if name not in self.fields:
            self._refuse(name, "is missing")
        return self.fields[name]

    def _refuse(self, name: str, what: str) -> NoReturn:
        raise DataError(f"{self.where}: field {name!r} {what}; check the file's format")


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line of a UTF-8 text file, `.gz` or not, after its place (`file: line 3`), without its end.

    Undecodable bytes are replaced. Raises `DataError` for a file that cannot be read and beyond the limits.
    """
    for where, line in byte_lines(path):
        yield where, line.decode("utf-8", errors="replace").rstrip("\r\n")


def read_rows(path: Path) -> Iterator[Row]:
    """The JSON objects of a file, `.gz` or not: one a line (empty ones are skipped), or the items of one array.

    Raises `DataError` for a file that cannot be read, for what is no JSON object, and beyond the limits.
    """
    if _first_character(path) == b"[":
        yield from _items(path)
        return
    for where, line in byte_lines(path):
        if line.strip():
            yield row_of(where, line)


def row_of(where: str, line: bytes) -> Row:
    """The JSON object that a line is. Raises `DataError` for what is none."""
    return _row(where, _parsed(where, line))


def byte_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each line as it is, its end included, after its place. Raises `DataError` as `read_lines` does."""
    with _opened(path) as file:
        for number in itertools.count(1):
            line = file.readline(LINE_LIMIT + 1)
            if not line:
                return
            if number > ROW_LIMIT:
                raise DataError(f"{path}: more than {ROW_LIMIT} lines; split the file")
            if len(line) > LINE_LIMIT:
                raise DataError(f"{path}: line {number}: longer than {LINE_LIMIT} bytes; check the file's format")
            yield f"{path}: line {number}", line


def _items(path: Path) -> Iterator[Row]:
    with _opened(path) as file:
        data = file.read(ARRAY_LIMIT + 1)
    if len(data) > ARRAY_LIMIT:
        raise DataError(f"{path}: an array of more than {ARRAY_LIMIT} bytes; split the file")
    items = _parsed(str(path), data)
    if not isinstance(items, list) or len(items) > ROW_LIMIT:
        raise DataError(f"{path}: not an array of at most {ROW_LIMIT} items; split the file")
    for number, item in enumerate(items, start=1):
        yield _row(f"{path}: item {number}", item)


def _row(where: str, value: object) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"{where}: no JSON object; check the file's format")
    return Row(where, value)


def _parsed(where: str, data: bytes) -> object:
    if too_deep(data):
        raise DataError(f"{where}: JSON nested deeper than {DEPTH_LIMIT} levels; check the file's format")
    try:
        return json.loads(data.decode("utf-8", errors="replace"), parse_constant=_no_number)
    except ValueError as error:  # broken, or a number of thousands of digits
        raise DataError(f"{where}: no JSON ({error}); check that the file is whole") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _first_character(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read(LINE_LIMIT).lstrip()[:1]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where it is packed; what goes wrong on the way is a `DataError`."""
    try:
        with path.open("rb") as file:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if path.suffix == ".gz" else file
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); check that it is there and whole") from error


def _whole_characters(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can write and nothing can encode."""
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
