"""Scratch arrays that each thread fills again and again: a fresh one for each chunk costs as much as filling it."""

from threading import local
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Number", "Rooms"]

Number = TypeVar("Number", bound=np.number[Any])


class Rooms(local):
    """One thread's arrays, by name and dtype; another thread that uses the same object has others."""

    def __init__(self) -> None:
        self._flat: dict[tuple[str, type[np.number[Any]]], NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], kind: type[Number]) -> NDArray[Number]:
        """Give the array of that name and dtype, cut to `shape`, with whatever it holds."""
        values = int(np.prod(shape))
        flat = self._flat.get((name, kind))
        if flat is None or flat.size < values:
            flat = self._flat[name, kind] = np.empty(values, kind)
        return flat[:values].reshape(shape)

    def cast(self, numbers: NDArray[Any], kind: type[Number]) -> NDArray[Number]:
        """Copy numbers that fit `kind` exactly to the array for that; give those of that dtype back as they are."""
        if numbers.dtype == kind:
            return numbers
        copy = self.array("cast", numbers.shape, kind)
        np.copyto(copy, numbers, casting="unsafe")
        return copy
