"""Docstring pairs: a function, and the comment or docstring that says what it does, in CodeSearchNet's fields.

Which functions count follows Husain et al. 2019, "CodeSearchNet Challenge" (arXiv 1909.09436), section 2, and
CodeXGLUE's filter of docstrings (Lu et al. 2021, arXiv 2102.04664, section 3.9).
"""

import ast
import inspect
import re
import textwrap
import warnings
from collections.abc import Iterator

from tree_sitter import Node

from node.learning.data.functions import MIN_CODE_LINES, MIN_QUERY_WORDS
from node.learning.data.repositories.samples import Fields
from node.learning.data.repositories.source import Function, Source

__all__ = ["docstring_pairs"]

MAX_SUMMARY_TOKENS = 256
MAX_CODE_CHARACTERS = 50_000
_CONSTRUCTORS = {"constructor", "initialize"}
_TOKEN = re.compile(r"\w+|[^\w\s]")
_FOREIGN = re.compile(r"<img\b|https?:", re.IGNORECASE)
_TAG = re.compile(r"\s*(?:[@\\]\w|:\w+.*:|-{3,}|={3,})")  # parameters, underlines and the like
_LINE_COMMENT = re.compile(r"\s*(?://+!?|#+!?) ?")
_STAR = re.compile(r"\s*\*+ ?")


def docstring_pairs(source: Source) -> Iterator[Fields]:
    """`code` (without the docstring), `docstring`, `func_name` and the tokens of the code and of the first paragraph.

    In order. Left out are constructors, tests, functions of under three lines, and first paragraphs of under three
    words or over 256 tokens, or that hold pictures or links.
    """
    for function in source.functions():
        docstring, code, tokens = _parted(source, function)
        summary = _first_paragraph(docstring)
        if not tokens or not _counts(function.own_name, code, summary):
            continue
        yield {
            "code": code,
            "code_tokens": [*tokens],
            "docstring": docstring,
            "docstring_tokens": [*_TOKEN.findall(summary)],
            "func_name": function.name,
        }


def _counts(name: str, code: str, summary: str) -> bool:
    tokens = len(_TOKEN.findall(summary))
    if name.startswith("__") or name in _CONSTRUCTORS or "test" in name.lower() or _FOREIGN.search(summary):
        return False
    if len(summary.split()) < MIN_QUERY_WORDS or tokens > MAX_SUMMARY_TOKENS:
        return False
    return code.count("\n") + 1 >= MIN_CODE_LINES and len(code) <= MAX_CODE_CHARACTERS


def _parted(source: Source, function: Function) -> tuple[str, str, list[str]]:
    """What a function says of itself, the rest, and the tokens of the rest."""
    node = function.node
    inside = source.docstring(node)
    tokens = [token for token in source.tokens(node) if inside is None or not _within(token.node, inside)]
    written = [token.text for token in tokens]
    if inside is not None and tokens[-1].node.start_byte < inside.start_byte:
        return "", "", []  # it does nothing but say what others shall do
    if inside is None:
        comments = "" if source.language.docstring_inside else _uncommented(source.comments_before(node))
        return comments, source.code(node.start_byte, node.end_byte), written
    code = source.code(node.start_byte, node.end_byte)
    above = source.code(node.start_byte, inside.start_byte).rstrip(" \t")
    below = code[len(source.code(node.start_byte, inside.end_byte)) :]
    return _value((inside.text or b"").decode()), above + below.lstrip(" \t").removeprefix("\n"), written


def _within(node: Node, other: Node) -> bool:
    return other.start_byte <= node.start_byte < other.end_byte


def _value(literal: str) -> str:
    """The text that a Python string literal stands for, outdented; empty for bytes and formatted strings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about somebody else's escape sequences
        try:
            value = ast.literal_eval(literal)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return ""
    return inspect.cleandoc(value) if isinstance(value, str) else ""


def _uncommented(comments: list[str]) -> str:
    """The text of comments without the characters that make them comments."""
    lines = [line for comment in comments for line in _lines_of(comment)]
    return textwrap.dedent("\n".join(line.rstrip() for line in lines)).strip()


def _lines_of(comment: str) -> Iterator[str]:
    if comment.startswith("=begin"):
        yield from comment.split("\n")[1:-1]
    elif comment.startswith("/*"):
        inner = comment.removeprefix("/*").removesuffix("*/").lstrip("*!").rstrip("*")
        first, *others = inner.split("\n")
        yield first.strip()
        yield from (_STAR.sub("", line, count=1) if _STAR.match(line) else line.strip() for line in others)
    else:
        yield _LINE_COMMENT.sub("", comment, count=1)


def _first_paragraph(docstring: str) -> str:
    """The first paragraph in one line, up to where parameters begin."""
    kept: list[str] = []
    for line in docstring.strip().split("\n"):
        if not line.strip() or _TAG.match(line):
            break
        kept.append(line)
    return " ".join(" ".join(kept).split())
