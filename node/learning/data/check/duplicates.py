"""Near duplicates: texts whose sets of shingles are at least so much alike as the guideline allows none to be.

MinHash with locality-sensitive hashing proposes candidates (Broder 1997; Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", chapter 3); what is reported is the exact Jaccard similarity. Why copies matter: Allamanis 2019, "The
adverse effects of code duplication in machine learning models of code" (arXiv 1812.06469).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from datasketch import MinHash, MinHashLSH

from node.learning.data.check.shingles import Shingles, jaccard

__all__ = ["NearDuplicates"]

PERMUTATIONS = 128
SEED = 1  # of the permutations: the same candidates on every machine
MISSES_WEIGH = 0.99  # against wrong candidates, which the exact similarity sorts out: 97 % found just at the threshold
LARGEST_THRESHOLD = 0.95  # that the index has bands for
AT_ONCE = 1 << 15  # shingles: bounds the memory of one batch to 16 MiB
KEPT = 1024  # sets of shingles in memory; others are read again when they are a candidate


class NearDuplicates:
    """The texts kept so far, by keys: of two like texts the one offered first. `shingles_of` reads one again."""

    def __init__(self, percent: int, shingles_of: Callable[[str], Shingles]) -> None:
        self._threshold = percent / 100
        self._index = MinHashLSH(
            min(self._threshold, LARGEST_THRESHOLD), PERMUTATIONS, weights=(1 - MISSES_WEIGH, MISSES_WEIGH)
        )
        self._shingles_of = lru_cache(maxsize=KEPT)(shingles_of)
        self._permutations = MinHash(num_perm=PERMUTATIONS, seed=SEED).permutations

    def offer(
        self, key: str, own: Shingles, related: Callable[[str], bool] = lambda other: False
    ) -> tuple[str, float] | None:
        """Keep a text with the shingles `own`, or give the kept text that it is most alike and how much, from 0 to 1.

        Kept texts that are `related` to it may be as like as they want. A text without words is like no other.
        """
        if not len(own):
            return None
        sketch = self._sketch(own)
        others = [other for other in self._index.query(sketch) if not related(other)]
        likenesses = ((jaccard(own, self._shingles_of(other)), other) for other in others)
        found = [(-likeness, other) for likeness, other in likenesses if likeness >= self._threshold]
        if found:
            likeness, other = min(found)
            return other, -likeness
        self._index.insert(key, sketch)
        return None

    def _sketch(self, own: Shingles) -> MinHash:
        sketch = MinHash(PERMUTATIONS, SEED, hashfunc=int, permutations=self._permutations, scheme="affine32")
        short = (own >> np.uint64(32)).astype(np.uint32)
        for start in range(0, len(short), AT_ONCE):
            sketch.update_batch(short[start : start + AT_ONCE].tolist())
        return sketch
