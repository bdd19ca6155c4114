"""Merkle trees over sorted leaves."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.merkle import merkle_path, merkle_top, merkle_tree


def digest(data):
    return hashlib.sha256(data).digest()


LEAVES = st.lists(st.integers(0, 10**9).map(lambda number: digest(str(number).encode())), min_size=1, max_size=40)


@given(LEAVES, st.randoms())
def test_the_order_of_leaves_changes_nothing(leaves, generator):
    shuffled = random.sample(leaves, len(leaves)) if generator.random() < 0.5 else leaves[::-1]
    assert merkle_tree(shuffled, digest) == merkle_tree(leaves, digest)


@given(LEAVES)
def test_every_leaf_leads_to_the_root_and_no_other_does(leaves):
    tree = merkle_tree(leaves, digest)
    for leaf in leaves:
        path = merkle_path(tree, leaf)
        assert merkle_top(leaf, path, digest) == tree[0]
        assert merkle_top(digest(leaf), path, digest) != tree[0]


def test_a_parent_hashes_its_sorted_pair():
    one, two, three = sorted(digest(bytes([number])) for number in range(3))
    pair = digest(one + two)
    assert merkle_tree([three, one, two], digest) == [digest(b"".join(sorted((pair, three)))), pair, three, two, one]


def test_a_single_leaf_is_its_own_root():
    assert merkle_tree([b"leaf"], digest) == [b"leaf"]
    assert merkle_path([b"leaf"], b"leaf") == ()


def test_what_is_no_leaf_has_no_path():
    tree = merkle_tree([digest(b"a"), digest(b"b")], digest)
    for other in (digest(b"c"), tree[0]):
        with pytest.raises(ValueError, match="not in"):
            merkle_path(tree, other)
