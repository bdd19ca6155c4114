"""Stores that are not the same store: each peer's own, on a network that a test can cut in places."""

from collections.abc import Callable

from node.store.memory import MemoryStore
from node.types import Cid

__all__ = ["Swarm"]


class _SwarmStore(MemoryStore):
    def __init__(self, swarm: "Swarm", place: int) -> None:
        super().__init__()
        self._swarm = swarm
        self._place = place

    def get(self, cid: Cid, limit: int) -> bytes:
        """The bytes of `cid`, fetched from whoever has them when this store does not."""
        if cid not in self.contents and not self._swarm.withheld(self._place, cid):
            found = next((one.contents[cid] for one in self._swarm.stores if cid in one.contents), None)
            if found is not None:
                self.contents[cid] = found
        return super().get(cid, limit)


class Swarm:
    """`stores` fetch from each other, except what is `withheld` from the store in a place."""

    def __init__(self, count: int) -> None:
        self.withheld: Callable[[int, Cid], bool] = lambda place, cid: False
        self.stores = [_SwarmStore(self, place) for place in range(count)]
