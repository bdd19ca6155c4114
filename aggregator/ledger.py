"""The cumulative ledger: what every account has earned since the start, and the Merkle tree that it is claimed from.

Trees and proofs are those of OpenZeppelin's StandardMerkleTree over (address, uint256), which its MerkleProof library
verifies on chain. The hash is passed in, so that this package needs no other than numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from aggregator.canonical import Json, dumps, loads
from aggregator.errors import BadParameter, Malformed, shown
from aggregator.fields import AMOUNT_LIMIT, Fields, is_address
from aggregator.merkle import Hash, merkle_path, merkle_tree

__all__ = ["EMPTY_ROOT", "Ledger", "credit", "merkle_proof", "merkle_root"]

FORMAT = 1
ENTRY_LIMIT = 1 << 16  # accounts
BYTE_LIMIT = 16 << 20  # bytes of canonical JSON: the limit of accounts with the longest amounts fits
EMPTY_ROOT = bytes(32)


@dataclass(frozen=True)
class Ledger:
    """Cumulative amounts by account, sorted by address: (0x and 40 lower-case hex digits, uint256)."""

    entries: tuple[tuple[str, int], ...] = ()

    def amount(self, address: str) -> int:
        """Return what the account has earned so far, 0 if it is not listed."""
        return dict(self.entries).get(address, 0)

    def to_bytes(self) -> bytes:
        """Write canonical JSON, amounts as decimal strings."""
        entries: list[Json] = [[address, str(amount)] for address, amount in self.entries]
        return dumps({"format": FORMAT, "entries": entries})

    @classmethod
    def from_bytes(cls, data: bytes) -> "Ledger":
        """Read what `to_bytes` wrote; raises `Malformed` for anything else, unsorted or repeated accounts included."""
        fields = Fields(loads(data, BYTE_LIMIT), ("format", "entries"), "ledger")
        fields.exactly("format", FORMAT)
        entries = tuple(_entry(item) for item in fields.items("entries", ENTRY_LIMIT))
        for (address, _), (following, _) in pairwise(entries):
            if address >= following:
                raise Malformed(f"ledger lists {following} after {address}: accounts go up and come once")
        return cls(entries)


def _entry(item: Json) -> tuple[str, int]:
    keys = ("address", "amount")
    if not isinstance(item, list) or len(item) != len(keys):
        raise Malformed("ledger holds an entry that is not [address, amount]")
    fields = Fields(dict(zip(keys, item, strict=True)), keys, "ledger entry")
    return fields.address("address"), fields.amount("amount")


def credit(ledger: Ledger, amounts: Mapping[str, int]) -> Ledger:
    """Add `amounts` (by address) to the ledger; accounts credited 0 are listed only if they already were.

    Raises `BadParameter` for an address that is not 0x and 40 lower-case hex digits, a negative amount, a sum beyond
    uint256 or more than 65,536 accounts.
    """
    totals = dict(ledger.entries)
    for address, amount in amounts.items():
        if not is_address(address):
            raise BadParameter(f"cannot credit {shown(address)}: give 0x and 40 lower-case hex digits")
        total = totals.get(address, 0) + amount
        if amount < 0 or total > AMOUNT_LIMIT:
            raise BadParameter(f"cannot credit {shown(amount)} to {address}: give 0 or more, below 2^256 in total")
        if total:
            totals[address] = total
    if len(totals) > ENTRY_LIMIT:
        raise BadParameter(f"ledger of {len(totals)} accounts, at most {ENTRY_LIMIT} can be read back")
    return Ledger(tuple(sorted(totals.items())))


def merkle_root(ledger: Ledger, keccak: Hash) -> bytes:
    """Return the 32-byte root that the ledger is claimed from; 32 zero bytes for an empty one."""
    return _hashed(ledger, keccak)[1][0] if ledger.entries else EMPTY_ROOT


def merkle_proof(ledger: Ledger, address: str, keccak: Hash) -> tuple[bytes, ...]:
    """Return the sibling hashes, leaf to root, that prove the account's cumulative amount against the root.

    Raises `BadParameter` for an account that is not listed.
    """
    leaves, tree = _hashed(ledger, keccak)
    place = next((place for place, (account, _) in enumerate(ledger.entries) if account == address), None)
    if place is None:
        raise BadParameter(f"{shown(address)} is not in the ledger: it has earned nothing yet")
    return merkle_path(tree, leaves[place])


@lru_cache(maxsize=2)
def _hashed(ledger: Ledger, keccak: Hash) -> tuple[list[bytes], list[bytes]]:
    """Hash a ledger once for its root and for everybody's proof: the leaves by entry, and the tree over them."""
    leaves = _leaves(ledger, keccak)
    return leaves, merkle_tree(leaves, keccak)


def _leaves(ledger: Ledger, keccak: Hash) -> list[bytes]:
    """Hash every entry twice, as abi.encode(address, uint256): a leaf can never pass for an inner node."""
    return [
        keccak(keccak(int(address, 16).to_bytes(32, "big") + amount.to_bytes(32, "big")))
        for address, amount in ledger.entries
    ]
