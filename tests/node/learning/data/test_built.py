"""A folder of task data as a source of texts: which rows count, in which order, and what is refused."""

import json
import random

import pytest

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data import DataSource, read_split
from node.learning.data.check.samples import clear_rows, row_samples
from node.learning.data.pieces import decode_piece


def protocol(**changes):
    return DataProtocol(**({"task": "program-repair", "min_characters": 5} | changes))


def fix(number, **changes):
    return {"buggy": f"return value_{number}", "fixed": f"return {number}", "language": "python"} | changes


def write(folder, name, rows):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path):
    """Thirty rows to train on, five of each file held out."""
    for name, numbers in (("train", range(30)), ("valid", range(30, 35)), ("test", range(35, 40))):
        write(tmp_path / "fixes", name, map(fix, numbers))
    return tmp_path / "fixes"


def read(folder, limit=10_000, **changes):
    return read_split(DataSource(built=folder), protocol(**changes), limit)


def numbers(texts):
    return sorted(int(decode_piece(text, ("buggy", "fixed"))["fixed"].split()[1]) for text in texts)


def test_rows_of_train_train_and_all_others_only_measure(folder):
    split = read(folder)
    assert numbers(split.train) == list(range(30))
    assert numbers(split.held_out) == list(range(30, 40))


def test_a_bounded_reading_is_the_same_in_whatever_order_the_lines_are(folder):
    first = read(folder, limit=500)
    assert 3 < len(first.train) < 15
    assert sum(map(len, first.train)) <= 500
    assert numbers(first.train) != list(range(len(first.train)))
    rows = [fix(number) for number in range(30)]
    random.Random(1).shuffle(rows)
    write(folder, "train", rows)
    assert read(folder, limit=500) == first


def test_no_piece_is_cut_and_one_that_is_too_long_hides_no_other(folder):
    write(folder, "train", [fix(1), *(fix(number, buggy="x = 1\n" * 200) for number in range(50, 60))])
    assert numbers(read(folder, limit=1000).train) == [1]


def test_copies_count_once_and_are_not_held_out(folder):
    write(folder, "train", [fix(1), fix(1, path="a.py"), fix(2)])
    write(folder, "test", [fix(2, path="b.py"), fix(3)])
    split = read(folder)
    assert (numbers(split.train), numbers(split.held_out)[0]) == ([1, 2], 3)
    assert numbers(read(folder, deduplicate=False).train) == [1, 1, 2]


def test_rows_too_short_or_blank_or_in_another_language_do_not_count(folder):
    write(folder, "train", [fix(1), fix(2, buggy=" "), fix(3, language="go"), fix(4, buggy="x" * 50)])
    assert numbers(read(folder, max_characters=40).train) == [1]


def test_only_cleared_rows_are_read_where_there_are_any(folder):
    clear_rows([row for row in row_samples(folder) if row.row != 1], folder)
    split = read(folder, cleared_only=True)
    assert (len(split.train), len(split.held_out)) == (29, 8)
    assert read(folder) == split


def test_a_guideline_can_insist_on_cleared_rows(folder):
    with pytest.raises(DataError, match=r"fixes: its rows were not cleared, .*`fednode data check .*fixes --fix`"):
        read(folder, cleared_only=True)


def test_rows_of_another_task_are_refused_by_file_line_and_task(folder):
    with pytest.raises(DataError, match=r"train\.jsonl: line \d+: .*code-search, .*one of defect-detection or program"):
        read(folder, task="code-search")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: no JSON"),
        ("[1]", "line 2: no JSON object"),
        ('{"buggy": "x", "fixed": 1}', "line 2: field 'fixed' is no text"),
    ],
)
def test_a_broken_row_is_named(folder, line, words):
    (folder / "train.jsonl").write_text(f"{json.dumps(fix(1))}\n{line}\n")
    with pytest.raises(DataError, match=rf"train\.jsonl: {words}"):
        read(folder)


def test_a_folder_of_too_little_says_what_to_do(folder, tmp_path):
    with pytest.raises(DataError, match="none: no folder of task data"):
        read(tmp_path / "none")
    for name in ("valid", "test"):
        write(folder, name, [])
    with pytest.raises(DataError, match=r"of 30 rows, 30 to train on and 0 held out .*add more code"):
        read(folder)
    clear_rows([], folder)
    with pytest.raises(DataError, match=r"of 0 rows, .*check again with `fednode data check --fix`"):
        read(folder)
