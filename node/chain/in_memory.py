"""A chain in a few Python values, for simulations and tests: the contracts' model with accounts, blocks and a clock.

It passes the same suite as real chains, but gas is nominal: there is no EVM to measure it. Time passes only when told
to, every transaction is a block, and nothing is signed: whoever connects says which account it is.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from eth_utils.crypto import keccak

from node.chain.abi import readable_bytes
from node.chain.artifacts import CONTRACTS
from node.chain.deploy import DeployPlan, predict_address
from node.chain.deployment import Deployment
from node.chain.errors import refused
from node.chain.model.calls import Message, Reverted
from node.chain.model.founding import founded
from node.chain.model.interface import ask, execute
from node.errors import ChainError, InsufficientFunds, TransactionRefused
from node.ports import Event, Receipt
from node.types import NOBODY, Address, UnixSeconds

__all__ = ["InMemoryChain", "InMemoryConnection"]

CHAIN_ID = 1_337_001
GENESIS_TIME = UnixSeconds(1_700_000_000)
NOMINAL_GAS = 50_000  # of every transaction
NOMINAL_PRICE = 10**9  # wei per gas


class InMemoryChain:
    """One federation on a chain of its own, shared by everybody who connects to it."""

    def __init__(
        self,
        plan: DeployPlan,
        deployer: Address,
        funded: Iterable[Address] = (),
        *,
        wei: int = 10**24,
        chain_id: int = CHAIN_ID,
        now: UnixSeconds = GENESIS_TIME,
    ) -> None:
        """Deploy the plan's federation in the first block. Each of the `funded` accounts owns `wei`.

        Raises `TransactionRefused` for a guideline that the contracts refuse.
        """
        addresses = {name: predict_address(deployer, place) for place, name in enumerate(CONTRACTS)}
        self.deployment = Deployment(chain_id, 1, addresses, plan.founders)
        self._now = int(now)
        self._block = 1
        self._events: list[Event] = []
        self._balances = dict.fromkeys(funded, wei)
        self._nonces: dict[Address, int] = {}
        self._lock = threading.RLock()
        try:
            self.world = founded(plan, addresses, chain_id, deployer)
        except Reverted as reverted:
            raise _refusal(reverted) from reverted
        self._mine()

    def connect(self, account: Address | None = None) -> "InMemoryConnection":
        """A connection for `account` (None: read only)."""
        return InMemoryConnection(self, account)

    def advance(self, seconds: int) -> UnixSeconds:
        """Let `seconds` pass; gives the time of the next block."""
        with self._lock:
            self._now += seconds
            return UnixSeconds(self._now)

    def now(self) -> UnixSeconds:
        """The time of the next block."""
        return UnixSeconds(self._now)

    def nonce(self, account: Address) -> int:
        """How many transactions an account has sent."""
        return self._nonces.get(account, 0)

    def balance(self, account: Address) -> int:
        """An account's gas money in wei."""
        return self._balances.get(account, 0)

    def call(self, contract: str, function: str, arguments: Sequence[object]) -> Any:
        """See `ports.Chain.call`. Raises `TransactionRefused`, `NotModelled`."""
        try:
            return ask(self.world, Message(NOBODY, self._now), contract, function, arguments)
        except Reverted as reverted:
            raise _refusal(reverted) from reverted

    def transact(self, sender: Address, contract: str, function: str, arguments: Sequence[object]) -> Receipt:
        """Execute a transaction in a block of its own; a refused one leaves no trace.

        Raises `TransactionRefused`, `InsufficientFunds`, `NotModelled`.
        """
        with self._lock:
            self._require_gas_money(sender)
            try:
                self.world = execute(self.world, Message(sender, self._now), contract, function, arguments)
            except Reverted as reverted:
                raise _refusal(reverted) from reverted
            nonce = self.nonce(sender)
            self._nonces[sender] = nonce + 1
            self._balances[sender] -= NOMINAL_GAS * NOMINAL_PRICE
            self._block += 1
            name = "0x" + keccak(bytes.fromhex(sender[2:]) + nonce.to_bytes(32)).hex()
            return Receipt(name, self._block, NOMINAL_GAS, self._mine())

    def events(self, since: int) -> Sequence[Event]:
        """All events from block `since` (inclusive) on, in order."""
        return tuple(self._events[bisect_left(self._events, since, key=lambda event: event.block) :])

    def _mine(self) -> tuple[Event, ...]:
        """Move the events of the transaction from the world's log into the block."""
        mined = tuple(
            Event(self._block, place, UnixSeconds(self._now), one.contract, one.name, one.arguments)
            for place, one in enumerate(self.world.log)
        )
        self._events += mined
        self.world = replace(self.world, log=())
        return mined

    def _require_gas_money(self, sender: Address) -> None:
        missing = NOMINAL_GAS * NOMINAL_PRICE - self.balance(sender)
        if missing > 0:
            raise InsufficientFunds(f"account {sender} lacks {missing} wei to pay for a transaction; send it gas money")


class InMemoryConnection:
    """`node.ports.Chain` for one account of an `InMemoryChain`."""

    def __init__(self, chain: InMemoryChain, account: Address | None) -> None:
        self._chain = chain
        self._account = account

    @property
    def account(self) -> Address:
        """The account that sends. Raises `ChainError` on a read-only connection."""
        if self._account is None:
            raise ChainError("this connection is read only; connect as an account to send transactions")
        return self._account

    def call(self, contract: str, function: str, *arguments: object) -> Any:
        """Read a view function. Raises `TransactionRefused`, `NotModelled`."""
        return self._chain.call(contract, function, arguments)

    def transact(self, contract: str, function: str, *arguments: object) -> Receipt:
        """Execute a transaction. Raises `TransactionRefused`, `InsufficientFunds`, `NotModelled`."""
        return self._chain.transact(self.account, contract, function, arguments)

    def events(self, since: int) -> Sequence[Event]:
        """Every event from block `since` (inclusive) on, in order."""
        return self._chain.events(since)

    def now(self) -> UnixSeconds:
        """The time of the next block."""
        return self._chain.now()

    def balance(self, account: Address) -> int:
        """The account's gas money in wei."""
        return self._chain.balance(account)


def _refusal(reverted: Reverted) -> TransactionRefused:
    arguments = (readable_bytes(one) if isinstance(one, bytes) else one for one in reverted.arguments)
    return refused(reverted.name, tuple(arguments))
