"""The store in a directory, beyond what every store does."""

from pathlib import Path

import pytest

from node.cid import CHUNK_BYTES, blocks, cid_of, format_cid
from node.errors import ContentCorrupted, ContentNotFound, ContentTooLarge, StoreUnreachable
from node.store.local import LocalStore
from node.types import Cid
from tests.conformance.content_store import ContentStoreSuite, Falsify, content

DATA = content(2 * CHUNK_BYTES + 7, "local")
LEAF_DATA = DATA[CHUNK_BYTES : 2 * CHUNK_BYTES]
LEAF = cid_of(LEAF_DATA)


def block_file(store: LocalStore, cid: Cid) -> Path:
    return store.root / "blocks" / cid


class TestLocalStore(ContentStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path / "store")

    @pytest.fixture
    def falsify(self, store: LocalStore) -> Falsify:
        def replace(data: bytes) -> None:
            block_file(store, cid_of(data)).write_bytes(bytes(len(data)))

        return replace

    def test_keeps_one_file_per_block(self, store: LocalStore) -> None:
        store.put(DATA)
        files = {path.name: path.read_bytes() for path in (store.root / "blocks").iterdir()}
        assert files == {format_cid(block.codec, block.digest): block.data for block in blocks(DATA)}

    @pytest.mark.parametrize("damage", [b"", b"short", bytes(CHUNK_BYTES), LEAF_DATA + b"!"])
    def test_names_the_damaged_block_and_its_file(self, store: LocalStore, damage: bytes) -> None:
        cid = store.put(DATA)
        block_file(store, LEAF).write_bytes(damage)
        with pytest.raises(ContentCorrupted, match=f"block {LEAF} in {block_file(store, LEAF)} .*delete"):
            store.get(cid, len(DATA))

    def test_putting_again_repairs_a_damaged_block(self, store: LocalStore) -> None:
        cid = store.put(DATA)
        block_file(store, LEAF).write_bytes(bytes(CHUNK_BYTES))
        store.put(DATA)
        assert store.get(cid, len(DATA)) == DATA

    def test_a_missing_block_is_content_not_found(self, store: LocalStore) -> None:
        cid = store.put(DATA)
        block_file(store, LEAF).unlink()
        with pytest.raises(ContentNotFound, match=LEAF):
            store.pin(cid, len(DATA))

    def test_refuses_a_declared_size_before_it_reads_leaves(self, store: LocalStore) -> None:
        cid = store.put(DATA)
        block_file(store, LEAF).unlink()
        with pytest.raises(ContentTooLarge, match=f"{len(DATA)} bytes"):
            store.get(cid, len(DATA) - 1)

    def test_another_process_sees_the_same_contents(self, store: LocalStore) -> None:
        cid = store.put(DATA)
        other = LocalStore(store.root)
        assert other.get(cid, len(DATA)) == DATA
        assert list(other.pins()) == [cid]

    def test_reading_makes_no_directory(self, store: LocalStore) -> None:
        assert list(store.pins()) == []
        store.unpin(cid_of(b""))
        with pytest.raises(ContentNotFound):
            store.get(cid_of(b""), 0)
        assert not store.root.exists()

    def test_an_interrupted_write_is_not_a_pin(self, store: LocalStore) -> None:
        cid = store.put(b"x")
        (store.root / "pins" / f".{cid[:32]}.abc.tmp").touch()
        assert list(store.pins()) == [cid]

    def test_a_directory_that_cannot_be_written_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        store = LocalStore(tmp_path / "file")
        with pytest.raises(StoreUnreachable, match=r"file.*permissions"):
            store.put(b"x")
        with pytest.raises(StoreUnreachable, match="check the disk"):
            store.get(cid_of(b"x"), 1)


class TestExport:
    def test_the_archive_holds_exactly_the_named_contents(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path / "store")
        wanted, other = store.put(DATA), store.put(b"other")
        store.export_to(tmp_path / "archive", [wanted])
        archive = LocalStore(tmp_path / "archive")
        assert archive.get(wanted, len(DATA)) == DATA
        assert list(archive.pins()) == [wanted]
        with pytest.raises(ContentNotFound):
            archive.get(other, 10)

    def test_a_damaged_content_is_not_archived(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path / "store")
        cid = store.put(DATA)
        block_file(store, LEAF).write_bytes(b"damaged")
        with pytest.raises(ContentCorrupted, match=LEAF):
            store.export_to(tmp_path / "archive", [cid])
        assert list(LocalStore(tmp_path / "archive").pins()) == []
