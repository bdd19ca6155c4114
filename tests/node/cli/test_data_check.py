"""`fednode data check` from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from node.cli.main import cli
from node.learning.benchmark import encode_benchmark
from node.learning.data.clearance import Clearance

GUIDELINE = Path(__file__).parents[3] / "guideline.toml"
EXCERPT = " ".join(f"word{number}" for number in range(60))
KEY = "AKIA" + "Q7ZR2XW9LK4BN8VT"


@pytest.fixture
def check(here):
    """Run it on a folder of three files, one of them with a key; gives exit code, what it printed, and said beside."""
    (here / "guideline.toml").write_bytes(GUIDELINE.read_bytes())
    (here / "code").mkdir()
    for name in ("a", "b"):
        (here / "code" / f"{name}.py").write_text("".join(f"{name}_{number} = {number}\n" for number in range(20)))
    (here / "code" / "key.py").write_text(
        f"# a file with something in it that must not train, at the end\n\nKEY = '{KEY}'\n"
    )

    def run(*arguments):
        result = CliRunner().invoke(cli, ["data", "check", *map(str, arguments)])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_findings_are_printed_and_refused_and_nothing_is_written(check, here):
    before = sorted(here.rglob("*"))
    code, printed, said = check("code", "--guideline", "guideline.toml")
    assert code == 7
    assert "code/key.py:3: secret: looks like a secret (AWS Access Key)" in printed
    assert "1 left out; 1 findings" in printed
    assert KEY not in printed
    assert "--fix" in said
    assert sorted(here.rglob("*")) == before


def test_fix_clears_the_rest_and_touches_no_source_file(check, here):
    before = {path: path.read_bytes() for path in (here / "code").iterdir()}
    code, printed, _ = check("code", "--guideline", "guideline.toml", "--fix", "--card", "card")
    assert code == 0
    assert "written: clearance.json" in printed
    assert set(Clearance.load(here / "clearance.json").files.values()) == {"code/a.py", "code/b.py"}
    assert "| left out | 1 |" in (here / "card.md").read_text()
    assert json.loads((here / "card.json").read_text())["left_out"] == 1
    assert {path: path.read_bytes() for path in (here / "code").iterdir()} == before


def test_json_holds_counts_and_places(check):
    code, printed, _ = check("code", "--guideline", "guideline.toml", "--json")
    document = json.loads(printed)
    assert code == 7
    assert document["findings"]["secret"] == 1
    assert document["places"] == [
        {"file": "code/key.py", "line": 3, "kind": "secret", "reason": "looks like a secret (AWS Access Key)"}
    ]
    assert KEY not in printed


def test_a_text_of_a_benchmark_file_is_found(check, here):
    (here / "benchmark.json").write_bytes(encode_benchmark([EXCERPT]))
    (here / "code" / "leak.py").write_text(f"x = 1\n{EXCERPT}\n")
    _, printed, _ = check("code", "--guideline", "guideline.toml", "--benchmark", "benchmark.json")
    assert "code/leak.py:2: leakage: holds 100% of text 0 of the benchmark 'benchmark.json'" in printed


def test_a_clean_folder_needs_no_fix(check, here):
    (here / "code" / "key.py").unlink()
    code, printed, _ = check("code", "--guideline", "guideline.toml")
    assert code == 0
    assert "0 findings" in printed


def test_many_findings_are_cut_short_unless_all_are_asked_for(check, here):
    for number in range(25):
        (here / "code" / f"short_{number}.py").write_text("x\n")
    _, printed, _ = check("code", "--guideline", "guideline.toml")
    assert "… 5 more findings of kind length; --all shows them" in printed
    _, printed, _ = check("code", "--guideline", "guideline.toml", "--all")
    assert printed.count("length: 2 characters") == 25


def test_the_config_names_data_and_clearance_and_the_federation_the_rules(node, run, here):
    node(0, data__package="rich", data__clearance="lists.json")
    result = run("data", "check", "--fix")
    assert result.exit_code == 0
    assert result.stdout.endswith("written: " + str(here / "lists.json") + "\n")
    assert Clearance.load(here / "lists.json").files


def test_of_task_data_that_the_config_names_the_rows_are_cleared(node, run, here):
    (here / "lines").mkdir()
    (here / "lines" / "train.jsonl").write_text(json.dumps({"input": "<s> if a : <EOL> b = " * 5, "gt": "1"}))
    node(0, data__package=None, data__built="lines")
    result = run("data", "check", "--fix")
    assert result.exit_code == 0
    assert result.stdout.endswith("written: " + str(here / "lines" / "cleared" / "train.jsonl") + "\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "--guideline", "guideline.toml"), "no such folder"),
        (("code", "--package", "rich", "--guideline", "guideline.toml"), "exactly one"),
        (("code", "--guideline", "guideline.toml", "--benchmark", "none.json"), "none.json: cannot be read"),
        (("code", "--guideline", "guideline.toml", "--card", "none/card"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(check, arguments, words):
    code, _, said = check(*arguments)
    assert code == 7
    assert words in said


def test_of_built_task_data_the_cleared_rows_are_copied(check, here):
    (here / "built").mkdir()
    (here / "guideline.toml").write_text(GUIDELINE.read_text().replace('"code-completion"', '"line-completion"'))
    good, bad = (f'{{"gt":"{end}","input":"{"if open ( name ) as file : " * 3}"}}\n' for end in ("go ( )", KEY))
    (here / "built" / "train.jsonl").write_text(good + bad)
    (here / "built" / "test.jsonl").write_text("")
    code, printed, _ = check("built", "--guideline", "guideline.toml")
    assert code == 7
    assert "built/train.jsonl:2: secret: looks like a secret (AWS Access Key)" in printed
    code, printed, _ = check("built", "--guideline", "guideline.toml", "--fix")
    assert code == 0
    assert "written: built/cleared/train.jsonl" in printed
    assert (here / "built" / "cleared" / "train.jsonl").read_text() == good
    assert (here / "built" / "cleared" / "test.jsonl").read_text() == ""
    assert (here / "built" / "train.jsonl").read_text() == good + bad
    assert not (here / "clearance.json").exists()
    _, printed, _ = check("built", "code", "--guideline", "guideline.toml", "--fix")
    assert "written: clearance.json" in printed
