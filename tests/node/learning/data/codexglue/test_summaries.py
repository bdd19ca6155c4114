"""Rows of CodeSearchNet and CONCODE as pieces of code-to-text."""

import json
import re
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.data.codexglue.summaries import read_summaries
from node.learning.data.pieces import decode_piece

DATA = Path(__file__).resolve().parents[5].parent / "shared" / "data"


@pytest.fixture
def read(tmp_path):
    def read(*rows):
        path = tmp_path / "train.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return [decode_piece(text, ("code", "docstring")) for text in read_summaries(path)]

    return read


def test_tokens_are_joined_by_spaces_as_the_benchmark_joins_them(read):
    row = {"code_tokens": ["def", "f", "(", "x\n y", ")"], "docstring_tokens": ["Gives", "x", "."], "code": "…"}
    assert read(row) == [{"code": "def f ( x y )", "docstring": "Gives x ."}]


def test_code_with_its_docstring_loses_it_and_the_first_paragraph_is_the_text(read):
    docstring = "Gives\nx.\n\nAnd more."
    row = {"code": f'def f(x):\n    """{docstring}"""\n    return x\n', "docstring": docstring}
    assert read(row) == [{"code": 'def f(x):\n    """"""\n    return x', "docstring": "Gives x."}]


def test_concode_says_what_the_code_does_before_it_describes_the_class(read):
    row = {"code": "int f ( ) { }", "nl": "gives x concode_field_sep int x concode_elem_sep int y"}
    assert read(row) == [{"code": "int f ( ) { }", "docstring": "gives x"}]


def test_rows_without_code_or_text_are_left_out(read):
    empty = [
        {"code": "", "docstring": "x"},
        {"code": "x", "docstring": " "},
        {"code_tokens": [], "docstring_tokens": ["x"]},
    ]
    assert read(*empty, {"code": "f", "nl": "gives x"}) == [{"code": "f", "docstring": "gives x"}]


@pytest.mark.parametrize(
    ("row", "field"),
    [({"docstring": "x"}, "code"), ({"code_tokens": ["x"]}, "docstring_tokens"), ({"nl": "x"}, "code")],
)
def test_a_missing_field_is_named_with_its_line(read, row, field):
    with pytest.raises(DataError, match=re.escape(f"train.jsonl: line 2: field '{field}' is missing")):
        read({"code": "x", "nl": "y"}, row)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")
def test_concode_itself_is_read():
    pieces = [decode_piece(text, ("code", "docstring")) for text in read_summaries(DATA / "concode" / "dev.json")]
    assert len(pieces) == 2000
    assert not any("concode" in piece["docstring"] for piece in pieces)
