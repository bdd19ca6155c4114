import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.sorting import bands, sort_rows, sorted_bands

ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(ROWS)
def test_rows_come_out_sorted(rows):
    expected = np.sort(rows, axis=0)
    assert (np.array(sort_rows(rows)) == expected).all()


@pytest.mark.parametrize("n", range(1, 13))
def test_the_network_sorts_every_pattern_of_zeros_and_ones(n):
    patterns = every_pattern(n)
    expected = np.sort(patterns, axis=0)
    assert (np.array(sort_rows(patterns)) == expected).all()


@pytest.mark.parametrize("n", [100, 256])
def test_the_network_sorts_a_full_round(n):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, 50), dtype=np.int16)
    expected = np.sort(rows, axis=0)
    assert (np.array(sort_rows(rows)) == expected).all()


def test_cuts_make_bands_in_any_order():
    assert bands([7, 2, 3, 3]) == (range(2, 3), range(3, 7))
    assert bands([2]) == ()


@pytest.mark.parametrize("n", range(1, 11))
def test_one_band_holds_the_values_of_its_ranks(n):
    """For zeros and ones this is all there is to show: a network that moves those moves everything right."""
    expected = np.sort(every_pattern(n), axis=0)
    for start in range(n):
        for stop in range(start + 1, n + 1):
            rows = np.array(sorted_bands(every_pattern(n), [range(start, stop)]))
            assert (np.sort(rows, axis=0) == expected[start:stop]).all(), (start, stop)


@given(ROWS, st.data())
def test_several_bands_hold_the_values_of_their_ranks(rows, data):
    n = len(rows)
    cuts = data.draw(st.lists(st.integers(0, n), max_size=6))
    wanted = [band for band in bands(cuts) if data.draw(st.booleans())]
    expected = np.sort(rows, axis=0)
    lines = iter(sorted_bands(rows, wanted))
    for band in wanted:
        values = np.array([next(lines) for _ in band])
        assert (np.sort(values, axis=0) == expected[band.start : band.stop]).all()
    assert not list(lines)


def every_pattern(n):
    """All columns of n zeros and ones."""
    return (np.arange(2**n) >> np.arange(n)[:, None] & 1).astype(np.int16)
