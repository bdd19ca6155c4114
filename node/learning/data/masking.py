"""Python source without what gives away who wrote it or what for: comments, docstrings, the names it defines.

Text in, text out, with the standard library's tokenizer; nothing is imported or run, and nothing needs to parse, so
that Python 2 will do.
"""

import io
import tokenize
from collections.abc import Iterator, Sequence
from itertools import pairwise
from tokenize import TokenInfo

from node.learning.data.functions import MASK

__all__ = ["CLASS_MASK", "mask_definitions"]

CLASS_MASK = "Class"  # stands wherever a class's name stood; `functions.MASK` for functions and methods
_MASKS = {"class": CLASS_MASK, "def": MASK}
_UNSEEN = {tokenize.COMMENT, tokenize.NL}
_LINE_STARTS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def mask_definitions(code: str) -> str | None:
    """Drop comments, docstrings and empty lines; replace the names of all classes, functions and methods defined here.

    Wherever such a name is used it is replaced too. None for text that is not made of Python's tokens.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):  # ValueError: null characters
        return None
    names = _defined(tokens)
    lines = [f"{line}\n" for line in code.split("\n")]  # as the tokenizer counts them
    for token, replacement in reversed(list(_edits(tokens, names))):
        _replace(lines, token, replacement)
    return "".join(f"{line.rstrip()}\n" for line in "".join(lines).split("\n") if line.strip())


def _defined(tokens: Sequence[TokenInfo]) -> dict[str, str]:
    """Each defined name and what stands for it."""
    return {name.string: _MASKS[word.string] for word, name in pairwise(tokens) if word.string in _MASKS}


def _edits(tokens: Sequence[TokenInfo], names: dict[str, str]) -> Iterator[tuple[TokenInfo, str]]:
    seen = [token for token in tokens if token.type not in _UNSEEN]
    before = [tokenize.NEWLINE, *(token.type for token in seen)]
    docstrings = {
        token.start
        for left, token, right in zip(before, seen, seen[1:], strict=False)
        if token.type == tokenize.STRING and left in _LINE_STARTS and right.type == tokenize.NEWLINE
    }
    for token in tokens:
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.start in docstrings):
            yield token, ""
        elif token.type == tokenize.NAME and token.string in names:
            yield token, names[token.string]


def _replace(lines: list[str], token: TokenInfo, replacement: str) -> None:
    (first, start), (last, end) = token.start, token.end
    lines[first - 1 : last] = [lines[first - 1][:start] + replacement + lines[last - 1][end:]]
