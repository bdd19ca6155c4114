"""Pairs of clones and of others: balanced, seeded, and no problem on both sides of a split."""

import itertools
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.clones import Solution, pair_pieces, paired, split_by_problem

SHOP = tuple(Solution(f"problem-{number % 40}", f"x = {number}\n") for number in range(120))
PROBLEMS = st.lists(st.sampled_from("abcd"), max_size=30)


@given(PROBLEMS, st.integers(0, 3))
def test_clones_are_of_one_problem_and_others_of_two(problems, seed):
    pairs = paired(problems, seed)
    assert all((problems[one] == problems[two]) == bool(label) for one, two, label in pairs)
    clones = [frozenset(pair[:2]) for pair in pairs if pair[2]]
    assert len(set(clones)) == len(clones) and all(len(one) == 2 for one in clones)
    assert len(pairs) - len(clones) == (len(clones) if len(set(problems)) > 1 else 0)
    assert paired(problems, seed) == pairs


@given(st.lists(st.sampled_from("ab"), max_size=20))
def test_small_problems_give_all_their_pairs(problems):
    counts = Counter(problems)
    wanted = sum(n * (n - 1) // 2 for n in counts.values())
    if max(counts.values(), default=0) <= 17:
        assert sum(label for *_, label in paired(problems)) == wanted


@pytest.mark.parametrize("count", [18, 40, 500])
def test_large_problems_give_eight_pairs_a_solution(count):
    pairs = [pair for pair in paired(["a"] * count + ["b"]) if pair[2]]
    appearances = Counter(itertools.chain.from_iterable(pair[:2] for pair in pairs))
    assert len(pairs) == 8 * count
    assert set(appearances.values()) == {16}


def test_another_seed_draws_other_non_clones():
    problems = [solution.problem for solution in SHOP]
    assert paired(problems, 1) != paired(problems, 2)
    assert [pair for pair in paired(problems, 1) if pair[2]] == [pair for pair in paired(problems, 2) if pair[2]]


def test_a_pair_is_a_piece_with_its_label():
    piece = json.loads(pair_pieces(SHOP)[0])
    assert piece == {"clone": "1", "first": "x = 0\n", "second": "x = 40\n"}
    assert json.loads(SHOP[3].piece()) == {"code": "x = 3\n", "problem": "problem-3"}


def test_no_problem_is_on_both_sides_of_a_split():
    split = split_by_problem(SHOP, percent=30)
    sides = [
        {json.loads(piece)[side] for piece in pieces for side in ("first", "second")}
        for pieces in (split.train, split.held_out)
    ]
    problems = [{one.problem for one in SHOP if one.code in side} for side in sides]
    assert all(problems) and not problems[0] & problems[1]
    assert problems[0] | problems[1] == {one.problem for one in SHOP}
    assert split_by_problem(SHOP[::-1][::-1], percent=30) == split
