"""pass@k against counting every draw."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.metrics import pass_at_k


@given(st.integers(1, 8), st.data())
def test_against_counting_every_draw(n: int, data: st.DataObject) -> None:
    passing, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(combinations(range(n), k))
    expected = sum(min(draw) < passing for draw in draws) / len(draws)
    assert pass_at_k(n, passing, k) == pytest.approx(expected)


@pytest.mark.parametrize(("n", "passing", "k"), [(0, 0, 1), (3, 4, 1), (3, -1, 1), (3, 1, 0), (3, 1, 4)])
def test_counts_that_cannot_be_are_refused(n: int, passing: int, k: int) -> None:
    with pytest.raises(DataError, match=f"pass@{k}"):
        pass_at_k(n, passing, k)
