"""A learning task without a model: every peer knows an optimum of its own, and sends a noisy step towards it.

The optimum of peer i is the common one plus what is peculiar to the data it holds. Training is one step
rate · (own optimum − state) + noise, the gradient step of a quadratic loss. Everything is drawn from the run's seed.
"""

from concurrent.futures import Future
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import LayoutEntry, StateHeader, decode_state, dequantise, encode_state
from node.guideline import Guideline, seal
from node.peer.founding import SealedGuideline
from node.peer.trainer import Learn, Learned, LearningTask
from node.ports import ContentStore, Metrics
from node.research.simulation.guideline import guideline_for
from node.research.simulation.partition import deal
from node.research.simulation.settings import Settings

__all__ = ["SyntheticTask"]

Floats = NDArray[np.float32]

RATE = 0.3  # of the way to its optimum that a peer goes in one round
SCALE = 0.05  # standard deviation of a coordinate of the common optimum
PECULIARITY = 1.0  # of what is peculiar to one repository, as a fraction of SCALE
NOISE = 0.2  # of a step of a peer with as many samples as the others, as a fraction of SCALE
OPTIMUM, REPOSITORY, STEP = range(3)  # what is drawn


class SyntheticTask:
    """The task of one run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._length = settings.dimension
        self._holdings = deal(settings)
        self._optimum = self._drawn(OPTIMUM) * np.float32(SCALE)

    def close(self) -> None:
        """Nothing is open."""

    def pin(self, store: ContentStore) -> SealedGuideline:
        """A state of zeros, and the guideline that names it."""
        guideline = guideline_for(self._settings)
        header = StateHeader(
            lineage=1,
            round=0,
            step_exponent=guideline.architecture.step_exponent,
            length=self._length,
            frozen="",
            layout=(LayoutEntry("synthetic", 1, self._length),),
        )
        genesis = store.put(encode_state(header, np.zeros(self._length, np.int32)))
        sealed = seal(guideline, genesis, store.put(b""))
        return SealedGuideline(sealed, store.put(sealed.canonical()), genesis)

    def learner(self, place: int) -> Learn:
        """How the peer in this place trains: at once."""
        own = self._optimum + self._peculiar_to(place)
        noise = np.float32(NOISE * SCALE / self._holdings.relative_size(place) ** 0.5)

        def learn(task: LearningTask) -> "Future[Learned]":
            step = np.float32(RATE) * (own - _values(task.state)) + noise * self._drawn(STEP, place, task.round)
            done: Future[Learned] = Future()
            done.set_result(Learned(step, self.examples(place)))
            return done

        return learn

    def examples(self, place: int) -> int:
        """How many samples the peer in this place holds."""
        return self._holdings.size(place)

    def measure(self, state: bytes, guideline: Guideline) -> Metrics:
        """How much nearer the optimum is than at first (1: reached), the cosine to it, the squared distance left."""
        values = _values(state).astype(np.float64)
        optimum = self._optimum.astype(np.float64)
        size, whole = float(np.linalg.norm(values)), float(np.linalg.norm(optimum))
        alignment = float(values @ optimum) / (size * whole) if size else 0.0
        left = float(np.linalg.norm(values - optimum)) / whole
        return Metrics({"progress": 1 - left, "alignment": alignment, "loss": left**2})

    def _peculiar_to(self, place: int) -> Floats:
        """What the repositories of a peer have that others do not, by how much of each it holds."""
        peculiar = np.zeros(self._length, np.float32)
        for repository, excess in self._holdings.excess(place).items():
            peculiar += self._drawn(REPOSITORY, repository) * np.float32(PECULIARITY * SCALE * excess)
        return peculiar

    def _drawn(self, *what: int) -> Floats:
        generator = np.random.default_rng([self._settings.seed, *what])
        return generator.standard_normal(self._length, np.float32)


@lru_cache(maxsize=2)
def _values(state: bytes) -> Floats:
    """A state as float32 of shape (d,); everybody starts from the same one."""
    header, values = decode_state(state)
    return dequantise(values, header.step_exponent)
