import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from aggregator.canonical import DEPTH_LIMIT, INTEGER_LIMIT, dumps, loads
from aggregator.errors import BadParameter, Malformed

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(VALUES)
def test_agrees_with_an_independent_writer(value):
    assert dumps(value) == rfc8785.dumps(value)


@given(VALUES)
def test_reads_back_what_it_wrote(value):
    assert loads(dumps(value), 1 << 20) == value


def test_keys_are_sorted_by_utf16_units_not_code_points():
    assert dumps({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (1.5, "float has no canonical JSON"),
        (b"x", "bytes has no canonical JSON"),
        (INTEGER_LIMIT + 1, "write it as a decimal string"),
        (-INTEGER_LIMIT - 1, "write it as a decimal string"),
        ("\ud800", "lone surrogate"),
        ({"\ud800": 1}, "lone surrogate"),
        ({1: 1}, "is not a string"),
        (nested(DEPTH_LIMIT + 1), "deeper than 16"),
        ({"a": nested(DEPTH_LIMIT)}, "deeper than 16"),
    ],
)
def test_refuses_to_write_what_has_no_canonical_form(value, sentence):
    with pytest.raises(BadParameter, match=sentence):
        dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"-0",
        b"01",
        b"1.0",
        b"1e3",
        b"NaN",
        b"-Infinity",
        b"tru",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf1",
        b'"open',
        b"9007199254740992",
        b"1" * 5000,
        b"]",
        b"1]",
    ],
)
def test_refuses_to_read_anything_it_would_not_have_written(data):
    with pytest.raises(Malformed, match="not canonical JSON"):
        loads(data, 1 << 20)


def test_bounds_length_and_depth_before_it_parses():
    assert loads(dumps(nested(DEPTH_LIMIT)), 1 << 20) == nested(DEPTH_LIMIT)
    with pytest.raises(Malformed, match="deeper than 16"):
        loads(b"[" * 500_000, 1 << 20)
    with pytest.raises(Malformed, match="JSON of 3 bytes, at most 2"):
        loads(b"123", 2)


def test_brackets_inside_strings_do_not_nest():
    value = ["[" * 100, '\\"' + "{" * 100]
    assert loads(dumps(value), 1 << 20) == value


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_are_canonical_or_malformed(data):
    try:
        value = loads(data, 1 << 20)
    except Malformed:
        return
    assert rfc8785.dumps(value) == data
