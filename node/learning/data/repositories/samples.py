"""What every kind of sample has in common: fields of texts, made of a file's content alone, and how they are written.

So a content that stands in two places is parsed once. Where it stands is added when it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aggregator import canonical

__all__ = ["Fields", "Place", "line"]

Fields: TypeAlias = Mapping[str, canonical.Json]


@dataclass(frozen=True, order=True)
class Place:
    """Where a sample comes from: repository, path in it, and for a change the commit; the order that samples go by."""

    repository: str
    path: str
    commit: str = ""

    @property
    def name(self) -> str:
        """What the split hashes: the path, beginning with the repository."""
        return f"{self.repository}/{self.path}"


def line(fields: Fields, place: Place, language: str) -> bytes:
    """One line of JSON Lines: canonical JSON of a sample and of where it is from."""
    where: dict[str, canonical.Json] = {"language": language, "path": place.path, "repo": place.repository}
    if place.commit:
        where["commit_id"] = place.commit
    return canonical.dumps({**fields, **where}) + b"\n"
