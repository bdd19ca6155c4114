"""Content ids: what `ipfs add --cid-version=1 --raw-leaves --chunker=size-262144` prints, computed without IPFS.

A content is cut into raw leaves of 256 KiB below a balanced UnixFS tree of dag-pb nodes with at most 174 links each.
Here live a content id's text form, its form in the contracts, and the encoding of that tree. Reading a tree back is in
`node.store.dag`, where blocks are kept in the rest of `node.store`.
"""

import base64
import hashlib
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from node.errors import ContentIdMalformed
from node.types import Cid

__all__ = [
    "CHUNK_BYTES",
    "DAG_PB",
    "LINKS_PER_NODE",
    "RAW",
    "Block",
    "CidParts",
    "Link",
    "blocks",
    "cid_of",
    "encode_node",
    "format_cid",
    "from_contract",
    "is_cid",
    "parse_cid",
    "to_contract",
]

RAW = 0x55  # multicodec: the block is the content
DAG_PB = 0x70  # multicodec: the block is a node that links to others
CHUNK_BYTES = 256 * 1024  # content bytes of a full leaf
LINKS_PER_NODE = 174

_TEXT = re.compile(r"b[a-z2-7]{58}", re.ASCII)
_SHA2_256 = b"\x12\x20"  # multihash: function code, digest length
_UNIXFS_FILE = b"\x08\x02"  # UnixFS message: Type = File


@dataclass(frozen=True)
class CidParts:
    """A content id taken apart: `codec` is `RAW` or `DAG_PB`, `digest` the sha2-256 of the root block (32 bytes)."""

    codec: int
    digest: bytes


class Block(NamedTuple):
    """One block of a content's tree."""

    digest: bytes
    codec: int
    data: bytes


@dataclass(frozen=True)
class Link:
    """A child of a dag-pb node."""

    child: CidParts
    size: int  # content bytes below the link
    stored: int  # bytes of all blocks below the link, dag-pb's Tsize


def parse_cid(text: str) -> CidParts:
    """Take a content id apart; `text` may come from anybody.

    Accepts exactly one spelling per content: CIDv1, lower-case base32 without padding, sha2-256, raw or dag-pb. Raises
    `ContentIdMalformed`.
    """
    if not isinstance(text, str) or not _TEXT.fullmatch(text):
        raise _malformed(text, "is not 'b' and 58 base32 characters")
    binary = base64.b32decode(text[1:].upper() + "======")
    parts = CidParts(binary[1], binary[4:])
    if parts.codec not in (RAW, DAG_PB):
        raise _malformed(text, f"has codec {parts.codec:#x}, not raw or dag-pb")
    if format_cid(parts.codec, parts.digest) != text:
        raise _malformed(text, "is not version 1, sha2-256, with zero padding bits")
    return parts


def is_cid(text: str) -> bool:
    """Whether `parse_cid` accepts `text`."""
    try:
        parse_cid(text)
    except ContentIdMalformed:
        return False
    return True


def format_cid(codec: int, digest: bytes) -> Cid:
    """The text of a content id. Raises `ContentIdMalformed` unless raw or dag-pb with a 32-byte digest."""
    if codec not in (RAW, DAG_PB):
        raise _malformed(codec, "is not the codec of raw (0x55) or dag-pb (0x70)")
    if len(digest) != 32:
        raise _malformed(digest.hex()[:80], f"is a digest of {len(digest)} bytes, not 32")
    return Cid("b" + base64.b32encode(_binary(CidParts(codec, digest))).decode().rstrip("=").lower())


def to_contract(cid: Cid) -> tuple[bytes, int]:
    """The contracts' `Cid` struct (bytes32 digest, uint8 codec). Raises `ContentIdMalformed`."""
    parts = parse_cid(cid)
    return parts.digest, parts.codec


def from_contract(digest: bytes, codec: int) -> Cid:
    """The content id of a contract's `Cid` struct. Raises `ContentIdMalformed`."""
    return format_cid(codec, bytes(digest))


def cid_of(data: bytes) -> Cid:
    """The content id of `data`."""
    root = deque(blocks(data), maxlen=1).pop()
    return format_cid(root.codec, root.digest)


def blocks(data: bytes) -> Iterator[Block]:
    """Every block of the tree of `data`: leaves first, the root last. A content of up to one chunk is its own root."""
    level: list[Link] = []
    for start in range(0, max(len(data), 1), CHUNK_BYTES):
        block = _block(RAW, data[start : start + CHUNK_BYTES])
        yield block
        level.append(_link(block, len(block.data), 0))
    while len(level) > 1:
        above: list[Link] = []
        for start in range(0, len(level), LINKS_PER_NODE):
            children = level[start : start + LINKS_PER_NODE]
            block = _block(DAG_PB, encode_node(children))
            yield block
            above.append(_link(block, sum(child.size for child in children), sum(child.stored for child in children)))
        level = above


def encode_node(links: Sequence[Link]) -> bytes:
    """The dag-pb block of a UnixFS file node: links in order, nameless, then the UnixFS message of sizes."""
    message = _UNIXFS_FILE + b"\x18" + _varint(sum(link.size for link in links))
    message += b"".join(b"\x20" + _varint(link.size) for link in links)
    return b"".join(_field(b"\x12", _encode_link(link)) for link in links) + _field(b"\x0a", message)


def _encode_link(link: Link) -> bytes:
    return _field(b"\x0a", _binary(link.child)) + b"\x12\x00" + b"\x18" + _varint(link.stored)


def _block(codec: int, data: bytes) -> Block:
    return Block(hashlib.sha256(data).digest(), codec, data)


def _link(block: Block, size: int, below: int) -> Link:
    return Link(CidParts(block.codec, block.digest), size, len(block.data) + below)


def _binary(parts: CidParts) -> bytes:
    return bytes((1, parts.codec)) + _SHA2_256 + parts.digest


def _field(tag: bytes, value: bytes) -> bytes:
    return tag + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _malformed(value: object, problem: str) -> ContentIdMalformed:
    shown = repr(value)[:100]
    return ContentIdMalformed(f"content id {shown} {problem}; make it with `ipfs add --cid-version=1 --raw-leaves`")
