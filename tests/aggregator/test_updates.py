import numpy as np
import pytest

from aggregator.errors import BadParameter, TooFewUpdates
from aggregator.updates import LARGEST_CHUNK, LARGEST_COUNT, LARGEST_LENGTH, Updates

ROWS = np.arange(12, dtype=np.int16).reshape(3, 4)


def huge(length):
    """A row of that many coordinates that takes no memory."""
    return np.broadcast_to(np.int16(0), (length,))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunk", [1, 3, 4, 100])
def test_chunks_cover_every_column_once_and_in_order(chunk, threads):
    updates = Updates.of(ROWS, chunk, threads)
    assert (updates.by_chunk(lambda rows: rows[2]) == ROWS[2]).all()
    assert updates.summed((3,), lambda rows: rows.sum(axis=1)).tolist() == ROWS.sum(axis=1).tolist()


def test_a_chunk_is_a_copy_that_may_be_overwritten():
    Updates.of(ROWS).block(0, 4)[:] = 0
    assert ROWS[2, 3] == 11


def test_memory_maps_and_other_byte_orders_give_the_same_values(tmp_path):
    rows = []
    for place, row in enumerate(ROWS):
        row.astype(">i2").tofile(tmp_path / str(place))
        rows.append(np.memmap(tmp_path / str(place), ">i2", "r"))
    assert (Updates.of(rows).block(0, 4) == ROWS).all()


def test_taking_rows_keeps_their_order():
    assert (Updates.of(ROWS).take([2, 0]).block(0, 4) == ROWS[[2, 0]]).all()


@pytest.mark.parametrize(
    ("rows", "chunk", "threads", "sentence"),
    [
        (ROWS.astype(np.int32), None, 1, "update 0 is int32"),
        (ROWS.astype(np.uint16), None, 1, "update 0 is uint16"),
        (ROWS[0], None, 1, r"shape \(\): give int16"),
        ([[1, 2]], None, 1, "update 0 is int64"),
        ([ROWS[0], ROWS[0, :2]], None, 1, "update 1 has 2 coordinates, update 0 has 4"),
        (np.empty((3, 0), np.int16), None, 1, "updates of 0 coordinates"),
        ([huge(LARGEST_LENGTH + 1)], None, 1, "updates of 1073741825 coordinates"),
        ([huge(1)] * (LARGEST_COUNT + 1), None, 1, "32769 updates: at most 32768"),
        (ROWS, 0, 1, "chunk is 0"),
        (ROWS, LARGEST_CHUNK + 1, 1, "chunk is 1048577"),
        (ROWS, None, 0, "threads is 0"),
    ],
)
def test_refuses_what_would_not_be_exact(rows, chunk, threads, sentence):
    with pytest.raises(BadParameter, match=sentence):
        Updates.of(rows, chunk, threads)


def test_refuses_no_updates():
    with pytest.raises(TooFewUpdates, match="no updates"):
        Updates.of([])


@pytest.mark.parametrize(
    ("n", "length", "threads", "chunk"),
    [
        (10, 10**7, 2, 1 << 17),  # few rows
        (50, 10**7, 2, (1 << 22) // 50),  # no more than 8 MiB
        (1000, 10**7, 2, 1 << 13),  # many rows
        (10, 100_000, 2, 50_000),  # something to do for each thread
        (10, 1000, 2, 1 << 13),  # nothing to share
    ],
)
def test_wide_chunks_fit_rows_length_and_threads(n, length, threads, chunk):
    updates = Updates.of([huge(length)] * n, threads=threads)
    assert updates.wide(None).chunk == chunk
    assert updates.wide(77).chunk == 77
