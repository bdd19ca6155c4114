"""The store of a run: as any store, on disk as well, and empty of what nobody pins."""

import pytest

from node.cid import cid_of
from node.errors import ContentNotFound, StoreUnreachable
from node.research.simulation.store import WorkStore
from tests.conformance.content_store import ContentStoreSuite


class TestWorkStore(ContentStoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        return WorkStore(tmp_path / "store")

    @pytest.fixture
    def falsify(self, store):
        def falsify(data):
            store._memory.contents[cid_of(data)] = bytes(len(data))

        return falsify


def test_a_new_process_finds_what_the_old_one_put(tmp_path):
    old = WorkStore(tmp_path)
    kept, dropped = old.put(b"kept"), old.put(b"dropped")
    old.unpin(dropped)
    old.sweep()
    new = WorkStore(tmp_path)
    assert new.get(kept, 10) == b"kept"
    assert list(new.pins()) == [kept]


def test_what_nobody_pins_is_dropped(tmp_path):
    store = WorkStore(tmp_path)
    cid = store.put(b"update")
    store.unpin(cid)
    assert store.get(cid, 10) == b"update"
    store.sweep()
    with pytest.raises(ContentNotFound):
        store.get(cid, 10)
    assert list(tmp_path.iterdir()) == []
    assert store.put(b"update") == cid
    assert store.get(cid, 10) == b"update"


def test_half_a_file_of_a_killed_process_is_not_read(tmp_path):
    (tmp_path / ".something.tmp").write_bytes(b"half")
    assert list(WorkStore(tmp_path).pins()) == []


def test_a_directory_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnreachable, match="check free space and permissions"):
        WorkStore(tmp_path / "file")
    store = WorkStore(tmp_path / "store")
    (tmp_path / "store").rmdir()
    with pytest.raises(StoreUnreachable):
        store.put(b"x")
