import pytest

from node.errors import DataError
from node.learning.data.repositories.kept import open_kept


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.sqlite"


def test_what_was_kept_is_found_by_the_next_run(path):
    with open_kept(path, "recipe") as kept:
        assert not kept.has("a")
        kept.keep("a", [{"code": "x", "tokens": ["é", "\ufffd"]}, {"code": "y"}])
        kept.keep("b", [])
    with open_kept(path, "recipe") as kept:
        assert kept.find("a") == [{"code": "x", "tokens": ["é", "\ufffd"]}, {"code": "y"}]
        assert kept.has("b")
        assert kept.find("b") == []
        assert kept.find("c") == []


def test_another_recipe_begins_afresh(path):
    with open_kept(path, "recipe") as kept:
        kept.keep("a", [{"code": "x"}])
    with open_kept(path, "another") as kept:
        assert not kept.has("a")


def test_an_error_loses_nothing(path):
    with pytest.raises(KeyboardInterrupt), open_kept(path, "recipe") as kept:
        kept.keep("a", [{"code": "x"}])
        raise KeyboardInterrupt
    with open_kept(path, "recipe") as kept:
        assert kept.has("a")


def test_what_is_not_used_is_forgotten(path):
    with open_kept(path, "recipe") as kept:
        for name in "abc":
            kept.keep(name, [])
        kept.forget_all_but(["b", "b", "d"])
        assert [kept.has(name) for name in "abcd"] == [False, True, False, False]


def test_a_broken_database_may_be_deleted_and_the_sentence_says_so(path):
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match="delete it, all of it can be made again"), open_kept(path, "recipe"):
        pass
