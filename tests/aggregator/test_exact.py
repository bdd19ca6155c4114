from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.errors import BadParameter
from aggregator.exact import (
    divide_half_even,
    gram,
    mean_half_even,
    root_of_ratio,
    split,
    squared_distances,
    squared_norms,
)
from aggregator.updates import LARGEST_CHUNK, Updates

ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(st.lists(st.integers(-(2**60), 2**60), min_size=1), st.integers(1, 2**61))
def test_division_rounds_half_to_even_like_fractions(totals, divisor):
    expected = [round(Fraction(total, divisor)) for total in totals]
    assert divide_half_even(np.array(totals, np.int64), divisor).tolist() == expected


@given(ROWS, st.data())
def test_means_equal_fractions(rows, data):
    n = len(rows)
    weights = data.draw(st.lists(st.integers(1, 2**46 // n), min_size=n, max_size=n))
    columns = rows.T.tolist()
    assert mean_half_even(rows).tolist() == [round(Fraction(sum(column), n)) for column in columns]
    assert mean_half_even(rows, weights).tolist() == [
        round(Fraction(sum(w * x for w, x in zip(weights, column, strict=True)), sum(weights))) for column in columns
    ]


@pytest.mark.parametrize("n", [2, 510, 511, 512, 513, 1 << 15])
def test_means_round_right_on_both_sides_of_a_half(n):
    """One row moves the sum by single units through the place where the quotient is a half."""
    first = max(0, n // 2 - 500) - 32768
    last = np.arange(first, first + 1000).astype(np.int16)
    for rest, moved in ((-32768, last), (32767, ~last)):
        expected = [round(Fraction((n - 1) * rest + value, n)) for value in moved.tolist()]
        assert mean_half_even([np.full(1000, rest, np.int16)] * (n - 1) + [moved]).tolist() == expected


def test_an_array_and_a_list_of_rows_have_the_same_mean():
    rows = np.random.default_rng(0).integers(-32768, 32768, (600, 50), dtype=np.int16)
    assert mean_half_even(rows).tolist() == mean_half_even(list(rows)).tolist()


@pytest.mark.parametrize("extreme", [-32768, 32767])
def test_the_most_updates_of_the_largest_value_do_not_overflow(extreme):
    assert mean_half_even(np.full((1 << 15, 1), extreme, np.int16)).tolist() == [extreme]


@given(ROWS, st.integers(1, 13), st.integers(1, 3))
def test_gram_and_distances_equal_python_integers(rows, chunk, threads):
    wide = rows.astype(object)
    inner = gram(Updates.of(rows, chunk, threads))
    assert inner.tolist() == (wide @ wide.T).tolist()
    expected = [[sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for y in wide] for x in wide]
    assert squared_distances(inner).tolist() == expected
    assert squared_norms(Updates.of(rows, chunk, threads)).tolist() == [sum(a * a for a in row) for row in wide]


def test_gram_is_exact_where_float64_is_at_its_limit():
    rows = np.full((2, LARGEST_CHUNK), -32768, np.int16)
    rows[1, 0] = -32767
    most = 2**30 * LARGEST_CHUNK
    assert gram(Updates.of(rows, LARGEST_CHUNK)).tolist() == [[most, most - 32768], [most - 32768, most - 65535]]


@given(st.integers(0, 2**80), st.integers(1, 2**80), st.integers(0, 70))
def test_root_of_ratio_is_the_floor(numerator, denominator, bits):
    root = root_of_ratio(numerator, denominator, bits)
    assert root**2 * denominator <= numerator << 2 * bits < (root + 1) ** 2 * denominator


@given(st.integers(0, 2**90), st.lists(st.integers(0, 2**70), min_size=1, max_size=20).filter(any))
def test_shares_sum_exactly_and_stay_within_one_of_the_ratio(total, weights):
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


def test_what_is_left_goes_to_the_largest_remainders_and_ties_to_the_first():
    assert split(10, [1, 1, 1]) == (4, 3, 3)
    assert split(10, [1, 1, 2]) == (3, 2, 5)
    assert split(10, [1, 3, 3]) == (2, 4, 4)
    assert split(3, [1, 0, 3]) == (1, 0, 2)


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [0, 0]), (1, []), (1, [-1, 3])])
def test_refuses_to_split_by_impossible_weights(total, weights):
    with pytest.raises(BadParameter, match="cannot split"):
        split(total, weights)
