"""Texts as sets of shingles: the 64-bit hashes of every run of five words, the same on every machine.

Broder 1997, "On the resemblance and containment of documents". Layout and punctuation do not count, so a reformatted
copy has the shingles of its original.
"""

import re
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHINGLE", "Shingles", "jaccard", "ordered_shingles", "shingles", "word_offset"]

Shingles = NDArray[np.uint64]
SHINGLE = 5  # words
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so no bit of a word is lost
_WORD = re.compile(r"\w+")


def shingles(text: str) -> Shingles:
    """The set of a text's shingles, ascending, shape (n,); one for a text of fewer than five words, none for none."""
    return np.unique(ordered_shingles(text))


def ordered_shingles(text: str) -> Shingles:
    """Every shingle in the order of its first word, repeated ones too."""
    words = np.fromiter(map(_word_hash, _WORD.findall(text)), np.uint64)
    runs = max(len(words) - SHINGLE + 1, min(len(words), 1))
    result = np.zeros(runs, np.uint64)
    for place in range(min(SHINGLE, len(words))):
        result = (result ^ words[place : place + runs]) * MULTIPLIER  # wraps round, as a hash may
        result ^= result >> np.uint64(32)
    return result


def word_offset(text: str, number: int) -> int:
    """Where the word with that number, from 0, begins."""
    for count, word in enumerate(_WORD.finditer(text)):
        if count == number:
            return word.start()
    return 0


def jaccard(one: Shingles, other: Shingles) -> float:
    """Shared shingles over all shingles of two sets, from 0 to 1; 0 when both are empty."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(len(one) + len(other) - shared, 1)


@lru_cache(maxsize=1 << 18)
def _word_hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
