"""Measuring what peers cost the chain: the same chain port, with every transaction's gas written down."""

from dataclasses import dataclass, field

from node.ports import Receipt
from node.research.wrapped import WrappedChain

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
class MeteredChain(WrappedChain):
    """A chain with its transactions on `meter`."""

    meter: GasMeter

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """See `Chain.transact`."""
        receipt = super().transact(contract, function, *arguments)
        self.meter.add(f"{contract}.{function}", receipt.gas)
        return receipt
