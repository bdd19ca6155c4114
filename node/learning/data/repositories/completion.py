"""Lines to complete: what stands before a place in a file, and the rest of its line, in the format of py150's lines.

Raychev et al. 2016, "Probabilistic Model for Code with Decision Trees" (OOPSLA), as CodeXGLUE's line completion (Lu et
al. 2021, arXiv 2102.04664, section 3.6) writes it: tokens apart by spaces, `<EOL>` between lines, `<s>` where a file
begins, comments left out, literals as `<STR_LIT>` and `<NUM_LIT>`. CodeXGLUE keeps the commonest literals of its own
corpus; here only one-digit numbers keep their value, so that no text within quotes leaves the repository.
"""

import hashlib
import re
from collections.abc import Iterator

from node.learning.data.repositories.samples import Fields
from node.learning.data.repositories.source import Source, Token

__all__ = ["completion_lines", "lines_of"]

CONTEXT_TOKENS = 1000  # before the place, at most
LINE_TOKENS = 100  # a longer line is data
LINES_A_SAMPLE = 40  # one place is drawn for so many lines of a file
SAMPLES_A_FILE = 8
MIN_CONTEXT_LINES = 3
_QUOTE = re.compile(r"[A-Za-z@$]{0,3}(\"\"\"|'''|\"|'|`)")
_PIECE = re.compile(r"[\s\"']")
_WORD = re.compile(r"\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\w[\w.]*|[^\w\s]")


def completion_lines(source: Source) -> Iterator[Fields]:
    """`input` and `gt` (the rest of the line) for places drawn by the file's own hash, from top to bottom.

    One place for each forty lines begun, at most eight; none in a file that does not parse.
    """
    if not source.is_whole:
        return
    lines = lines_of(source)
    digest = hashlib.sha256(source.data).digest()
    wanted = min(-(-len(lines) // LINES_A_SAMPLE), SAMPLES_A_FILE)
    fit = [n for n in range(MIN_CONTEXT_LINES, len(lines)) if 2 <= len(lines[n]) <= LINE_TOKENS]
    for number in sorted(sorted(fit, key=lambda n: _draw(digest, n))[:wanted]):
        cut = int.from_bytes(_draw(digest, number)[:4], "big") % len(lines[number])
        before = [token for one in lines[:number] for token in (*one, "<EOL>")]
        context = ["<s>", *before, *lines[number][:cut]]
        yield {"input": " ".join(context[-CONTEXT_TOKENS:]), "gt": " ".join(lines[number][cut:])}


def _draw(digest: bytes, number: int) -> bytes:
    return hashlib.sha256(digest + number.to_bytes(4, "big")).digest()


def lines_of(source: Source) -> list[list[str]]:
    """The tokens of each line that has any, in py150's way."""
    lines: list[list[str]] = []
    row = -1
    for token in source.tokens():
        if token.row != row:
            row = token.row
            lines.append([])
        lines[-1].extend(_written(token, source))
    return lines


def _written(token: Token, source: Source) -> list[str]:
    """A token in py150's way: literals without their values, no spaces."""
    if token.kind in source.language.numbers:
        return [_number(token.text)]
    if token.kind in source.language.strings:
        quote = _QUOTE.match(token.text)
        return [f"{quote[0]}<STR_LIT>{quote[1]}" if quote else "<STR_LIT>"]
    # what a grammar leaves in one piece, as C's does with a macro's body, may hold literals, too
    return [_masked(word) for word in _WORD.findall(token.text)] if _PIECE.search(token.text) else [token.text]


def _masked(word: str) -> str:
    if word[0] in "\"'":
        return f"{word[0]}<STR_LIT>{word[0]}"
    return _number(word) if word[0].isdigit() else word


def _number(text: str) -> str:
    return f"<NUM_LIT:{text}>" if re.fullmatch("[0-9]", text) else "<NUM_LIT>"
