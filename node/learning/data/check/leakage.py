"""Train/test leakage: a training text that holds most of a benchmark's text, whatever else it holds.

Containment instead of Jaccard similarity (Broder 1997), because a benchmark keeps excerpts: a file that holds one whole
is hardly alike. Exact, by one sorted table of the benchmark's shingles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from node.learning.data.check.encoding import line_of
from node.learning.data.check.shingles import Shingles, ordered_shingles, shingles, word_offset

__all__ = ["Benchmarks", "Leak"]

MIN_SHINGLES = 10  # a benchmark text of fewer is found everywhere


@dataclass(frozen=True)
class Leak:
    """The benchmark text (its number from 0) that a training text holds `contained` of, from 0 to 1, from `line` on."""

    benchmark: str
    number: int
    contained: float
    line: int


class Benchmarks:
    """All benchmark texts by the benchmark's name, ready to be looked for."""

    def __init__(self, texts: Mapping[str, Sequence[str]], percent: int) -> None:
        self._threshold = percent / 100
        self._names = [(name, number) for name in sorted(texts) for number in range(len(texts[name]))]
        sets = [shingles(texts[name][number]) for name, number in self._names]
        sets = [one if len(one) >= MIN_SHINGLES else one[:0] for one in sets]
        self._sizes = np.array([max(len(one), 1) for one in sets], np.int64)
        owners = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
        hashes = np.concatenate([np.empty(0, np.uint64), *sets])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]

    def __len__(self) -> int:
        return len(self._names)

    def find(self, text: str, own: Shingles) -> Leak | None:
        """The benchmark text that `text`, whose shingles are `own`, holds most of; None below the threshold."""
        first, last = (np.searchsorted(self._hashes, own, side) for side in ("left", "right"))
        shared = [self._owners[start:end] for start, end in zip(first, last, strict=True) if end > start]
        if not shared:
            return None
        contained = np.bincount(np.concatenate(shared), minlength=len(self._sizes)) / self._sizes
        place = int(contained.argmax())
        if contained[place] < self._threshold:
            return None
        return Leak(*self._names[place], float(contained[place]), self._line(text, place))

    def _line(self, text: str, place: int) -> int:
        """Where the first shingle stands that the two share."""
        wanted = self._hashes[self._owners == place]
        return line_of(text, word_offset(text, int(np.isin(ordered_shingles(text), wanted).argmax())))
