"""BigCloneBench's, POJ-104's and other files of clones, in the shape that they come in."""

import json
from pathlib import Path

import pytest

from node.errors import DataError
from node.learning.data.clones import Solution, split_by_problem
from node.learning.data.codexglue import clones
from node.learning.data.codexglue.clones import read_clone_pairs, read_solutions

DATA = Path(__file__).resolve().parents[5].parent / "shared" / "data" / "clones" / "clones.jsonl"
with_data = pytest.mark.skipif(not DATA.is_file(), reason="needs the shared data folder beside the checkout")

FUNCTIONS = """\
{"func": "    private StringBuffer encoder(String arg) {\\n        return null;\\n    }\\n", "idx": "13988825"}
{"func": "    public void copy(File a, File b) { }", "idx": "80378"}
{"func": "    void other() { }", "idx": 3}
"""
PAIRS = "13988825\t80378\t1\n80378\t3\t0\n"


def test_bigclonebench_is_a_table_of_functions_and_a_list_of_pairs(write):
    read = list(map(json.loads, read_clone_pairs(write("data.jsonl", FUNCTIONS), write("train.txt", PAIRS + "\n"))))
    assert [one["clone"] for one in read] == ["1", "0"]
    assert read[0]["first"].startswith("    private StringBuffer encoder") and read[0]["first"].endswith("}\n")
    assert read[0]["second"] == read[1]["first"] == "    public void copy(File a, File b) { }"
    assert read[1]["second"] == "    void other() { }"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("13988825 7 1", "no function has idx '7'"),
        ("13988825 3", "not two idx and a label"),
        ("13988825 3 2", "not two idx and a label"),
        ("13988825 3 1 1", "not two idx and a label"),
    ],
)
def test_a_broken_pair_is_refused_by_its_line(write, line, why):
    pairs = write("train.txt", PAIRS + line)
    with pytest.raises(DataError, match=rf"train\.txt: line 3: {why}"):
        list(read_clone_pairs(write("data.jsonl", FUNCTIONS), pairs))


def test_a_broken_table_of_functions_is_refused_by_its_line(write, monkeypatch):
    pairs = write("train.txt", PAIRS)
    with pytest.raises(DataError, match=r"data\.jsonl: line 4: field 'idx' '3' was there before"):
        list(read_clone_pairs(write("data.jsonl", FUNCTIONS + '{"func": "x", "idx": "3"}'), pairs))
    with pytest.raises(DataError, match=r"data\.jsonl: line 4: field 'func' is missing"):
        list(read_clone_pairs(write("data.jsonl", FUNCTIONS + '{"code": "x", "idx": "4"}'), pairs))
    monkeypatch.setattr(clones, "FUNCTIONS_LIMIT", 100)
    with pytest.raises(DataError, match=r"data\.jsonl: line 2: more than 100 characters"):
        list(read_clone_pairs(write("data.jsonl", FUNCTIONS), pairs))


def test_poj_104_is_a_list_of_solutions(write):
    poj = (
        '{"label": "65", "index": "0", "code": "int main() { return 0; }"}\n{"label": 66, "index": "1", "code": "x"}\n'
    )
    assert list(read_solutions(write("train.jsonl", poj))) == [
        Solution("65", "int main() { return 0; }"),
        Solution("66", "x"),
    ]


def test_solutions_of_named_problems_can_be_masked(write):
    code = "class Solution:  # mine\n    def twoSum(self): return 1\n"
    rows = [{"problem": "two-sum", "code": code}, {"problem": "a", "code": "("}]
    path = write("clones.jsonl", "\n".join(map(json.dumps, rows)))
    assert [one.code for one in read_solutions(path)] == [code, "("]
    masked = "class Class:\n    def func(self): return 1\n"
    assert list(read_solutions(path, masked=True)) == [Solution("two-sum", masked)]


@pytest.mark.parametrize(
    ("row", "why"), [('{"code": "x"}', "'label' is missing"), ('{"problem": [], "code": "x"}', "'problem' is no text")]
)
def test_a_broken_solution_is_refused_by_its_line(write, row, why):
    with pytest.raises(DataError, match=rf"train\.jsonl: line 1: field {why}"):
        list(read_solutions(write("train.jsonl", row)))


@with_data
def test_the_shared_solutions_are_all_read_and_name_nothing_of_their_problem():
    solutions = list(read_solutions(DATA, masked=True))
    assert (len(solutions), len({one.problem for one in solutions})) == (2285, 985)
    assert not any("#" in one.code and "Time:" in one.code for one in solutions)
    assert all("Solution" not in one.code for one in solutions)
    split = split_by_problem(solutions, percent=20)
    assert (len(split.train) + len(split.held_out)) == 2 * 1736
