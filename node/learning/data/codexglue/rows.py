"""Rows of task data by task: the fields that one has, and the piece that a task learns from it.

`fednode data check` holds rows against this, and a node that trains on a folder of them reads them by it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from node.errors import DataError
from node.learning.data.codexglue.clones import solution_of
from node.learning.data.codexglue.completions import completion_piece, completion_text
from node.learning.data.codexglue.defects import defect_piece
from node.learning.data.codexglue.fixes import fix_piece
from node.learning.data.codexglue.lines import Row
from node.learning.data.codexglue.queries import query_piece
from node.learning.data.codexglue.summaries import summary_piece

__all__ = ["ROWS_OF", "RowKind", "every_piece", "language_problem", "row_piece", "row_problem"]


@dataclass(frozen=True)
class RowKind:
    """The fields of a task's rows, one of several shapes beside which others may stand, and what makes their piece."""

    shapes: tuple[frozenset[str], ...]
    piece: Callable[[Row], str | None]


def _shape(*names: str) -> frozenset[str]:
    return frozenset(names)


def _clone_piece(row: Row) -> str:
    if "idx" in row.fields:
        raise DataError(
            f"{row.where}: field 'idx': a function alone is no sample, and no reader of rows has the list of pairs; "
            "give rows of code and problem"
        )
    return solution_of(row).piece()


_FIXES = RowKind((_shape("buggy", "fixed"),), fix_piece)
_LINES = _shape("gt", "input")
ROWS_OF: Mapping[str, RowKind] = {
    "clone-detection": RowKind(
        (_shape("func", "idx"), _shape("code", "label"), _shape("code", "problem")), _clone_piece
    ),
    "code-completion": RowKind((_LINES,), completion_text),
    "code-search": RowKind((_shape("code", "docstring"), _shape("code_tokens", "doc")), query_piece),
    "code-to-text": RowKind((_shape("code", "docstring"), _shape("code", "nl")), summary_piece),
    "defect-detection": RowKind((_shape("func", "target"), _shape("buggy", "fixed")), defect_piece),
    "line-completion": RowKind((_LINES,), completion_piece),
    "token-completion": RowKind((_LINES,), completion_text),
    "program-repair": _FIXES,
    "program-repair-instruct": _FIXES,
}


def row_piece(row: Row, task: str) -> str | None:
    """The piece that a row becomes, None for one that its reader leaves out.

    Raises `DataError` naming file, line and field, and for a row of another task that task.
    """
    if _shape_of(row.fields, task) is None:
        others = [other for other in ROWS_OF if _shape_of(row.fields, other)]
        whose = f"it is one of {' or '.join(others)}" if others else "no task has such a row"
        raise DataError(
            f"{row.where}: the guideline's task is {task}, and {_wanted(task)}; {whose}. Name a folder that was built "
            f"for {task}"
        )
    return ROWS_OF[task].piece(row)


def every_piece(row: Row) -> Iterator[str]:
    """The pieces that a row becomes, whatever the task."""
    for task in ROWS_OF:
        with suppress(DataError):
            yield from filter(None, [row_piece(row, task)])


def row_problem(fields: Mapping[str, object] | None, task: str) -> str | None:
    """Why a row of task data (None: what is no JSON object) gives the task no sample, in words."""
    if fields is None:
        return "no JSON object"
    shape = _shape_of(fields, task)
    if shape is None:
        return _wanted(task)
    blank = [name for name in sorted(shape) if not _says_something(fields[name])]
    return f"the field {blank[0]!r} is blank" if blank else None


def language_problem(fields: Mapping[str, object], languages: Sequence[str]) -> str | None:
    """Why the guideline's languages rule a row out, in words; one that does not say its own is fine."""
    language = fields.get("language")
    if not isinstance(language, str) or language.lower() in languages:
        return None
    return f"in {language[:30]!r}, and the guideline reads {', '.join(languages)}"


def _shape_of(fields: Mapping[str, object], task: str) -> frozenset[str] | None:
    return next((one for one in ROWS_OF[task].shapes if one <= fields.keys()), None)


def _wanted(task: str) -> str:
    shapes = " or ".join(", ".join(sorted(shape)) for shape in ROWS_OF[task].shapes)
    return f"a row of this task has the fields {shapes}"


def _says_something(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, int)
