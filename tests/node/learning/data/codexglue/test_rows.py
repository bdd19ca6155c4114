"""What a row of task data must hold, and which piece it becomes, for every task."""

from typing import get_args

import pytest

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data.codexglue.lines import Row
from node.learning.data.codexglue.rows import ROWS_OF, language_problem, row_piece, row_problem
from node.learning.data.pieces import decode_piece

FIX = {"buggy": "x", "fixed": "y"}
LINE = {"input": "<s> if a : <EOL> b =", "gt": "<NUM_LIT:1>"}


@pytest.mark.parametrize(
    ("task", "fields", "problem"),
    [
        ("code-search", {"code": "x", "docstring": "y", "repo": "z"}, None),
        ("code-to-text", {"code": "x", "nl": "y"}, None),
        ("defect-detection", {"func": "x", "target": 0}, None),
        ("program-repair", {"buggy": "x", "fixed": "y"}, None),
        ("program-repair", None, "no JSON object"),
        ("program-repair", {"buggy": "x"}, "a row of this task has the fields buggy, fixed"),
        ("program-repair", {"buggy": "x", "fixed": "\t"}, "the field 'fixed' is blank"),
        ("line-completion", {"gt": ["x"], "input": "y"}, "the field 'gt' is blank"),
    ],
)
def test_rows_of_task_data(task, fields, problem):
    assert row_problem(fields, task) == problem


def test_every_task_of_a_guideline_has_rows():
    assert set(get_args(DataProtocol.model_fields["task"].annotation)) == set(ROWS_OF)


@pytest.mark.parametrize(
    ("task", "fields", "piece"),
    [
        ("clone-detection", {"code": "x", "problem": 7}, {"code": "x", "problem": "7"}),
        ("clone-detection", {"code": "x", "label": "p"}, {"code": "x", "problem": "p"}),
        ("code-search", {"code": "x", "docstring": "y", "repo": "z"}, {"code": "x", "docstring": "y"}),
        ("code-search", {"code_tokens": "x", "doc": "y"}, {"code": "x", "docstring": "y"}),
        ("code-to-text", {"code": "x", "nl": "y"}, {"code": "x", "docstring": "y"}),
        ("defect-detection", {"func": "x", "target": 1}, {"code": "x", "defect": "1"}),
        ("defect-detection", FIX, FIX),
        ("line-completion", LINE, LINE),
        ("program-repair", FIX, FIX),
        ("program-repair-instruct", FIX, FIX),
    ],
)
def test_the_piece_of_a_row(task, fields, piece):
    assert decode_piece(row_piece(Row("file: line 1", fields), task), tuple(piece)) == piece


def test_of_a_line_to_complete_code_completion_takes_the_code():
    assert row_piece(Row("file: line 1", LINE), "code-completion") == "if a :\nb = 1"


@pytest.mark.parametrize(
    ("task", "fields", "words"),
    [
        ("code-search", LINE, r"the guideline's task is code-search, .* it is one of code-completion or line-comp"),
        ("line-completion", FIX, "it is one of defect-detection or program-repair or program-repair-instruct"),
        ("code-search", {"code": "x"}, "no task has such a row"),
        ("code-search", {"code": "x", "docstring": 1}, "field 'docstring' is no text"),
        ("clone-detection", {"idx": 1, "func": "x"}, "field 'idx': a function alone is no sample"),
    ],
)
def test_a_row_of_something_else_is_refused_by_file_line_and_field(task, fields, words):
    with pytest.raises(DataError, match=f"train.jsonl: line 3: .*{words}"):
        row_piece(Row("train.jsonl: line 3", fields), task)


def test_a_row_may_say_its_language():
    assert language_problem({"language": "Python"}, ("python",)) is None
    assert language_problem({"language": 1}, ("python",)) is None
    assert language_problem({"language": "go"}, ("c", "python")) == "in 'go', and the guideline reads c, python"
