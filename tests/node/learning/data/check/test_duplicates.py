"""Near duplicates at known similarities."""

import pytest

from node.learning.data.check.duplicates import NearDuplicates
from node.learning.data.check.shingles import jaccard, shingles

RUNS = 500


def text(first, count=RUNS + 4, name="w"):
    return " ".join(f"{name}{number}" for number in range(first, first + count))


def index(percent, texts):
    return NearDuplicates(percent, lambda key: shingles(texts[key]))


@pytest.mark.parametrize("moved", [0, 10, 40])
def test_a_copy_above_the_threshold_is_found_with_its_exact_similarity(moved):
    texts = {"old": text(0), "new": text(moved)}
    kept = index(80, texts)
    assert kept.offer("old", shingles(texts["old"])) is None
    known = (RUNS - moved) / (RUNS + moved)
    assert kept.offer("new", shingles(texts["new"])) == ("old", known)


@pytest.mark.parametrize(("percent", "moved"), [(80, 60), (85, 50), (100, 1)])
def test_a_text_below_the_threshold_is_kept(percent, moved):
    texts = {"old": text(0), "new": text(moved)}
    assert jaccard(shingles(texts["old"]), shingles(texts["new"])) < percent / 100
    kept = index(percent, texts)
    assert [kept.offer(key, shingles(one)) for key, one in texts.items()] == [None, None]


def test_the_likest_is_named_and_a_copy_is_not_kept():
    texts = {"far": text(0), "near": text(30), "copy": text(25), "other": text(0, name="v")}
    kept = index(85, texts)
    answers = [kept.offer(key, shingles(one)) for key, one in texts.items()]
    assert [answer and answer[0] for answer in answers] == [None, "far", "far", None]


def test_related_texts_may_be_alike():
    texts = {"old": text(0), "new": text(10), "third": text(12)}
    kept = index(85, texts)
    assert kept.offer("old", shingles(texts["old"])) is None
    assert kept.offer("new", shingles(texts["new"]), lambda other: other == "old") is None
    assert kept.offer("third", shingles(texts["third"]), lambda other: other == "old")[0] == "new"


def test_of_equally_like_texts_the_same_one_is_named():
    texts = {"b": text(0), "a": text(60), "middle": text(30)}
    for order in (("b", "a"), ("a", "b")):
        kept = index(80, texts)
        assert [kept.offer(key, shingles(texts[key])) for key in order] == [None, None]
        assert kept.offer("middle", shingles(texts["middle"]))[0] == "a"


def test_texts_without_words_are_like_no_other():
    kept = index(50, {})
    assert kept.offer("a", shingles("")) is None
    assert kept.offer("b", shingles("+-")) is None


def test_a_hundred_near_copies_are_all_found():
    texts = {"0": text(0)} | {str(number): text(number % 30) for number in range(1, 100)}
    kept = index(85, texts)
    assert sum(kept.offer(key, shingles(one)) is None for key, one in texts.items()) == 1
