"""What a text must be to give a task its samples."""

import pytest

from node.learning.data.check import schema
from node.learning.data.check.schema import schema_problem
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
