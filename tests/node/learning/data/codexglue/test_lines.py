"""Lines and rows from outside: what is read, and that every refusal names the file, the line and the field."""

import gzip
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.data.codexglue import lines
from node.learning.data.codexglue.lines import Row, read_lines, read_rows

ROWS = [{"idx": 7, "code": "int f ( ) ;"}, {"idx": "8", "code": "größer"}]


def fields(path):
    return [dict(row.fields) for row in read_rows(path)]


@pytest.mark.parametrize("shape", ["{}\n{}\n", "{}\n{}", "\n{}\r\n\n{}\n\n", "[{}, {}]", " \n[{},\n{}]\n"])
def test_rows_are_one_a_line_or_the_items_of_one_array(write, shape):
    first, second = map(json.dumps, ROWS)
    assert fields(write("data.jsonl", shape.replace("{}", first, 1).replace("{}", second, 1))) == ROWS


def test_a_packed_file_is_unpacked(write):
    packed = gzip.compress("\n".join(map(json.dumps, ROWS)).encode())
    assert fields(write("data.jsonl.gz", packed)) == ROWS
    with pytest.raises(DataError, match=r"data\.jsonl\.gz: cannot be read .*check that it is there and whole"):
        fields(write("data.jsonl.gz", packed[:-12]))


def test_lines_come_with_their_place_and_without_their_end(write):
    path = write("test.buggy", "int f ( ) ;\r\n\nlast \x0c one\u2028")
    assert list(read_lines(path)) == [
        (f"{path}: line 1", "int f ( ) ;"),
        (f"{path}: line 2", ""),
        (f"{path}: line 3", "last \x0c one\u2028"),
    ]


def test_bytes_that_are_no_text_are_replaced(write):
    assert [line for _, line in read_lines(write("test.buggy", b"a\xff\n"))] == ["a\ufffd"]


def test_a_row_gives_fields_by_their_kind():
    row = Row("file: line 1", {"idx": 7, "code": "x", "label": "1", "target": True, "code_tokens": ["a", "b"]})
    assert (row.text("code"), row.key("idx"), row.key("code")) == ("x", "7", "x")
    assert (row.bit("label"), row.bit("target"), row.tokens("code_tokens")) == (1, 1, ("a", "b"))


@pytest.mark.parametrize(
    ("read", "value", "why"),
    [
        (Row.text, 3, "is no text"),
        (Row.text, None, "is no text"),
        (Row.text, "x" * 1_000_001, "has 1000001 characters"),
        (Row.key, True, "is no text"),
        (Row.key, 1.5, "is no text"),
        (Row.bit, 2, "is neither 0 nor 1"),
        (Row.bit, 1.0, "is neither 0 nor 1"),
        (Row.bit, [], "is neither 0 nor 1"),
        (Row.tokens, "a b", "is no list of texts"),
        (Row.tokens, ["a", 1], "is no list of texts"),
        (Row.tokens, [""] * 200_001, "is too long"),
        (Row.tokens, ["x" * 600_000] * 2, "is too long"),
    ],
)
def test_a_field_of_another_kind_is_refused_by_name(read, value, why):
    with pytest.raises(DataError, match=rf"data\.jsonl: line 4: field 'func' {why}.*; check"):
        read(Row("data.jsonl: line 4", {"func": value}), "func")


def test_a_missing_field_is_refused_by_name():
    with pytest.raises(DataError, match=r"data\.jsonl: line 4: field 'func' is missing"):
        Row("data.jsonl: line 4", {"code": "x"}).text("func")


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_kept():
    row = Row("", json.loads(r'{"code": "a\ud800b\ud83d\ude00", "tokens": ["\udc00"]}'))
    assert row.text("code") == "a\ufffdb\U0001f600"
    assert row.tokens("tokens") == ("\ufffd",)


@pytest.mark.parametrize("line", ["{", "x", '{"a": NaN}', '{"a": ' + "9" * 5000 + "}", "3", "[]", '{"a"} {'])
def test_a_line_that_is_no_json_object_is_refused_by_its_place(write, line):
    path = write("data.jsonl", '{"a": 1}\n' + line)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: line 2: no JSON"):
        fields(path)


@pytest.mark.parametrize("deep", ['{"a": ' + "[" * 100_000, "[" * 100_000])
def test_deep_nesting_is_refused_before_it_is_parsed(write, deep):
    with pytest.raises(DataError, match="nested deeper than 16 levels"):
        fields(write("data.jsonl", deep))


@pytest.mark.parametrize(("array", "place"), [('[{"a": 1}, 3]', ": item 2: no JSON object"), ("[{}", ": no JSON")])
def test_an_array_that_holds_others_is_refused_by_its_place(write, array, place):
    path = write("data.jsonl", array)
    with pytest.raises(DataError, match=f"^{re.escape(str(path) + place)}"):
        fields(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read .*check that it is there"):
        fields(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        list(read_lines(tmp_path))


def test_lines_rows_and_arrays_are_bounded(write, monkeypatch):
    monkeypatch.setattr(lines, "LINE_LIMIT", 20)
    monkeypatch.setattr(lines, "ROW_LIMIT", 3)
    monkeypatch.setattr(lines, "ARRAY_LIMIT", 30)
    with pytest.raises(DataError, match=r"line 2: longer than 20 bytes"):
        list(read_lines(write("data.txt", "a\n" + "b" * 21)))
    with pytest.raises(DataError, match="more than 3 lines; split the file"):
        list(read_lines(write("data.txt", "a\n" * 4)))
    with pytest.raises(DataError, match="at most 3 items"):
        fields(write("data.json", "[{}, {}, {}, {}]"))
    with pytest.raises(DataError, match="an array of more than 30 bytes"):
        fields(write("data.json", "[" + " " * 30 + "]"))


@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_a_data_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "data.jsonl"
    path.write_bytes(data)
    try:
        assert all(isinstance(row, Row) for row in read_rows(path))
    except DataError as error:
        assert str(path) in str(error)


@given(st.text(st.characters(codec="utf-16"), max_size=50))
def test_whole_texts_are_kept_as_they_are(text):
    assert Row("", {"code": text}).text("code") == text
