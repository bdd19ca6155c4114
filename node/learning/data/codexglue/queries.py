"""Code search: CodeSearchNet and AdvTest, whose queries are docstrings, and CoSQA, whose queries people asked.

Husain et al. 2019 (arXiv 1909.09436), Lu et al. 2021 (AdvTest, arXiv 2102.04664) and Huang et al. 2021 (CoSQA, arXiv
2105.13239). Each row becomes a piece of code search: an object of `code` and `docstring`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from node.learning.data.codexglue.lines import Row, read_rows
from node.learning.data.codexglue.summaries import code_and_docstring
from node.learning.data.functions import MASK
from node.learning.data.pieces import encode_piece

__all__ = ["query_piece", "read_queries"]


def read_queries(path: Path) -> Iterator[str]:
    """Pieces from JSON, `.gz` or not; rows without code or query are left out, and CoSQA's whose label is 0.

    Rows of CodeSearchNet and AdvTest hold `code_tokens` and `docstring_tokens`, or `code` and `docstring`, AdvTest's
    test set `function_tokens` and `function`; the function's own name (`func_name`) is masked in its code. CoSQA's hold
    `doc`, `code_tokens` as one text, and `label`. Raises `DataError` naming file, line and field.
    """
    yield from filter(None, map(query_piece, read_rows(path)))


def query_piece(row: Row) -> str | None:
    """The piece that `read_queries` makes of one row, None for one that it leaves out. Raises `DataError`."""
    code, query = _asked(row) if "doc" in row.fields else _described(row)
    return encode_piece(code=code, docstring=query) if code and query else None


def _asked(row: Row) -> tuple[str, str]:
    matches = row.bit("label") if "label" in row.fields else 1
    return (row.text("code_tokens").strip() if matches else ""), " ".join(row.text("doc").split())


def _described(row: Row) -> tuple[str, str]:
    code, query = code_and_docstring(row)
    name = row.text("func_name").rpartition(".")[2] if "func_name" in row.fields else ""
    return (re.sub(rf"\b{re.escape(name)}\b", MASK, code) if name else code), query
