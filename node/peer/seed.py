"""The round's seed: what a rule or preaggregation that draws lots, such as bucketing, draws them from.

Nobody may know it while updates can still be chosen, or poisoners would shape theirs to the buckets they will meet. So
it is a hash of everything that was revealed: content ids are secret until COMMIT is over, every commitment binds one,
and REVEAL only lets its trainer open it or pay for not doing so. The seed is fixed when REVEAL closes, is the same for
everybody who reads the chain, and does not depend on the order in which trainers revealed.
"""

from collections.abc import Iterable

from eth_utils.crypto import keccak

from node.cid import to_contract
from node.peer.history import Reveal
from node.types import RoundId

__all__ = ["round_seed"]


def round_seed(round_id: RoundId, reveals: Iterable[Reveal]) -> int:
    """The low 64 bits of keccak256 over words of 32 bytes: the round, then each content id's two words, ascending."""
    contents = sorted(digest + codec.to_bytes(32) for digest, codec in (to_contract(one.cid) for one in reveals))
    return int.from_bytes(keccak(round_id.to_bytes(32) + b"".join(contents))[-8:])
