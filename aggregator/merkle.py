"""Merkle trees as OpenZeppelin's StandardMerkleTree builds them: over sorted leaves, a parent hashing its sorted pair.

So a root and a proof say nothing about an order, and MerkleProof verifies them on chain. What a leaf is and which hash
is taken is the caller's: this package needs no other than numpy.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["Hash", "merkle_path", "merkle_top", "merkle_tree"]

Hash: TypeAlias = Callable[[bytes], bytes]


def merkle_tree(leaves: Sequence[bytes], digest: Hash) -> list[bytes]:
    """Build the complete binary tree over at least one leaf: root first, leaves last and from the end."""
    inner = len(leaves) - 1
    tree = [b""] * inner + sorted(leaves, reverse=True)
    for node in reversed(range(inner)):
        tree[node] = _parent(tree[2 * node + 1], tree[2 * node + 2], digest)
    return tree


def merkle_path(tree: Sequence[bytes], leaf: bytes) -> tuple[bytes, ...]:
    """Return the sibling hashes, leaf to root, of a leaf of the tree. Raises `ValueError` for one that is not in it."""
    node = tree.index(leaf, len(tree) // 2)
    path = []
    while node:
        path.append(tree[node + 1 if node % 2 else node - 1])
        node = (node - 1) // 2
    return tuple(path)


def merkle_top(leaf: bytes, path: Sequence[bytes], digest: Hash) -> bytes:
    """Return the root that a leaf and its siblings lead to."""
    for sibling in path:
        leaf = _parent(leaf, sibling, digest)
    return leaf


def _parent(one: bytes, other: bytes, digest: Hash) -> bytes:
    return digest(b"".join(sorted((one, other))))
