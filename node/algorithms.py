"""What a peer adds to its own objective so that many peers learn one model: FedProx, SCAFFOLD, FedDyn.

Each is a pull, linear and quadratic, on the trained vector, and what the peer remembers of a round. Vectors are float32
of shape (d,); nothing here knows torch, and nothing remembered ever leaves the peer. What one training step is belongs
to `node.learning.training`, what the server adds to the aggregate to `aggregator.optimiser`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.errors import BadParameter
from aggregator.named import lister, make

__all__ = [
    "ALGORITHMS",
    "FedAvg",
    "FedDyn",
    "FedProx",
    "LocalAlgorithm",
    "LocalRound",
    "Memory",
    "Pull",
    "Scaffold",
    "local_algorithm",
]

Vector: TypeAlias = NDArray[np.float32]
Memory: TypeAlias = Mapping[str, Vector]
LARGEST = 1000  # of a strength: beyond it nothing but the pull would be learned


@dataclass(frozen=True)
class Pull:
    """What is added to the task's loss at the vector w: ⟨linear, w⟩ + mu / 2 · ‖w − anchor‖².

    `linear` and `anchor` have shape (d,); None is 0 and where training starts.
    """

    linear: Vector | None = None
    mu: float = 0.0
    anchor: Vector | None = None


@dataclass(frozen=True)
class LocalRound:
    """What every peer knows of the round it trains in.

    `previous`: the last aggregate of this lineage, (d,), None in its first round. A plain gradient step is
    `learning_rate` times the gradient, and `steps` of them are taken.
    """

    steps: int
    learning_rate: float
    previous: Vector | None = None


class LocalAlgorithm(Protocol):
    """How a peer departs from plain local training; a pure value.

    `hears_previous` says whether it asks what the last aggregate was, `plain_steps` whether its formulas hold for plain
    gradient steps alone, `tied_to_base` whether its memory is worth something only on the state that its round led to.
    """

    name: ClassVar[str]
    hears_previous: ClassVar[bool]
    plain_steps: ClassVar[bool]
    tied_to_base: ClassVar[bool]

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """What to add to the loss, given what was remembered (empty in a peer's first round)."""
        ...

    def remember(self, memory: Memory, local_round: LocalRound, delta: Vector) -> Memory:
        """What to keep for the next round, once training moved the vector by `delta`, shape (d,)."""
        ...


ALGORITHMS: dict[str, type[LocalAlgorithm]] = {}
register = lister(ALGORITHMS)


def local_algorithm(name: str, /, **parameters: Decimal) -> LocalAlgorithm:
    """Make the algorithm of that name.

    Raises `UnknownRule`, or `BadParameter` for a parameter it does not have and a value out of range.
    """
    return make("local algorithm", ALGORITHMS, name, {key: float(value) for key, value in parameters.items()})


@dataclass(frozen=True)
class _Local:
    """The base of all: plain training that remembers nothing, and parameters above 0."""

    name: ClassVar[str]
    hears_previous: ClassVar[bool] = False
    plain_steps: ClassVar[bool] = False
    tied_to_base: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value <= LARGEST:
                raise BadParameter(
                    f"{self.name} parameter {field.name} is {value}: give a number above 0, at most {LARGEST}"
                )

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """Nothing."""
        return Pull()

    def remember(self, memory: Memory, local_round: LocalRound, delta: Vector) -> Memory:
        """Nothing."""
        return {}


@register("fedavg")
@dataclass(frozen=True)
class FedAvg(_Local):
    """Plain local training: McMahan et al. 2017, arXiv 1602.05629."""


@register("fedprox")
@dataclass(frozen=True)
class FedProx(_Local):
    """A pull back to where the round started: Li et al. 2020, arXiv 1812.06127."""

    mu: float = 0.01

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """Mu / 2 · ‖w − start‖²."""
        return Pull(mu=self.mu)


@register("scaffold")
@dataclass(frozen=True)
class Scaffold(_Local):
    """Every step corrected by c − cᵢ, the federation's drift less one's own: Karimireddy et al. 2020, arXiv 1910.06378.

    Option II of the paper's algorithm 1: cᵢ ← cᵢ − c − delta / (K · η) after K plain gradient steps of rate η. With all
    peers taking part, c = mean of the new cᵢ is −aggregate / (K · η): it follows from the last aggregate, so nothing
    but the update ever travels. Made for plain steps: with an adaptive optimiser delta / (K · η) is no gradient.
    """

    hears_previous: ClassVar[bool] = True
    plain_steps: ClassVar[bool] = True

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """⟨c − cᵢ, w⟩; nothing before there is a last aggregate."""
        common = _drift(local_round)
        if common is None:
            return Pull()
        return Pull(linear=common - memory["own"] if "own" in memory else common)

    def remember(self, memory: Memory, local_round: LocalRound, delta: Vector) -> Memory:
        """The new cᵢ."""
        own = -delta / np.float32(local_round.steps * local_round.learning_rate)
        common = _drift(local_round)
        if common is not None:
            own += memory.get("own", np.float32(0)) - common
        return {"own": own.astype(np.float32)}


def _drift(local_round: LocalRound) -> Vector | None:
    if local_round.previous is None:
        return None
    drift: Vector = -local_round.previous / np.float32(local_round.steps * local_round.learning_rate)
    return drift


@register("feddyn")
@dataclass(frozen=True)
class FedDyn(_Local):
    """A linear term that makes local optima agree with the global one: Acar et al. 2021, arXiv 2111.04263.

    The peer minimises its loss − ⟨hᵢ, w⟩ + alpha / 2 · ‖w − start‖² and then sets hᵢ ← hᵢ − alpha · delta. The server
    adds to each aggregate the sum of all aggregates so far (`aggregator.optimiser.FedDyn`), which starts afresh after
    a rollback, and so does hᵢ: the optimum is found when that sum and the mean of all hᵢ vanish together.
    """

    tied_to_base: ClassVar[bool] = True

    alpha: float = 0.1

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """−⟨hᵢ, w⟩ + alpha / 2 · ‖w − start‖²."""
        return Pull(linear=-memory["h"] if "h" in memory else None, mu=self.alpha)

    def remember(self, memory: Memory, local_round: LocalRound, delta: Vector) -> Memory:
        """The new hᵢ."""
        moved = np.float32(self.alpha) * delta
        return {"h": memory["h"] - moved if "h" in memory else -moved}
