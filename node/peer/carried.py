"""What a trainer carries from one of its rounds to the next: its rounding error and its local algorithm's memory.

One file a round, beside the update and like it written before the journal names the round. It never leaves the peer.
Whether a round's file counts is the trainer's to say.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from node.algorithms import Memory
from node.files import write_atomically
from node.types import RoundId

__all__ = ["Carried", "carried_file", "carried_in", "updates_folder"]

log = logging.getLogger("fednode")

RESIDUAL, MEMORY = "residual", "memory."
SUFFIX = ".carried"
ARRAYS = 8  # at most; no algorithm remembers half as many
HEADER_LIMIT = 1 << 16  # bytes


@dataclass(frozen=True)
class Carried:
    """The rounding error of the update, None when there was no round before, and the memory; float32, each (d,)."""

    residual: NDArray[np.float32] | None = None
    memory: Memory = field(default_factory=dict)

    def write(self, path: Path, *, durable: bool) -> None:
        """Write the file, readable by the operator alone: what was remembered was learned from private code."""
        arrays = {MEMORY + key: array for key, array in self.memory.items()}
        if self.residual is not None:
            arrays[RESIDUAL] = self.residual
        write_atomically(path, safetensors.numpy.save(arrays), 0o600, durable=durable)

    @classmethod
    def read(cls, path: Path, length: int) -> "Carried":
        """Read what was carried by a peer whose vectors have this length; nothing, with a warning, if it is no more."""
        try:
            arrays = _load(path, length)
        except (OSError, ValueError, safetensors.SafetensorError) as error:
            log.warning("%s: what was carried on from that round is lost (%s); starting afresh", path, error)
            return cls()
        memory = {key.removeprefix(MEMORY): array for key, array in arrays.items() if key.startswith(MEMORY)}
        return cls(arrays.get(RESIDUAL), memory)


def updates_folder(work: Path) -> Path:
    """Where in a node's work directory its updates lie, and what is carried on beside them."""
    return work / "updates"


def carried_file(folder: Path, round_id: RoundId) -> Path:
    """Where what is carried on from a round lies."""
    return folder / f"{round_id}{SUFFIX}"


def carried_in(folder: Path) -> Iterator[tuple[RoundId, Path]]:
    """Every round from which something is carried on, and where it lies, the latest first."""
    numbers = sorted((int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit()), reverse=True)
    return ((RoundId(number), carried_file(folder, RoundId(number))) for number in numbers)


def _load(path: Path, length: int) -> Mapping[str, NDArray[np.float32]]:
    size, most = path.stat().st_size, HEADER_LIMIT + 4 * ARRAYS * length
    if size > most:
        raise ValueError(f"{size} bytes, at most {most} are expected")
    arrays: dict[str, NDArray[np.float32]] = safetensors.numpy.load(path.read_bytes())
    for key, array in arrays.items():
        if array.dtype != np.float32 or array.shape != (length,) or not np.isfinite(array).all():
            raise ValueError(f"{key} is not {length} finite float32 numbers")
    return arrays
