"""The updates that aggregation is measured on, and how benchmarks tell where they are."""

import sys

import numpy as np
from numpy.typing import NDArray

__all__ = ["say", "updates"]


def updates(n: int, d: int, poisoned: int = 0) -> NDArray[np.int16]:
    """Int16 of shape (n, d): a common signal with noise of its size, and `poisoned` rows four times as long."""
    random = np.random.default_rng(n)
    rows = np.empty((n, d), np.int16)
    signal = random.standard_normal(d, np.float32)
    for place, row in enumerate(rows):
        noisy = random.standard_normal(d, np.float32)
        noisy += signal
        noisy *= 4000 if place < poisoned else 1000
        row[:] = np.rint(noisy, out=noisy)
    return rows


def say(line: str) -> None:
    """Tell the terminal what is being done, apart from the results."""
    print(line, file=sys.stderr, flush=True)
