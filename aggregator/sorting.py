"""Sorting networks over whole rows: every column of a chunk is put in order at once, as far as the caller needs it.

No branch depends on the data. What is made of the rows in order is for rules and kernels to say.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from aggregator.updates import Delta

__all__ = ["bands", "sort_rows", "sorted_bands"]

Comparator = tuple[int, int]


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


@cache
def _program(n: int, wanted: tuple[range, ...]) -> _Program:
    """Compile the network for n rows, without the comparators and halves of them that no wanted band depends on."""
    label: list[int | None] = [None] * n
    for number, band in enumerate(wanted):
        label[band.start : band.stop] = [number] * len(band)
    places, spare = list(range(n)), n
    steps = []
    for low, high, smallest, largest in _needed(_network(n), label):
        one, other = places[low], places[high]
        if smallest and largest:
            steps.append(_Step(False, one, other, spare))
            places[low], spare = spare, one
        elif smallest:
            steps.append(_Step(False, one, other, one))
        if largest:
            steps.append(_Step(True, one, other, other))
    return _Program(tuple(steps), tuple(places[rank] for band in wanted for rank in band))


EXACT: Final = -1  # the label of a wire whose own value a later comparator reads


def _needed(network: Sequence[Comparator], label: list[int | None]) -> list[tuple[int, int, bool, bool]]:
    """Walk back from the outputs and keep each comparator that matters, with which of its two outputs do.

    `label` says for each output which band it is wanted in, or None; it is overwritten. A comparator between two
    outputs of one band only changes their order there, and one between two unwanted outputs changes nothing wanted.
    """
    needed = []
    for low, high in reversed(network):
        below, above = label[low], label[high]
        if below == above != EXACT:
            continue
        needed.append((low, high, below is not None, above is not None))
        label[low] = label[high] = EXACT
    return needed[::-1]


@cache
def _network(n: int) -> tuple[Comparator, ...]:
    """List the comparators that sort n wires: Batcher's merge exchange (Knuth, TAOCP vol. 3, 5.2.2, algorithm M)."""
    top = (1 << (n - 1).bit_length()) >> 1
    comparators = []
    p = top
    while p:
        q, r, d = top, 0, p
        while True:
            comparators += [(i, i + d) for i in range(n - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return tuple(comparators)
