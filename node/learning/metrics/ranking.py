"""How well a score matrix ranks what should be found. Scores only; who computed them is a task's business."""

import numpy as np
from numpy.typing import NDArray

from node.errors import DataError

__all__ = ["map_at_r", "reciprocal_ranks"]


def reciprocal_ranks(scores: NDArray[np.floating]) -> tuple[float, ...]:
    """1 / rank of the right candidate for each query; their mean is the MRR of code search.

    `scores` has shape (queries, candidates), candidate i being right for query i. A candidate that scores the same as
    the right one counts as ranked before it, so that a constant model gains nothing. Raises `DataError` for NaN or
    fewer candidates than queries.
    """
    queries, candidates = scores.shape
    if queries == 0 or candidates < queries or np.isnan(scores).any():
        raise DataError(f"metric: scores of shape {scores.shape}; give finite ones, a candidate for each query")
    right = scores[np.arange(queries), np.arange(queries)]
    ranks = (scores >= right[:, None]).sum(axis=1)
    return tuple((1.0 / ranks).tolist())


def map_at_r(scores: NDArray[np.floating], groups: NDArray[np.integer]) -> tuple[float, ...]:
    """Average precision at R of each query among all others, as CodeXGLUE's clone retrieval (POJ-104) computes it.

    `scores` has shape (n, n), `groups` (n,): whoever is in the query's group should be found, and R is how many there
    are. AP@R = 1/R · Σ of precision@i over the right ones among the first R (Musgrave et al. 2020, "A Metric Learning
    Reality Check"). Equal scores are in order of index. Raises `DataError` for NaN, other shapes or a group of one.
    """
    n = len(groups)
    if scores.shape != (n, n) or np.isnan(scores).any():
        raise DataError(f"metric: scores of shape {scores.shape} for {n} samples; give a finite (n, n) matrix")
    same = groups[:, None] == groups[None, :]
    wanted = same.sum(axis=1) - 1
    if n == 0 or wanted.min() < 1:
        raise DataError("metric: a sample is alone in its group; retrieval needs at least two of each")
    others = scores.astype(np.float64)
    np.fill_diagonal(others, -np.inf)
    order = np.argsort(-others, axis=1, kind="stable")
    return tuple(_average_precision(same[i, order[i, : wanted[i]]]) for i in range(n))


def _average_precision(hits: NDArray[np.bool_]) -> float:
    precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precisions * hits).sum() / len(hits))
