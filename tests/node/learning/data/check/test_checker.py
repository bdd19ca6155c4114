"""All checks together: who is kept, who is named, and that order means nothing."""

import random

import pytest

from node.learning.data import DataSource, is_held_out
from node.learning.data.check.checker import check_files
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
    assert len(checked.clearance.files) == checked.train + checked.held_out == checked.files == 5
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
    checked = check_files(files, protocol(), {}, MarkedLines())
    assert (checked.findings, len(checked.clearance.files)) == ((), 2)


def test_the_order_of_files_changes_nothing(check, tmp_path):
    files = {f"{number}.py": unlike(number // 3) + f"more = {number % 3}\n" * (number % 2) for number in range(30)}
    first = check(files | {"secret.py": "SECRET\n", "mail.py": f"# {MAIL}\n"}, {"b": [unlike(4)]})
    listed = list(DataSource(directories=(tmp_path,)).files(("python",)))
    for seed in range(5):
        random.Random(seed).shuffle(listed)
        assert check_files(listed, protocol(), {"b": [unlike(4)]}, MarkedLines()) == first
    assert {"duplicate", "near-duplicate", "leakage"} <= {one.kind for one in first.findings}


def test_progress_is_told(tmp_path):
    (tmp_path / "a.py").write_text(unlike(0))
    told = []
    files = DataSource(directories=(tmp_path,)).files(("python",))
    check_files(files, protocol(), {}, MarkedLines(), lambda *numbers: told.append(numbers))
    assert told == [(1, 1)]
