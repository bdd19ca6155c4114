"""A content store in a directory: one file per block, named by its content id. No network, no daemon.

``blocks/<cid>`` holds blocks, ``pins/<cid>`` is an empty file per pinned content. Several processes may share the
directory: files appear by rename and are never changed. Nothing is dropped by itself, pinned or not.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from node.cid import CHUNK_BYTES, blocks, format_cid, parse_cid
from node.errors import ContentCorrupted, ContentNotFound, StoreUnreachable
from node.files import write_atomically
from node.store.dag import leaves
from node.types import Cid

__all__ = ["LocalStore"]


class LocalStore:
    """`node.ports.ContentStore` over the directory `root`, which is made by the first write; reading never writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blocks = root / "blocks"
        self._pins = root / "pins"

    def put(self, data: bytes) -> Cid:
        """Store, pin and return the content id. Raises `StoreUnreachable` when the directory cannot be written."""
        for block in blocks(data):
            cid = format_cid(block.codec, block.digest)
            self._write_block(cid, block.data)
        self._write_pin(cid)
        return cid

    def get(self, cid: Cid, limit: int) -> bytes:
        """The bytes of `cid`, each block re-hashed.

        Raises `ContentTooLarge` above `limit` bytes (before a leaf is read), `ContentNotFound`, `ContentCorrupted`,
        `ContentIdMalformed`.
        """
        return b"".join(leaves(cid, limit, self._read_block))

    def pin(self, cid: Cid, limit: int) -> None:
        """Keep a content that is here, whole and intact, until unpinned. Raises as `get`; holds one block at a time."""
        for _ in leaves(cid, limit, self._read_block):
            pass
        self._write_pin(cid)

    def unpin(self, cid: Cid) -> None:
        """Forget the pin; unknown content ids are fine. Raises `ContentIdMalformed`, `StoreUnreachable`."""
        parse_cid(cid)
        try:
            (self._pins / cid).unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def pins(self) -> Iterator[Cid]:
        """Every pinned content id, in alphabetical order."""
        names = sorted(path.name for path in self._pins.iterdir()) if self._pins.is_dir() else []
        return (Cid(name) for name in names if not name.startswith("."))

    def export_to(self, directory: Path, cids: Iterable[Cid]) -> None:
        """Copy and pin the contents `cids` into the local store at `directory`, re-hashing every block.

        Raises `ContentNotFound`, `ContentCorrupted`, `StoreUnreachable` when `directory` cannot be written.
        """
        archive = LocalStore(directory)
        for cid in cids:
            for _ in leaves(cid, _NO_LIMIT, lambda block: self._copy_block(archive, block)):
                pass
            archive._write_pin(cid)

    def _copy_block(self, archive: "LocalStore", cid: Cid) -> bytes:
        data = self._read_block(cid)
        archive._write_block(cid, data)
        return data

    def _read_block(self, cid: Cid) -> bytes:
        parts = parse_cid(cid)
        path = self._blocks / cid
        try:
            with path.open("rb") as file:
                data = file.read(CHUNK_BYTES + 1)  # one more shows that a file is too long without reading all of it
        except FileNotFoundError as error:
            advice = "fetch it from a peer that pinned it, or check that this is the right store directory"
            raise ContentNotFound(f"content {cid} is not in {self.root}; {advice}") from error
        except OSError as error:
            raise StoreUnreachable(f"cannot read {path}: {error}; check the disk and the permissions") from error
        if hashlib.sha256(data).digest() != parts.digest:
            advice = f"check the disk, delete {path} and fetch the content again"
            raise ContentCorrupted(f"block {cid} in {path} does not hash to its content id; {advice}")
        return data

    def _write_block(self, cid: Cid, data: bytes) -> None:
        path = self._blocks / cid
        # A file of the right length is not trusted: writing again is what repairs a corrupted block.
        if not _holds(path, data):
            self._write(path, data)

    def _write_pin(self, cid: Cid) -> None:
        self._write(self._pins / cid, b"")

    def _write(self, path: Path, data: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreUnreachable:
        return StoreUnreachable(f"cannot write the store {self.root}: {error}; check free space and permissions")


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


_NO_LIMIT = 2**62  # bytes: what is already in our own store is exported whatever its size
