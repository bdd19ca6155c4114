"""What a check says: a file, a line, a kind and a reason in words, never the text that was found there."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

__all__ = ["KINDS", "Finding", "Kind"]

Kind: TypeAlias = Literal[
    "secret", "leakage", "licence", "personal-data", "encoding", "schema", "near-duplicate", "duplicate", "length"
]
KINDS: tuple[Kind, ...] = get_args(Kind)  # the gravest first


@dataclass(frozen=True, order=True)
class Finding:
    """Something in `file` (its name inside its repository) that the data protocol does not allow.

    `line` counts from 1; 0 means the whole file. `masked` findings are cut out when the file is read for training, all
    others keep the file out of it.
    """

    file: str
    line: int
    kind: Kind
    reason: str

    @property
    def masked(self) -> bool:
        """Whether the file may train once this has been cut out."""
        return self.kind == "personal-data"
