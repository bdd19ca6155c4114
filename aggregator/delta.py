"""Quantised deltas and the two files they travel in: an update (int16) and the cumulative state (int32).

Both are framed as `frame` says. Decoding copies nothing and bounds everything first. Where the bytes are kept, and what
a CID is, is not known here.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from aggregator.canonical import Json
from aggregator.errors import BadParameter, Malformed, StateOverflow
from aggregator.fields import Fields
from aggregator.frame import Bytes, arrays_of, pack, unpack
from aggregator.updates import LARGEST_CHUNK, LARGEST_LENGTH, Delta

__all__ = [
    "LARGEST_VALUE",
    "LayoutEntry",
    "StateHeader",
    "UpdateHeader",
    "apply",
    "decode_state",
    "decode_update",
    "dequantise",
    "direction",
    "encode_state",
    "encode_update",
    "quantise",
    "read_data_root",
]

FORMAT = 1
LARGEST_VALUE = 32767
UPDATE_MAGIC, UPDATE_HEADER_LIMIT = b"FEDNODEU", 4096  # bytes
STATE_MAGIC, STATE_HEADER_LIMIT = b"FEDNODES", 1 << 20  # bytes; a layout names every tensor
DATA_ROOT, ROOT_SIZE = "data_root", 32  # bytes
STEP_EXPONENTS = range(-64, 1)
CID_LIMIT = 128  # characters
NAME_LIMIT = 256  # characters
LAYOUT_LIMIT = 1 << 14  # tensors


@dataclass(frozen=True)
class UpdateHeader:
    """What an update file says about itself; the receiver knows every value beforehand.

    `trainer`: address in lower case. `base`: CID of the state it starts from. The payload has `length` int16 values in
    units of 2^`step_exponent`.
    """

    trainer: str
    guideline: int
    lineage: int
    base: str
    step_exponent: int
    length: int


@dataclass(frozen=True)
class LayoutEntry:
    """One tensor of the state, in payload order, row by row."""

    name: str
    rows: int
    cols: int


@dataclass(frozen=True)
class StateHeader:
    """What a state file says about itself: the adapter after `round` (0 is the genesis) of a lineage.

    The payload has `length` int32 values in units of 2^`step_exponent`, cut into tensors by `layout`; `frozen` is the
    CID of the tensors that never train, or "".
    """

    lineage: int
    round: int
    step_exponent: int
    length: int
    frozen: str
    layout: tuple[LayoutEntry, ...]


def quantise(
    delta: NDArray[np.float32], step_exponent: int, residual: NDArray[np.float32] | None = None
) -> tuple[Delta, NDArray[np.float32]]:
    """Round float32 `delta` (plus `residual` of the round before), shape (d,), to int16 multiples of 2^step_exponent.

    Halves go to the even neighbour and values are clipped to ±32,767. The float32 residual returned is the rounding
    error alone, at most half a step: what was clipped is gone. Raises `BadParameter` for non-finite values.
    """
    _check_step(step_exponent)
    scaled = np.asarray(delta, np.float64)
    scaled = scaled if residual is None else scaled + residual
    if not np.isfinite(scaled).all():
        raise BadParameter("delta holds NaN or infinity: the training diverged, lower the learning rate")
    scaled = np.ldexp(scaled, -step_exponent)
    rounded = np.rint(scaled)
    rest = np.ldexp(scaled - rounded, step_exponent).astype(np.float32)
    return np.clip(rounded, -LARGEST_VALUE, LARGEST_VALUE).astype(np.int16), rest


def dequantise(values: NDArray[np.int16] | NDArray[np.int32], step_exponent: int) -> NDArray[np.float32]:
    """Turn int16 (exactly) or int32 (rounded once) values into float32 of the same shape."""
    _check_step(step_exponent)
    return np.ldexp(values.astype(np.float32), step_exponent)


def apply(state: NDArray[np.int32], step: Delta | NDArray[np.int64], offset: int = 0) -> NDArray[np.int32]:
    """Add a step (an int16 aggregate, or what an optimiser made of one) to an int32 state, both of shape (d,).

    Raises `StateOverflow` rather than wrap round; `offset` is the coordinate that the sentence counts from.
    """
    if state.shape != step.shape:
        raise BadParameter(f"state of shape {state.shape}, step of shape {step.shape}: they must agree")
    result = np.empty_like(state, dtype=np.int32)
    limits = np.iinfo(np.int32)
    for start in range(0, len(state), LARGEST_CHUNK):
        part = slice(start, start + LARGEST_CHUNK)
        moved = state[part].astype(np.int64) + step[part]
        if moved.min() < limits.min or moved.max() > limits.max:
            first = offset + start
            raise StateOverflow(f"state leaves int32 within coordinates {first} to {first + len(moved) - 1}")
        result[part] = moved
    return result


def direction(before: NDArray[np.int32], after: NDArray[np.int32]) -> Delta:
    """Give the way from one int32 state to another, both of shape (d,), as int16: exactly, where that holds it.

    Otherwise it is divided by the smallest power of two that brings it within ±32,768, rounded half to even and clipped
    to ±32,767.
    """
    if before.shape != after.shape:
        raise BadParameter(f"states of shapes {before.shape} and {after.shape}: they must agree")
    parts = [slice(start, start + LARGEST_CHUNK) for start in range(0, len(before), LARGEST_CHUNK)]

    def moved(part: slice) -> NDArray[np.int64]:
        return after[part].astype(np.int64) - before[part]

    longest = max(int(np.abs(moved(part)).max()) for part in parts)
    bits = max(longest.bit_length() - LARGEST_VALUE.bit_length(), 0)
    result = np.empty(len(before), np.int16)
    for part in parts:
        result[part] = np.clip(np.rint(np.ldexp(moved(part).astype(np.float64), -bits)), -LARGEST_VALUE, LARGEST_VALUE)
    return result


def encode_update(header: UpdateHeader, values: Delta, data_root: bytes | None = None) -> bytes:
    """Write an update file of int16 `values`, shape (header.length,), none of them −32,768.

    `data_root`, 32 bytes, is the trainer's commitment to the data set that it trained on.
    """
    if values.shape != (header.length,) or values.dtype != np.int16 or values.min() < -LARGEST_VALUE:
        raise BadParameter(f"update is {values.dtype} {values.shape}: give int16 ({header.length},) within ±32767")
    if data_root is not None and len(data_root) != ROOT_SIZE:
        raise BadParameter(f"data root of {len(data_root)} bytes: give {ROOT_SIZE}")
    optional: dict[str, Json] = {} if data_root is None else {DATA_ROOT: data_root.hex()}
    return pack(UPDATE_MAGIC, {"format": FORMAT, **asdict(header), **optional}, (values,))


def decode_update(data: Bytes, expected: UpdateHeader) -> Delta:
    """Read an update file that must carry the `expected` header: a read-only int16 view of shape (length,).

    A data root may stand beside it; nothing depends on which. Raises `Malformed` with a sentence that is a pure
    function of the bytes and the expected header.
    """
    header, payload = unpack(data, UPDATE_MAGIC, UPDATE_HEADER_LIMIT)
    wanted: dict[str, int | str] = {"format": FORMAT, **asdict(expected)}
    fields = _update_fields(header, wanted)
    for key, value in wanted.items():
        fields.exactly(key, value)
    values: Delta
    (values,) = arrays_of(payload, (np.dtype(np.int16),), expected.length)
    if values.min() < -LARGEST_VALUE:
        raise Malformed(f"payload holds the value -32768 at coordinate {int(values.argmin())}")
    return values


def read_data_root(data: Bytes) -> bytes | None:
    """Return the data root that an update file carries, None for one that carries none; raises `Malformed`."""
    header, _ = unpack(data, UPDATE_MAGIC, UPDATE_HEADER_LIMIT)
    fields = _update_fields(header, ("format", *UpdateHeader.__dataclass_fields__))
    return bytes.fromhex(fields.digest(DATA_ROOT)) if isinstance(header, dict) and DATA_ROOT in header else None


def encode_state(header: StateHeader, values: NDArray[np.int32]) -> bytes:
    """Write a state file of int32 `values`, shape (header.length,); raises `BadParameter` for what cannot be read."""
    if values.shape != (header.length,) or values.dtype != np.int32:
        raise BadParameter(f"state is {values.dtype} {values.shape}: give int32 ({header.length},)")
    layout: list[Json] = [[entry.name, entry.rows, entry.cols] for entry in header.layout]
    members: dict[str, Json] = {"format": FORMAT, **asdict(header), "layout": layout}
    try:
        _state_header(members)
    except Malformed as error:
        raise BadParameter(error.reason) from None
    return pack(STATE_MAGIC, members, (values,))


def decode_state(data: Bytes) -> tuple[StateHeader, NDArray[np.int32]]:
    """Read a state file: its header and a read-only int32 view of shape (length,); raises `Malformed`."""
    members, payload = unpack(data, STATE_MAGIC, STATE_HEADER_LIMIT)
    header = _state_header(members)
    return header, arrays_of(payload, (np.dtype(np.int32),), header.length)[0]


def _update_fields(header: Json, keys: Iterable[str]) -> Fields:
    """The members of an update's header: those of `keys`, and a data root in its one form or none."""
    if not isinstance(header, dict) or DATA_ROOT not in header:
        return Fields(header, keys, "update header")
    fields = Fields(header, (*keys, DATA_ROOT), "update header")
    fields.digest(DATA_ROOT)
    return fields


def _state_header(members: Json) -> StateHeader:
    where = "state header"
    fields = Fields(members, ("format", *StateHeader.__dataclass_fields__), where)
    fields.exactly("format", FORMAT)
    header = StateHeader(
        lineage=fields.integer("lineage"),
        round=fields.integer("round"),
        step_exponent=fields.integer("step_exponent", STEP_EXPONENTS[0], STEP_EXPONENTS[-1]),
        length=fields.integer("length", 1, LARGEST_LENGTH),
        frozen=fields.text("frozen", CID_LIMIT),
        layout=tuple(_layout_entry(item) for item in fields.items("layout", LAYOUT_LIMIT)),
    )
    held = sum(entry.rows * entry.cols for entry in header.layout)
    if held != header.length:
        raise Malformed(f"{where} lays out {held} values, its length is {header.length}")
    if len({entry.name for entry in header.layout}) < len(header.layout):
        raise Malformed(f"{where} lays out one tensor twice")
    return header


def _layout_entry(item: Json) -> LayoutEntry:
    keys = ("name", "rows", "cols")
    if not isinstance(item, list) or len(item) != len(keys):
        raise Malformed("state header layout holds an entry that is not [name, rows, cols]")
    fields = Fields(dict(zip(keys, item, strict=True)), keys, "state header layout")
    return LayoutEntry(fields.text("name", NAME_LIMIT), *(fields.integer(key, 1, LARGEST_LENGTH) for key in keys[1:]))


def _check_step(step_exponent: int) -> None:
    if step_exponent not in STEP_EXPONENTS:
        raise BadParameter(f"step exponent is {step_exponent}: give one from -64 to 0")
