"""Rows of a folder of task data as texts: which a node may read, in which order, and which count.

Files are read and bounded by `codexglue.lines`, rows are the samples that `fednode data check` looks at, and what a
task learns from a row `codexglue.rows` says.
"""

from dataclasses import dataclass
from pathlib import Path

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data.check.samples import CLEARED, Sample, is_task_data, row_samples, row_text
from node.learning.data.codexglue.lines import row_of
from node.learning.data.codexglue.rows import language_problem, row_piece, row_problem
from node.learning.data.split import length_problem

__all__ = ["FoundRows", "find_rows", "read_row"]


@dataclass(frozen=True)
class FoundRows:
    """The rows that a node may read, in the order in which it does, and whether a check has cleared them."""

    rows: tuple[Sample, ...]
    are_cleared: bool


def find_rows(folder: Path, protocol: DataProtocol) -> FoundRows:
    """Rows of `folder`, or of the cleared ones in it as soon as there are any: training before held-out, each side by
    the hashes of the rows. So neither the order of lines nor that of files matters.

    Raises `DataError` for a folder without rows, and where the guideline asks for cleared ones and there are none.
    """
    are_cleared = is_task_data(folder / CLEARED)
    if protocol.cleared_only and not are_cleared:
        raise DataError(
            f"{folder}: its rows were not cleared, and the guideline trains on cleared ones only: run "
            f"`fednode data check {folder} --fix`"
        )
    rows = row_samples(folder / CLEARED if are_cleared else folder)
    return FoundRows(tuple(sorted(rows, key=lambda row: (row.held_out, row.digest, row))), are_cleared)


def read_row(sample: Sample, protocol: DataProtocol) -> str | None:
    """The text of one row, None for one in another language, with a blank field, or of a length that does not count.

    Raises `DataError` naming file, line and field for what is no row of the guideline's task.
    """
    row = row_of(f"{sample.path}: line {sample.row}", sample.data())
    piece = row_piece(row, protocol.task)
    blank = row_problem(row.fields, protocol.task)
    if blank or language_problem(row.fields, protocol.languages) or length_problem(row_text(row.fields), protocol):
        return None
    return piece
