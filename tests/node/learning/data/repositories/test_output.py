import hashlib
import json
from collections import Counter

import pytest

from node.errors import DataError
from node.learning.data import is_held_out
from node.learning.data.repositories.output import Output, check_folder, split_of
from node.learning.data.repositories.samples import Place


def places(count):
    return [Place("shop", f"src/file_{number}.py") for number in range(count)]


def test_a_tenth_is_for_tests_and_a_tenth_for_validation():
    counts = Counter(map(split_of, places(3000)))
    assert set(counts) == {"train", "valid", "test"}
    assert 240 < counts["test"] < 360
    assert 240 < counts["valid"] < 360


def test_the_split_is_the_one_that_training_makes():
    for place in places(300):
        assert (split_of(place) == "test") == is_held_out(f"shop/{place.path}", 10)
        assert (split_of(place) == "train") != is_held_out(f"shop/{place.path}", 20)


def test_all_samples_of_a_file_are_on_one_side_whatever_the_commit():
    assert len({split_of(Place("shop", "a.py", commit)) for commit in map(str, range(50))}) == 1


def write(out, count=30):
    with Output(out) as output:
        for number, place in enumerate(places(count)):
            output.add({"code": f"x = {number}"}, place, "python")
    output.write_manifest({"task": "code-search"})
    return output


def test_the_manifest_names_the_files_by_their_hashes(tmp_path):
    output = write(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["samples"] == output.samples
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_an_error_leaves_the_files_as_they_were(tmp_path):
    write(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyboardInterrupt), Output(tmp_path) as output:
        output.add({"code": "y"}, Place("shop", "a.py"), "python")
        raise KeyboardInterrupt
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_of_another_task_or_with_other_files_is_left_alone(tmp_path):
    check_folder(tmp_path / "new", "code-search")
    write(tmp_path / "new")
    check_folder(tmp_path / "new", "code-search")
    with pytest.raises(DataError, match="holds code-search; name another folder"):
        check_folder(tmp_path / "new", "program-repair")
    (tmp_path / "train.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match="holds files that no build has left"):
        check_folder(tmp_path, "code-search")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made"):
        check_folder(tmp_path / "file" / "out", "code-search")
