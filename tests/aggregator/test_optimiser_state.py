import json
import struct
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aggregator
from aggregator.canonical import dumps
from aggregator.errors import BadParameter, Malformed
from aggregator.optimiser import OPTIMISERS
from aggregator.optimiser_state import (
    OptimiserHeader,
    decode_optimiser_state,
    encode_optimiser_state,
    optimiser_limit,
)

HEADER = OptimiserHeader(lineage=1, round=7, optimiser="fedadam", step_exponent=-16, length=3)
AGGREGATE = np.array([32767, -32767, 5], np.int16)
MOMENTS = (np.array([32767 << 16, -32767 << 16, 9], np.int32), np.array([0, 2**53, 4], np.int64))
PAYLOAD = struct.pack("<3h3i3q", *AGGREGATE, *MOMENTS[0], *MOMENTS[1])


def members(**changes):
    return {"format": 1, **asdict(HEADER)} | changes


def file_of(header=b"", payload=PAYLOAD, magic=b"FEDNODEO"):
    written = (header or dumps(members())) if isinstance(header, bytes) else dumps(header)
    return magic + struct.pack("<I", len(written)) + written + payload


def test_the_file_byte_by_byte():
    data = encode_optimiser_state(HEADER, AGGREGATE, MOMENTS)
    assert data == file_of()
    size = struct.unpack("<I", data[8:12])[0]
    assert json.loads(data[12 : 12 + size]) == members()


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_what_an_optimiser_starts_with_comes_back_without_a_copy(name):
    optimiser = aggregator.optimiser(name)
    header, moments = replace(HEADER, optimiser=name), optimiser.start(3, -16)
    data = encode_optimiser_state(header, AGGREGATE, moments)
    aggregate, kept = decode_optimiser_state(data, header)
    assert aggregate.tolist() == AGGREGATE.tolist()
    assert [one.tolist() for one in kept] == [one.tolist() for one in moments]
    assert not any(one.flags.owndata or one.flags.writeable for one in (aggregate, *kept))
    assert len(data) <= optimiser_limit(3)


def test_what_was_read_can_be_advanced_from():
    aggregate, moments = decode_optimiser_state(file_of(), HEADER)
    state, _ = aggregator.advance(aggregator.optimiser("fedadam"), np.zeros(3, np.int32), aggregate, moments, -16)
    assert state.tolist() == [6425, -58, 5]


def test_the_largest_file_is_within_the_limit_to_the_byte():
    assert optimiser_limit(3) == 12 + 4096 + len(PAYLOAD)


def moved(place, value):
    """The payload with one of its nine values replaced."""
    values = [*AGGREGATE.tolist(), *MOMENTS[0].tolist(), *MOMENTS[1].tolist()]
    values[place] = value
    return struct.pack("<3h3i3q", *values)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "file of 0 bytes is truncated: the first 12 are fixed"),
        (file_of(magic=b"FEDNODES"), "file does not start with FEDNODEO"),
        (b"FEDNODEO" + struct.pack("<I", 4097), "header of 4097 bytes, at most 4096 are allowed"),
        (file_of(b"{ }"), "not canonical JSON"),
        (file_of([]), r"optimiser state header is .*, expected an object"),
        (file_of(members(more=1)), "optimiser state header has the unknown key 'more'"),
        (file_of({"format": 1}), "optimiser state header lacks key 'length'"),
        (file_of(members(format=2)), "key 'format' is 2, expected 1"),
        (file_of(members(lineage=2)), "key 'lineage' is 2, expected 1"),
        (file_of(members(round=8)), "key 'round' is 8, expected 7"),
        (file_of(members(optimiser="fedyogi")), "key 'optimiser' is 'fedyogi', expected 'fedadam'"),
        (file_of(members(step_exponent=-8)), "key 'step_exponent' is -8, expected -16"),
        (file_of(members(length=4)), "key 'length' is 4, expected 3"),
        (file_of(payload=PAYLOAD[:-1]), "payload of 41 bytes is smaller than the 42 that 3 values take"),
        (file_of(payload=PAYLOAD + b"\0"), "payload of 43 bytes is larger than the 42 that 3 values take"),
        (file_of(payload=moved(0, -32768)), "aggregate holds values from -32768 to 5, expected -32767 to 32767"),
        (file_of(payload=moved(3, (32767 << 16) + 1)), "first moment holds values from -2147418112 to 2147418113"),
        (file_of(payload=moved(4, -(2**31))), "first moment holds values from -2147483648"),
        (file_of(payload=moved(6, -1)), "second moment holds values from -1"),
        (file_of(payload=moved(7, 2**53 + 1)), "second moment holds values from 0 to 9007199254740993"),
    ],
)
def test_a_malformed_file_gets_a_sentence(data, sentence):
    with pytest.raises(Malformed, match=sentence):
        decode_optimiser_state(data, HEADER)


def test_an_optimiser_nobody_knows_is_malformed():
    unknown = replace(HEADER, optimiser="magic")
    with pytest.raises(Malformed, match="of 'magic', which is no server optimiser"):
        decode_optimiser_state(file_of(members(optimiser="magic")), unknown)


@pytest.mark.parametrize(
    ("header", "aggregate", "moments"),
    [
        (replace(HEADER, optimiser="magic"), AGGREGATE, MOMENTS),
        (replace(HEADER, optimiser="fedavgm"), AGGREGATE, MOMENTS),
        (HEADER, AGGREGATE.astype(np.int32), MOMENTS),
        (HEADER, AGGREGATE, MOMENTS[::-1]),
        (HEADER, AGGREGATE, tuple(one[:2] for one in MOMENTS)),
        (HEADER, AGGREGATE, (MOMENTS[0], MOMENTS[1] - 1)),
    ],
)
def test_refuses_to_write_what_it_could_not_read(header, aggregate, moments):
    with pytest.raises(BadParameter):
        encode_optimiser_state(header, aggregate, moments)


VALID = file_of()
cut = st.integers(0, len(VALID)).map(lambda size: VALID[:size])
changed = st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)).map(
    lambda change: VALID[: change[0]] + bytes([change[1]]) + VALID[change[0] + 1 :]
)


@given(st.binary(max_size=300) | cut | changed | st.binary(max_size=60).map(lambda tail: VALID[:12] + tail))
def test_hostile_files_are_read_exactly_or_malformed(data):
    try:
        aggregate, moments = decode_optimiser_state(data, HEADER)
    except Malformed as error:
        assert len(error.reason) <= 240
        assert error.reason.isascii()
    else:
        assert encode_optimiser_state(HEADER, aggregate, moments) == data
