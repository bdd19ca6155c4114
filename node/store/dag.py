"""Reading a content's tree back, block by block and within a limit. Where blocks come from is the caller's.

Only the one tree that `node.cid.blocks` makes of a content is accepted: what can be read here has the content id that
`node.cid.cid_of` computes, so that every store agrees about which contents exist.
"""

from collections.abc import Callable, Iterator

from node.cid import CHUNK_BYTES, DAG_PB, LINKS_PER_NODE, RAW, CidParts, Link, encode_node, format_cid, parse_cid
from node.errors import ContentCorrupted, ContentTooLarge
from node.types import Cid

__all__ = ["Load", "decode_node", "leaves"]

Load = Callable[[Cid], bytes]  # the block of a content id, already re-hashed

_NODE_BYTES = 16 * 1024  # more than 174 links ever need
_VARINT_BYTES = 9  # 63 bits


def leaves(cid: Cid, limit: int, load: Load) -> Iterator[bytes]:
    """The content of `cid` in pieces of at most `CHUNK_BYTES`, in order.

    Raises `ContentTooLarge` when the root declares more than `limit` bytes (before any leaf is loaded),
    `ContentCorrupted` when the tree is not the one `node.cid.blocks` makes, and whatever `load` raises.
    """
    root = parse_cid(cid)
    block = load(cid)
    if root.codec == RAW:
        _require_within(cid, len(block), limit)
        _require(len(block) <= CHUNK_BYTES, cid, "a leaf larger than one chunk")
        yield block
        return
    links = _node(cid, block)
    size = sum(link.size for link in links)
    _require_within(cid, size, limit)
    _require(size > CHUNK_BYTES, cid, "a node where one leaf is enough")
    yield from _below(cid, links, _span(size), load)


def decode_node(block: bytes) -> tuple[Link, ...]:
    """The links of a dag-pb block, which may come from anybody. Raises `ValueError` unless `encode_node` wrote it."""
    if len(block) > _NODE_BYTES:
        raise ValueError(f"a node of {len(block)} bytes, more than {_NODE_BYTES}")
    try:
        links = _links(block)
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError("not a dag-pb node of a UnixFS file") from error
    if encode_node(links) != block:
        raise ValueError("not in the one spelling of a UnixFS file's dag-pb node")
    return links


def _below(cid: Cid, links: tuple[Link, ...], span: int, load: Load) -> Iterator[bytes]:
    size = sum(link.size for link in links)
    expected = [min(span, size - start) for start in range(0, size, span)]
    _require([link.size for link in links] == expected, cid, "a tree that is not balanced")
    for link in links:
        child = format_cid(link.child.codec, link.child.digest)
        _require(link.child.codec == (RAW if span == CHUNK_BYTES else DAG_PB), child, "a block of the wrong kind")
        block = load(child)
        if span == CHUNK_BYTES:
            _require(len(block) == link.size == link.stored, child, "a leaf of another size than declared")
            yield block
        else:
            grandchildren = _node(child, block)
            below = sum(each.stored for each in grandchildren)
            _require(sum(each.size for each in grandchildren) == link.size, child, "another size than declared")
            _require(below + len(block) == link.stored, child, "another stored size than declared")
            yield from _below(child, grandchildren, span // LINKS_PER_NODE, load)


def _span(size: int) -> int:
    """Content bytes of a full child of the root of a content of `size` bytes."""
    span = CHUNK_BYTES
    while span * LINKS_PER_NODE < size:
        span *= LINKS_PER_NODE
    return span


def _node(cid: Cid, block: bytes) -> tuple[Link, ...]:
    try:
        return decode_node(block)
    except ValueError as error:
        raise _corrupted(cid, str(error)) from error


def _links(block: bytes) -> tuple[Link, ...]:
    # Lenient: the comparison with the re-encoded links is what rejects.
    fields = list(_fields(block))
    children = [dict(_fields(value)) for number, value in fields[:-1] if isinstance(value, bytes) and number == 2]
    message = fields[-1][1]
    if not isinstance(message, bytes):
        raise TypeError("UnixFS message")
    sizes = [value for number, value in _fields(message) if number == 4]
    if len(sizes) != len(children):
        raise KeyError("sizes")
    return tuple(_link(child, size) for child, size in zip(children, sizes, strict=True))


def _link(fields: dict[int, bytes | int], size: bytes | int) -> Link:
    binary, stored = fields[1], fields[3]
    if not (isinstance(binary, bytes) and isinstance(stored, int) and isinstance(size, int) and len(binary) == 36):
        raise TypeError("link")
    return Link(CidParts(binary[1], binary[4:]), size, stored)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The (field number, value) pairs of a protobuf message of varints and byte strings."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2 and at + value <= len(message):
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            raise ValueError("a protobuf field of another kind or cut off")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(_VARINT_BYTES):
        byte = message[at + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, at + count + 1
    raise ValueError("a number of more than 63 bits")


def _require_within(cid: Cid, size: int, limit: int) -> None:
    if size > limit:
        raise ContentTooLarge(f"content {cid} has {size} bytes, more than the {limit} allowed here; do not use it")


def _require(condition: bool, cid: Cid, problem: str) -> None:
    if not condition:
        raise _corrupted(cid, problem)


def _corrupted(cid: Cid, problem: str) -> ContentCorrupted:
    return ContentCorrupted(
        f"block {cid} is {problem}; its publisher must add the content again with fednode's settings"
    )
