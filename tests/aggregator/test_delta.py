import json
import struct
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.canonical import dumps
from aggregator.delta import (
    LayoutEntry,
    StateHeader,
    UpdateHeader,
    apply,
    decode_state,
    decode_update,
    dequantise,
    direction,
    encode_state,
    encode_update,
    quantise,
    read_data_root,
)
from aggregator.errors import BadParameter, Malformed, StateOverflow

UPDATE = UpdateHeader("0x" + "0a" * 20, guideline=3, lineage=1, base="bafkbase", step_exponent=-16, length=4)
VALUES = np.array([1, -2, 32767, -32767], np.int16)
STATE = StateHeader(1, 2, -16, 6, "bafkfrozen", (LayoutEntry("b.0", 2, 2), LayoutEntry("b.1", 1, 2)))
TOTALS = np.array([1, -2, 2**31 - 1, -(2**31), 0, 7], np.int32)


def file_of(magic, header, payload):
    header = header if isinstance(header, bytes) else dumps(header)
    return magic + struct.pack("<I", len(header)) + header + payload


def update_members(**changes):
    return {
        "format": 1,
        "trainer": UPDATE.trainer,
        "guideline": 3,
        "lineage": 1,
        "base": "bafkbase",
        "step_exponent": -16,
        "length": 4,
    } | changes


def state_members(**changes):
    return {
        "format": 1,
        "lineage": 1,
        "round": 2,
        "step_exponent": -16,
        "length": 6,
        "frozen": "bafkfrozen",
        "layout": [["b.0", 2, 2], ["b.1", 1, 2]],
    } | changes


FLOATS = st.floats(-2, 2, width=32)


@given(npst.arrays(np.float32, 8, elements=FLOATS), st.none() | npst.arrays(np.float32, 8, elements=FLOATS))
def test_quantising_loses_only_what_it_reports_or_clips(delta, residual):
    q, rest = quantise(delta, -12, residual)
    total = delta.astype(np.float64) + (0 if residual is None else residual)
    unclipped = np.rint(total * 4096)
    assert q.dtype == np.int16
    assert rest.dtype == np.float32
    assert (q == np.clip(unclipped, -32767, 32767)).all()
    assert np.abs(rest).max() <= 2.0**-13
    assert np.allclose(unclipped / 4096 + rest, total, rtol=0, atol=2.0**-36)


def test_quantising_rounds_half_to_even_and_never_carries_what_it_clips():
    q, rest = quantise(np.array([0.5, 1.5, -0.5, 1e6, -1e30], np.float32), 0)
    assert q.tolist() == [0, 2, 0, 32767, -32767]
    assert rest.tolist() == [0.5, -0.5, -0.5, 0, 0]


@given(npst.arrays(np.int16, 5, elements=st.integers(-32767, 32767)), st.integers(-64, 0))
def test_what_was_quantised_is_restored_exactly(values, exponent):
    restored = dequantise(values, exponent)
    assert restored.dtype == np.float32
    again, rest = quantise(restored, exponent)
    assert (again == values).all()
    assert not rest.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_refuses_a_diverged_delta(value):
    with pytest.raises(BadParameter, match="training diverged"):
        quantise(np.array([0, value], np.float32), -16)


@pytest.mark.parametrize("exponent", [-65, 1])
def test_refuses_steps_out_of_range(exponent):
    with pytest.raises(BadParameter, match=f"step exponent is {exponent}"):
        quantise(np.zeros(1, np.float32), exponent)
    with pytest.raises(BadParameter, match=f"step exponent is {exponent}"):
        dequantise(np.zeros(1, np.int16), exponent)


def test_the_state_moves_by_the_aggregate_up_to_its_last_value():
    moved = apply(np.array([2**31 - 3, -(2**31) + 1], np.int32), np.array([2, -1], np.int16))
    assert moved.dtype == np.int32
    assert moved.tolist() == [2**31 - 1, -(2**31)]


@pytest.mark.parametrize(("value", "change"), [(2**31 - 1, 1), (-(2**31), -1)])
def test_the_state_never_wraps_round(value, change):
    with pytest.raises(StateOverflow, match="within coordinates 0 to 1"):
        apply(np.array([0, value], np.int32), np.array([0, change], np.int16))


def test_state_and_aggregate_must_agree_in_length():
    with pytest.raises(BadParameter, match="they must agree"):
        apply(np.zeros(2, np.int32), np.zeros(3, np.int16))


@given(
    npst.arrays(np.int32, 6, elements=st.integers(-(2**31), 2**31 - 1)),
    npst.arrays(np.int32, 6, elements=st.integers(-(2**31), 2**31 - 1)),
)
def test_the_direction_is_the_difference_on_the_finest_grid_that_int16_allows(before, after):
    found = direction(before, after)
    differences = [there - here for here, there in zip(before.tolist(), after.tolist(), strict=True)]
    bits = next(bits for bits in range(40) if max(map(abs, differences)) < 2 ** (15 + bits))
    assert found.dtype == np.int16
    assert found.tolist() == [min(max(round(Fraction(one, 2**bits)), -32767), 32767) for one in differences]


@given(npst.arrays(np.int16, 6, elements=st.integers(-32767, 32767)))
def test_the_direction_of_an_aggregate_is_the_aggregate(aggregate):
    state = np.full(6, 2**30, np.int32)
    assert direction(state, apply(state, aggregate)).tolist() == aggregate.tolist()


def test_a_direction_has_two_states_of_one_length():
    with pytest.raises(BadParameter, match="they must agree"):
        direction(np.zeros(2, np.int32), np.zeros(3, np.int32))


def test_the_update_file_byte_by_byte():
    data = encode_update(UPDATE, VALUES)
    assert data[:8] == b"FEDNODEU"
    size = struct.unpack("<I", data[8:12])[0]
    assert json.loads(data[12 : 12 + size]) == update_members()
    assert data[12 : 12 + size] == dumps(update_members())
    assert data[12 + size :] == struct.pack("<4h", *VALUES.tolist())


@given(st.lists(st.integers(-32767, 32767), min_size=1, max_size=50), st.sampled_from([bytes, bytearray, memoryview]))
def test_updates_come_back_without_a_copy(numbers, kind):
    header = replace(UPDATE, length=len(numbers))
    data = kind(encode_update(header, np.array(numbers, np.int16)))
    values = decode_update(data, header)
    assert values.tolist() == numbers
    assert not values.flags.owndata
    assert not values.flags.writeable


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "file of 0 bytes is truncated: the first 12 are fixed"),
        (b"FEDNODEU\1\0\0", "file of 11 bytes is truncated"),
        (file_of(b"FEDNODES", b"{}", b""), "file does not start with FEDNODEU"),
        (b"FEDNODEU" + struct.pack("<I", 4097), "header of 4097 bytes, at most 4096 are allowed"),
        (b"FEDNODEU" + struct.pack("<I", 4096), "file of 12 bytes is truncated: its header alone ends at 4108"),
        (file_of(b"FEDNODEU", b"{ }", b""), "not canonical JSON"),
        (file_of(b"FEDNODEU", b"[" * 999, b""), "deeper than 16"),
        (file_of(b"FEDNODEU", [], b""), r"update header is \[\], expected an object"),
        (file_of(b"FEDNODEU", update_members(more=1), b""), "update header has the unknown key 'more'"),
        (file_of(b"FEDNODEU", {"format": 1}, b""), "update header lacks key 'base'"),
        (file_of(b"FEDNODEU", update_members(format=2), b""), "key 'format' is 2, expected 1"),
        (file_of(b"FEDNODEU", update_members(format=True), b""), "key 'format' is True, expected 1"),
        (file_of(b"FEDNODEU", update_members(trainer="0x"), b""), "key 'trainer' is '0x', expected '0x0a0a"),
        (file_of(b"FEDNODEU", update_members(base="other"), b""), "key 'base' is 'other', expected 'bafkbase'"),
        (file_of(b"FEDNODEU", update_members(lineage=2), b""), "key 'lineage' is 2, expected 1"),
        (file_of(b"FEDNODEU", update_members(guideline=2), b""), "key 'guideline' is 2, expected 3"),
        (file_of(b"FEDNODEU", update_members(step_exponent=-8), b""), "key 'step_exponent' is -8, expected -16"),
        (file_of(b"FEDNODEU", update_members(length=5), bytes(10)), "key 'length' is 5, expected 4"),
        (file_of(b"FEDNODEU", update_members(data_root=1), bytes(8)), "'data_root' is 1, expected 64 lower-case hex"),
        (file_of(b"FEDNODEU", update_members(data_root="ab" * 33), bytes(8)), "'data_root' is 'abab"),
        (file_of(b"FEDNODEU", update_members(data_root="AB" * 32), bytes(8)), "'data_root' is 'ABAB"),
        (file_of(b"FEDNODEU", update_members(data_root="ab" * 32, more=1), bytes(8)), "has the unknown key 'more'"),
        (file_of(b"FEDNODEU", update_members(data_root="ab" * 32, lineage=2), bytes(8)), "'lineage' is 2, expected 1"),
        (file_of(b"FEDNODEU", update_members(), bytes(9)), "payload of 9 bytes is larger than the 8 that 4 values"),
        (file_of(b"FEDNODEU", update_members(), bytes(7)), "payload of 7 bytes is smaller than the 8 that 4 values"),
        (file_of(b"FEDNODEU", update_members(), b"\0\0\0\x80" + bytes(4)), "the value -32768 at coordinate 1"),
    ],
)
def test_a_malformed_update_gets_a_sentence(data, sentence):
    with pytest.raises(Malformed, match=sentence):
        decode_update(data, UPDATE)


@pytest.mark.parametrize(
    "values", [VALUES[:3], VALUES.astype(np.int32), np.array([0, 0, 0, -32768], np.int16), VALUES.reshape(2, 2)]
)
def test_refuses_to_write_a_malformed_update(values):
    with pytest.raises(BadParameter, match=r"give int16 \(4,\) within"):
        encode_update(UPDATE, values)


def test_a_data_root_travels_in_the_header_and_changes_no_value():
    data = encode_update(UPDATE, VALUES, bytes(range(32)))
    assert decode_update(data, UPDATE).tolist() == VALUES.tolist()
    assert read_data_root(data) == bytes(range(32))
    assert read_data_root(encode_update(UPDATE, VALUES)) is None
    assert b'"data_root":"000102' in data


def test_refuses_a_data_root_of_another_size():
    with pytest.raises(BadParameter, match="data root of 31 bytes: give 32"):
        encode_update(UPDATE, VALUES, bytes(31))


@pytest.mark.parametrize("members", [[], {}, update_members(data_root="")])
def test_no_data_root_is_read_from_a_malformed_header(members):
    with pytest.raises(Malformed):
        read_data_root(file_of(b"FEDNODEU", members, b""))


def test_the_state_file_byte_by_byte():
    data = encode_state(STATE, TOTALS)
    header = dumps(state_members())
    assert data == b"FEDNODES" + struct.pack("<I", len(header)) + header + struct.pack("<6i", *TOTALS.tolist())


def test_states_come_back_without_a_copy():
    header, values = decode_state(encode_state(STATE, TOTALS))
    assert header == STATE
    assert values.tolist() == TOTALS.tolist()
    assert not values.flags.owndata


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 2}, "key 'format' is 2, expected 1"),
        ({"lineage": -1}, "key 'lineage' is -1"),
        ({"round": "2"}, "key 'round' is '2'"),
        ({"step_exponent": 1}, "key 'step_exponent' is 1"),
        ({"length": 0}, "key 'length' is 0"),
        ({"length": 2**30 + 1}, "key 'length' is 1073741825"),
        ({"frozen": "x" * 129}, "key 'frozen' is 'xxx"),
        ({"layout": {}}, "key 'layout' is {}"),
        ({"layout": [["b", 2]]}, r"an entry that is not \[name, rows, cols\]"),
        ({"layout": ["b"]}, r"an entry that is not \[name, rows, cols\]"),
        ({"layout": [["b", 0, 2]]}, "layout key 'rows' is 0"),
        ({"layout": [[1, 1, 2]]}, "layout key 'name' is 1"),
        ({"layout": [["b", 1, 5]]}, "lays out 5 values, its length is 6"),
        ({"layout": [["b", 1, 3], ["b", 1, 3]]}, "lays out one tensor twice"),
        ({"length": 7, "layout": [["b", 1, 7]]}, "payload of 24 bytes is smaller than the 28 that 7 values take"),
    ],
)
def test_a_malformed_state_gets_a_sentence(changes, sentence):
    with pytest.raises(Malformed, match=sentence):
        decode_state(file_of(b"FEDNODES", state_members(**changes), bytes(24)))


def test_refuses_to_write_a_state_it_could_not_read():
    with pytest.raises(BadParameter, match="lays out 6 values, its length is 5"):
        encode_state(replace(STATE, length=5), TOTALS[:5])
    with pytest.raises(BadParameter, match=r"give int32 \(6,\)"):
        encode_state(STATE, TOTALS.astype(np.int64))


def hostile(valid):
    """Arbitrary bytes, and valid files that were cut or changed in one place."""
    cut = st.integers(0, len(valid)).map(lambda size: valid[:size])
    changed = st.tuples(st.integers(0, len(valid) - 1), st.integers(0, 255)).map(
        lambda change: valid[: change[0]] + bytes([change[1]]) + valid[change[0] + 1 :]
    )
    return st.binary(max_size=300) | cut | changed | st.binary(max_size=50).map(lambda tail: valid[:12] + tail)


@given(hostile(encode_update(UPDATE, VALUES)) | hostile(encode_update(UPDATE, VALUES, bytes(32))))
def test_hostile_updates_are_read_exactly_or_malformed(data):
    try:
        values = decode_update(data, UPDATE)
    except Malformed as error:
        assert len(error.reason) <= 240
        assert error.reason.isascii()
    else:
        assert encode_update(UPDATE, values, read_data_root(data)) == data


@given(hostile(encode_state(STATE, TOTALS)))
def test_hostile_states_are_read_exactly_or_malformed(data):
    try:
        header, values = decode_state(data)
    except Malformed as error:
        assert len(error.reason) <= 240
        assert error.reason.isascii()
    else:
        assert encode_state(header, values) == data
