"""What every `node.ports.ContentStore` does. A subclass gives the store and a way to falsify a block in it."""

import random
from collections.abc import Callable

import pytest

from node.cid import CHUNK_BYTES, cid_of
from node.errors import ContentCorrupted, ContentIdMalformed, ContentNotFound, ContentTooLarge
from node.ports import ContentStore
from node.types import Cid

__all__ = ["ContentStoreSuite", "Falsify", "content"]

Falsify = Callable[
    [bytes], None
]  # replaces the stored bytes of a content of at most one chunk by others of that length

_MALFORMED = [
    "",
    "../../secret",
    "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPBdG",
    "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk",
    "BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU",
]


def content(size: int, seed: str) -> bytes:
    """`size` bytes that no other seed gives."""
    return random.Random(seed).randbytes(size)


class ContentStoreSuite:
    @pytest.fixture
    def store(self) -> ContentStore:
        raise NotImplementedError

    @pytest.fixture
    def falsify(self) -> Falsify:
        raise NotImplementedError

    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5])
    def test_gives_back_what_was_put_under_the_projects_content_id(self, store: ContentStore, size: int) -> None:
        data = content(size, "round trip")
        cid = store.put(data)
        assert cid == cid_of(data)
        assert store.get(cid, size) == data

    def test_putting_twice_is_putting_once(self, store: ContentStore) -> None:
        data = content(100, "twice")
        assert store.put(data) == store.put(data)
        assert list(store.pins()).count(cid_of(data)) == 1

    @pytest.mark.parametrize("size", [1, 1000, 2 * CHUNK_BYTES + 1])
    def test_refuses_more_than_the_limit(self, store: ContentStore, size: int) -> None:
        cid = store.put(content(size, "limit"))
        with pytest.raises(ContentTooLarge, match=cid):
            store.get(cid, size - 1)

    def test_does_not_pin_more_than_the_limit(self, store: ContentStore) -> None:
        cid = store.put(content(CHUNK_BYTES + 1, "pin limit"))
        store.unpin(cid)
        with pytest.raises(ContentTooLarge, match=cid):
            store.pin(cid, CHUNK_BYTES)
        assert cid not in store.pins()

    def test_says_which_content_it_does_not_have(self, store: ContentStore) -> None:
        cid = cid_of(b"nobody ever put this")
        with pytest.raises(ContentNotFound, match=cid):
            store.get(cid, 1000)
        with pytest.raises(ContentNotFound, match=cid):
            store.pin(cid, 1000)
        assert cid not in store.pins()

    @pytest.mark.parametrize("text", _MALFORMED)
    def test_refuses_what_is_not_a_content_id(self, store: ContentStore, text: str) -> None:
        with pytest.raises(ContentIdMalformed):
            store.get(Cid(text), 1000)
        with pytest.raises(ContentIdMalformed):
            store.pin(Cid(text), 1000)
        with pytest.raises(ContentIdMalformed):
            store.unpin(Cid(text))

    def test_putting_pins_the_content_and_not_its_blocks(self, store: ContentStore) -> None:
        before = set(store.pins())
        cid = store.put(content(2 * CHUNK_BYTES, "pins"))
        assert set(store.pins()) - before == {cid}

    def test_unpinned_content_can_be_pinned_again(self, store: ContentStore) -> None:
        cid = store.put(content(10, "again"))
        store.unpin(cid)
        assert cid not in store.pins()
        store.pin(cid, 10)
        assert cid in store.pins()

    def test_unpinning_the_unknown_is_fine(self, store: ContentStore) -> None:
        cid = store.put(content(10, "unpin"))
        store.unpin(cid)
        store.unpin(cid)
        store.unpin(cid_of(b"nobody ever put this either"))
        assert cid not in store.pins()

    def test_never_believes_falsified_bytes(self, store: ContentStore, falsify: Falsify) -> None:
        data = content(1000, "falsified")
        cid = store.put(data)
        store.unpin(cid)
        falsify(data)
        with pytest.raises(ContentCorrupted, match=cid):
            store.get(cid, 1000)
        with pytest.raises(ContentCorrupted, match=cid):
            store.pin(cid, 1000)
        assert cid not in store.pins()
