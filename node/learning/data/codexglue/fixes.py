"""Buggy and fixed functions: code refinement's two parallel files, and the rows that `fednode data build` writes.

Each pair becomes a piece of the task program-repair, an object of `buggy` and `fixed`.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from node.errors import DataError
from node.learning.data.codexglue.lines import Row, read_lines, read_rows
from node.learning.data.pieces import encode_piece

__all__ = ["fix_piece", "read_fix_rows", "read_fixes"]


def read_fixes(buggy: Path, fixed: Path) -> Iterator[str]:
    """Pieces of program-repair from two files, of which line i of the one is fixed by line i of the other.

    Raises `DataError` naming file and line when one has more lines than the other.
    """
    for before, after in zip_longest(read_lines(buggy), read_lines(fixed)):
        if before is None or after is None:
            where, shorter = (after[0], buggy) if before is None else (before[0], fixed)
            raise DataError(f"{where}: no such line in {shorter}; the two files go together line by line")
        yield encode_piece(buggy=before[1].strip(), fixed=after[1].strip())


def read_fix_rows(path: Path) -> Iterator[str]:
    """Pieces of program-repair from a JSON Lines file with `buggy` and `fixed`. Raises `DataError`."""
    yield from map(fix_piece, read_rows(path))


def fix_piece(row: Row) -> str:
    """The piece that `read_fix_rows` makes of one row. Raises `DataError`."""
    return encode_piece(buggy=row.text("buggy"), fixed=row.text("fixed"))
