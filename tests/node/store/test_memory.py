"""The in-memory store."""

import pytest

from node.cid import cid_of
from node.store.memory import MemoryStore
from tests.conformance.content_store import ContentStoreSuite, Falsify


class TestMemoryStore(ContentStoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def falsify(self, store: MemoryStore) -> Falsify:
        def replace(data: bytes) -> None:
            store.contents[cid_of(data)] = bytes(len(data))

        return replace
