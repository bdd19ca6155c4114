"""py150's and javaCorpus' files as texts and pieces."""

import re
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.data.codexglue.completions import plain_code, read_completion_lines, read_token_file
from node.learning.data.pieces import decode_piece, encode_piece

DATA = Path(__file__).resolve().parents[5].parent / "shared" / "data"


def test_a_token_file_holds_a_code_file_a_line(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("<s> import os <EOL> x = <NUM_LIT:1> <EOL> </s>\n\n<s> package a ; class B { } </s>\n")
    assert list(read_token_file(path)) == ["import os\nx = 1\n", "package a ; class B { }"]


@pytest.mark.parametrize("line", ["import os </s>", "<s> import os", "x"])
def test_a_line_without_its_ends_is_named(tmp_path, line):
    path = tmp_path / "train.txt"
    path.write_text(f"<s> x </s>\n{line}\n")
    with pytest.raises(DataError, match=re.escape("train.txt: line 2: does not go from <s> to </s>")):
        list(read_token_file(path))


def test_literals_are_put_back_as_far_as_they_are_known():
    assert plain_code("<s> f ( '<STR_LIT>' , \"<STR_LIT:a b>\" , <NUM_LIT> )") == "f ( '' , \"a b\" , 0 )"
    assert plain_code("") == ""


def test_a_line_to_complete_stays_as_it_is(tmp_path):
    path = tmp_path / "dev.json"
    path.write_text('{"input": "<s> x =", "gt": "<NUM_LIT>", "id": 3}\n{"input": ""}\n')
    rows = read_completion_lines(path)
    assert next(rows) == encode_piece(input="<s> x =", gt="<NUM_LIT>")
    with pytest.raises(DataError, match=re.escape("dev.json: line 2: field 'gt' is missing")):
        next(rows)


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data folder beside the checkout")
def test_py150_itself_is_read():
    pieces = list(read_completion_lines(DATA / "py150" / "dev-1000.json"))
    assert len(pieces) == 1000
    assert not any("<EOL>" in decode_piece(text, ("gt", "input"))["gt"] for text in pieces)
