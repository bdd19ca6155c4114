"""Reading back transactions that this account signed in an earlier run, as its journal kept them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from node.errors import ChainError
from node.types import Address

__all__ = ["Signed", "read_signed", "unused"]


@dataclass(frozen=True)
class Signed:
    """A signed EIP-1559 transaction; `to` None creates a contract, fees in wei per gas."""

    hash: str
    to: Address | None
    data: bytes
    nonce: int
    gas: int
    max_fee: int
    tip: int


def read_signed(raw: bytes) -> Signed:
    """Decode the bytes that were signed. Raises `ChainError` when they are no EIP-1559 transaction."""
    from eth_account.typed_transactions.typed_transaction import TypedTransaction
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak
    from hexbytes import HexBytes

    try:
        fields: Any = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        return Signed(
            hash="0x" + keccak(raw).hex(),
            to=Address(to_checksum_address(fields["to"])) if fields["to"] else None,
            data=bytes(fields["data"]),
            nonce=fields["nonce"],
            gas=fields["gas"],
            max_fee=fields["maxFeePerGas"],
            tip=fields["maxPriorityFeePerGas"],
        )
    except Exception as error:  # three libraries decode here, each with errors of its own
        raise ChainError(f"a recorded transaction cannot be read ({error}); the journal is damaged") from error


def unused(signed: Iterable[Signed], first: int) -> tuple[tuple[Signed, ...], ...]:
    """The attempts by nonce, from nonce `first` on without a gap; within a nonce the dearest comes last."""
    by_nonce: dict[int, list[Signed]] = {}
    for one in signed:
        by_nonce.setdefault(one.nonce, []).append(one)
    found = []
    while first in by_nonce:
        found.append(tuple(sorted(by_nonce[first], key=lambda one: one.max_fee)))
        first += 1
    return tuple(found)
