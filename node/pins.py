"""What is not known when a guideline is written: the commit of its base model and the digest of the weights.

A template says "unpinned" there. Finding the pin needs the model and is `learning.pinning`'s; here it is written into
the TOML file, whose comments and order stay.
"""

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from node.errors import GuidelineError
from node.guideline import Guideline, guideline_of

__all__ = ["COMMIT", "Pin", "pinned", "unpinned_guideline"]

COMMIT = re.compile(r"[0-9a-f]{40}")
TABLE = re.compile(r"^\s*\[architecture\]\s*(#.*)?$", re.MULTILINE)
NEXT_TABLE = re.compile(r"^\s*\[", re.MULTILINE)
ANYTHING = "0" * 64  # stands for a digest while the rest is read


@dataclass(frozen=True)
class Pin:
    """The model's commit, as 40 hex digits ("" for one that has none), and the sha-256 of its weights."""

    revision: str
    weights_sha256: str


def unpinned_guideline(text: str, source: str) -> Guideline:
    """The guideline as it would be with some digest in it. Raises `GuidelineError` where it has other mistakes."""
    document = _document(text, source)
    if isinstance(document.get("architecture"), dict):
        document["architecture"]["weights_sha256"] = ANYTHING
    return guideline_of(document, source)


def pinned(text: str, pin: Pin, source: str) -> str:
    """The text with the pin in it. Raises `GuidelineError` when the keys are not one line each of [architecture]."""
    wanted = _document(text, source)
    wanted["architecture"]["weights_sha256"] = pin.weights_sha256
    if pin.revision:
        wanted["architecture"]["revision"] = pin.revision
    start = TABLE.search(text)
    begins = start.end() if start else 0
    following = NEXT_TABLE.search(text, begins)
    ends = following.start() if following else len(text)
    table = _replaced(text[begins:ends], "weights_sha256", pin.weights_sha256)
    if pin.revision:
        table = _replaced(table, "revision", pin.revision)
    written = text[:begins] + table + text[ends:]
    if _document(written, source) != wanted:
        raise GuidelineError(
            f"{source}: revision and weights_sha256 are not lines of their own under [architecture]; write "
            f'revision = "{pin.revision}" and weights_sha256 = "{pin.weights_sha256}" there'
        )
    return written


def _replaced(table: str, key: str, value: str) -> str:
    return re.sub(rf'^(\s*{key}\s*=\s*)"[^"\n]*"', rf'\g<1>"{value}"', table, count=1, flags=re.MULTILINE)


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GuidelineError(f"{source}: not valid TOML: {error}") from error
