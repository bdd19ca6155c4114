"""Bug fixes from history: a commit whose message says that it fixes something, and a small change inside one function.

Tufano et al. 2019, "An Empirical Study on Learning Bug-Fixing Patches in the Wild via Neural Machine Translation" (ACM
TOSEM, arXiv 1812.08693), which CodeXGLUE's code refinement is made of; the code stays as it was written.
"""

import bisect
import difflib
import re
from collections.abc import Iterator

from node.learning.data.repositories.samples import Fields
from node.learning.data.repositories.source import Function, Source

__all__ = ["fixed_functions", "is_test", "labelled_functions", "says_fix"]

MAX_FUNCTION_LINES = 200
_FIX = re.compile(
    r"\b(?:(?:bug|hot)[- ]?fix(?:es|ed)?|fix(?:es|ed|ing)?|(?:solv|resolv|correct|repair)\w*\b.*\b(?:bug|issue|error|"
    r"problem|crash|fault|defect)s?)\b",
    re.IGNORECASE,
)
_NO_FIX = re.compile(
    r"^(?:revert|merge)\b|\b(?:typos?|lint|format(?:ting)?|style|docs?|spelling|comments?)\b", re.IGNORECASE
)
_TRAILER = re.compile(r"^Fixes: +[0-9a-f]{7,}", re.MULTILINE)  # the commit that the defect came with
_TEST = re.compile(r"(?:^|[/_.-])(?i:tests?|specs?)(?:$|[/_.-])|Tests?\.")


def says_fix(message: str) -> bool:
    """Whether a commit message says that it fixes a defect of the code, in its first line or by a line `Fixes: …`."""
    subject, _, body = message.strip().partition("\n")
    return bool(_FIX.search(subject) or _TRAILER.search(body)) and not _NO_FIX.search(subject)


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name or a folder's."""
    return bool(_TEST.search(path))


def fixed_functions(before: Source, after: Source, diff_lines: int) -> Iterator[Fields]:
    """`buggy` and `fixed`, the function that alone changed, and its `func_name`; nothing when more changed.

    At most `diff_lines` lines are removed and added in it, and more than comments and spaces changed.
    """
    pair = _only_changed(before, after)
    if pair is None:
        return
    buggy, fixed = (_code(source, one) for source, one in zip((before, after), pair, strict=True))
    if max(buggy.count("\n"), fixed.count("\n")) >= MAX_FUNCTION_LINES or _distance(buggy, fixed) > diff_lines:
        return
    if _tokens(before, pair[0]) != _tokens(after, pair[1]) and "test" not in pair[0].own_name.lower():
        yield {"buggy": buggy, "fixed": fixed, "func_name": pair[0].name}


def labelled_functions(before: Source, after: Source, diff_lines: int) -> Iterator[Fields]:
    """The same functions as `func` with `target` 1 (before the fix) and 0 (after it), in Devign's fields."""
    for pair in fixed_functions(before, after, diff_lines):
        for target, which in ((1, "buggy"), (0, "fixed")):
            yield {"func": pair[which], "func_name": pair["func_name"], "target": target}


def _only_changed(before: Source, after: Source) -> tuple[Function, Function] | None:
    """The function that holds everything in which two files differ."""
    same = _same_beginning(before.data, after.data)
    grown = len(after.data) - len(before.data)
    old = next((one for one in reversed(before.functions()) if one.node.start_byte <= same), None)
    if old is None:
        return None
    for new in after.functions():
        begins, ends = new.node.start_byte == old.node.start_byte, new.node.end_byte == old.node.end_byte + grown
        if begins and ends and before.data[old.node.end_byte :] == after.data[new.node.end_byte :]:
            return (old, new) if old.name == new.name else None
    return None


def _same_beginning(one: bytes, other: bytes) -> int:
    """How many bytes two files begin with in common."""
    return bisect.bisect_left(range(min(len(one), len(other))), True, key=lambda n: one[: n + 1] != other[: n + 1])


def _code(source: Source, function: Function) -> str:
    return source.code(function.node.start_byte, function.node.end_byte)


def _tokens(source: Source, function: Function) -> list[str]:
    return [token.text for token in source.tokens(function.node)]


def _distance(buggy: str, fixed: str) -> int:
    """Lines removed and lines added."""
    old, new = buggy.split("\n"), fixed.split("\n")
    same = sum(block.size for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
    return len(old) + len(new) - 2 * same
