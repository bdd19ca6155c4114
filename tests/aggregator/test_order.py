import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from aggregator.order import value_ranks
from aggregator.updates import Updates

VALUES = st.sampled_from([-32768, -257, -256, -1, 0, 1, 255, 256, 32767])
ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=VALUES)


@given(ROWS, st.integers(0, 600), st.integers(1, 300))
def test_updates_rank_as_lists_of_their_values_do(rows, common, chunk):
    rows = np.hstack([np.full((len(rows), common), 7, np.int16), rows])
    as_lists = rows.tolist()
    order = sorted({tuple(row) for row in as_lists})
    assert value_ranks(Updates.of(rows, chunk)) == [order.index(tuple(row)) for row in as_lists]


def test_equal_updates_share_a_rank():
    assert value_ranks(Updates.of(np.array([[5, 1], [5, 1], [4, 9]], np.int16))) == [1, 1, 0]
