"""The list of files that may train."""

import json

import pytest

from node.errors import DataError
from node.learning.data.clearance import Clearance, digest_of
from node.learning.data.files import SourceFile

TEXT = b"x = 1\n"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a.py").write_bytes(TEXT)
    return SourceFile("code/a.py", tmp_path / "a.py")


def test_what_is_cleared_is_read(file):
    assert Clearance({digest_of(TEXT): "code/a.py"}).read(file, mask=True) == "x = 1\n"


def test_a_file_that_moved_stays_cleared(file):
    assert Clearance({digest_of(TEXT): "elsewhere.py"}).read(file, mask=False) == "x = 1\n"


def test_a_file_that_is_new_or_changed_waits_for_the_next_check(file):
    cleared = Clearance({digest_of(TEXT): "code/a.py"})
    file.path.write_bytes(b"x = 2\n")
    assert cleared.read(file, mask=False) is None
    assert Clearance({}).read(file, mask=False) is None


def test_personal_data_is_masked_if_asked_for(file):
    data = b"# jane.roe" + b"@" + b"uni-somewhere.de\r\n"
    file.path.write_bytes(data)
    cleared = Clearance({digest_of(data): "code/a.py"})
    assert cleared.read(file, mask=True) == "# <e-mail>\n"
    assert "jane.roe" in cleared.read(file, mask=False)


def test_it_comes_back_from_its_file_sorted_by_name(tmp_path):
    cleared = Clearance({"b" * 64: "a.py", "a" * 64: "b\udcff.py"})
    cleared.save(tmp_path / "clearance.json")
    assert Clearance.load(tmp_path / "clearance.json") == cleared
    assert next(iter(json.loads((tmp_path / "clearance.json").read_text())["files"].values())) == "a.py"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 100_000,
        "[]",
        '{"format": 2, "files": {}}',
        '{"format": 1}',
        '{"format": 1, "files": []}',
        '{"format": 1, "files": {"abc": "a.py"}}',
        json.dumps({"format": 1, "files": {"a" * 64: 1}}),
    ],
)
def test_a_malformed_file_is_refused_with_advice(tmp_path, content):
    (tmp_path / "clearance.json").write_text(content)
    with pytest.raises(DataError, match=r"clearance\.json: .*fednode data check --fix"):
        Clearance.load(tmp_path / "clearance.json")


def test_a_missing_file_and_a_missing_folder_are_refused_with_advice(tmp_path):
    with pytest.raises(DataError, match="--fix"):
        Clearance.load(tmp_path / "none.json")
    with pytest.raises(DataError, match="another place"):
        Clearance({}).save(tmp_path / "none" / "clearance.json")
