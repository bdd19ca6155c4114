"""Texts as sets of shingles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.check.shingles import jaccard, ordered_shingles, shingles, word_offset


def words(*numbers):
    return " ".join(f"w{number}" for number in numbers)


@pytest.mark.parametrize(("count", "runs"), [(0, 0), (1, 1), (4, 1), (5, 1), (6, 2), (20, 16)])
def test_a_text_has_a_shingle_for_every_run_of_five_words(count, runs):
    assert len(shingles(words(*range(count)))) == runs


def test_layout_and_punctuation_do_not_count():
    assert np.array_equal(shingles("def add(a, b): return a + b"), shingles("def add( a,b ):\n\treturn (a+b);"))


def test_the_hashes_are_the_same_on_every_machine():
    assert ordered_shingles("one two three four five six").tolist() == [0x4FEC90CFA6C44985, 0x4BA54A5C3C400F44]


@pytest.mark.parametrize("shared", [0, 5, 30, 50])
def test_jaccard_similarity_is_shared_over_all(shared):
    # 50 words and 46 runs each; of `shared` words in common, shared - 4 runs are
    one, other = words(*range(50)), words(*range(shared), *range(1000, 1050 - shared))
    both = max(shared - 4, 0)
    assert jaccard(shingles(one), shingles(other)) == both / (92 - both)


def test_nothing_is_like_nothing():
    assert jaccard(shingles(""), shingles("")) == 0


@given(st.text())
def test_any_text_has_shingles(text):
    found = shingles(text)
    assert (np.diff(found) > 0).all() if len(found) > 1 else True
    assert set(found) == set(ordered_shingles(text))


def test_words_are_found_again():
    assert [word_offset("a, bc\n d", number) for number in range(4)] == [0, 3, 7, 0]
