"""What is compiled is also plain Python, and says the same; that the compiled code does is in `test_ranks`."""

import numpy as np
import pytest

import aggregator
from aggregator import compiled, compiler
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
def test_plain_products_equal_those_of_integers(plain, n):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, 10), dtype=np.int16)
    inner, mean = np.ones((n, n), np.int64), np.empty(10, np.int16)
    plain.inner_products_into(rows, inner)
    assert (np.tril(inner) == np.tril(rows.astype(np.int64) @ rows.T.astype(np.int64) + 1)).all()
    squares = np.ones((n, 2), np.int64)
    plain.squares_and_products_into(rows, squares)
    assert (squares[:, 0] == np.diag(inner)).all()
    assert (squares[:, 1] == inner[-1]).all()
    plain.weighted_mean_into(rows, np.arange(1.0, n + 1), n * (n + 1) / 2, mean)
    assert (mean == mean_half_even(rows, range(1, n + 1))).all()


def test_kernels_leave_the_rows_as_they_are(plain):
    rows = np.array([[3, 1], [2, 2], [1, 3]], np.int16)
    plain.mean_of_ranks_into(rows, comparators(3, [range(1, 2)]), 1, 2, np.empty(2, np.int16))
    assert rows.tolist() == [[3, 1], [2, 2], [1, 3]]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *((name, {}) for name in sorted(set(aggregator.RULES) - {"mean", "median", "trimmed_mean", "meamed"})),
        ("centred_clipping", {"steps": 1}),
    ],
)
def test_every_rule_that_judges_whole_updates_gives_the_same_bytes(name, parameters, monkeypatch):
    """`test_coordinate` shows it for the others."""
    rows = np.random.default_rng(2).integers(-32768, 32768, (15, 70_001), dtype=np.int16)
    context = aggregator.Context(faults=3, threads=2, previous=rows[0])
    fast = aggregator.aggregate_with_reasons(rows, aggregator.rule(name, **parameters), context)
    monkeypatch.setattr(compiler, "_has_compiler", lambda: False)
    plain = aggregator.aggregate_with_reasons(rows, aggregator.rule(name, **parameters), context)
    assert (plain.delta == fast.delta).all()
    assert plain.reasons == fast.reasons
