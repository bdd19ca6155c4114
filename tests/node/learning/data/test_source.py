from pathlib import Path

import pytest

from node.errors import DataError
from node.guideline import DataProtocol
from node.learning.data import DataSource, Split, read_split
from node.learning.data.clearance import Clearance, digest_of


def protocol(**changes):
    return DataProtocol(**({"task": "code-completion", "min_characters": 5, "held_out_percent": 50} | changes))


@pytest.fixture
def folder(tmp_path):
    for number in range(40):
        (tmp_path / f"module_{number}.py").write_text(f"value = {number}  # ten or more characters\n")
    return tmp_path


def test_nothing_is_on_both_sides_and_nothing_is_lost(folder):
    split = read_split(DataSource(directories=(folder,)), protocol())
    assert len(split.train) + len(split.held_out) == 40
    assert not set(split.train) & set(split.held_out)


def test_a_new_file_moves_no_other(folder):
    before = read_split(DataSource(directories=(folder,)), protocol())
    (folder / "added.py").write_text("added = True  # and nothing else\n")
    after = read_split(DataSource(directories=(folder,)), protocol())
    assert set(before.train) <= set(after.train)
    assert set(before.held_out) <= set(after.held_out)


def test_too_short_and_too_long_files_do_not_count(folder):
    (folder / "empty.py").write_text("")
    (folder / "long.py").write_text("x" * 500)
    split = read_split(DataSource(directories=(folder,)), protocol(max_characters=100))
    assert len(split.train) + len(split.held_out) == 40


@pytest.mark.parametrize(("deduplicate", "copies"), [(True, 1), (False, 20)])
def test_exact_copies_count_once_if_the_guideline_says_so(folder, deduplicate, copies):
    for number in range(20):
        (folder / f"copy_{number}.py").write_text("same = 'text'\n")
    split = read_split(DataSource(directories=(folder,)), protocol(deduplicate=deduplicate))
    assert (split.train + split.held_out).count("same = 'text'\n") == copies


def test_each_side_is_bounded(folder):
    split = read_split(DataSource(directories=(folder,)), protocol(), limit=100)
    assert 0 < sum(map(len, split.train)) <= 100
    assert 0 < sum(map(len, split.held_out)) <= 100


def test_a_repository_that_is_too_small_is_refused(tmp_path):
    (tmp_path / "only.py").write_text("x = 'alone'\n")
    with pytest.raises(DataError, match=r"of 1 files.*held out pass"):
        read_split(DataSource(directories=(tmp_path,)), protocol())


def test_texts_in_memory_were_split_before_and_all_of_them_train():
    assert read_split(DataSource(texts=("x", "y")), protocol()) == Split(("x", "y"), ())


@pytest.mark.parametrize(
    "source",
    [
        DataSource(),
        DataSource(directories=(Path("code"),), package="web3"),
        DataSource(package="web3", texts=("x = 1\n",)),
        DataSource(directories=(Path("code"),), texts=("x = 1\n",)),
    ],
)
def test_a_source_is_one_thing(source):
    with pytest.raises(DataError, match="exactly one"):
        read_split(source, protocol())


def test_with_a_clearance_only_what_is_cleared_is_read(folder, tmp_path_factory):
    cleared = {digest_of(path.read_bytes()): path.name for path in sorted(folder.iterdir())[:30]}
    listed = tmp_path_factory.mktemp("lists") / "clearance.json"
    Clearance(cleared).save(listed)
    (folder / "mail.py").write_text("# jane.roe" + "@" + "uni-somewhere.de\n")
    source = DataSource(directories=(folder,), clearance=listed)
    split = read_split(source, protocol())
    assert len(split.train) + len(split.held_out) == 30
    Clearance(cleared | {digest_of((folder / "mail.py").read_bytes()): "mail.py"}).save(listed)
    split = read_split(source, protocol())
    assert "# <e-mail>\n" in split.train + split.held_out
    split = read_split(source, protocol(mask_personal_data=False))
    assert "# <e-mail>\n" not in split.train + split.held_out


def test_a_clearance_that_clears_nothing_says_what_to_do(folder, tmp_path_factory):
    listed = tmp_path_factory.mktemp("lists") / "clearance.json"
    Clearance({}).save(listed)
    with pytest.raises(DataError, match="check again with `fednode data check --fix`"):
        read_split(DataSource(directories=(folder,), clearance=listed), protocol())


def test_a_guideline_can_insist_on_a_clearance(folder):
    with pytest.raises(DataError, match=r"data\.clearance is not set"):
        read_split(DataSource(directories=(folder,)), protocol(cleared_only=True))
