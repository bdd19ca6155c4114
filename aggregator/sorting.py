"""Sorting networks over whole rows: every column of a chunk is put in order at once, as far as the caller needs it.

No branch depends on the data. What is made of the rows in order is for rules and kernels to say.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregator.updates import Delta

__all__ = ["bands", "comparators", "sort_rows", "sorted_bands"]


EXACT: Final = -1  # the label of a wire whose own value a later comparator reads


class _Comparator(NamedTuple):
    """Puts wires `low` and `high` in order; `smaller` and `larger` say which of its outputs anything depends on."""

    low: int
    high: int
    smaller: bool
    larger: bool


class _Step(NamedTuple):
    """One call on whole rows: the smaller or the larger of rows `one` and `other` of each column, written to `out`."""

    largest: bool
    one: int
    other: int
    out: int


class _Program(NamedTuple):
    """Steps over n rows and one spare row, and where the rows that were asked for then lie, smallest first."""

    steps: tuple[_Step, ...]
    places: tuple[int, ...]


def sort_rows(rows: Delta) -> list[Delta]:
    """Sort every column of int16 `rows` of shape (n, c), smallest first, into n rows of shape (c,); overwrites it."""
    return sorted_bands(rows, bands(range(len(rows) + 1)))


def bands(cuts: Iterable[int]) -> tuple[range, ...]:
    """Cut the ranks from the first to the last of `cuts` at every cut, in whatever order they are given."""
    return tuple(range(start, stop) for start, stop in pairwise(sorted(set(cuts))))


def sorted_bands(rows: Delta, wanted: Sequence[range]) -> list[Delta]:
    """Give the rows of the ranks in `wanted`, of each column of int16 `rows` of shape (n, c); overwrites `rows`.

    Rank 0 is a column's smallest value. The bands in `wanted` are disjoint and ascend. Every value of a band is at most
    any of the next band, but within one band the values come in no particular order, and ranks in no band are not
    computed: both save work. The rows that come back, of shape (c,), may share the memory of `rows`.
    """
    program = _program(len(rows), tuple(wanted))
    registers = [*rows, np.empty_like(rows[0])]
    for largest, one, other, out in program.steps:
        function = np.maximum if largest else np.minimum
        function(registers[one], registers[other], out=registers[out])
    return [registers[place] for place in program.places]


def comparators(n: int, wanted: Sequence[range]) -> NDArray[np.int64]:
    """List the pairs of rows to put in order, of shape (m, 2), until the ranks in `wanted` lie in rows of that number.

    `wanted` is as for `sorted_bands`; what lies in other rows is not said.
    """
    pairs = [(one.low, one.high) for one in _needed(n, tuple(wanted))]
    return np.array(pairs, np.int64).reshape(-1, 2)


@cache
def _program(n: int, wanted: tuple[range, ...]) -> _Program:
    """Turn the network into calls on rows: a spare row instead of copies, and half a comparator where that will do."""
    places, spare = list(range(n)), n
    steps = []
    for low, high, smaller, larger in _needed(n, wanted):
        one, other = places[low], places[high]
        if smaller and larger:
            steps.append(_Step(False, one, other, spare))
            places[low], spare = spare, one
        elif smaller:
            steps.append(_Step(False, one, other, one))
        if larger:
            steps.append(_Step(True, one, other, other))
    return _Program(tuple(steps), tuple(places[rank] for band in wanted for rank in band))


@cache
def _needed(n: int, wanted: tuple[range, ...]) -> tuple[_Comparator, ...]:
    """Walk back from the outputs through a network that sorts n wires and keep the comparators that matter.

    One between two outputs of the same wanted band only changes their order there, and one between two outputs of no
    band changes nothing wanted.
    """
    label: list[int | None] = [None] * n  # the band that a wire's value is wanted in from here on
    for number, band in enumerate(wanted):
        label[band.start : band.stop] = [number] * len(band)
    needed = []
    for low, high in reversed(_network(n)):
        below, above = label[low], label[high]
        if below != above or below == EXACT:
            needed.append(_Comparator(low, high, below is not None, above is not None))
            label[low] = label[high] = EXACT
    return tuple(reversed(needed))


@cache
def _network(n: int) -> tuple[tuple[int, int], ...]:
    """List the comparators that sort n wires: Batcher's merge exchange (Knuth, TAOCP vol. 3, 5.2.2, algorithm M)."""
    top = (1 << (n - 1).bit_length()) >> 1
    pairs = []
    p = top
    while p:
        q, r, d = top, 0, p
        while True:
            pairs += [(i, i + d) for i in range(n - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return tuple(pairs)
