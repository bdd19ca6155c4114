import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator import compiler
from aggregator.exact import mean_half_even
from aggregator.ranks import mean_around_median, mean_of_ranks

FEW = st.integers(-3, 3) | st.sampled_from([-32768, -32767, 32767])  # ties, and differences beyond int16
ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=FEW)


@pytest.fixture(params=["numpy", "compiled"], scope="module", autouse=True)
def kernel(request):
    """Either kernel does what is asked, whatever the size of a chunk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "WORTH_COMPILING", 0 if request.param == "compiled" else 2**60)
        yield


def mean_of_the_closest(column, keep):
    """The definition in fractions: by distance to the median, then by value."""
    column = sorted(column)
    median = Fraction(column[(len(column) - 1) // 2] + column[len(column) // 2], 2)
    kept = sorted(column, key=lambda value: (abs(value - median), value))[:keep]
    return round(Fraction(sum(kept), keep))


@given(ROWS, st.data())
def test_equals_the_definition_in_fractions(rows, data):
    keep = data.draw(st.integers(1, len(rows)))
    expected = [mean_of_the_closest(column, keep) for column in rows.T.tolist()]
    assert mean_around_median(rows, keep).tolist() == expected


@pytest.mark.parametrize("n", [20, 25])
def test_equals_the_definition_for_every_number_kept(n):
    rows = np.random.default_rng(n).integers(-20, 20, (n, 64), dtype=np.int16)
    for keep in range(1, n + 1):
        expected = [mean_of_the_closest(column, keep) for column in rows.T.tolist()]
        assert mean_around_median(rows.copy(), keep).tolist() == expected


@pytest.mark.parametrize(
    ("column", "keep", "mean"),
    [
        ([0, 4, 8], 2, 2),  # 0 and 8 are equally far from 4: the smaller one is kept
        ([0, 1, 2, 8], 2, 2),  # around 1.5, so 1 and 2, and their mean is half to even
        ([0, 0, 5, 9], 1, 0),  # 0 and 5 are equally far from 2.5
        ([-32768, 0, 32767], 2, 16384),  # 32767 is closer to 0, by a distance that int16 has no room for
    ],
)
def test_examples(column, keep, mean):
    assert mean_around_median(np.array(column, np.int16)[:, None], keep).tolist() == [mean]


@given(ROWS, st.data())
def test_the_mean_of_ranks_equals_that_of_sorted_rows(rows, data):
    start = data.draw(st.integers(0, len(rows) - 1))
    wanted = range(start, data.draw(st.integers(start + 1, len(rows))))
    expected = mean_half_even(np.sort(rows, axis=0)[start : wanted.stop])
    assert (mean_of_ranks(rows, wanted) == expected).all()


@pytest.mark.parametrize(("n", "length"), [(1, 700), (7, 255), (8, 256), (25, 1025), (600, 300)])
def test_columns_of_every_part_of_a_chunk_count(n, length):
    rows = np.random.default_rng(n).integers(-32768, 32768, (n, length), dtype=np.int16)
    expected = mean_half_even(np.sort(rows, axis=0)[n // 4 : n - n // 4])
    assert (mean_of_ranks(rows.copy(), range(n // 4, n - n // 4)) == expected).all()
    closest = [mean_of_the_closest(column, n - n // 4) for column in rows.T.tolist()]
    assert mean_around_median(rows, n - n // 4).tolist() == closest


def test_a_room_with_columns_to_spare_is_no_matter():
    room = np.arange(50, dtype=np.int16).reshape(5, 10)
    assert mean_of_ranks(room[:, :3], range(2, 3)).tolist() == [20, 21, 22]
    room = np.arange(50, dtype=np.int16).reshape(5, 10)
    assert mean_around_median(room[:, :3], 3).tolist() == [20, 21, 22]


def test_without_a_compiler_numpy_does_it(monkeypatch):
    monkeypatch.setattr(compiler, "_has_compiler", lambda: False)
    monkeypatch.setattr(compiler, "WORTH_COMPILING", 0)
    monkeypatch.setitem(sys.modules, "aggregator.compiled", None)  # an import of it fails
    assert mean_of_ranks(np.array([[3], [1], [2]], np.int16), range(1, 2)).tolist() == [2]
