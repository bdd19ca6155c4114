"""The updates of a round as rows of int16, cut into column chunks that fit the cache and may run on several threads.

Rows are in the order of trainer addresses; they may be mixed with each other on the way, chunk by chunk. Nothing here
computes an aggregate; rules say what happens to a chunk.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter, TooFewUpdates
from aggregator.mixing import Mixing
from aggregator.rooms import Number, Rooms

__all__ = ["CHUNK", "LARGEST_CHUNK", "LARGEST_COUNT", "LARGEST_LENGTH", "Delta", "Rows", "Updates"]

Delta: TypeAlias = NDArray[np.int16]
Rows: TypeAlias = NDArray[np.int16] | Sequence[NDArray[np.int16]]

CHUNK = 1 << 15  # columns: wide enough to hide the cost of a call, narrow enough that a dozen rows fit the cache
NARROW_CHUNK, WIDE_CHUNK = 1 << 13, 1 << 17  # columns
WIDE_VALUES = 1 << 22  # values of a wide chunk, 8 MiB
LEAST_DENSE, DENSE_VALUES = 1 << 10, 1 << 19  # columns and values of a chunk for matrix products, 4 MiB in float64
LARGEST_CHUNK = 1 << 20  # columns: 2^20 products below 2^31 stay exact in float64
LARGEST_COUNT = 1 << 15  # rows: sums of as many int16 values stay in int32
LARGEST_LENGTH = 1 << 30  # coordinates: sums of as many squares below 2^31 stay in int64


@dataclass(frozen=True)
class Updates:
    """The updates of one round: `rows` holds n int16 arrays of shape (d,), memory-mapped or not.

    What a rule sees are these rows after the `mixings`, first to last; each chunk is mixed when somebody asks for it.
    """

    rows: tuple[Delta, ...]
    chunk: int
    threads: int = 1
    mixings: tuple[Mixing, ...] = ()

    @classmethod
    def of(cls, rows: Rows, chunk: int | None = None, threads: int = 1) -> "Updates":
        """Take an int16 array of shape (n, d) or n int16 arrays of shape (d,); copies nothing.

        `chunk` counts columns (at most 2^20). Raises `TooFewUpdates` for no row and `BadParameter` for other
        shapes, dtypes and ranges.
        """
        taken = cls(tuple(map(np.asanyarray, rows)), CHUNK if chunk is None else chunk, threads)
        taken._check()
        return taken

    @property
    def count(self) -> int:
        """n, the number of rows that a rule sees."""
        return len(self.mixings[-1].weights) if self.mixings else len(self.rows)

    @property
    def length(self) -> int:
        """d, the coordinates of each update."""
        return int(self.rows[0].shape[0])

    def take(self, places: Sequence[int]) -> "Updates":
        """Keep the rows at `places` only; copies nothing."""
        if self.mixings:
            *before, last = self.mixings
            return replace(self, mixings=(*before, last.take(places)))
        return replace(self, rows=tuple(self.rows[place] for place in places))

    def mixed(self, mixing: Mixing) -> "Updates":
        """See the rows through one more `mixing`, whose weights are of shape (m, n); computes nothing yet."""
        return replace(self, mixings=(*self.mixings, mixing))

    def joined(self, row: NDArray[Any]) -> "Updates":
        """Add one more int16 `row` of shape (d,) at the end, which no earlier mixing touches.

        Raises `BadParameter` for another dtype or shape.
        """
        _check_row("the row that is added", row, self.rows[0])
        return replace(self, rows=(*self.rows, row), mixings=tuple(one.joined() for one in self.mixings))

    def wide(self, chunk: int | None) -> "Updates":
        """Cut into chunks that suit a kernel which calls numpy for one or two rows at a time; `chunk` goes before that.

        Such calls are short, and threads that make them wait for each other unless they are long enough. Mixing, where
        there is some, takes more time than they do, and has its own best chunk.
        """
        if chunk is None and self.mixings:
            return self.dense()
        if chunk is None:
            shares = -(-self.length // self.threads)
            chunk = max(NARROW_CHUNK, min(WIDE_CHUNK, WIDE_VALUES // self.count, shares))
        return replace(self, chunk=chunk)

    def dense(self) -> "Updates":
        """Cut into chunks, unless they are narrower already, whose rows fit the cache as floating-point numbers."""
        return replace(self, chunk=min(self.chunk, max(LEAST_DENSE, DENSE_VALUES // len(self.rows))))

    def block(self, start: int, stop: int, rooms: Rooms | None = None) -> Delta:
        """Copy columns `start` to `stop` of every row, mixed, to an int16 array of shape (n, stop − start).

        The array is fresh, or one of the `rooms`.
        """
        rooms = rooms or Rooms()
        if not self.mixings:
            return self._filled(start, stop, np.int16, rooms)
        return rooms.cast(self._mixed(start, stop, rooms), np.int16)

    def by_chunk(self, function: Callable[[Delta], NDArray[np.integer]]) -> Delta:
        """Join what `function` makes of each chunk: from int16 (n, c), which it may overwrite, to (c,) within int16."""
        result, rooms = np.empty(self.length, np.int16), Rooms()

        def work(start: int, stop: int) -> None:
            result[start:stop] = function(self.block(start, stop, rooms))

        self._each(work)
        return result

    def summed(
        self, shape: tuple[int, ...], function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> NDArray[np.int64]:
        """Add up what `function` makes of each chunk: from float64 (n, c), which hold int16 values, to integers.

        Those are of the given shape and stay below 2^53.
        """
        return self._summed(shape, lambda start, stop, rooms: function(self._numbers(start, stop, rooms)))

    def summed_from_int16(
        self, shape: tuple[int, ...], function: Callable[[Delta], NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Add up what `function` makes of each chunk, int16 of shape (n, c): int64 of the given shape."""
        return self._summed(shape, lambda start, stop, rooms: function(self.block(start, stop, rooms)))

    def _summed(
        self, shape: tuple[int, ...], part: Callable[[int, int, Rooms], NDArray[np.number[Any]]]
    ) -> NDArray[np.int64]:
        total, rooms, alone = np.zeros(shape, np.int64), Rooms(), Lock()

        def work(start: int, stop: int) -> None:
            more = part(start, stop, rooms).astype(np.int64, copy=False)
            with alone:
                np.add(total, more, out=total)

        self._each(work)
        return total

    def _numbers(self, start: int, stop: int, rooms: Rooms) -> NDArray[np.float64]:
        if not self.mixings:
            return self._filled(start, stop, np.float64, rooms)
        return rooms.cast(self._mixed(start, stop, rooms), np.float64)

    def _mixed(self, start: int, stop: int, rooms: Rooms) -> NDArray[np.floating]:
        numbers: NDArray[np.floating] = self._filled(start, stop, self.mixings[0].kind, rooms)
        for place, mixing in enumerate(self.mixings):
            out = rooms.array(f"mixing {place}", (len(mixing.weights), stop - start), mixing.kind)
            mixing(rooms.cast(numbers, mixing.kind), out)
            numbers = out
        return numbers

    def _filled(self, start: int, stop: int, kind: type[Number], rooms: Rooms) -> NDArray[Number]:
        block = rooms.array("rows", (len(self.rows), stop - start), kind)
        for place, row in zip(block, self.rows, strict=True):
            place[:] = row[start:stop]
        return block

    def _each(self, work: Callable[[int, int], None]) -> None:
        starts = range(0, self.length, self.chunk)
        stops = [min(start + self.chunk, self.length) for start in starts]
        if self.threads == 1 or len(stops) == 1:
            for start, stop in zip(starts, stops, strict=True):
                work(start, stop)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            for _ in pool.map(work, starts, stops):
                pass

    def _check(self) -> None:
        if not self.rows:
            raise TooFewUpdates("no updates: every rule needs at least one")
        if self.count > LARGEST_COUNT:
            raise BadParameter(f"{self.count} updates: at most {LARGEST_COUNT} are allowed")
        for place, row in enumerate(self.rows):
            _check_row(f"update {place}", row, self.rows[0])
        if not 1 <= self.length <= LARGEST_LENGTH:
            raise BadParameter(f"updates of {self.length} coordinates: from 1 to {LARGEST_LENGTH} are allowed")
        if not 1 <= self.chunk <= LARGEST_CHUNK:
            raise BadParameter(f"chunk is {self.chunk}: from 1 to {LARGEST_CHUNK} columns keep sums exact")
        if self.threads < 1:
            raise BadParameter(f"threads is {self.threads}: give at least 1")


def _check_row(which: str, row: NDArray[Any], first: Delta) -> None:
    if row.ndim != 1 or row.dtype.newbyteorder("=") != np.int16:
        raise BadParameter(f"{which} is {row.dtype} of shape {row.shape}: give int16 of shape (d,)")
    if row.shape != first.shape:
        raise BadParameter(f"{which} has {row.shape[0]} coordinates, update 0 has {first.shape[0]}")
