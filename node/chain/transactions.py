"""Signing, sending and waiting: one transaction at a time for each account, whatever the number of threads.

Every transaction is simulated first, so that a refusal costs nothing and carries its reason; it is handed to the
`on_signed` hook before it leaves the process, so that a journal never knows less than the network. What the bytes of a
call mean is `node.chain.abi`'s.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from node.chain.errors import translated
from node.chain.signed import Signed, read_signed, unused
from node.errors import ChainError, InsufficientFunds, TransactionRefused
from node.types import NOBODY, Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

__all__ = ["OnSigned", "Patience", "Transactor"]

OnSigned = Callable[[str, str, bytes], None]

_GAS_MARGIN_PERCENT = 25  # state moves between simulation and mining: whoever comes last also ends the phase
# Gas units. A vote checkpoint of the second in which the node estimates is overwritten, in the next second it is a new
# one: two of them, each with a fresh slot and a longer list, cost some 40,000 more. Unused gas is not paid for.
_GAS_MARGIN = 80_000
_ESTIMATES = 3  # tries: a clock that ticks during one search does not tick during the next
_OUT_OF_GAS = re.compile(r"out ?of ?gas", re.IGNORECASE)
_BUMP_PERCENT = 13  # nodes replace a transaction only for 12.5 % more
_DEFAULT_TIP = 10**9  # wei per gas, where the node names none
_REPLACEABLE = ("already known", "nonce too low", "underpriced", "already imported")  # one of ours got there first

_locks: dict[tuple[int, str], threading.Lock] = {}
_locks_guard = threading.Lock()


@dataclass(frozen=True)
class Patience:
    """Seconds between looks for a receipt, before fees are raised, and before giving up."""

    poll: float = 0.5
    bump: float = 60
    give_up: float = 900


@dataclass(frozen=True)
class _Draft:
    """An unsigned EIP-1559 transaction; fees in wei per gas."""

    to: Address | None
    data: bytes
    nonce: int
    gas: int
    max_fee: int
    tip: int
    label: str

    def fields(self, chain_id: int) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "chainId": chain_id,
            "nonce": self.nonce,
            "gas": self.gas,
            "maxFeePerGas": self.max_fee,
            "maxPriorityFeePerGas": self.tip,
            "value": 0,
            "data": self.data,
        }
        return fields | ({"to": self.to} if self.to else {})


class Transactor:
    """Sends transactions of one account.

    `gas_limit` skips the simulation where a refusal costs nobody anything but executing twice costs time (in-process
    chains); the reason is then found afterwards. `on_signed` receives label, hash and raw bytes of each transaction,
    replacements included, before it is broadcast.
    """

    def __init__(  # noqa: PLR0913 -- the last four have defaults that only tests and the in-process chain change
        self,
        w3: "Web3",
        account: "LocalAccount",
        endpoint: str,
        *,
        on_signed: OnSigned | None = None,
        gas_limit: int | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = Address(str(account.address))
        self._w3 = w3
        self._account = account
        self._endpoint = endpoint
        self._on_signed = on_signed or (lambda _label, _hash, _raw: None)
        self._gas_limit = gas_limit
        self._patience = patience or Patience()
        self._clock = clock
        self._pause = pause
        with translated(endpoint):
            self.chain_id = int(w3.eth.chain_id)
        self._lock = _lock_of(self.chain_id, self.address)

    def require_gas_money(self, gas: int, purpose: str) -> None:
        """Raise `InsufficientFunds` naming the missing wei when the account cannot pay for so much gas today."""
        with translated(self._endpoint):
            needed = gas * self._fees()[0]
            missing = needed - int(self._w3.eth.get_balance(self.address))  # type: ignore[arg-type]
        if missing > 0:
            raise InsufficientFunds(
                f"account {self.address} lacks {missing} wei of the {needed} wei that {purpose} may cost in gas; "
                "send it gas money"
            )

    def nonce(self) -> int:
        """The nonce of this account's next transaction."""
        with translated(self._endpoint):
            return int(self._w3.eth.get_transaction_count(self.address, "pending"))  # type: ignore[arg-type]

    def view(self, to: Address, data: bytes) -> bytes:
        """What a call returns, without sending anything. Raises `ChainUnreachable`, `TransactionRefused`."""
        with translated(self._endpoint):
            request: Any = {"from": NOBODY, "to": to, "data": data}
            return bytes(self._w3.eth.call(request, "pending"))

    def send(self, to: Address | None, data: bytes, label: str) -> Mapping[str, Any]:
        """Simulate, sign, send and wait; `to` None creates a contract. Returns the receipt of web3.

        `label` says in one word what the transaction does, for the journal.

        Raises `TransactionRefused`, `InsufficientFunds`, `ChainUnreachable`, or `ChainError` when not mined in time.
        """
        with self._lock, translated(self._endpoint):
            draft = self._draft(to, data, label)
            receipt = self._broadcast_until_mined(draft)
            if not receipt["status"]:
                raise self._why(draft)
            return receipt

    def resume(self, recorded: Iterable[bytes]) -> tuple[str, ...]:
        """Broadcast again what an earlier run signed and the chain does not have yet, and wait; gives what was mined.

        Raises `ChainError` when one cannot be read or is not mined in time, `InsufficientFunds`, `ChainUnreachable`.
        """
        with self._lock, translated(self._endpoint):
            first = int(self._w3.eth.get_transaction_count(self.address, "latest"))  # type: ignore[arg-type]
            attempts = unused(map(read_signed, recorded), first)
            return tuple(self._resume(one) for one in attempts)

    def _resume(self, attempts: Sequence[Signed]) -> str:
        last, (max_fee, tip) = attempts[-1], self._fees()
        # What was offered then may be too little for today's blocks.
        fees = max(last.max_fee, max_fee), max(last.tip, tip)
        draft = _Draft(last.to, last.data, last.nonce, last.gas, *fees, "resumed")
        receipt = self._broadcast_until_mined(draft, [one.hash for one in attempts])
        return "0x" + bytes(receipt["transactionHash"]).hex()

    def _draft(self, to: Address | None, data: bytes, label: str) -> _Draft:
        max_fee, tip = self._fees()
        draft = _Draft(to, data, self.nonce(), self._gas(to, data), max_fee, tip, label)
        missing = draft.gas * draft.max_fee - self._w3.eth.get_balance(self.address)  # type: ignore[arg-type]
        if missing > 0:
            raise InsufficientFunds(
                f"account {self.address} lacks {missing} wei to pay for up to {draft.gas} gas at {draft.max_fee} wei; "
                "send it gas money"
            )
        return draft

    def _fees(self) -> tuple[int, int]:
        """The most to offer, and the tip in it; wei per gas."""
        tip = self._tip()
        return 2 * int(self._w3.eth.get_block("latest")["baseFeePerGas"]) + tip, tip

    def _tip(self) -> int:
        from web3.exceptions import Web3Exception

        try:
            return int(self._w3.eth.max_priority_fee)
        except Web3Exception:
            return _DEFAULT_TIP

    def _gas(self, to: Address | None, data: bytes) -> int:
        """The gas limit; raises the refusal that the transaction would meet in the next block."""
        if self._gas_limit is not None:
            return self._gas_limit
        call: Any = {"from": self.address, "data": data} | ({"to": to} if to else {})
        return self._estimate(call) * (100 + _GAS_MARGIN_PERCENT) // 100 + _GAS_MARGIN

    def _estimate(self, call: Any) -> int:
        """The node's estimate, asked for again when its clock moved while it searched and the call became dearer."""
        from web3.exceptions import Web3RPCError

        for _ in range(_ESTIMATES - 1):
            try:
                return int(self._w3.eth.estimate_gas(call, "pending"))
            except Web3RPCError as error:
                if not _OUT_OF_GAS.search(str(error)):
                    raise
        return int(self._w3.eth.estimate_gas(call, "pending"))

    def _broadcast_until_mined(self, draft: _Draft, earlier: Sequence[str] = ()) -> Mapping[str, Any]:
        """Send, and again for a higher fee whenever patience runs out; any of the attempts may be the one mined."""
        started = bumped = self._clock()
        hashes = [*earlier, self._broadcast(draft, replacement=bool(earlier))]
        while True:
            receipt = self._mined(hashes)
            if receipt is not None:
                return receipt
            now = self._clock()
            if now - started >= self._patience.give_up:
                raise ChainError(
                    f"transaction {hashes[-1]} was not mined within {self._patience.give_up:.0f} seconds; "
                    f"raise the fee by hand or wait, then start again (nonce {draft.nonce} of {self.address})"
                )
            if now - bumped >= self._patience.bump:
                bumped, draft = now, _bumped(draft)
                hashes.append(self._broadcast(draft, replacement=True))
            self._pause(self._patience.poll)

    def _broadcast(self, draft: _Draft, *, replacement: bool = False) -> str:
        signed = self._account.sign_transaction(draft.fields(self.chain_id))
        self._on_signed(draft.label, "0x" + signed.hash.hex(), bytes(signed.raw_transaction))
        try:
            self._w3.eth.send_raw_transaction(signed.raw_transaction)
        except Exception as error:
            # Losing the race against the attempt it should replace is fine: the wait finds that one's receipt.
            if not (replacement and any(word in str(error).lower() for word in _REPLACEABLE)):
                raise
        return "0x" + signed.hash.hex()

    def _mined(self, hashes: Sequence[str]) -> Mapping[str, Any] | None:
        from web3.exceptions import TransactionIndexingInProgress, TransactionNotFound

        for one in reversed(hashes):
            try:
                return self._w3.eth.get_transaction_receipt(one)  # type: ignore[arg-type]
            except (TransactionNotFound, TransactionIndexingInProgress):
                continue
        return None

    def _why(self, draft: _Draft) -> ChainError:
        """The reason for a transaction that was mined and reverted, as far as repeating it tells."""
        try:
            with translated(self._endpoint):
                call: Any = {"from": self.address, "data": draft.data} | ({"to": draft.to} if draft.to else {})
                self._w3.eth.call(call | {"gas": draft.gas}, "pending")
        except ChainError as error:
            return error
        return TransactionRefused("Unknown", (), "it was refused when mined and would succeed now; try again")


def _bumped(draft: _Draft) -> _Draft:
    return replace(draft, max_fee=_raised(draft.max_fee), tip=_raised(draft.tip))


def _raised(fee: int) -> int:
    return -(-fee * (100 + _BUMP_PERCENT) // 100) + 1


def _lock_of(chain_id: int, address: Address) -> threading.Lock:
    """The one lock of an account in this process, however many connections use its key."""
    with _locks_guard:
        return _locks.setdefault((chain_id, address), threading.Lock())
