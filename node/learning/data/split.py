"""The split into train and held-out, the order in which files are read, and the guideline's limits of length.

The split hashes a file's name inside its repository, so it is the same on every machine and in every round, and a new
file never moves an old one to the other side. What is read where, `source` says.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from node.guideline import DataProtocol
from node.learning.data.files import SourceFile

__all__ = ["Split", "is_held_out", "length_problem", "reading_order"]


@dataclass(frozen=True)
class Split:
    """Texts of one repository, a file each: what trains and what only measures."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def reading_order(files: Iterable[SourceFile], percent: int) -> list[SourceFile]:
    """Files in the order in which they are read: training before held-out, each side by the hashes of the names.

    Of several copies the first in this order counts.
    """
    return sorted(files, key=lambda file: (is_held_out(file.name, percent), _digest(file.name), file))


def is_held_out(name: str, percent: int) -> bool:
    """Whether the file called `name` inside its repository is held out: a pure function of both arguments."""
    return int.from_bytes(_digest(name)[-4:], "big") % 100 < percent


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest()


def length_problem(text: str, protocol: DataProtocol) -> str | None:
    """Why the guideline's length limits rule a text out, in words."""
    if len(text) < protocol.min_characters:
        return f"{len(text)} characters, and the guideline asks for {protocol.min_characters}"
    if len(text) > protocol.max_characters:
        return f"{len(text)} characters, and the guideline allows {protocol.max_characters}"
    return None
