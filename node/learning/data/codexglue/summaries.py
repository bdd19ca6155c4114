"""Functions and what is said about them: CodeSearchNet, one language a file, and CONCODE with its two fields swapped.

Each row becomes a piece of the task code-to-text, an object of `code` and `docstring`.
"""

from collections.abc import Iterator
from pathlib import Path

from node.learning.data.codexglue.lines import Row, read_rows
from node.learning.data.pieces import encode_piece

__all__ = ["code_and_docstring", "read_summaries", "summary_piece"]

CONTEXT = "concode_field_sep"  # between what a member function does and the class that it is in


def read_summaries(path: Path) -> Iterator[str]:
    """Pieces of code-to-text from a JSON Lines file, `.gz` or not; rows without code or without a text are left out.

    CodeSearchNet's rows hold `code_tokens` and `docstring_tokens`, which CodeXGLUE joins by spaces, or `code` and
    `docstring`; CONCODE's hold `code` and `nl`. Raises `DataError` naming file, line and field.
    """
    yield from filter(None, map(summary_piece, read_rows(path)))


def summary_piece(row: Row) -> str | None:
    """The piece that `read_summaries` makes of one row, None for one that it leaves out. Raises `DataError`."""
    code, docstring = _concode(row) if "nl" in row.fields else code_and_docstring(row)
    return encode_piece(code=code, docstring=docstring) if code and docstring else None


def code_and_docstring(row: Row) -> tuple[str, str]:
    """Code without its docstring and the docstring's first paragraph in one line, of a row of CodeSearchNet's.

    What is called `code` there may be called `function`, as in AdvTest's test set. Raises `DataError`.
    """
    kind = "function" if {"function", "function_tokens"} & set(row.fields) else "code"
    if f"{kind}_tokens" in row.fields:
        return _joined(" ".join(row.tokens(f"{kind}_tokens"))), _joined(" ".join(row.tokens("docstring_tokens")))
    docstring = row.text("docstring").strip()
    # the code holds its docstring, and a model that finds the answer there learns to copy
    code = row.text(kind).replace(docstring, "") if docstring else ""
    return code.strip(), _joined(docstring.split("\n\n")[0])


def _concode(row: Row) -> tuple[str, str]:
    return row.text("code").strip(), _joined(row.text("nl").partition(CONTEXT)[0])


def _joined(text: str) -> str:
    return " ".join(text.split())
