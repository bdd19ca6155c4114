"""A content store in a dictionary, for tests and simulations. Nothing is dropped by itself, pinned or not."""

from collections.abc import Iterator

from node.cid import cid_of, parse_cid
from node.errors import ContentCorrupted, ContentNotFound, ContentTooLarge
from node.types import Cid

__all__ = ["MemoryStore"]


class MemoryStore:
    """`node.ports.ContentStore` in memory; `contents` is open so that a test can remove or falsify what it holds."""

    def __init__(self) -> None:
        self.contents: dict[Cid, bytes] = {}
        self._hashed: dict[Cid, bytes] = {}
        self._pins: set[Cid] = set()

    def put(self, data: bytes) -> Cid:
        """Store, pin and return the content id."""
        cid = cid_of(data)
        self.contents[cid] = self._hashed[cid] = bytes(data)
        self._pins.add(cid)
        return cid

    def get(self, cid: Cid, limit: int) -> bytes:
        """The bytes of `cid`, re-hashed. Raises `ContentTooLarge`, `ContentNotFound`, `ContentCorrupted`."""
        parse_cid(cid)
        if cid not in self.contents:
            raise ContentNotFound(f"content {cid} is not in this memory store; put it there first")
        data = self.contents[cid]
        if len(data) > limit:
            raise ContentTooLarge(f"content {cid} has {len(data)} bytes, more than the {limit} allowed; do not use it")
        if data is not self._hashed.get(cid) and cid_of(data) != cid:  # bytes never change: one hash will do
            raise ContentCorrupted(f"content {cid} in this memory store does not hash to its content id; put it again")
        return data

    def pin(self, cid: Cid, limit: int) -> None:
        """Keep until unpinned. Raises as `get`."""
        self.get(cid, limit)
        self._pins.add(cid)

    def unpin(self, cid: Cid) -> None:
        """Forget the pin; unknown content ids are fine. Raises `ContentIdMalformed`."""
        parse_cid(cid)
        self._pins.discard(cid)

    def drop(self, cid: Cid) -> None:
        """Forget a content; unknown content ids are fine."""
        for known in (self.contents, self._hashed):
            known.pop(cid, None)

    def pins(self) -> Iterator[Cid]:
        """Every pinned content id, in alphabetical order."""
        return iter(sorted(self._pins))
