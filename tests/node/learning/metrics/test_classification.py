"""F1 from parts: scikit-learn's values, and what a metric must do at its edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve, precision_score, recall_score

from node.errors import DataError
from node.learning.metrics import best_f1, f1_parts, precision_recall

BITS = st.integers(0, 1)
ANSWERS = st.lists(st.tuples(BITS, BITS), min_size=1, max_size=30).filter(lambda rows: any(label for _, label in rows))
SCORES = st.lists(st.tuples(st.integers(-3, 3), BITS), min_size=1, max_size=30).filter(
    lambda rows: any(label for _, label in rows)
)


@given(ANSWERS)
def test_f1_precision_and_recall_are_scikit_learns(rows):
    told, labels = zip(*rows, strict=True)
    parts = f1_parts(told, labels)
    assert len(parts) == len(rows)
    f1 = sum(one for one, _ in parts) / sum(other for _, other in parts)
    assert f1 == pytest.approx(f1_score(labels, told, zero_division=0))
    assert precision_recall(told, labels) == pytest.approx(
        (precision_score(labels, told, zero_division=0), recall_score(labels, told))
    )


@given(SCORES)
def test_the_best_f1_is_the_largest_of_scikit_learns_curve(rows):
    scores, labels = zip(*rows, strict=True)
    precision, recall, _ = precision_recall_curve(labels, scores)
    curve = [2 * p * r / (p + r) for p, r in zip(precision, recall, strict=True) if p + r]
    assert best_f1(scores, labels) == pytest.approx(max(curve))


@pytest.mark.parametrize("metric", [f1_parts, precision_recall, best_f1])
@pytest.mark.parametrize(("told", "labels"), [([1], [1, 0]), ([], []), ([1, 0], [0, 0]), ([1, 0], [1, 2])])
def test_labels_that_cannot_be_judged_are_refused(metric, told, labels):
    with pytest.raises(DataError, match="give one for each"):
        metric(told, labels)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(DataError, match="not a number"):
        best_f1([0.5, float("nan")], [1, 0])
