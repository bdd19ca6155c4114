import numpy as np
import pytest

from aggregator.products import (
    SMALL,
    TILE,
    compiled_inner_products,
    compiled_squares_and_products,
    inner_products,
    multiply,
)


def integers(seed, *shape, most=2**15):
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.float64)


@pytest.mark.parametrize("n", [1, 3, 50, TILE, TILE + 1, 3 * TILE - 2])
@pytest.mark.parametrize("c", [1, 73, 100, 2500])
def test_inner_products_are_those_of_whole_rows(n, c):
    rows = integers(n, n, c)
    assert (inner_products(rows) == rows @ rows.T).all()


@pytest.mark.parametrize("n", [1, 3, 4, 5, 50])
@pytest.mark.parametrize("c", [1, 255, 256, 2500])
def test_compiled_inner_products_are_exact_too(n, c):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, c + 1), dtype=np.int16)[:, 1:]
    assert (compiled_inner_products(rows) == rows.astype(np.int64) @ rows.T.astype(np.int64)).all()


def test_compiled_inner_products_are_exact_at_the_largest_values():
    rows = np.full((5, 4096), -32768, np.int16)
    assert (compiled_inner_products(rows) == 4096 << 30).all()
    assert (compiled_squares_and_products(rows) == 4096 << 30).all()


@pytest.mark.parametrize("n", [1, 3, 50])
@pytest.mark.parametrize("c", [1, 255, 256, 2500])
def test_compiled_squares_are_those_of_all_products(n, c):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, c + 1), dtype=np.int16)[:, 1:]
    inner = rows.astype(np.int64) @ rows.T.astype(np.int64)
    assert (compiled_squares_and_products(rows) == np.stack([np.diag(inner), inner[-1]], axis=1)).all()


@pytest.mark.parametrize("m", [1, 7, TILE, TILE + 3])
@pytest.mark.parametrize("c", [1, 100, 2500])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_products_are_those_of_whole_matrices_and_fill_a_part_of_an_array_too(m, c, kind):
    weights, rows = integers(m, m, 50, most=9).astype(kind), integers(c, 50, c, most=999).astype(kind)
    out = np.zeros((m, c + 5), kind)
    multiply(weights, rows, out[:, :c])
    assert (out[:, :c] == weights @ rows).all()
    assert not out[:, c:].any()


def test_more_rows_than_one_small_product_has_multiplications():
    rows = integers(0, SMALL + 1, 2, most=3)
    out = np.zeros((1, 2))
    multiply(np.ones((1, SMALL + 1)), rows, out)
    assert (out == rows.sum(axis=0)).all()
