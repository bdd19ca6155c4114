"""Defect detection: Devign's labelled functions (Zhou et al. 2019, arXiv 1909.03496), in the files of CodeXGLUE.

The pairs of a function before and after its fix that `fixes` reads are pieces of this task too.
"""

from collections.abc import Iterator
from pathlib import Path

from node.errors import DataError
from node.learning.data.codexglue.fixes import fix_piece
from node.learning.data.codexglue.lines import Row, read_lines, read_rows
from node.learning.data.pieces import encode_piece

__all__ = ["defect_piece", "read_defects"]


def read_defects(path: Path, places: Path | None = None) -> Iterator[str]:
    """Pieces of defect detection from JSON: Devign's `func` and `target`, with its `project` if given, or pairs of
    `buggy` and `fixed`.

    The file is Devign's `function.json` or a JSON Lines file; `places`, one of CodeXGLUE's lists beside the former, has
    the number of one wanted row a line, the first being 0. Raises `DataError` naming file, line and field.
    """
    wanted = None if places is None else _numbers(places)
    rows = 0
    for number, row in enumerate(read_rows(path)):
        rows = number + 1
        if wanted is None or number in wanted:
            yield defect_piece(row)
    if wanted and max(wanted) >= rows:
        raise DataError(f"{places}: asks for row {max(wanted)} of {path}, which has {rows}; give the list of this file")


def defect_piece(row: Row) -> str:
    """The piece that `read_defects` makes of one row. Raises `DataError`."""
    if "buggy" in row.fields:
        return fix_piece(row)
    fields = {"code": row.text("func"), "defect": str(row.bit("target"))}
    if "project" in row.fields:
        fields["project"] = row.text("project")
    return encode_piece(**fields)


def _numbers(path: Path) -> set[int]:
    found: set[int] = set()
    for where, line in read_lines(path):
        text = line.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise DataError(f"{where}: no number of a row; check the file's format")
        found.add(int(text))
    return found
