"""Integer arithmetic that gives the same bytes on every CPU: means, Gram matrices, roots and shares.

Floating point appears only where it is provably exact. Rows are sorted in `sorting`. Nothing here knows what a rule is.
"""

from collections.abc import Sequence
from math import isqrt
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregator.compiler import compiles
from aggregator.errors import BadParameter
from aggregator.products import compiled_inner_products, compiled_squares_and_products, inner_products
from aggregator.updates import Delta, Updates

__all__ = [
    "divide_half_even",
    "gram",
    "mean_half_even",
    "root_of_ratio",
    "split",
    "squared_distances",
    "squared_norms",
    "squares_and_products",
    "sums_of_rows",
]

Integer = TypeVar("Integer", bound=np.integer)


def divide_half_even(total: NDArray[Integer], divisor: int) -> NDArray[Integer]:
    """Divide integer sums by a positive `divisor`, rounding halves to the even neighbour; overwrites `total`.

    Twice the divisor must fit the dtype of `total`.
    """
    quotient: NDArray[Integer] = total // divisor
    total -= quotient * divisor
    total *= 2
    total += quotient & 1  # an odd quotient goes up at exactly one half, an even one does not
    quotient += total > divisor
    return quotient


def mean_half_even(
    rows: Sequence[Delta] | Delta, weights: Sequence[int] | None = None
) -> NDArray[np.int16] | NDArray[np.int64]:
    """Average n int16 rows of shape (c,) to integers of shape (c,), rounding once, half to even.

    At most 2^15 rows, so that sums stay in int32. `weights` are n positive integers whose sum stays within 2^46, so
    that weighted sums stay in int64.
    """
    if weights is None:
        return _rounded_quotient(_sum(rows), len(rows))
    total = np.zeros(rows[0].shape, np.int64)
    for weight, row in zip(weights, rows, strict=True):
        total += row * np.int64(weight)
    return divide_half_even(total, sum(weights))


def _sum(rows: Sequence[Delta] | Delta) -> NDArray[np.int32]:
    if isinstance(rows, np.ndarray):
        whole: NDArray[np.int32] = rows.sum(axis=0, dtype=np.int32)
        return whole  # one call: threads wait less for each other
    total = rows[0].astype(np.int32)
    for row in rows[1:]:
        total += row
    return total


def _rounded_quotient(total: NDArray[np.int32], n: int) -> NDArray[np.int16]:
    """Divide the sums of n int16 values by n, half to even; faster than integers, and exact all the same.

    Below 2^9 rows a sum has at most 24 bits and is exact in single precision, as it always is in double. The quotient,
    within 2^15, cannot land on a half that the exact one misses: it misses by at least 1 / 2n, more than half a last
    place of such a number, which is at most 2^-10 (2^-39 in double precision).
    """
    quotient: NDArray[np.floating] = total.astype(np.float32 if n < 1 << 9 else np.float64)
    quotient /= n
    np.rint(quotient, out=quotient)
    return quotient.astype(np.int16)


def gram(updates: Updates) -> NDArray[np.int64]:
    """Multiply every pair of the n updates: exact inner products, int64 of shape (n, n).

    Products of int16 are at most 2^30 and a chunk has at most 2^20 columns, so each partial sum is an integer of at
    most 2^50 < 2^53 and float64 is exact in whatever order it is added. At most 2^30 coordinates keep the total below
    2^60, so neither int64 nor a squared distance (at most four times that) can overflow.
    """
    n = updates.count
    if compiles(n * updates.length):
        return updates.summed_from_int16((n, n), compiled_inner_products)
    return updates.dense().summed((n, n), inner_products)


def squared_norms(updates: Updates) -> NDArray[np.int64]:
    """Multiply every update with itself: the diagonal of the Gram matrix alone, int64 of shape (n,)."""
    return updates.dense().summed((updates.count,), lambda rows: np.einsum("ij,ij->i", rows, rows))


def squares_and_products(updates: Updates) -> NDArray[np.int64]:
    """Multiply every update with itself and with the last one, int64 of shape (n, 2): no more work than reading them.

    The diagonal and the last column of the Gram matrix, exact for the same reasons.
    """
    shape = updates.count, 2
    if compiles(updates.count * updates.length):
        return updates.summed_from_int16(shape, compiled_squares_and_products)
    return updates.dense().summed(shape, _squares_and_products)


def _squares_and_products(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.einsum("ij,ij->i", rows, rows), np.einsum("ij,j->i", rows, rows[-1])], axis=1)


def squared_distances(inner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn an exact Gram matrix into exact squared distances, int64 of shape (n, n)."""
    squares = np.diag(inner)
    return squares[:, None] + squares[None, :] - 2 * inner


def sums_of_rows(matrix: NDArray[np.int64]) -> list[int]:
    """Add up each row of non-negative integers, in Python's integers where the sum may exceed int64."""
    high, low = (matrix >> 32).sum(axis=1), (matrix & (1 << 32) - 1).sum(axis=1)
    return [(one << 32) + other for one, other in zip(high.tolist(), low.tolist(), strict=True)]


def root_of_ratio(numerator: int, denominator: int, bits: int) -> int:
    """Compute floor(2^bits · √(numerator / denominator)) in integers; both non-negative, the denominator positive."""
    return isqrt((numerator << 2 * bits) // denominator)


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` into integers proportional to `weights` that sum exactly to it.

    What the floors leave goes, one each, to the largest remainders; ties go by position. Raises `BadParameter` unless
    the total and the weights are non-negative and some weight is positive.
    """
    whole = sum(weights)
    if total < 0 or whole <= 0 or min(weights) < 0:
        raise BadParameter(f"cannot split {total} by weights that sum to {whole}: none may be negative, one positive")
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return tuple(shares)
