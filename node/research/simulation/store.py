"""A content store for one process that is killed now and then: everything in memory, with a file of each content.

What nobody pins any more is dropped by `sweep`, so that the updates of past rounds do not fill the memory. Files are
renamed into place but not synced.
"""

from collections.abc import Iterator
from pathlib import Path

from node.errors import StoreUnreachable
from node.files import write_atomically
from node.store.memory import MemoryStore
from node.types import Cid

__all__ = ["WorkStore"]


class WorkStore:
    """`node.ports.ContentStore` in memory and in the directory `root`; what lies there is read when it is opened.

    Raises `StoreUnreachable` when the directory cannot be used.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._memory = MemoryStore()
        try:
            root.mkdir(parents=True, exist_ok=True)
            for path in root.iterdir():
                if not path.name.startswith("."):
                    self._memory.put(path.read_bytes())
        except OSError as error:
            raise self._unusable(error) from error

    def put(self, data: bytes) -> Cid:
        """Store, pin and return the content id. Raises `StoreUnreachable`."""
        cid = self._memory.put(data)
        path = self._root / cid
        try:
            if not path.exists():
                write_atomically(path, data, durable=False)
        except OSError as error:
            raise self._unusable(error) from error
        return cid

    def get(self, cid: Cid, limit: int) -> bytes:
        """The bytes of `cid`. Raises `ContentTooLarge`, `ContentNotFound`, `ContentCorrupted`."""
        return self._memory.get(cid, limit)

    def pin(self, cid: Cid, limit: int) -> None:
        """Keep until unpinned. Raises as `get`."""
        self._memory.pin(cid, limit)

    def unpin(self, cid: Cid) -> None:
        """Allow the content to be dropped; unknown content ids are fine. Raises `ContentIdMalformed`."""
        self._memory.unpin(cid)

    def sweep(self) -> None:
        """Drop what nobody pins. Raises `StoreUnreachable`."""
        for cid in set(self._memory.contents).difference(self.pins()):
            self._memory.drop(cid)
            try:
                (self._root / cid).unlink(missing_ok=True)
            except OSError as error:
                raise self._unusable(error) from error

    def pins(self) -> Iterator[Cid]:
        """Every pinned content id, in alphabetical order."""
        return self._memory.pins()

    def _unusable(self, error: OSError) -> StoreUnreachable:
        return StoreUnreachable(f"{self._root}: {error}; check free space and permissions")
