"""Rows made of rows: integer-weighted sums over a common divisor, rounded once, exact whatever computes them.

A kernel on one chunk of rows. Where weights come from is in `preaggregation` and `geometric`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.products import multiply

__all__ = ["LARGEST_DIVISOR", "Mixing"]

LARGEST_DIVISOR = (1 << 38) - 1
LARGEST_SINGLE = (1 << 9) - 1  # the largest divisor for which single precision is exact too


@dataclass(frozen=True, eq=False)
class Mixing:
    """m rows made of n: row i is the sum over j of `weights[i, j]` times row j, divided by `divisor`.

    `weights`: int64 of shape (m, n), none negative, no row with a sum above the divisor, so that values never leave the
    range of the rows and 0. Raises `BadParameter` otherwise, or when the divisor is not from 1 to 2^38 - 1.

    Exactness: a sum of weighted int16 values stays within 2^15 times the divisor, below 2^53 (2^24 for a divisor below
    2^9), so floating-point BLAS adds integers exactly in whatever order. The rounded quotient cannot land on a half
    that the exact one misses: it misses by at least 1 / (2 · divisor), more than half a last place of a number up to
    2^15, which is 2^-39 (2^-10 in single precision). Halves go to the even neighbour.
    """

    weights: NDArray[np.int64]
    divisor: int

    def __post_init__(self) -> None:
        if not 1 <= self.divisor <= LARGEST_DIVISOR:
            raise BadParameter(f"divisor is {self.divisor}: from 1 to {LARGEST_DIVISOR} keeps mixing exact")
        if self.weights.min() < 0 or self.weights.sum(axis=1).max() > self.divisor:
            raise BadParameter("a weight is negative or a row of weights has a sum above the divisor")

    @property
    def kind(self) -> type[np.floating[Any]]:
        """The floating-point type in which this mixing is exact."""
        return np.float32 if self.divisor <= LARGEST_SINGLE else np.float64

    def __call__(self, rows: NDArray[np.floating], out: NDArray[np.floating]) -> None:
        """Mix one chunk of shape (n, c) to `out` of shape (m, c); both hold int16 values in the type `kind`."""
        if self._scales:
            np.multiply(rows, self.weights.diagonal()[:, None].astype(self.kind), out=out)
        else:
            multiply(self.weights.astype(self.kind), rows, out)
        out /= self.divisor
        np.rint(out, out=out)

    def only_row(self, rows: NDArray[np.int16]) -> NDArray[np.int16]:
        """Mix one chunk, int16 of shape (n, c), to the one row of shape (c,) that there is to make; needs numba."""
        from aggregator.compiled import weighted_mean_into

        mixed = np.empty(rows.shape[1], np.int16)
        weighted_mean_into(np.ascontiguousarray(rows), self.weights[0].astype(np.float64), float(self.divisor), mixed)
        return mixed

    @cached_property
    def _scales(self) -> bool:
        """Whether every row is made of itself alone, which needs no matrix product."""
        square = self.weights.shape[0] == self.weights.shape[1]
        return square and not self.weights[~np.eye(len(self.weights), dtype=bool)].any()

    def take(self, places: Sequence[int]) -> "Mixing":
        """Keep the mixed rows at `places` only."""
        return Mixing(self.weights[list(places)], self.divisor)

    def joined(self) -> "Mixing":
        """Let one more row, the last one, through as it is."""
        m, n = self.weights.shape
        weights = np.zeros((m + 1, n + 1), np.int64)
        weights[:m, :n] = self.weights
        weights[m, n] = self.divisor
        return Mixing(weights, self.divisor)
