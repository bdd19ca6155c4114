"""How a peer departs from plain local training, so that many peers learn one model, or one each beside it.

Each algorithm says from where to descend under which pull, linear and quadratic, on the trained vector, and what the
peer remembers of a round. Vectors are float32 of shape (d,); nothing here knows torch, and nothing remembered ever
leaves the peer. What one training step is belongs to `node.learning.training`, what the server adds to the aggregate to
`aggregator.optimiser`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import LayoutEntry
from aggregator.errors import BadParameter
from aggregator.named import lister, make
from node.errors import GuidelineError

__all__ = [
    "ALGORITHMS",
    "PERSONAL",
    "Descend",
    "Ditto",
    "FedAvg",
    "FedDyn",
    "FedPer",
    "FedProx",
    "LocalAlgorithm",
    "LocalRound",
    "Memory",
    "PFedMe",
    "Pull",
    "Scaffold",
    "local_algorithm",
]

Vector: TypeAlias = NDArray[np.float32]
Memory: TypeAlias = Mapping[str, Vector]
PERSONAL = "personal"  # what a memory calls the vector that the peer keeps for itself
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
    `learning_rate` times the gradient, and `steps` of them are taken. `layout` names the tensors the vector is made of.
    """

    steps: int
    learning_rate: float
    previous: Vector | None = None
    layout: Sequence[LayoutEntry] = ()


Descend: TypeAlias = Callable[[Vector, Pull, int], Vector]  # where so many steps from a vector, under a pull, lead


class LocalAlgorithm(Protocol):
    """How a peer departs from plain local training; a pure value.

    `hears_previous` says whether it asks what the last aggregate was, `plain_steps` whether its formulas hold for plain
    gradient steps alone, `tied_to_base` whether its memory is worth something only on the state that its round led to,
    `passes` how many times the round's steps it takes.
    """

    name: ClassVar[str]
    hears_previous: ClassVar[bool]
    plain_steps: ClassVar[bool]
    tied_to_base: ClassVar[bool]
    passes: ClassVar[int]

    def train(self, descend: Descend, start: Vector, memory: Memory, local_round: LocalRound) -> tuple[Vector, Memory]:
        """Train from the federation's vector: the delta to send, shape (d,), and what to keep for the next round.

        `memory` is what was kept of the last one, empty in a peer's first.
        """
        ...

    def personal(self, shared: Vector, memory: Memory, layout: Sequence[LayoutEntry]) -> Vector | None:
        """The vector that the peer itself would use, beside the federation's; None where there is no other.

        Raises `GuidelineError` when the algorithm names tensors that are not in the layout.
        """
        ...


ALGORITHMS: dict[str, type[LocalAlgorithm]] = {}
register = lister(ALGORITHMS)


def local_algorithm(name: str, /, tensors: Sequence[str] = (), **parameters: Decimal) -> LocalAlgorithm:
    """Make the algorithm of that name; `tensors` names what stays at the peer, where the algorithm keeps any.

    Raises `UnknownRule`, or `BadParameter` for a parameter it does not have and a value out of range.
    """
    given: dict[str, object] = {key: float(value) for key, value in parameters.items()}
    return make("local algorithm", ALGORITHMS, name, given | ({"tensors": tuple(tensors)} if tensors else {}))


@dataclass(frozen=True)
class _Local:
    """The base of all: one descent under a pull, of which nothing is remembered, and parameters above 0."""

    name: ClassVar[str]
    hears_previous: ClassVar[bool] = False
    plain_steps: ClassVar[bool] = False
    tied_to_base: ClassVar[bool] = False
    passes: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value <= LARGEST:
                raise BadParameter(
                    f"{self.name} parameter {field.name} is {value}: give a number above 0, at most {LARGEST}"
                )

    def train(self, descend: Descend, start: Vector, memory: Memory, local_round: LocalRound) -> tuple[Vector, Memory]:
        """One descent from the federation's vector."""
        delta = descend(start, self.pull(memory, local_round), local_round.steps) - start
        return delta, self.remember(memory, local_round, delta)

    def personal(self, shared: Vector, memory: Memory, layout: Sequence[LayoutEntry]) -> Vector | None:
        """None."""
        return None

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

    Option II of the paper's algorithm 1: after K plain gradient steps of rate η, cᵢ ← cᵢ − c − delta / (K · η), which
    is the mean gradient along the way. c is taken to be −aggregate / (K · η), so that nothing but the update travels:
    with the mean as rule and all peers taking part that is the mean of the cᵢ, as in the paper. Who has no cᵢ yet
    trains plainly, and c is still right. What does bias c is who stays away, and a rule that drops updates, as far as
    gradients have changed since.
    """

    hears_previous: ClassVar[bool] = True
    plain_steps: ClassVar[bool] = True

    def pull(self, memory: Memory, local_round: LocalRound) -> Pull:
        """⟨c − cᵢ, w⟩; nothing in a peer's first round."""
        return Pull(linear=_correction(memory, local_round))

    def remember(self, memory: Memory, local_round: LocalRound, delta: Vector) -> Memory:
        """The new cᵢ."""
        corrected, own = _correction(memory, local_round), _mean_gradient(delta, local_round)
        return {"own": own if corrected is None else own - corrected}


def _correction(memory: Memory, local_round: LocalRound) -> Vector | None:
    if local_round.previous is None or "own" not in memory:
        return None
    return _mean_gradient(local_round.previous, local_round) - memory["own"]


def _mean_gradient(delta: Vector, local_round: LocalRound) -> Vector:
    """What plain steps that led this far went by on average."""
    return -delta / np.float32(local_round.steps * local_round.learning_rate)


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


@register("ditto")
@dataclass(frozen=True)
class Ditto(_Local):
    """A vector of one's own beside the federation's, kept near it: Li et al. 2021, arXiv 2012.04221, algorithm 1.

    The federation learns as with FedAvg. From the same w it got, the peer takes as many steps with its own v on its
    loss + strength / 2 · ‖v − w‖² (the paper's λ).
    """

    passes: ClassVar[int] = 2

    strength: float = 0.1

    def train(self, descend: Descend, start: Vector, memory: Memory, local_round: LocalRound) -> tuple[Vector, Memory]:
        """FedAvg's delta, and the new v."""
        delta = descend(start, Pull(), local_round.steps) - start
        near = Pull(mu=self.strength, anchor=start)
        return delta, {PERSONAL: descend(memory.get(PERSONAL, start), near, local_round.steps)}

    def personal(self, shared: Vector, memory: Memory, layout: Sequence[LayoutEntry]) -> Vector:
        """V; before the first round the federation's vector."""
        return memory.get(PERSONAL, shared)


@register("pfedme")
@dataclass(frozen=True)
class PFedMe(_Local):
    """The federation learns Moreau envelopes of the peers' losses: Dinh et al. 2020, arXiv 2006.08848, algorithm 1.

    `inner_steps` of descent bring the peer's own θ near the minimum of its loss + strength / 2 · ‖θ − w‖² (the paper's
    λ); then w moves to w − rate · strength · (w − θ) (the paper's η), which is a gradient step on the envelope. So it
    goes on until the round's steps are used up. The paper's β is the server optimiser `fedavgm` with beta1 = 0. Each
    descent starts its optimiser afresh, which leaves an adaptive one nothing to adapt to.
    """

    plain_steps: ClassVar[bool] = True

    strength: float = 15.0
    rate: float = 0.005
    inner_steps: float = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.inner_steps != int(self.inner_steps):
            raise BadParameter(f"pfedme parameter inner_steps is {self.inner_steps}: give a whole number")
        if self.rate * self.strength > 1:
            raise BadParameter(
                f"pfedme parameters rate {self.rate} and strength {self.strength}: their product is above 1, so w "
                "would overshoot; lower one of them"
            )

    def train(self, descend: Descend, start: Vector, memory: Memory, local_round: LocalRound) -> tuple[Vector, Memory]:
        """How far w moved, and the last θ."""
        w, theta = start, memory.get(PERSONAL, start)
        gain, inner = np.float32(self.rate * self.strength), int(self.inner_steps)
        for done in range(0, local_round.steps, inner):
            theta = descend(theta, Pull(mu=self.strength, anchor=w), min(inner, local_round.steps - done))
            w = w - gain * (w - theta)
        return w - start, {PERSONAL: theta}

    def personal(self, shared: Vector, memory: Memory, layout: Sequence[LayoutEntry]) -> Vector:
        """The last θ; before the first round the federation's vector."""
        return memory.get(PERSONAL, shared)


@register("fedper")
@dataclass(frozen=True)
class FedPer(_Local):
    """Some tensors stay with the peer: Arivazhagan et al. 2019, arXiv 1912.00818, where they are the last layers.

    All train together. Where they stay, the update holds zeros. `tensors` names them by consecutive parts of their
    dotted names: "h.11" is every trained tensor of block 11.
    """

    tensors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.tensors or not all(self.tensors):
            raise BadParameter('fedper keeps no tensors: name them, such as tensors = ["h.11"]')

    def train(self, descend: Descend, start: Vector, memory: Memory, local_round: LocalRound) -> tuple[Vector, Memory]:
        """The delta with zeros where it stays, and what stays."""
        kept = self._kept(local_round.layout)
        begin = self.personal(start, memory, local_round.layout)
        end = descend(begin, Pull(), local_round.steps)
        nothing = np.float32(0)
        return np.where(kept, nothing, end - begin), {PERSONAL: np.where(kept, end, nothing)}

    def personal(self, shared: Vector, memory: Memory, layout: Sequence[LayoutEntry]) -> Vector:
        """The federation's vector with one's own tensors in it."""
        return np.where(self._kept(layout), memory.get(PERSONAL, shared), shared)

    def _kept(self, layout: Sequence[LayoutEntry]) -> NDArray[np.bool_]:
        """Which coordinates stay; raises `GuidelineError` where a name fits no trained tensor, or all stay."""
        for name in self.tensors:
            if not any(_within(name, entry.name) for entry in layout):
                raise GuidelineError(
                    f"update.algorithm: fedper keeps {name!r}, which names no trained tensor; name a part of one, as "
                    f"{layout[-1].name!r}"
                )
        stays = [any(_within(name, entry.name) for name in self.tensors) for entry in layout]
        if all(stays):
            raise GuidelineError("update.algorithm: fedper keeps every trained tensor; leave some to the federation")
        return np.repeat(stays, [entry.rows * entry.cols for entry in layout])


def _within(part: str, name: str) -> bool:
    return f".{part}." in f".{name}."
