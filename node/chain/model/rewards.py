"""Rewards: claims against the cumulative ledger of finalised rounds, and Merkle proofs.

The root of the o-th finalised round can be claimed from when the next one finalises on top of it, for as long as it is
among the last eight.
"""

from collections.abc import Sequence
from dataclasses import replace

from eth_utils.crypto import keccak

from node.chain.model import tokens
from node.chain.model.calls import Message, Reverted, emit, hash_words
from node.chain.model.state import REMEMBERED, Rewards, World
from node.types import Address

__all__ = ["claim", "keep_root", "proves", "root_of"]

MANAGER = "RoundManager"
MOST_MINTABLE = 2**112 - 1  # token wei


def claim(
    world: World, message: Message, account: Address, cumulative: int, proof: Sequence[bytes], ordinal: int
) -> World:
    """Mint what an account has earned up to the ledger of `ordinal`. Anyone."""
    if not proves(proof, root_of(world, ordinal), account, cumulative):
        raise Reverted("RoundManagerFalseProof", ordinal, account, cumulative)
    claimed = tokens.holding_of(world, account).earned
    if cumulative <= claimed:
        raise Reverted("RoundManagerNothingToClaim", account, cumulative, claimed)
    amount, left = cumulative - claimed, world.rewards.mintable - world.rewards.minted
    if amount > left:
        raise Reverted("RoundManagerBudgetExceeded", amount, left)

    world = tokens.mint_earned(world, message, account, amount)
    world = replace(world, rewards=replace(world.rewards, minted=world.rewards.minted + amount))

    return emit(world, MANAGER, "RewardClaimed", account=account, cumulative=cumulative, amount=amount)


def root_of(world: World, ordinal: int) -> bytes:
    """Rewards root of the `ordinal`-th finalised round, if it is claimable."""
    latest = world.results.ordinal
    if ordinal >= latest:
        raise Reverted("RoundManagerNotYetClaimable", ordinal, latest)
    oldest = max(latest - REMEMBERED + 1, 1)
    if ordinal < oldest:
        raise Reverted("RoundManagerOldRoot", ordinal, oldest)
    return world.rewards.roots[ordinal]


def keep_root(world: World, ordinal: int, root: bytes, budget: int) -> World:
    """Remember the root of a round that finalises, and allow its budget to be minted."""
    roots = {known: kept for known, kept in world.rewards.roots.items() if known > ordinal - REMEMBERED}
    mintable = min(world.rewards.mintable + budget, MOST_MINTABLE)
    return replace(world, rewards=Rewards(mintable, world.rewards.minted, {**roots, ordinal: root}))


def proves(proof: Sequence[bytes], root: bytes, account: Address, amount: int) -> bool:
    """Whether a Merkle proof shows keccak256(keccak256(abi.encode(account, amount))) under the root; sorted pairs."""
    node = keccak(hash_words(int(account, 16), amount))
    for sibling in proof:
        node = keccak(min(node, sibling) + max(node, sibling))
    return node == root
