"""Whether a file's bytes are text: UTF-8 without characters that no source code needs."""

import re

from node.learning.data.check.findings import Finding

__all__ = ["check_encoding", "line_of"]

# C0 and C1 controls except tab, line ends and form feed, and the marks that reorder what a reader sees
# (Boucher and Anderson 2021, "Trojan Source", arXiv 2111.00169).
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def check_encoding(name: str, data: bytes) -> Finding | None:
    """The first reason why `data` is not clean text."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Finding(name, line, "encoding", "not UTF-8: convert the file, or leave it out")
    if found := _CONTROL.search(text):
        reason = f"control character U+{ord(found[0]):04X}, which reviewers cannot see and source code does not need"
        return Finding(name, line_of(text, found.start()), "encoding", reason)
    return None


def line_of(text: str, offset: int) -> int:
    """The line, from 1, that the character at `offset` is in."""
    return text.count("\n", 0, offset) + 1
