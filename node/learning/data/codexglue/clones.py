"""Clone detection: BigCloneBench's pair lists, POJ-104's problems, and other solutions of named problems.

Svajlenko et al. 2014 (BigCloneBench) and Mou et al. 2016 (POJ-104, arXiv 1409.5718), in the files of CodeXGLUE.
"""

from collections.abc import Iterator
from pathlib import Path

from node.errors import DataError
from node.learning.data.clones import Solution
from node.learning.data.codexglue.lines import Row, read_lines, read_rows
from node.learning.data.masking import mask_definitions
from node.learning.data.pieces import encode_piece

__all__ = ["read_clone_pairs", "read_solutions", "solution_of"]

FUNCTIONS_LIMIT = 256 * 1024 * 1024  # characters of a table of functions, which is held in memory


def read_clone_pairs(functions: Path, pairs: Path) -> Iterator[str]:
    """Pieces from BigCloneBench: a JSON Lines file of `idx` and `func`, and a list of lines `idx idx label`.

    Raises `DataError` naming file, line and field; also for an idx that comes twice, or that no function has.
    """
    table = _functions(functions)
    for where, line in read_lines(pairs):
        if not line.strip():
            continue
        first, second, label = _pair(where, line)
        for idx in (first, second):
            if idx not in table:
                raise DataError(f"{where}: no function has idx {idx[:50]!r}; give the functions of this list")
        yield encode_piece(clone=label, first=table[first], second=table[second])


def read_solutions(path: Path, masked: bool = False) -> Iterator[Solution]:
    """Solutions from a JSON Lines file: `label` and `code` as in POJ-104, or `problem` and `code`.

    `masked`, for Python by few authors: without comments and docstrings, and without the names that it defines
    (`masking.mask_definitions`); what is not made of Python's tokens is left out. Raises `DataError` naming file, line
    and field.
    """
    for solution in map(solution_of, read_rows(path)):
        kept = mask_definitions(solution.code) if masked else solution.code
        if kept is not None:
            yield Solution(solution.problem, kept)


def solution_of(row: Row) -> Solution:
    """The solution that one row is, not masked. Raises `DataError`."""
    return Solution(row.key("problem" if "problem" in row.fields else "label"), row.text("code"))


def _functions(path: Path) -> dict[str, str]:
    table: dict[str, str] = {}
    size = 0
    for row in read_rows(path):
        idx, code = row.key("idx"), row.text("func")
        size += len(code)
        _check(row, idx, table, size)
        table[idx] = code
    return table


def _check(row: Row, idx: str, table: dict[str, str], size: int) -> None:
    if idx in table:
        raise DataError(f"{row.where}: field 'idx' {idx[:50]!r} was there before; check the file's format")
    if size > FUNCTIONS_LIMIT:
        raise DataError(f"{row.where}: more than {FUNCTIONS_LIMIT} characters of functions; split the file")


def _pair(where: str, line: str) -> tuple[str, str, str]:
    parts = line.split()
    if len(parts) != 3 or parts[2] not in ("0", "1"):
        raise DataError(f"{where}: not two idx and a label of 0 or 1; check the file's format")
    return parts[0], parts[1], parts[2]
