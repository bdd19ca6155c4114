"""Reading trees back, above all those that somebody made by hand."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.cid import CHUNK_BYTES, DAG_PB, LINKS_PER_NODE, RAW, CidParts, Link, blocks, cid_of, encode_node, format_cid
from node.errors import ContentCorrupted, ContentTooLarge
from node.store.dag import decode_node, leaves
from node.types import Cid
from tests.conformance.content_store import content

LINKS = st.builds(
    Link,
    st.builds(CidParts, st.sampled_from([RAW, DAG_PB]), st.binary(min_size=32, max_size=32)),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
)


class Pile:
    """Blocks by content id, counting how many were loaded."""

    def __init__(self, data: bytes = b"") -> None:
        self.held = {format_cid(block.codec, block.digest): block.data for block in blocks(data)}
        self.loaded = 0

    def load(self, cid: Cid) -> bytes:
        self.loaded += 1
        return self.held[cid]

    def add(self, codec: int, data: bytes) -> CidParts:
        parts = CidParts(codec, hashlib.sha256(data).digest())
        self.held[format_cid(codec, parts.digest)] = data
        return parts

    def leaf(self, data: bytes) -> Link:
        return Link(self.add(RAW, data), len(data), len(data))

    def node(self, children: Sequence[Link]) -> Link:
        data = encode_node(children)
        size, below = sum(child.size for child in children), sum(child.stored for child in children)
        return Link(self.add(DAG_PB, data), size, len(data) + below)

    def read(self, root: Link | CidParts, limit: int = 2**40) -> bytes:
        parts = root.child if isinstance(root, Link) else root
        return b"".join(leaves(format_cid(parts.codec, parts.digest), limit, self.load))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, CHUNK_BYTES * (LINKS_PER_NODE + 1) + 1])
def test_reads_what_blocks_wrote(size: int) -> None:
    data = content(min(size, CHUNK_BYTES), "dag") * (size // CHUNK_BYTES + 1)
    data = data[:size]
    assert b"".join(leaves(cid_of(data), size, Pile(data).load)) == data


@given(st.lists(LINKS, min_size=1, max_size=LINKS_PER_NODE))
def test_decoding_undoes_encoding(links: list[Link]) -> None:
    assert decode_node(encode_node(links)) == tuple(links)


@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused_or_mean_what_they_say(data: bytes) -> None:
    try:
        links = decode_node(data)
    except ValueError:
        return
    assert encode_node(links) == data


@given(st.lists(LINKS, min_size=1, max_size=4), st.data())
def test_a_changed_byte_is_refused_or_means_something_else(links: list[Link], data: st.DataObject) -> None:
    node = bytearray(encode_node(links))
    position = data.draw(st.integers(0, len(node) - 1))
    node[position] ^= data.draw(st.integers(1, 255))
    try:
        decoded = decode_node(bytes(node))
    except ValueError:
        return
    assert encode_node(decoded) == bytes(node)
    assert decoded != tuple(links)


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (b"", "not a dag-pb"),
        (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "63 bits"),
        (b"\x0a\x7f\x08", "cut off"),
        (b"\x0a\x02\x08\x01", "one spelling"),  # a directory
        (bytes(20_000), "more than 16384"),
    ],
)
def test_says_what_is_wrong_with_a_node(node: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode_node(node)


def test_a_declared_size_above_the_limit_loads_nothing_but_the_root() -> None:
    data = content(CHUNK_BYTES + 1, "declared")
    pile = Pile(data)
    with pytest.raises(ContentTooLarge, match=f"{CHUNK_BYTES + 1} bytes, more than the {CHUNK_BYTES}"):
        list(leaves(cid_of(data), CHUNK_BYTES, pile.load))
    assert pile.loaded == 1


def test_an_absurd_declared_size_is_refused_at_once() -> None:
    pile = Pile()
    root = pile.node([Link(pile.leaf(b"x").child, 2**62, 1)])
    with pytest.raises(ContentTooLarge):
        pile.read(root)
    assert pile.loaded == 1


def test_a_leaf_larger_than_declared_is_refused() -> None:
    pile = Pile()
    first, second = pile.leaf(bytes(CHUNK_BYTES)), pile.leaf(b"longer than declared")
    root = pile.node([first, Link(second.child, 1, 1)])
    with pytest.raises(ContentCorrupted, match="another size than declared"):
        pile.read(root)


def test_a_raw_root_of_more_than_one_chunk_is_refused() -> None:
    pile = Pile()
    with pytest.raises(ContentCorrupted, match="one chunk"):
        pile.read(pile.leaf(bytes(CHUNK_BYTES + 1)))


def test_a_node_over_a_single_leaf_is_refused() -> None:
    pile = Pile()
    with pytest.raises(ContentCorrupted, match="one leaf is enough"):
        pile.read(pile.node([pile.leaf(b"x")]))


def test_other_chunk_sizes_are_refused() -> None:
    pile = Pile()
    half = pile.leaf(bytes(CHUNK_BYTES // 2))
    with pytest.raises(ContentCorrupted, match="not balanced"):
        pile.read(pile.node([half, half, half]))


def test_a_node_in_the_place_of_a_leaf_is_refused() -> None:
    pile = Pile()
    leaf = pile.leaf(bytes(CHUNK_BYTES))
    inner = pile.node([leaf])
    with pytest.raises(ContentCorrupted, match="wrong kind"):
        pile.read(pile.node([leaf, inner]))


def test_a_wrong_stored_size_is_refused_because_it_changes_the_content_id() -> None:
    pile = Pile()
    leaf = pile.leaf(bytes(CHUNK_BYTES))
    with pytest.raises(ContentCorrupted, match="than declared"):
        pile.read(pile.node([leaf, Link(leaf.child, leaf.size, leaf.stored + 1)]))


@pytest.mark.parametrize(("size", "stored"), [(-1, 0), (0, 1)])
def test_an_inner_node_that_lies_about_its_sizes_is_refused(size: int, stored: int) -> None:
    pile = Pile()
    leaf = pile.leaf(bytes(CHUNK_BYTES))
    full, rest = pile.node([leaf] * LINKS_PER_NODE), pile.node([leaf])
    liar = Link(rest.child, rest.size + size, rest.stored + stored)
    with pytest.raises(ContentCorrupted, match="than declared"):
        pile.read(pile.node([full, liar]))
