"""Matrix products of one chunk of rows, cut into products so small that a BLAS starts no threads of its own for them.

Threads are ours to start. OpenBLAS's own wait for each other actively, which beside any other work on the machine takes
many times what they save. How a product is cut never changes it: all numbers are integers that float64 adds exactly.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["compiled_inner_products", "compiled_squares_and_products", "inner_products", "multiply"]

TILE = 64  # rows
SMALL = 390_000  # multiplications; OpenBLAS 0.3 starts threads somewhat above 400,000


def inner_products(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply every pair of n rows of shape (c,): the chunk's Gram matrix, of shape (n, n)."""
    n = len(rows)
    tile = -(-n // -(-n // TILE))  # as even as possible
    products = np.empty((n, n))
    for one in range(0, n, tile):
        for other in range(one, n, tile):
            part = _between(rows[one : one + tile], rows[other : other + tile])
            products[one : one + tile, other : other + tile] = part
            products[other : other + tile, one : one + tile] = part.T
    return products


def compiled_inner_products(rows: NDArray[np.int16]) -> NDArray[np.int64]:
    """Multiply every pair of n int16 rows of shape (c,) without a BLAS, to int64 of shape (n, n); needs numba."""
    from aggregator.compiled import inner_products_into

    products = np.zeros((len(rows), len(rows)), np.int64)
    inner_products_into(np.ascontiguousarray(rows), products)
    lower = np.tril(products)
    return lower + np.tril(lower, -1).T


def compiled_squares_and_products(rows: NDArray[np.int16]) -> NDArray[np.int64]:
    """Multiply n int16 rows of shape (c,) with themselves and with the last, to int64 of shape (n, 2); needs numba."""
    from aggregator.compiled import squares_and_products_into

    products = np.zeros((len(rows), 2), np.int64)
    squares_and_products_into(rows, products)
    return products


def _between(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply rows of one tile with those of another; numpy sees it when they are the same and halves the work."""
    length = _length(len(some) * len(others))
    whole = some.shape[1] // length * length
    total: NDArray[np.float64] = some[:, whole:] @ others[:, whole:].T
    if whole:
        total += np.matmul(_cut(some[:, :whole], length), _cut(others[:, :whole], length).transpose(0, 2, 1)).sum(
            axis=0
        )
    return total


def multiply(weights: NDArray[np.floating], rows: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    """Multiply `weights` of shape (m, n) with `rows` of shape (n, c) to `out` of shape (m, c), all of one dtype."""
    for start in range(0, len(weights), TILE):
        some, onto = weights[start : start + TILE], out[start : start + TILE]
        length = _length(some.size)
        whole = rows.shape[1] // length * length
        if whole:
            np.matmul(some, _cut(rows[:, :whole], length), out=_cut(onto[:, :whole], length))
        np.matmul(some, rows[:, whole:], out=onto[:, whole:])


def _length(multiplications: int) -> int:
    """Columns of one small product that needs so many multiplications for each; multiples of 8 are faster."""
    length = SMALL // multiplications
    return max(1, length if length < 8 else length // 8 * 8)


def _cut(rows: NDArray[np.floating], length: int) -> NDArray[np.floating]:
    """View rows of shape (n, q · length) as q pieces of shape (n, length)."""
    return rows.reshape(len(rows), -1, length).transpose(1, 0, 2)
