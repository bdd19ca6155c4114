"""The order of updates by their values, which settles ties so that a result never depends on the order of the peers."""

from collections import Counter

import numpy as np

from aggregator.updates import Delta, Updates

__all__ = ["value_ranks"]

FIRST_COLUMNS = 256  # enough to tell most updates apart without reading the rest


def value_ranks(updates: Updates) -> list[int]:
    """Rank the updates by their coordinates, first to last, smallest first, from 0; equal updates share a rank."""
    ranks = [0] * updates.count
    start, stop = 0, min(FIRST_COLUMNS, updates.length)
    while start < stop and (tied := _tied(ranks)):
        keys = dict(zip(tied, _keys(updates.take(tied).block(start, stop)), strict=True))
        ranks = _dense([(rank, keys.get(row, b"")) for row, rank in enumerate(ranks)])
        start, stop = stop, min(stop + updates.chunk, updates.length)
    return ranks


def _tied(ranks: list[int]) -> list[int]:
    having = Counter(ranks)
    return [row for row, rank in enumerate(ranks) if having[rank] > 1]


def _keys(rows: Delta) -> list[bytes]:
    """Turn each row into bytes that compare as its values do: big-endian, the smallest value being zero."""
    return [row.tobytes() for row in (rows.view(np.uint16) ^ np.uint16(1 << 15)).astype(">u2")]


def _dense(keys: list[tuple[int, bytes]]) -> list[int]:
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    return [places[key] for key in keys]
