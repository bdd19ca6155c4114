"""What is checked as one, and how the cleared rows are copied."""

import pytest

from node.errors import DataError
from node.learning.data.check import samples
from node.learning.data.check.samples import Sample, clear_rows, is_task_data, parse_row, row_samples
from node.learning.data.codexglue import lines
from node.learning.data.files import SourceFile


@pytest.fixture
def built(tmp_path):
    (tmp_path / "train.jsonl").write_bytes(b'{"gt":"b","input":"a","path":"p.py","tokens":["x"]}\n\n{"gt":"d"}')
    (tmp_path / "test.jsonl").write_bytes(b"[1]\n")
    return tmp_path


def test_rows_come_training_first_and_are_read_from_their_places(built):
    rows = row_samples(built)
    assert [(one.row, one.held_out) for one in rows] == [(1, False), (3, False), (1, True)]
    assert [one.text(one.data()) for one in rows] == ["b\na", "d", "[1]\n"]
    assert rows[1].place == f"{built.name}/train.jsonl:3"


def test_a_source_file_is_a_sample_of_its_own(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    (one,) = samples.file_samples([SourceFile("code/a.py", tmp_path / "a.py")], 1)
    assert (one.place, one.data(), one.text(one.data())) == ("code/a.py", b"x = 1\r\n", "x = 1\n")


def test_which_folders_hold_task_data(built, tmp_path_factory):
    assert is_task_data(built)
    assert not is_task_data(tmp_path_factory.mktemp("code"))
    assert not is_task_data(built / "train.jsonl")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a":' * 5000, b"\xff"])
def test_what_is_no_row(data):
    assert parse_row(data) is None


def test_cleared_rows_are_copied_byte_by_byte(built):
    rows = row_samples(built)
    written = clear_rows(rows[1:], built)
    assert [path.read_bytes() for path in written] == [b"[1]\n", b'{"gt":"d"}']
    assert len(row_samples(built)) == 3


def test_files_that_cannot_be_read_or_written_are_refused(built, monkeypatch):
    with pytest.raises(DataError, match="cannot be read"):
        Sample("a.py", 0, False, built / "none.py").data()
    (built / "cleared").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        clear_rows([], built)
    monkeypatch.setattr(lines, "ROW_LIMIT", 1)
    with pytest.raises(DataError, match="more than 1 lines; split the file"):
        row_samples(built)


def test_a_folder_without_rows_is_refused(tmp_path):
    with pytest.raises(DataError, match="no folder of task data"):
        row_samples(tmp_path / "none")
