"""What a text must be to give a task its samples."""

from typing import get_args

import pytest

from node.guideline import DataProtocol
from node.learning.data.check import schema
from node.learning.data.check.schema import ROW_SHAPES, row_problem, schema_problem
from node.learning.data.pieces import encode_piece


@pytest.fixture(autouse=True)
def _repair(monkeypatch):
    monkeypatch.setitem(schema.SHAPES, "repair", (frozenset({"buggy", "fixed"}), frozenset({"more"})))


@pytest.mark.parametrize("text", ["x = 1\n", '{"buggy":"a","fixed":"b"}'])
def test_source_code_and_whole_samples_are_fine(text):
    assert schema_problem(text, "repair") is None
    assert schema_problem('{"more":"a"}', "repair") is None


def test_other_tasks_take_any_text():
    assert schema_problem('{"buggy":1}', "code-completion") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"buggy": ', "buggy, fixed, more"),
        ('{"a":' * 100_000, "buggy, fixed, more"),
        ('{"buggy":"a","fixed":1}', "buggy, fixed, more"),
        ('{"buggy":"a"}', "buggy, fixed or more"),
        ('{"buggy":"a","fixed":"b","more":"c"}', "buggy, fixed or more"),
        ('{"buggy":" ","fixed":"b"}', "'buggy' is blank"),
    ],
)
def test_a_piece_that_is_not_whole_is_named(text, words):
    assert words in schema_problem(text, "repair")


@pytest.mark.parametrize("task", ["code-search", "code-to-text"])
def test_tasks_of_functions_and_what_is_said_about_them(task):
    assert schema_problem(encode_piece(code="def f(): pass", docstring="do nothing at all"), task) is None
    assert "'docstring' is blank" in schema_problem(encode_piece(code="def f(): pass", docstring=""), task)


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
    assert set(get_args(DataProtocol.model_fields["task"].annotation)) == set(ROW_SHAPES)
