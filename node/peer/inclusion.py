"""Which updates are included and who vouched falsely: pure functions of the vouches on the chain.

Every validator computes them and the same values come out, so the contracts need not store a bitmap per validator.
"""

from collections.abc import Iterable, Sequence

from node.peer.history import Vouch
from node.types import Slot

__all__ = ["bitmap_of", "bits", "false_vouchers", "included_slots", "two_thirds", "vouch_count"]


def two_thirds(drawn: int) -> int:
    """The smallest count that is at least two thirds of `drawn`."""
    return (2 * drawn + 2) // 3


def bits(bitmap: int) -> tuple[int, ...]:
    """The positions of the set bits, ascending."""
    return tuple(position for position in range(bitmap.bit_length()) if bitmap >> position & 1)


def bitmap_of(positions: Iterable[int]) -> int:
    """The bitmap with exactly these bits set."""
    bitmap = 0
    for position in positions:
        bitmap |= 1 << position
    return bitmap


def vouch_count(vouches: Sequence[Vouch], slot: Slot) -> int:
    """How many validators vouched for the update in `slot`."""
    return sum(vouch.bitmap >> slot & 1 for vouch in vouches)


def included_slots(vouches: Sequence[Vouch], revealed: int, drawn_validators: int) -> int:
    """Bitmap of the updates that at least two thirds of the drawn validators vouched for."""
    needed = two_thirds(drawn_validators)
    return bitmap_of(slot for slot in range(revealed) if vouch_count(vouches, Slot(slot)) >= needed)


def false_vouchers(vouches: Sequence[Vouch], revealed: int, drawn_validators: int) -> int:
    """Bitmap, by position, of validators who vouched for an update that less than a third of the drawn vouched for.

    An honest validator serves what it vouches for, so what it holds early enough the others hold too.
    """
    lonely = bitmap_of(slot for slot in range(revealed) if 0 < vouch_count(vouches, Slot(slot)) * 3 < drawn_validators)
    return bitmap_of(vouch.position for vouch in vouches if vouch.bitmap & lonely)
