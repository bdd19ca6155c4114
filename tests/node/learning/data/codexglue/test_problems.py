"""HumanEvalPack and QuixBugs as pieces whose tests can be run."""

import re

import pytest

from node.errors import DataError
from node.learning.data.codexglue.problems import read_humanevalpack, read_quixbugs
from node.learning.data.pieces import decode_piece
from node.learning.tasks.candidates import Checks, judged

FIELDS = ("buggy", "fixed", "shown", "tests")
UP_TO = "def up_to(n, start):\n    while start {} n:\n        yield (start, str(start))\n        start += 1\n"


@pytest.fixture
def quixbugs(tmp_path):
    for folder, mark in (("python_programs", "<"), ("correct_python_programs", "<=")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "up_to.py").write_text(UP_TO.format(mark))
        (tmp_path / folder / "graph.py").write_text("def graph(node): ...\n")
    (tmp_path / "json_testcases").mkdir()
    (tmp_path / "json_testcases" / "up_to.json").write_text('[[0, 1], []]\n\n[[2, 1], [[1, "1"], [2, "2"]]]\n')
    return tmp_path


def test_a_program_of_quixbugs_is_checked_by_its_json(quixbugs):
    (piece,) = (decode_piece(text, FIELDS) for text in read_quixbugs(quixbugs))
    assert (piece["buggy"], piece["fixed"]) == (UP_TO.format("<"), UP_TO.format("<="))
    measured = judged([(piece["fixed"], piece["buggy"])], [Checks(piece["tests"], piece["shown"])])
    assert measured["pass_at_1"] == 0.5
    assert measured["plausible_at_1"] == 1  # the case that is shown holds for both


@pytest.mark.parametrize(
    ("line", "why"),
    [("[1]", "not the arguments"), ("{}", "not the arguments"), ("[[1], ", "no JSON"), ("[1,2,3]", "not")],
)
def test_a_line_that_is_no_case_is_named(quixbugs, line, why):
    (quixbugs / "json_testcases" / "up_to.json").write_text(f"[[0, 1], []]\n{line}\n")
    with pytest.raises(DataError, match=rf"up_to\.json: line 2: {why}"):
        list(read_quixbugs(quixbugs))


def test_folders_that_lack_something_are_refused(quixbugs):
    with pytest.raises(DataError, match="0 files in json_testcases"):
        list(read_quixbugs(quixbugs / "json_testcases"))
    (quixbugs / "json_testcases" / "missing.json").write_text("[[0], 1]\n")
    with pytest.raises(DataError, match=r"missing\.py: cannot be read"):
        list(read_quixbugs(quixbugs))
    (quixbugs / "json_testcases" / "missing.json").rename(quixbugs / "json_testcases" / "a b.json")
    for folder in ("python_programs", "correct_python_programs"):
        (quixbugs / folder / "a b.py").write_text("\n")
    with pytest.raises(DataError, match="not named for a function"):
        list(read_quixbugs(quixbugs))


def test_a_row_of_humanevalpack_becomes_two_functions_and_two_sets_of_tests(tmp_path):
    path = tmp_path / "python.jsonl"
    row = '{"declaration":"def f():\\n","buggy_solution":"    pass\\n","canonical_solution":"    return 1\\n",'
    path.write_text(row + '"test":"assert f() == 1","example_test":"f()"}\n{"declaration":"def f():\\n"}\n')
    rows = read_humanevalpack(path)
    expected = {"buggy": "def f():\n    pass\n", "fixed": "def f():\n    return 1\n"}
    assert decode_piece(next(rows), FIELDS) == expected | {"tests": "assert f() == 1", "shown": "f()"}
    with pytest.raises(DataError, match=re.escape("python.jsonl: line 2: field 'buggy_solution' is missing")):
        next(rows)
