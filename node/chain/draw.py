"""Who is drawn: the keyed permutation of `contracts/libraries/Draw.sol`, equal to it by test."""

from eth_utils.crypto import keccak

__all__ = ["draw_seed", "drawn", "permute"]

FEISTEL_ROUNDS = 4


def permute(index: int, count: int, seed: bytes) -> int:
    """Where the permutation of 0 … `count` − 1 keyed by the 32-byte `seed` puts `index`.

    A Feistel network over 2h bits, h ≥ 1 the smallest with 4^h ≥ count; an output not below `count` goes through again.
    """
    if not 0 <= index < count:
        raise ValueError(f"index {index} is not among {count}")
    half_bits = 1
    while 1 << (2 * half_bits) < count:
        half_bits += 1
    image = _encrypt(index, half_bits, seed)
    while image >= count:
        image = _encrypt(image, half_bits, seed)
    return image


def draw_seed(key: int, role: int) -> bytes:
    """The seed of one role's draw, from the round's draw key: keccak256(abi.encode(key, role))."""
    return keccak(key.to_bytes(32) + role.to_bytes(32))


def drawn(index: int, count: int, wanted: int, seed: bytes) -> bool:
    """Whether seat `index` (from 0) of `count` is among the `wanted` that are drawn: exactly min(wanted, count) are."""
    return count <= wanted or permute(index, count, seed) < wanted


def _encrypt(image: int, half_bits: int, seed: bytes) -> int:
    mask = (1 << half_bits) - 1
    left, right = image >> half_bits, image & mask
    for number in range(FEISTEL_ROUNDS):
        digest = keccak(seed + number.to_bytes(32) + right.to_bytes(32))
        left, right = right, left ^ (int.from_bytes(digest) & mask)
    return left << half_bits | right
