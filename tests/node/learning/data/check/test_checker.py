"""All checks together: who is kept, who is named, and that order means nothing."""

import json
import random

import pytest

from node.learning.data import DataSource, is_held_out
from node.learning.data.check.checker import check_samples
from node.learning.data.check.samples import file_samples, row_samples
from node.learning.data.split import reading_order
from tests.node.learning.data.check.conftest import MarkedLines, protocol

EXCERPT = " ".join(f"word{number}" for number in range(60))
MAIL = "jane.roe" + "@" + "uni-somewhere.de"


def kinds(checked):
    return [(one.file.split("/")[-1], one.line, one.kind) for one in checked.findings]


def unlike(number):
    return " ".join(f"v{number}_{place} = {place}\n" for place in range(20))


def test_clean_files_are_cleared(check):
    checked = check({f"{number}.py": unlike(number) for number in range(5)})
    assert checked.findings == ()
    assert len(checked.clearance.files) == checked.train + checked.held_out == checked.count == 5
    assert checked.left_out == 0


def test_each_kind_is_found_by_file_and_line(check):
    checked = check(
        {
            "bytes.py": "x = 1\n\0\n",
            "leak.py": f"before = 1\n{EXCERPT}\n",
            "licence.py": "# hello\n# SPDX-License-Identifier: GPL-3.0-only\nx = 1\n",
            "mail.py": f"x = 1\n\n# {MAIL}\n",
            "secret.py": "x = 1\ny = 'SECRET'\n",
            "short.py": "x\n",
        },
        {"b": [EXCERPT]},
        denied_licences=("GPL",),
    )
    assert kinds(checked) == [
        ("bytes.py", 2, "encoding"),
        ("leak.py", 2, "leakage"),
        ("licence.py", 2, "licence"),
        ("mail.py", 3, "personal-data"),
        ("secret.py", 2, "secret"),
        ("short.py", 0, "length"),
    ]
    assert [name.split("/")[-1] for name in checked.clearance.files.values()] == ["mail.py"]
    assert checked.left_out == 5


def test_no_finding_repeats_what_was_found(check):
    checked = check({"a.py": f"key = 'SECRET'  # {MAIL}\n"})
    assert {one.kind for one in checked.findings} == {"secret", "personal-data"}
    assert not any("SECRET" in one.reason or MAIL in one.reason for one in checked.findings)


def test_of_copies_the_one_that_is_read_first_is_kept(check, tmp_path):
    files = {f"{number}.py": unlike(0) for number in range(5)} | {"near.py": unlike(0) + "one = 1\n"}
    checked = check(files)
    order = reading_order(DataSource(directories=(tmp_path,)).files(("python",)), 1)
    (kept,) = checked.clearance.files.values()
    assert kept == order[0].name
    assert {one.kind for one in checked.findings} <= {"duplicate", "near-duplicate"}
    assert len(checked.findings) == 5
    assert all(kept in one.reason for one in checked.findings)


def test_copies_are_fine_where_the_guideline_says_so(check):
    checked = check({f"{number}.py": unlike(0) for number in range(3)}, deduplicate=False)
    assert (checked.findings, checked.left_out) == ((), 0)


def test_a_copy_of_a_file_that_is_left_out_is_no_copy(check):
    both = {"a.py": unlike(0) + "SECRET\n", "b.py": unlike(0)}
    checked = check(both)
    assert kinds(checked) == [("a.py", 21, "secret")]


@pytest.mark.parametrize("rule", ["scan_secrets", "mask_personal_data"])
def test_scans_can_be_turned_off(check, rule):
    checked = check({"a.py": f"key = 'SECRET'  # {MAIL}\n"}, **{rule: False})
    assert len(checked.findings) == 1


def test_a_held_out_file_may_be_in_the_benchmark(check, tmp_path):
    # a founder's held-out code is what the benchmark was made of
    name = next(f"{n}.py" for n in range(1000) if is_held_out(f"{tmp_path.name}/{n}.py", 50))
    checked = check({name: EXCERPT}, {"b": [EXCERPT]}, held_out_percent=50)
    assert (checked.findings, checked.held_out) == ((), 1)


def test_of_blank_files_there_is_nothing_to_say(check):
    checked = check({"__init__.py": "", "b.py": "\n \n"})
    assert (checked.findings, checked.left_out) == ((), 2)


def test_files_of_the_same_name_in_two_folders_are_told_apart(tmp_path):
    for parent, text in (("one", unlike(0)), ("two", unlike(1))):
        (tmp_path / parent / "code").mkdir(parents=True)
        (tmp_path / parent / "code" / "a.py").write_text(text)
    files = DataSource(directories=(tmp_path / "one" / "code", tmp_path / "two" / "code")).files(("python",))
    checked = check_samples(file_samples(files, 1), protocol(), {}, MarkedLines())
    assert (checked.findings, len(checked.clearance.files)) == ((), 2)


def test_the_order_of_files_changes_nothing(check, tmp_path):
    files = {f"{number}.py": unlike(number // 3) + f"more = {number % 3}\n" * (number % 2) for number in range(30)}
    first = check(files | {"secret.py": "SECRET\n", "mail.py": f"# {MAIL}\n"}, {"b": [unlike(4)]})
    listed = list(DataSource(directories=(tmp_path,)).files(("python",)))
    for seed in range(5):
        random.Random(seed).shuffle(listed)
        assert check_samples(file_samples(listed, 1), protocol(), {"b": [unlike(4)]}, MarkedLines()) == first
    assert {"duplicate", "near-duplicate", "leakage"} <= {one.kind for one in first.findings}


def test_progress_is_told(tmp_path):
    (tmp_path / "a.py").write_text(unlike(0))
    told = []
    files = DataSource(directories=(tmp_path,)).files(("python",))
    check_samples(file_samples(files, 1), protocol(), {}, MarkedLines(), lambda *numbers: told.append(numbers))
    assert told == [(1, 1)]


def write_rows(folder, name, *rows):
    (folder / f"{name}.jsonl").write_text(
        "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    )


def pair(number, **changes):
    return {"code": unlike(number), "docstring": f"do number {number}", "path": f"{MAIL}.py"} | changes


def test_every_row_of_task_data_is_a_sample_named_by_its_line(tmp_path):
    write_rows(tmp_path, "test", pair(0))
    write_rows(
        tmp_path,
        "train",
        pair(0),
        pair(1, code=EXCERPT),
        "no json\n",
        "\n",
        pair(2, docstring=" "),
        {"code": unlike(3)},
        pair(4, docstring="tell SECRET"),
        pair(5, docstring=f"ask {MAIL}"),
        pair(6, code="x"),
        pair(7),
        pair(8, language="go"),
    )
    rules = protocol(task="code-search", min_characters=20)
    checked = check_samples(row_samples(tmp_path), rules, {"b": [EXCERPT]}, MarkedLines())
    assert kinds(checked) == [
        ("test.jsonl", 1, "duplicate"),
        ("train.jsonl", 2, "leakage"),
        ("train.jsonl", 3, "schema"),
        ("train.jsonl", 5, "schema"),
        ("train.jsonl", 6, "schema"),
        ("train.jsonl", 7, "secret"),
        ("train.jsonl", 8, "personal-data"),
        ("train.jsonl", 9, "length"),
        ("train.jsonl", 11, "schema"),
    ]
    assert [one.place.split("/")[-1] for one in checked.cleared] == ["train.jsonl:1", "train.jsonl:10"]
    assert checked.clearance.files == {}
    assert f"{tmp_path.name}/train.jsonl:1" in checked.findings[0].reason


def test_rows_to_complete_may_share_the_context_of_their_own_file_alone(tmp_path):
    rows = [{"gt": f"end_{n}", "input": unlike(0), "path": path} for n, path in enumerate(("a.py", "a.py", "b.py"))]
    write_rows(tmp_path, "train", *rows)
    checked = check_samples(row_samples(tmp_path), protocol(task="line-completion"), {}, MarkedLines())
    assert kinds(checked) == [("train.jsonl", 3, "near-duplicate")]
