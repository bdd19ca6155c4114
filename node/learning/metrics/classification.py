"""How well labels of 0 and 1 are told: F1 of the ones, sample by sample. Labels and scores only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from node.errors import DataError

__all__ = ["best_f1", "f1_parts", "precision_recall"]


def f1_parts(told: Sequence[int], labels: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """(2·tp, 2·tp + fp + fn) of each sample: F1 is the sum of the first numbers over the sum of the second.

    Raises `DataError` when the lengths differ or no label is 1.
    """
    _check(told, labels)
    return tuple((2.0 * (one and wanted), float(one + wanted)) for one, wanted in zip(told, labels, strict=True))


def precision_recall(told: Sequence[int], labels: Sequence[int]) -> tuple[float, float]:
    """Of those told to be 1 how many are, 0 where there are none; and of those that are 1 how many were told."""
    _check(told, labels)
    right = sum(one and wanted for one, wanted in zip(told, labels, strict=True))
    return right / max(sum(told), 1), right / sum(labels)


def best_f1(scores: Sequence[float], labels: Sequence[int]) -> float:
    """F1 of telling 1 from some score on, with the threshold that suits these very samples best.

    No threshold reaches more, which makes it a hard baseline. Raises as `f1_parts`, and for NaN.
    """
    _check(scores, labels)
    ranked: NDArray[Any] = np.asarray(scores, dtype=np.float64)
    if np.isnan(ranked).any():
        raise DataError("metric: a score is not a number; give finite ones")
    order = np.argsort(-ranked, kind="stable")
    right = np.cumsum(np.asarray(labels)[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + right[-1])
    last_of_its_score = np.append(ranked[order][:-1] != ranked[order][1:], True)
    return float(f1[last_of_its_score].max())


def _check(told: Sequence[float], labels: Sequence[int]) -> None:
    if len(told) != len(labels) or 1 not in labels or not set(labels) <= {0, 1}:
        raise DataError(
            f"metric: {len(told)} answers for {len(labels)} labels; give one for each, of 0 and 1, at least one 1"
        )
