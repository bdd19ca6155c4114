"""Where a simulated federation lives: the model of the contracts in memory, or the contracts on an EVM in the process.

What was sent and how time passed is written to a logbook as it happens; a run that was killed sends it again and finds
the chain as it left it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from node.chain.deploy import DeployPlan, deploy
from node.chain.deployment import Deployment
from node.chain.in_memory import InMemoryChain
from node.errors import ConfigError
from node.peer.keys import Keys
from node.ports import Chain, Receipt
from node.research.wrapped import WrappedChain

__all__ = ["LoggedVenue", "Venue", "open_venue"]


class Venue(Protocol):
    """A chain of this process with one federation on it."""

    deployment: Deployment

    def connect(self, place: int) -> Chain:
        """The chain as the member in this place speaks to it."""
        ...

    def advance(self, seconds: int) -> object:
        """Let at least `seconds` pass."""
        ...


class _InMemory:
    def __init__(self, plan: DeployPlan, keys: Sequence[Keys]) -> None:
        self._accounts = [one.address for one in keys]
        self._chain = InMemoryChain(plan, self._accounts[0], self._accounts)
        self.deployment = self._chain.deployment

    def connect(self, place: int) -> Chain:
        return self._chain.connect(self._accounts[place])

    def advance(self, seconds: int) -> object:
        return self._chain.advance(seconds)


class _EthTester:
    def __init__(self, plan: DeployPlan, keys: Sequence[Keys]) -> None:
        from node.chain.in_process import eth_tester_chain

        self._keys = keys
        self._chain = eth_tester_chain(one.address for one in keys)
        self.deployment = deploy(self._chain.transactor(keys[0].account()), plan)

    def connect(self, place: int) -> Chain:
        deployment = self.deployment
        return self._chain.connect(deployment.addresses, deployment.deploy_block, self._keys[place].account())

    def advance(self, seconds: int) -> object:
        return self._chain.advance(seconds)


def open_venue(kind: str, plan: DeployPlan, keys: Sequence[Keys], logbook: Path) -> "LoggedVenue":
    """Deploy on a fresh chain of this kind, and do again what the logbook tells.

    Raises the chain's errors, and `ConfigError` for a logbook that is not of this run.
    """
    venue = _InMemory(plan, keys) if kind == "memory" else _EthTester(plan, keys)
    return LoggedVenue(venue, logbook)


class LoggedVenue:
    """`venue` with a logbook at `path`, which is done again first where there is one."""

    def __init__(self, venue: Venue, path: Path) -> None:
        self._venue = venue
        self._chains: dict[int, Chain] = {}
        self.deployment = venue.deployment
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]  # the process may have been killed in the last one
        for line in whole:
            self._repeat(line, path)
        self._file = path.open("ab", buffering=0)
        self._file.truncate(sum(map(len, whole)))

    def close(self) -> None:
        """Close the logbook."""
        self._file.close()

    def connect(self, place: int) -> "LoggedChain":
        """The chain as the member in this place speaks to it; what it sends is logged."""
        return LoggedChain(self._chain(place), place, self)

    def advance(self, seconds: int) -> object:
        """Let time pass, and log it."""
        passed = self._venue.advance(seconds)
        self.write({"advance": seconds})
        return passed

    def write(self, entry: dict[str, Any]) -> None:
        """One line: what has been done."""
        self._file.write(json.dumps(entry, default=_bytes).encode() + b"\n")

    def _chain(self, place: int) -> Chain:
        if place not in self._chains:
            self._chains[place] = self._venue.connect(place)
        return self._chains[place]

    def _repeat(self, line: bytes, path: Path) -> None:
        try:
            entry = json.loads(line, object_hook=_from_json)
            if "advance" in entry:
                self._venue.advance(entry["advance"])
            else:
                self._chain(entry["by"]).transact(entry["contract"], entry["function"], *entry["arguments"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path}: is not the logbook of this run ({error}); remove the folder it is in"
            ) from error


@dataclass
class LoggedChain(WrappedChain):
    """The chain of the member in a place, whose transactions are written to the venue's logbook."""

    place: int
    venue: LoggedVenue

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """See `Chain.transact`."""
        receipt = super().transact(contract, function, *arguments)
        self.venue.write({"by": self.place, "contract": contract, "function": function, "arguments": arguments})
        return receipt


def _bytes(value: object) -> object:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError(f"{type(value).__name__} cannot be logged")


def _from_json(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value
