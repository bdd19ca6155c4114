"""Measuring what peers cost the chain: the same chain port, with every transaction's gas written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from node.ports import Chain, Event, Receipt
from node.types import Address, UnixSeconds

__all__ = ["GasMeter", "MeteredChain"]


@dataclass
class GasMeter:
    """Gas by function, as `Contract.function`, since the last `reset`."""

    used: dict[str, list[int]] = field(default_factory=dict)

    def add(self, function: str, gas: int) -> None:
        """Write down one transaction."""
        self.used.setdefault(function, []).append(gas)

    def reset(self) -> dict[str, list[int]]:
        """Give what was used and start again."""
        used, self.used = self.used, {}
        return used


@dataclass
class MeteredChain:
    """`chain` with its transactions on `meter`."""

    chain: Chain
    meter: GasMeter

    def call(self, contract: str, function: str, *arguments: object) -> Any:
        """See `Chain.call`."""
        return self.chain.call(contract, function, *arguments)

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """See `Chain.transact`."""
        receipt = self.chain.transact(contract, function, *arguments)
        self.meter.add(f"{contract}.{function}", receipt.gas)
        return receipt

    def events(self, since: int) -> Sequence[Event]:
        """See `Chain.events`."""
        return self.chain.events(since)

    def now(self) -> UnixSeconds:
        """See `Chain.now`."""
        return self.chain.now()

    def balance(self, account: Address) -> int:
        """See `Chain.balance`."""
        return self.chain.balance(account)
