"""The mean of LoRA products when both matrices train, brought back to the rank of an adapter: for simulations only.

In floating point: `docs/decisions/lora-both-matrices.md` says why no attested round can use it.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.errors import ConfigError

__all__ = ["Factors", "mean_of_products"]

Floats: TypeAlias = NDArray[np.float64]
Factors: TypeAlias = tuple[Floats, Floats]  # B, (m, r), and A, (r, k), whose product is added to a weight


def mean_of_products(adapters: Sequence[Factors], rank: int) -> Factors:
    """Factors of the matrix of at most this rank that is closest to the mean of all B·A, in the Frobenius norm.

    Eckart and Young 1936, "The approximation of one matrix by another of lower rank"; the decomposition is taken of an
    (n·r, n·r) matrix, since all B together, and all A, have no larger rank. Both factors get the same share of each
    singular value. Raises `ConfigError` without adapters, or when their shapes do not fit.
    """
    if not adapters or rank < 1:
        raise ConfigError(
            f"mean of {len(adapters)} adapters of rank {rank}: give one at least, and a rank of 1 or more"
        )
    try:
        left = np.concatenate([b for b, _ in adapters], axis=1) / len(adapters)
        right = np.concatenate([a for _, a in adapters], axis=0)
        outer, inner = np.linalg.qr(left), np.linalg.qr(right.T)
        u, values, v = np.linalg.svd(outer.R @ inner.R.T)
    except ValueError as error:
        raise ConfigError(f"mean of products: the adapters' shapes do not fit ({error})") from error
    kept = min(rank, len(values))
    share = np.sqrt(values[:kept])
    return outer.Q @ u[:, :kept] * share, share[:, None] * (v[:kept] @ inner.Q.T)
