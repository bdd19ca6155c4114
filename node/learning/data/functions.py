"""Documented functions in Python source: what a docstring asks for, and the code that does it, without its name.

Text in, text out, with the standard library's parser; nothing is imported or run. Which functions count follows
Husain et al. 2019, "CodeSearchNet Challenge" (arXiv 1909.09436), section 2.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MASK", "MIN_CODE_LINES", "MIN_QUERY_WORDS", "DocumentedFunction", "documented_functions"]

MASK = "func"  # stands wherever the function's name stood
MIN_QUERY_WORDS = 3
MIN_CODE_LINES = 3  # without the docstring
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class DocumentedFunction:
    """One function: its whole source as a text of its own, the docstring's first paragraph, and the rest of the source.

    `code` is the rest with the name masked.
    """

    text: str
    query: str
    rest: str
    code: str


def documented_functions(text: str) -> Iterator[DocumentedFunction]:
    """Functions and methods of one file that say what they do, in order; none for a text that does not parse.

    Left out are special methods, tests, docstrings of under three words, bodies of under three lines and functions
    inside functions. A `text` of the result holds exactly that one function.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")  # as the parser counts them; str.splitlines knows more ends
    for node in _functions(_parsed(text)):
        if function := _documented(node, lines):
            yield function


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about somebody else's escape sequences
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # all that the parser says of odd text
            return ast.Module([], [])


def _functions(node: ast.AST) -> Iterator[_Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _functions(child)


def _documented(node: _Function, lines: list[str]) -> DocumentedFunction | None:
    query = _first_paragraph(ast.get_docstring(node) or "")
    if node.name.startswith("__") or "test" in node.name.lower() or len(query.split()) < MIN_QUERY_WORDS:
        return None
    first, last = _lines_of_docstring(node)
    if not lines[first - 1].lstrip().startswith(("'", '"', "r", "R", "u", "U")) or node.body[1:2] == []:
        return None
    if node.body[1].lineno <= last:  # a statement on the docstring's own line
        return None
    header, body = lines[node.lineno - 1 : first - 1], lines[last : node.end_lineno]
    if not header or len(header) + len(body) < MIN_CODE_LINES:
        return None
    indent = header[0][: node.col_offset]
    rest = _outdented([*header, *body], indent)
    code = re.sub(rf"\b{re.escape(node.name)}\b", MASK, rest)
    return DocumentedFunction(_outdented(lines[node.lineno - 1 : node.end_lineno], indent), query, rest, code)


def _first_paragraph(docstring: str) -> str:
    return " ".join(docstring.strip().split("\n\n")[0].split())


def _lines_of_docstring(node: _Function) -> tuple[int, int]:
    docstring = node.body[0]
    return docstring.lineno, docstring.end_lineno or docstring.lineno


def _outdented(lines: list[str], indent: str) -> str:
    """Without the indentation of the first line; a line of a string that has less stays as it is."""
    return "\n".join(line.removeprefix(indent) for line in lines) + "\n"
