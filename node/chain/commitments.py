"""The hashes that bind trainers and validators: computed here, checked by `RoundManager`, equal by test.

A commitment is the first 24 bytes of keccak256 over 32-byte words. Its domain binds chain and contract, so that nothing
committed in one federation means anything in another.
"""

from dataclasses import dataclass
from functools import cache
from typing import Protocol

from node.cid import format_cid, to_contract
from node.types import Address, Cid, RoundId

__all__ = ["Concluded", "Domain", "Result"]

COMMITMENT_BYTES = 24
_RESULT_WORDS = 8


class Concluded(Protocol):
    """What a round was concluded to; see `Result` for the fields."""

    @property
    def included(self) -> int:
        """Slots vouched for by two thirds."""
        ...

    @property
    def malformed(self) -> int:
        """Included slots that do not decode."""
        ...

    @property
    def false_vouchers(self) -> int:
        """Validator slots that vouched falsely."""
        ...

    @property
    def record_cid(self) -> Cid:
        """The round record."""
        ...

    @property
    def state_cid(self) -> Cid:
        """The new state."""
        ...

    @property
    def ledger_root(self) -> bytes:
        """The 32-byte Merkle root of the rewards."""
        ...


@dataclass(frozen=True)
class Result:
    """`Result` of IRoundManager.

    Bit i of `included` and `malformed` is reveal slot i, of `false_vouchers` validator slot i; the root has 32 bytes.
    """

    included: int
    malformed: int
    false_vouchers: int
    record: Cid
    state: Cid
    ledger_root: bytes

    @classmethod
    def of(cls, concluded: Concluded) -> "Result":
        """The result that states a conclusion."""
        return cls(
            included=concluded.included,
            malformed=concluded.malformed,
            false_vouchers=concluded.false_vouchers,
            record=concluded.record_cid,
            state=concluded.state_cid,
            ledger_root=concluded.ledger_root,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Result":
        """Read what `to_bytes` wrote. Raises `ValueError` for another length, `ContentIdMalformed`."""
        if len(data) != 32 * _RESULT_WORDS:
            raise ValueError(f"a result has {32 * _RESULT_WORDS} bytes, not {len(data)}")
        words = [data[start : start + 32] for start in range(0, len(data), 32)]
        numbers = [int.from_bytes(word) for word in words]
        return cls(
            included=numbers[0],
            malformed=numbers[1],
            false_vouchers=numbers[2],
            record=format_cid(numbers[4], words[3]),
            state=format_cid(numbers[6], words[5]),
            ledger_root=words[7],
        )

    def to_bytes(self) -> bytes:
        """abi.encode(result): eight words."""
        counts = b"".join(map(_word, (self.included, self.malformed, self.false_vouchers)))
        return counts + _cid(self.record) + _cid(self.state) + _padded(self.ledger_root)

    def to_contract(self) -> tuple[object, ...]:
        """The struct as the contracts take it."""
        record, state = to_contract(self.record), to_contract(self.state)
        return (self.included, self.malformed, self.false_vouchers, record, state, self.ledger_root)

    def hash(self) -> bytes:
        """The 24 bytes by which events name this result."""
        return _keccak(self.to_bytes())[:COMMITMENT_BYTES]


@dataclass(frozen=True)
class Domain:
    """One `RoundManager` on one chain."""

    chain_id: int
    round_manager: Address

    @property
    def of_updates(self) -> bytes:
        """The 32 bytes that bind every commitment to an update."""
        return _domain("fednode.update.1", self)

    @property
    def of_results(self) -> bytes:
        """The 32 bytes that bind every commitment to a result."""
        return _domain("fednode.result.1", self)

    def update_commitment(self, round_id: RoundId, trainer: Address, cid: Cid, examples: int, salt: bytes) -> bytes:
        """What a trainer commits to (24 bytes): the content id stays unknown until revealed with the 32-byte salt."""
        words = _word(round_id) + _account(trainer) + _cid(cid) + _word(examples) + _padded(salt)
        return _keccak(self.of_updates + words)[:COMMITMENT_BYTES]

    def result_commitment(self, round_id: RoundId, validator: Address, result: Result, salt: bytes) -> bytes:
        """What a validator commits to (24 bytes) before anybody discloses."""
        words = _word(round_id) + _account(validator) + _keccak(result.to_bytes()) + _padded(salt)
        return _keccak(self.of_results + words)[:COMMITMENT_BYTES]


@cache
def _domain(purpose: str, domain: Domain) -> bytes:
    from eth_abi.abi import encode

    return _keccak(encode(["string", "uint256", "address"], [purpose, domain.chain_id, domain.round_manager]))


def _keccak(data: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return keccak(data)


def _word(number: int) -> bytes:
    return number.to_bytes(32)


def _account(address: Address) -> bytes:
    return _word(int(address, 16))


def _cid(cid: Cid) -> bytes:
    digest, codec = to_contract(cid)
    return digest + _word(codec)


def _padded(value: bytes) -> bytes:
    if len(value) != 32:
        raise ValueError(f"32 bytes are needed, not {len(value)}")
    return value
