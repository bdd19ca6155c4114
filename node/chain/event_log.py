"""The federation's events, fetched once and kept: one log can serve many peers of one process.

It reads forward from the last block seen, in bounded ranges, and never asks for a block twice. It follows the latest
block and does not undo reorganisations; what a round depends on is read again through view functions.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from node.chain.abi import decode_log
from node.chain.errors import translated
from node.ports import Event
from node.types import Address, UnixSeconds

if TYPE_CHECKING:
    from web3 import Web3

__all__ = ["BLOCKS_A_REQUEST", "EventLog", "decode_logs"]

BLOCKS_A_REQUEST = 1000  # public endpoints refuse wider ranges


class EventLog:
    """All events of the contracts in `addresses` (by contract name), from `first_block` on; safe for threads."""

    def __init__(
        self,
        w3: "Web3",
        addresses: Mapping[str, Address],
        first_block: int,
        *,
        endpoint: str,
        blocks_a_request: int = BLOCKS_A_REQUEST,
    ) -> None:
        self._w3 = w3
        self._names = {address: name for name, address in addresses.items()}
        self._next = first_block
        self._endpoint = endpoint
        self._blocks_a_request = blocks_a_request
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def since(self, block: int) -> Sequence[Event]:
        """Events from `block` (inclusive) to the latest block, in chain order. Raises `ChainUnreachable`."""
        with self._lock, translated(self._endpoint):
            self._catch_up(int(self._w3.eth.block_number))
            return tuple(self._events[bisect_left(self._events, block, key=lambda event: event.block) :])

    def _catch_up(self, latest: int) -> None:
        while self._next <= latest:
            last = min(latest, self._next + self._blocks_a_request - 1)
            logs = self._w3.eth.get_logs({"address": list(self._names), "fromBlock": self._next, "toBlock": last})  # type: ignore[typeddict-item]
            self._events += decode_logs(self._w3, self._names, logs)
            self._next = last + 1


def decode_logs(w3: "Web3", names: Mapping[Address, str], logs: Sequence[Any]) -> list[Event]:
    """The events among `logs` that our ABIs know, in chain order; `names` maps addresses to contract names."""
    timestamps: dict[int, UnixSeconds] = {}
    events = []
    for log in sorted(logs, key=lambda log: (log["blockNumber"], log["logIndex"])):
        name = names.get(log["address"])
        decoded = decode_log(name, [bytes(topic) for topic in log["topics"]], bytes(log["data"])) if name else None
        if name and decoded:
            block = int(log["blockNumber"])
            if block not in timestamps:
                timestamps[block] = _timestamp(w3, log)
            events.append(Event(block, int(log["logIndex"]), timestamps[block], name, *decoded))
    return events


def _timestamp(w3: "Web3", log: Mapping[str, Any]) -> UnixSeconds:
    """When a log's block was mined: many nodes say so in the log, the others are asked for the block."""
    told = log.get("blockTimestamp")
    if isinstance(told, str):
        told = int(told, 16)
    return UnixSeconds(int(w3.eth.get_block(log["blockNumber"])["timestamp"] if told is None else told))
