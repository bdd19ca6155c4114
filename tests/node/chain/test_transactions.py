from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account
from web3.exceptions import TransactionNotFound, Web3RPCError

from node.chain.transactions import Patience, Transactor
from node.errors import ChainError, ChainUnreachable, InsufficientFunds, TransactionRefused
from node.types import Address
from tests.federations import account

TARGET = Address("0x" + "44" * 20)
TO_MINE = {"status": 1, "blockNumber": 9}


class FakeEth:
    """A node that mines what the test says: `mines(n)` gives the receipt of the n-th transaction sent, or None."""

    chain_id = 77
    max_priority_fee = 3

    def __init__(self, mines: Callable[[int], dict[str, Any] | None], balance: int = 10**18) -> None:
        self.sent: list[dict[str, Any]] = []
        self.errors: list[Exception | None] = []
        self.estimates: list[Exception] = []  # what estimating fails with, before it succeeds
        self._mines = mines
        self._balance = balance
        self._hashes: list[str] = []

    def get_block(self, _block: object) -> dict[str, int]:
        return {"baseFeePerGas": 100, "timestamp": 5}

    def get_transaction_count(self, _account: str, _block: object) -> int:
        return 12

    def get_balance(self, _account: str) -> int:
        return self._balance

    def estimate_gas(self, _call: object, _block: object) -> int:
        if self.estimates:
            raise self.estimates.pop(0)
        return 40_000

    def call(self, _call: object, _block: object) -> bytes:
        return b""

    def send_raw_transaction(self, raw: bytes) -> None:
        from eth_account.typed_transactions.typed_transaction import TypedTransaction
        from eth_utils.crypto import keccak
        from hexbytes import HexBytes

        self.sent.append(dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()))
        self._hashes.append("0x" + keccak(raw).hex())
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error

    def get_transaction_receipt(self, one: str) -> dict[str, Any]:
        receipt = self._mines(self._hashes.index(one)) if one in self._hashes else None
        if receipt is None:
            raise TransactionNotFound("not yet")
        return receipt


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def transactor(eth: FakeEth, **options: Any) -> Transactor:
    clock = Clock()
    patience = Patience(poll=1, bump=10, give_up=25)
    w3: Any = SimpleNamespace(eth=eth)
    return Transactor(w3, account(0), "http://fake", patience=patience, clock=clock, pause=clock.pause, **options)


def test_gas_and_fees_have_a_margin() -> None:
    eth = FakeEth(lambda _attempt: TO_MINE)
    transactor(eth).send(TARGET, b"\x01", "test")
    (sent,) = eth.sent
    assert (sent["nonce"], sent["chainId"], sent["gas"]) == (12, 77, 130_000)
    assert (sent["maxFeePerGas"], sent["maxPriorityFeePerGas"]) == (203, 3)


OUT_OF_GAS = {"code": -32603, "message": "EVM error OutOfGas"}  # as anvil says it


def test_an_estimate_during_which_the_clock_ticked_is_asked_for_again() -> None:
    eth = FakeEth(lambda _: TO_MINE)
    eth.estimates = [Web3RPCError(str(OUT_OF_GAS)), Web3RPCError(str(OUT_OF_GAS))]
    transactor(eth).send(TARGET, b"", "label")
    assert len(eth.sent) == 1


def test_an_estimate_that_never_comes_is_an_error_and_nothing_is_sent() -> None:
    eth = FakeEth(lambda _: TO_MINE)
    eth.estimates = [Web3RPCError(str(OUT_OF_GAS)) for _ in range(3)]
    with pytest.raises(ChainError, match="OutOfGas"):
        transactor(eth).send(TARGET, b"", "label")
    assert eth.sent == []


def test_another_failure_of_the_estimate_is_not_tried_again() -> None:
    eth = FakeEth(lambda _: TO_MINE)
    eth.estimates = [Web3RPCError("boom"), Web3RPCError("never asked")]
    with pytest.raises(ChainError, match="boom"):
        transactor(eth).send(TARGET, b"", "label")
    assert len(eth.estimates) == 1


def test_what_is_stuck_is_sent_again_for_at_least_an_eighth_more() -> None:
    eth = FakeEth(lambda attempt: TO_MINE if attempt == 2 else None)
    transactor(eth).send(TARGET, b"", "test")
    assert len(eth.sent) == 3
    for before, after in zip(eth.sent, eth.sent[1:], strict=False):
        assert after["nonce"] == before["nonce"]
        assert after["maxFeePerGas"] >= before["maxFeePerGas"] * 1.125
        assert after["maxPriorityFeePerGas"] >= before["maxPriorityFeePerGas"] * 1.125


def test_the_first_attempt_may_win_after_all() -> None:
    eth = FakeEth(lambda attempt: TO_MINE if attempt == 0 and len(eth.sent) == 2 else None)
    eth.errors = [None, Web3RPCError("nonce too low")]
    assert transactor(eth).send(TARGET, b"", "test") == TO_MINE


def test_patience_ends() -> None:
    with pytest.raises(ChainError, match="not mined within 25 seconds"):
        transactor(FakeEth(lambda _attempt: None)).send(TARGET, b"", "test")


def test_every_attempt_is_recorded_before_it_is_sent() -> None:
    eth = FakeEth(lambda attempt: TO_MINE if attempt == 1 else None)
    seen: list[tuple[str, int]] = []
    transactor(eth, on_signed=lambda label, _hash, _raw: seen.append((label, len(eth.sent)))).send(
        TARGET, b"", "a label"
    )
    assert seen == [("a label", 0), ("a label", 1)]


def test_nothing_is_sent_that_could_not_be_recorded() -> None:
    def full(_label: str, _hash: str, _raw: bytes) -> None:
        raise MemoryError

    eth = FakeEth(lambda _attempt: TO_MINE)
    with pytest.raises(ChainError):
        transactor(eth, on_signed=full).send(TARGET, b"", "test")
    assert not eth.sent


def test_missing_gas_money_is_named_and_nothing_sent() -> None:
    eth = FakeEth(lambda _attempt: TO_MINE, balance=130_000 * 203 - 17)
    with pytest.raises(InsufficientFunds, match="lacks 17 wei"):
        transactor(eth).send(TARGET, b"", "test")
    assert not eth.sent


def test_what_somebody_plans_can_be_paid_for_or_the_missing_amount_is_named() -> None:
    eth = FakeEth(lambda _attempt: TO_MINE, balance=1000 * 203 - 17)
    transactor(eth).require_gas_money(999, "a plan")
    with pytest.raises(InsufficientFunds, match=r"lacks 17 wei of the 203000 wei that a plan may cost in gas; send"):
        transactor(eth).require_gas_money(1000, "a plan")


def test_a_broken_connection_is_said() -> None:
    eth = FakeEth(lambda _attempt: TO_MINE)
    eth.errors = [ConnectionResetError("gone")]
    with pytest.raises(ChainUnreachable, match="http://fake"):
        transactor(eth).send(TARGET, b"", "test")


def test_a_transaction_that_reverts_when_mined_is_refused() -> None:
    eth = FakeEth(lambda _attempt: {"status": 0})
    with pytest.raises(TransactionRefused, match="would succeed now"):
        transactor(eth).send(TARGET, b"", "test")


def test_the_key_is_in_no_text() -> None:
    secret = Account.from_key(b"\x05" * 32)
    w3: Any = SimpleNamespace(eth=FakeEth(lambda _attempt: TO_MINE))
    assert "05" * 32 not in repr(vars(Transactor(w3, secret, "http://fake")))
