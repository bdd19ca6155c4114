from types import SimpleNamespace
from typing import Any

import pytest
import requests
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from node.chain.event_log import EventLog
from node.errors import ChainUnreachable
from node.types import Address
from tests.federations import addresses

MEMBERSHIP, OTHER = addresses(2)
TOPIC = keccak(text="MemberAdmitted(address)")


def log_of(block: int, index: int = 0, address: Address = MEMBERSHIP, topic: bytes = TOPIC) -> dict[str, Any]:
    topics = [topic, encode(["address"], [OTHER])]
    return {"blockNumber": block, "logIndex": index, "address": address, "topics": topics, "data": b""}


class FakeEth:
    """A chain of logs that remembers which ranges it was asked for."""

    def __init__(self, logs: list[dict[str, Any]], latest: int) -> None:
        self.logs = logs
        self.block_number = latest
        self.ranges: list[tuple[int, int]] = []

    def get_logs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = wanted["fromBlock"], wanted["toBlock"]
        self.ranges.append((first, last))
        return [log for log in self.logs if first <= log["blockNumber"] <= last]

    def get_block(self, block: int) -> dict[str, int]:
        return {"timestamp": 1000 + block}


def event_log(eth: Any, first: int = 10) -> EventLog:
    w3: Any = SimpleNamespace(eth=eth)
    return EventLog(w3, {"Membership": MEMBERSHIP}, first, endpoint="http://fake", blocks_a_request=5)


def test_reads_forward_in_bounded_ranges_and_never_twice() -> None:
    eth = FakeEth([log_of(11), log_of(17)], latest=21)
    log = event_log(eth)

    assert [event.block for event in log.since(0)] == [11, 17]
    assert eth.ranges == [(10, 14), (15, 19), (20, 21)]
    log.since(0)
    assert len(eth.ranges) == 3

    eth.logs.append(log_of(22))
    eth.block_number = 22
    assert [event.block for event in log.since(12)] == [17, 22]
    assert eth.ranges[3:] == [(22, 22)]


def test_events_are_ordered_dated_and_named() -> None:
    eth = FakeEth([log_of(12, 3), log_of(12, 1), log_of(11, 9)], latest=12)
    events = event_log(eth).since(0)
    assert [(event.block, event.index, event.timestamp) for event in events] == [
        (11, 9, 1011),
        (12, 1, 1012),
        (12, 3, 1012),
    ]
    assert (events[0].contract, events[0].name, events[0].arguments) == (
        "Membership",
        "MemberAdmitted",
        {"account": OTHER},
    )


@pytest.mark.parametrize("told", ["0x7d0", 2000])
def test_a_timestamp_in_the_log_saves_a_request(told: object) -> None:
    eth = FakeEth([log_of(11) | {"blockTimestamp": told}], latest=11)
    eth.get_block = lambda _block: pytest.fail("asked for the block")  # type: ignore[method-assign, assignment]
    assert event_log(eth).since(0)[0].timestamp == 2000


def test_logs_of_others_and_unknown_events_are_left_out() -> None:
    eth = FakeEth([log_of(11, address=OTHER), log_of(12, topic=keccak(b"unknown"))], latest=12)
    assert not event_log(eth).since(0)


def test_a_failed_read_is_repeated_from_where_it_broke() -> None:
    eth = FakeEth([log_of(11), log_of(17)], latest=20)
    log = event_log(eth)
    answer = eth.get_logs

    def broken(wanted: dict[str, Any]) -> list[dict[str, Any]]:
        if wanted["fromBlock"] == 15:
            raise requests.ConnectionError("gone")
        return answer(wanted)

    eth.get_logs = broken  # type: ignore[method-assign]
    with pytest.raises(ChainUnreachable):
        log.since(0)
    eth.get_logs = answer  # type: ignore[method-assign]

    assert [event.block for event in log.since(0)] == [11, 17]
    assert eth.ranges == [(10, 14), (15, 19), (20, 20)]
