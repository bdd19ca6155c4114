"""Attackers who go as far from the honest mean as distances between honest updates make plausible: Min-Max, Min-Sum.

Both know no rule by themselves: the bound is on distances. Where the rule is known they choose, among the directions of
the paper, the one that moves this rule most.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from aggregator.attacks.knowledge import Doubles, Floats, Knowledge, Registered, register
from aggregator.attacks.strength import most_harmful
from aggregator.errors import BadParameter, shown

__all__ = ["DIRECTIONS", "MinMax", "MinSum"]

DIRECTIONS = ("std", "sign", "unit")


@dataclass(frozen=True)
class _WithinDistances(Registered, ABC):
    """The common part: the honest mean plus gamma times a direction, with the largest gamma that the bound allows."""

    direction: str | None = None

    def __post_init__(self) -> None:
        if self.direction not in (None, *DIRECTIONS):
            raise BadParameter(f"direction is {shown(self.direction)}: give one of {', '.join(DIRECTIONS)}, or none")

    def __call__(self, knowledge: Knowledge) -> Floats:
        """All attackers send the same."""
        if self.direction is None and knowledge.rule is not None:
            return most_harmful(knowledge, knowledge.rule, (self._along(knowledge, name) for name in DIRECTIONS))
        return self._along(knowledge, self.direction or DIRECTIONS[0])

    def _along(self, knowledge: Knowledge, name: str) -> Floats:
        direction = _direction(knowledge, name)
        gamma = self._gamma(knowledge.mean - knowledge.seen, direction) if direction.any() else 0.0
        return knowledge.alike(knowledge.mean + gamma * direction)

    @abstractmethod
    def _gamma(self, away: Doubles, direction: Doubles) -> float:
        """The largest step along `direction`, shape (d,), given the mean less each honest update, shape (h, d)."""


@register("min_max", least_seen=2)
@dataclass(frozen=True)
class MinMax(_WithinDistances):
    """As far as no honest update is farther from it than two honest ones are from each other.

    Shejwalkar and Houmansadr 2021, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks and Defenses for
    Federated Learning" (NDSS), equation 10. `direction` is "std", "sign" or "unit": against the standard deviation, the
    sign or the direction of the honest mean; "std" when left open and no rule is known.
    """

    def _gamma(self, away: Doubles, direction: Doubles) -> float:
        """The bound is one quadratic inequality for each honest update, so the smallest of their roots is exact."""
        square = float(direction @ direction)
        slopes = (away @ direction) / square
        excess = (np.square(away).sum(axis=1) - _squared_distances(away).max()) / square
        return float((np.sqrt(np.maximum(np.square(slopes) - excess, 0)) - slopes).min())


@register("min_sum", least_seen=2)
@dataclass(frozen=True)
class MinSum(_WithinDistances):
    """As far as its squared distances to the honest updates sum to no more than those of some honest one do.

    Shejwalkar and Houmansadr 2021, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks and Defenses for
    Federated Learning" (NDSS), equation 11. `direction` as for Min-Max.
    """

    def _gamma(self, away: Doubles, direction: Doubles) -> float:
        """Distances are counted from the mean, so the linear term of the sum vanishes and one root remains."""
        room = float(_squared_distances(away).sum(axis=1).max() - np.square(away).sum())
        return float(np.sqrt(max(room, 0.0) / (len(away) * (direction @ direction))))


def _direction(knowledge: Knowledge, name: str) -> Doubles:
    if name == "std":
        spread: Doubles = knowledge.seen.std(axis=0)
        return -spread
    if name == "sign":
        return -np.sign(knowledge.mean)
    norm = float(np.linalg.norm(knowledge.mean))
    return -knowledge.mean / norm if norm else np.zeros(knowledge.length)


def _squared_distances(rows: Doubles) -> Doubles:
    inner = rows @ rows.T
    squares = np.diag(inner)
    distances: Doubles = np.maximum(squares[:, None] + squares[None, :] - 2 * inner, 0)
    return distances
