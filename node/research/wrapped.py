"""A chain port that passes everything on, for those that add something to one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from node.ports import Chain, Event, Receipt
from node.types import Address, UnixSeconds

__all__ = ["WrappedChain"]


@dataclass
class WrappedChain:
    """`node.ports.Chain` over another."""

    chain: Chain

    def call(self, contract: str, function: str, *arguments: object) -> Any:
        """See `Chain.call`."""
        return self.chain.call(contract, function, *arguments)

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """See `Chain.transact`."""
        return self.chain.transact(contract, function, *arguments)

    def events(self, since: int) -> Sequence[Event]:
        """See `Chain.events`."""
        return self.chain.events(since)

    def now(self) -> UnixSeconds:
        """See `Chain.now`."""
        return self.chain.now()

    def balance(self, account: Address) -> int:
        """See `Chain.balance`."""
        return self.chain.balance(account)
