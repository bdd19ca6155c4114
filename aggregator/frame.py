"""The frame of every binary file: eight magic bytes, a header length, a canonical JSON header, a payload, no more.

The length is a little-endian uint32. Reading copies nothing and bounds everything first; what headers and payloads mean
is the business of `delta` and `optimiser_state`.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.canonical import Json, dumps, loads
from aggregator.errors import Malformed

__all__ = ["PREFIX", "Bytes", "arrays_of", "pack", "unpack"]

Bytes: TypeAlias = bytes | bytearray | memoryview

PREFIX = 12  # bytes: magic and header length


def pack(magic: bytes, members: dict[str, Json], payload: Sequence[NDArray[np.integer]]) -> bytes:
    """Write a file: `members` as its header, the arrays of `payload` one after the other, little-endian."""
    header = dumps(members)
    arrays = [np.ascontiguousarray(one, one.dtype.newbyteorder("<")).view(np.uint8).data for one in payload]
    return b"".join((magic, len(header).to_bytes(4, "little"), header, *arrays))


def unpack(data: Bytes, magic: bytes, limit: int) -> tuple[Json, memoryview]:
    """Split a file into its parsed header and its payload; `limit` bounds the header in bytes. Raises `Malformed`."""
    view = memoryview(data).cast("B")
    if len(view) < PREFIX:
        raise Malformed(f"file of {len(view)} bytes is truncated: the first {PREFIX} are fixed")
    if view[: len(magic)] != magic:
        raise Malformed(f"file does not start with {magic.decode()}")
    size = int.from_bytes(view[len(magic) : PREFIX], "little")
    if size > limit:
        raise Malformed(f"header of {size} bytes, at most {limit} are allowed")
    if len(view) < PREFIX + size:
        raise Malformed(f"file of {len(view)} bytes is truncated: its header alone ends at {PREFIX + size}")
    return loads(bytes(view[PREFIX : PREFIX + size]), limit), view[PREFIX + size :]


def arrays_of(payload: memoryview, dtypes: Sequence[np.dtype[Any]], length: int) -> tuple[NDArray[Any], ...]:
    """View the whole payload as read-only arrays of shape (length,), one after the other and little-endian.

    Raises `Malformed` for a payload of any other size.
    """
    declared = length * sum(one.itemsize for one in dtypes)
    if len(payload) != declared:
        size = "larger" if len(payload) > declared else "smaller"
        raise Malformed(f"payload of {len(payload)} bytes is {size} than the {declared} that {length} values take")
    arrays, start = [], 0
    for dtype in dtypes:
        arrays.append(np.frombuffer(payload, dtype.newbyteorder("<"), length, start))
        arrays[-1].flags.writeable = False
        start += length * dtype.itemsize
    return tuple(arrays)
