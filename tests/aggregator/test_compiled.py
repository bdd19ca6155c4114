"""What is compiled is also plain Python, and says the same; that the compiled code does is in `test_ranks`."""

import numpy as np
import pytest

from aggregator import compiled
from aggregator.exact import mean_half_even
from aggregator.ranks import mean_around_median
from aggregator.sorting import bands, comparators


@pytest.fixture
def plain(monkeypatch):
    """The module with every kernel left uncompiled, and tiles small enough for that."""
    monkeypatch.setattr(compiled, "TILE", 4)
    for name, value in vars(compiled).copy().items():
        if hasattr(value, "py_func"):
            monkeypatch.setattr(compiled, name, value.py_func)
    return compiled


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_plain_kernels_equal_numpys(plain, n):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, 10), dtype=np.int16)
    out = np.empty(10, np.int16)
    for drop in range((n + 1) // 2):
        wanted = range(drop, n - drop)
        plain.mean_of_ranks_into(rows, comparators(n, [wanted]), wanted.start, wanted.stop, out)
        assert (out == mean_half_even(np.sort(rows, axis=0)[drop : n - drop])).all()
        plain.around_median_into(rows, comparators(n, bands(range(n + 1))), n - drop, out)
        assert (out == mean_around_median(rows.copy(), n - drop)).all()


@pytest.mark.parametrize("n", [1, 3, 4, 9])
def test_plain_inner_products_equal_those_of_blas(plain, n):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, 10)).astype(np.float64)
    out = np.ones((n, n))
    plain.inner_products_into(rows, out)
    assert (np.tril(out) == np.tril(rows @ rows.T + 1)).all()


def test_kernels_leave_the_rows_as_they_are(plain):
    rows = np.array([[3, 1], [2, 2], [1, 3]], np.int16)
    plain.mean_of_ranks_into(rows, comparators(3, [range(1, 2)]), 1, 2, np.empty(2, np.int16))
    assert rows.tolist() == [[3, 1], [2, 2], [1, 3]]
