"""Content ids, against an independent implementation and against hostile text."""

import aleph_cid
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.cid import (
    CHUNK_BYTES,
    DAG_PB,
    LINKS_PER_NODE,
    RAW,
    CidParts,
    blocks,
    cid_of,
    format_cid,
    from_contract,
    is_cid,
    parse_cid,
    to_contract,
)
from node.errors import ContentIdMalformed
from node.types import Cid
from tests.conformance.content_store import content

EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
FULL_NODE = CHUNK_BYTES * LINKS_PER_NODE
DIGESTS = st.binary(min_size=32, max_size=32)
CODECS = st.sampled_from([RAW, DAG_PB])


def oracle(data: bytes) -> str:
    hasher = aleph_cid.CidHasher.for_ipfs_v1_raw_leaves()
    hasher.update(data)
    return str(hasher.finalize())


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 3, FULL_NODE, FULL_NODE + 1]
)
def test_agrees_with_an_independent_implementation(size: int) -> None:
    data = content(size, "oracle")
    assert cid_of(data) == oracle(data)


def test_agrees_on_two_full_nodes_and_a_rest() -> None:
    data = content(CHUNK_BYTES, "rest") * (2 * LINKS_PER_NODE) + b"rest"
    assert cid_of(data) == oracle(data)


def test_the_empty_content_has_its_well_known_id() -> None:
    assert cid_of(b"") == EMPTY


def test_blocks_come_leaves_first_and_root_last() -> None:
    data = content(3 * CHUNK_BYTES - 1, "order")
    codecs = [block.codec for block in blocks(data)]
    assert codecs == [RAW, RAW, RAW, DAG_PB]
    assert b"".join(block.data for block in blocks(data) if block.codec == RAW) == data


@given(CODECS, DIGESTS)
def test_text_and_parts_are_the_same_thing(codec: int, digest: bytes) -> None:
    text = format_cid(codec, digest)
    assert parse_cid(text) == CidParts(codec, digest)
    assert from_contract(*to_contract(text)) == text


def test_the_contracts_struct_is_digest_then_codec() -> None:
    digest, codec = to_contract(Cid(EMPTY))
    assert (digest[:4].hex(), len(digest), codec) == ("e3b0c442", 32, 0x55)


@given(CODECS, DIGESTS, st.integers(0, 58), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_only_one_spelling_is_accepted(codec: int, digest: bytes, position: int, letter: str) -> None:
    text = format_cid(codec, digest)
    other = text[:position] + letter + text[position + 1 :]
    if is_cid(other):
        parts = parse_cid(other)
        assert format_cid(parts.codec, parts.digest) == other


@given(st.text() | st.text(alphabet="abz27=", min_size=58, max_size=60).map(lambda text: "b" + text))
def test_hostile_text_is_refused_or_means_what_it_says(text: str) -> None:
    try:
        parts = parse_cid(text)
    except ContentIdMalformed:
        return
    assert format_cid(parts.codec, parts.digest) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "58 base32"),
        (EMPTY + "\n", "58 base32"),
        (EMPTY.upper(), "58 base32"),
        (EMPTY[:-1], "58 base32"),
        (EMPTY[:-1] + "ü", "58 base32"),
        ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPBdG", "58 base32"),
        (EMPTY[:-1] + "v", "padding"),  # same bytes, other padding bits
        ("bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "codec 0x71"),
        ("bafkr4ihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "sha2-256"),
    ],
)
def test_says_what_is_wrong_with_a_content_id(text: str, problem: str) -> None:
    with pytest.raises(ContentIdMalformed, match=problem):
        parse_cid(text)


def test_a_huge_text_is_not_repeated_in_the_message() -> None:
    with pytest.raises(ContentIdMalformed) as caught:
        parse_cid("b" * 1_000_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("codec", "digest"), [(0x71, bytes(32)), (RAW, bytes(31)), (RAW, bytes(33)), (0, b"")])
def test_refuses_a_struct_that_is_no_content_id(codec: int, digest: bytes) -> None:
    with pytest.raises(ContentIdMalformed):
        from_contract(digest, codec)
