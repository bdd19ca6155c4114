"""Training and measuring as jobs: picklable descriptions and what comes of them. Values only; `worker` does them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.algorithms import Memory
from node.guideline import Guideline
from node.learning.data import DataSource

__all__ = ["EvaluateJob", "Progress", "TrainJob", "TrainResult"]

Progress: TypeAlias = Callable[[int, int, float], None]  # steps done, steps in all, training loss of the last one


@dataclass(frozen=True)
class TrainJob:
    """One trainer's work in one round, from an int32 state file and the file of the lineage's frozen tensors.

    `memory` is what its local algorithm kept of the last round, `previous` that round's aggregate, float32 (d,), or
    None where there was none or nobody asks.
    """

    guideline: Guideline
    source: DataSource
    state: bytes = field(repr=False)
    frozen: bytes = field(repr=False)
    seed: int
    memory: Memory = field(default_factory=dict, repr=False, compare=False)
    previous: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class TrainResult:
    """The float32 delta, shape (d,), how many samples there were to learn from, and the loss of each step.

    `memory` is what the local algorithm keeps for the peer's next round, `digests` are those of the texts it learned
    from (`data.commitment.digests_of`): both stay with the peer.
    """

    delta: NDArray[np.float32]
    examples: int
    losses: tuple[float, ...]
    memory: Memory = field(default_factory=dict, repr=False, compare=False)
    digests: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class EvaluateJob:
    """Measure a state (None: the bare base model) on a pinned benchmark (`benchmark.encode_benchmark`'s bytes).

    With `attack`, one of `data.DATA_ATTACKS`, also how well that attack has worked where that can be told.
    """

    guideline: Guideline
    benchmark: bytes = field(repr=False)
    state: bytes | None = field(default=None, repr=False)
    frozen: bytes | None = field(default=None, repr=False)
    attack: str | None = None
