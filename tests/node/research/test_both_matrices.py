"""The mean of products beside the same computed in full, by definition."""

import numpy as np
import pytest

from node.errors import ConfigError
from node.research.both_matrices import mean_of_products


def adapters(n, rank=3, m=12, k=9, seed=0):
    draw = np.random.default_rng(seed)
    return [(draw.normal(size=(m, rank)), draw.normal(size=(rank, k))) for _ in range(n)]


def mean(given):
    return np.mean([b @ a for b, a in given], axis=0)


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_no_matrix_of_that_rank_is_closer_to_the_mean(n):
    given = adapters(n)
    b, a = mean_of_products(given, 3)
    assert (b.shape, a.shape) == ((12, 3), (3, 9))
    rest = np.linalg.svd(mean(given), compute_uv=False)[3:]
    assert np.linalg.norm(mean(given) - b @ a) == pytest.approx(np.linalg.norm(rest), abs=1e-9)


def test_a_rank_that_holds_the_mean_loses_nothing():
    b, a = mean_of_products(adapters(2), 6)
    assert b @ a == pytest.approx(mean(adapters(2)))


def test_the_mean_of_products_is_not_the_product_of_means():
    given = adapters(4)
    b, a = mean_of_products(given, 9)
    apart = np.mean([b for b, _ in given], axis=0) @ np.mean([a for _, a in given], axis=0)
    assert b @ a == pytest.approx(mean(given))
    assert np.linalg.norm(apart - mean(given)) > 0.3 * np.linalg.norm(mean(given))


def test_adapters_that_changed_nothing_give_one_that_changes_nothing():
    b, a = mean_of_products([(np.zeros((4, 2)), np.ones((2, 5)))] * 3, 2)
    assert not (b @ a).any()


@pytest.mark.parametrize(("given", "rank"), [([], 2), (adapters(1), 0)])
def test_nothing_to_average_is_refused(given, rank):
    with pytest.raises(ConfigError, match="give one at least"):
        mean_of_products(given, rank)


def test_adapters_of_other_shapes_are_refused():
    with pytest.raises(ConfigError, match="shapes do not fit"):
        mean_of_products([*adapters(1), *adapters(1, m=11)], 2)
