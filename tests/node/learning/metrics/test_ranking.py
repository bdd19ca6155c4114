"""Reciprocal ranks and MAP@R, by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score

from node.errors import DataError
from node.learning.metrics import map_at_r, reciprocal_ranks


def test_the_right_candidate_first_second_and_last() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [5.0, 4.0, 0.0], [2.0, 1.0, 0.0]])
    assert reciprocal_ranks(scores) == pytest.approx((1, 1 / 2, 1 / 3))


def test_a_constant_model_gains_nothing() -> None:
    assert reciprocal_ranks(np.zeros((2, 4))) == (0.25, 0.25)


@given(st.integers(1, 12), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_against_scikit_learn(queries: int, more: int, seed: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 4, (queries, queries + more)).astype(float)
    right = np.eye(queries, queries + more)
    expected = label_ranking_average_precision_score(right, scores)
    assert np.mean(reciprocal_ranks(scores)) == pytest.approx(expected)


@pytest.mark.parametrize("scores", [np.zeros((0, 0)), np.zeros((3, 2)), np.full((2, 2), np.nan)])
def test_scores_without_sense_are_refused(scores: np.ndarray) -> None:
    with pytest.raises(DataError, match="a candidate for each query"):
        reciprocal_ranks(scores)


def test_average_precision_at_r_by_hand() -> None:
    groups = np.array([0, 0, 0, 1, 1])
    scores = np.array(
        [
            [9.0, 3.0, 1.0, 2.0, 0.0],  # finds 1, then 3 (wrong): (1/1) / 2
            [1.0, 9.0, 3.0, 2.0, 0.0],  # finds 2, then 3 (wrong): 1/2
            [0.0, 1.0, 9.0, 3.0, 2.0],  # finds 3 and 4, both wrong
            [0.0, 0.0, 0.0, 9.0, 1.0],  # finds 4
            [1.0, 0.0, 0.0, 0.0, 9.0],  # finds 0, wrong
        ]
    )
    assert map_at_r(scores, groups) == pytest.approx((0.5, 0.5, 0.0, 1.0, 0.0))


def test_finding_all_of_the_group_first_is_1() -> None:
    groups = np.array([0, 1, 0, 1])
    assert map_at_r((groups[:, None] == groups[None, :]).astype(float), groups) == (1.0,) * 4


@pytest.mark.parametrize(
    ("scores", "groups", "complaint"),
    [
        (np.zeros((2, 3)), [0, 0], "give a finite"),
        (np.full((2, 2), np.nan), [0, 0], "give a finite"),
        (np.zeros((3, 3)), [0, 0, 1], "alone in its group"),
    ],
)
def test_retrieval_without_sense_is_refused(scores: np.ndarray, groups: list[int], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        map_at_r(scores, np.array(groups))
