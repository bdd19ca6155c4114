"""Devign's files, in the shape that they come in."""

import json

import pytest

from node.errors import DataError
from node.learning.data.codexglue.defects import read_defects

FUNCTIONS = [
    {"project": "FFmpeg", "commit_id": "973b1a6b90", "target": 0, "func": "static av_cold int init(void)\n{\n}\n"},
    {"project": "qemu", "commit_id": "321b2a9ded", "target": 1, "func": "void blk_drain(void)\n{\n    x();\n}\n"},
    {"project": "qemu", "commit_id": "f5a51e3756", "target": 1, "func": "int main(void)\n{\n}\n"},
]


@pytest.mark.parametrize("text", [json.dumps(FUNCTIONS), "\n".join(map(json.dumps, FUNCTIONS))])
def test_devigns_functions_keep_label_and_project(write, text):
    read = list(map(json.loads, read_defects(write("function.json", text))))
    assert [(one["defect"], one["project"]) for one in read] == [("0", "FFmpeg"), ("1", "qemu"), ("1", "qemu")]
    assert [one["code"] for one in read] == [one["func"] for one in FUNCTIONS]


def test_a_list_of_rows_picks_a_side_of_the_split(write):
    function = write("function.json", json.dumps(FUNCTIONS))
    read = list(map(json.loads, read_defects(function, write("valid.txt", "2\n0\n"))))
    assert [one["project"] for one in read] == ["FFmpeg", "qemu"]
    with pytest.raises(DataError, match=r"valid\.txt: asks for row 3 of .*function\.json, which has 3"):
        list(read_defects(function, write("valid.txt", "2\n3\n")))


@pytest.mark.parametrize("line", ["", "-1", "1.0", "²", "9" * 10])
def test_a_broken_list_of_rows_is_refused_by_its_line(write, line):
    with pytest.raises(DataError, match=r"valid\.txt: line 2: no number of a row"):
        list(read_defects(write("function.json", json.dumps(FUNCTIONS)), write("valid.txt", f"0\n{line}\n1\n")))


def test_rows_without_a_project_and_rows_of_pairs_are_read(write):
    rows = '{"func": "x", "target": "1", "idx": 3}\n{"buggy": "a", "fixed": "b", "commit_id": "321b"}\n'
    read = list(map(json.loads, read_defects(write("train.jsonl", rows))))
    assert read == [{"code": "x", "defect": "1"}, {"buggy": "a", "fixed": "b"}]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('{"target": 1}', "'func' is missing"),
        ('{"func": "x", "target": 2}', "'target' is neither 0 nor 1"),
        ('{"func": "x", "target": 1, "project": 3}', "'project' is no text"),
        ('{"buggy": "x"}', "'fixed' is missing"),
    ],
)
def test_a_broken_row_is_refused_by_line_and_field(write, row, why):
    with pytest.raises(DataError, match=rf"train\.jsonl: line 1: field {why}"):
        list(read_defects(write("train.jsonl", row)))
