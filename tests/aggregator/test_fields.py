import pytest

from aggregator.errors import Malformed
from aggregator.fields import Fields, is_address

ADDRESS = "0x" + "ab" * 20


def read(method, value, *bounds):
    return getattr(Fields({"key": value}, ["key"], "thing"), method)("key", *bounds)


@pytest.mark.parametrize(
    ("method", "value", "bounds", "result"),
    [
        ("integer", 5, (5, 5), 5),
        ("text", "abc", (3,), "abc"),
        ("address", ADDRESS, (), ADDRESS),
        ("digest", "0a" * 32, (), "0a" * 32),
        ("amount", "0", (), 0),
        ("amount", str(2**256 - 1), (), 2**256 - 1),
        ("flag", False, (), False),
        ("items", [1, 2], (2,), [1, 2]),
        ("members", {"a": 1}, (1,), {"a": 1}),
        ("exactly", 1, (1,), None),
    ],
)
def test_reads_a_value_within_its_bounds(method, value, bounds, result):
    assert read(method, value, *bounds) == result


@pytest.mark.parametrize(
    ("method", "value", "bounds"),
    [
        ("integer", 6, (0, 5)),
        ("integer", -1, ()),
        ("integer", True, ()),
        ("integer", "1", ()),
        ("text", "abcd", (3,)),
        ("text", 1, (3,)),
        ("address", ADDRESS.upper(), ()),
        ("address", ADDRESS + "\n", ()),
        ("address", 7, ()),
        ("amount", "01", ()),
        ("amount", "-1", ()),
        ("amount", str(2**256), ()),
        ("amount", "9" * 5000, ()),
        ("amount", "1\n", ()),
        ("amount", 1, ()),
        ("digest", "0" * 63, ()),
        ("digest", "A" * 64, ()),
        ("digest", "a" * 64 + "\n", ()),
        ("digest", 1, ()),
        ("flag", 1, ()),
        ("items", [1, 2], (1,)),
        ("items", {}, (1,)),
        ("members", {"a": 1}, (0,)),
        ("members", [], (1,)),
        ("exactly", 2, (1,)),
        ("exactly", True, (1,)),
        ("exactly", "1", (1,)),
    ],
)
def test_refuses_a_value_and_names_its_place(method, value, bounds):
    with pytest.raises(Malformed, match=r"^thing key 'key' is .*, expected "):
        read(method, value, *bounds)


def test_keys_must_be_exactly_those_asked_for():
    with pytest.raises(Malformed, match="thing lacks key 'a'"):
        Fields({}, ["a"], "thing")
    with pytest.raises(Malformed, match="thing has the unknown key 'b'"):
        Fields({"a": 1, "b": 1}, ["a"], "thing")
    with pytest.raises(Malformed, match=r"thing is \[\], expected an object"):
        Fields([], ["a"], "thing")


@pytest.mark.parametrize("text", ["", "0x", "0x" + "a" * 39, "0x" + "A" * 40, "0X" + "a" * 40, "0x" + "a" * 40 + "\n"])
def test_other_texts_are_no_addresses(text):
    assert not is_address(text)
