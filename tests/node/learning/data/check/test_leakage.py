"""Benchmark texts inside training texts."""

import pytest

from node.learning.data.check.leakage import Benchmarks
from node.learning.data.check.shingles import shingles

EXCERPT = " ".join(f"word{number}" for number in range(60))  # 56 runs of five words


def find(benchmarks, text):
    return benchmarks.find(text, shingles(text))


def test_an_excerpt_inside_a_much_longer_file_is_found_with_its_line():
    text = "\n".join([*(f"before = {number}" for number in range(300)), EXCERPT, "after = True"])
    leak = find(Benchmarks({"held out": ["other words entirely " * 9, EXCERPT]}, 85), text)
    assert (leak.benchmark, leak.number, leak.contained, leak.line) == ("held out", 1, 1.0, 301)


@pytest.mark.parametrize(("percent", "found"), [(75, True), (80, False)])
def test_part_of_an_excerpt_counts_from_the_threshold_on(percent, found):
    most = " ".join(EXCERPT.split()[:47])  # 43 of 56 runs, 77 %
    assert (find(Benchmarks({"b": [EXCERPT]}, percent), most) is not None) == found


def test_the_text_that_is_held_most_of_is_named():
    known = Benchmarks({"a": [EXCERPT], "b": [EXCERPT + " and more"]}, 50)
    assert find(known, EXCERPT).benchmark == "a"
    assert find(known, EXCERPT + " and more").contained == 1


def test_texts_too_short_to_mean_anything_are_not_looked_for():
    short = "def __init__(self): super().__init__()"
    assert find(Benchmarks({"b": [short]}, 50), short) is None


def test_without_benchmarks_nothing_leaks():
    known = Benchmarks({}, 85)
    assert len(known) == 0
    assert find(known, EXCERPT) is None
    assert find(Benchmarks({"b": [EXCERPT]}, 85), "") is None
