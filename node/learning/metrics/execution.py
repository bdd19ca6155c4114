"""What a number of passing candidates says about a model. Running them is the business of `node.learning.sandbox`."""

from math import comb

from node.errors import DataError

__all__ = ["pass_at_k"]


def pass_at_k(candidates: int, passing: int, k: int) -> float:
    """The chance that one of k candidates passes, drawn without replacement: 1 − C(n−c, k) / C(n, k).

    The unbiased estimate of Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374),
    in exact integers until the one division. Raises `DataError` unless 0 ≤ passing ≤ candidates and 1 ≤ k ≤ candidates.
    """
    if not (0 <= passing <= candidates and 1 <= k <= candidates):
        raise DataError(f"metric: pass@{k} of {candidates} candidates, {passing} passing; k goes from 1 to all of them")
    ways = comb(candidates, k)
    return (ways - comb(candidates - passing, k)) / ways
