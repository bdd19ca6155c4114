"""What attackers know, what an attack is, and the registry of attacks by name; the attacks live in the modules beside.

An attack is a small callable object: from what the colluders of a round know to what each of them sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import quantise
from aggregator.errors import BadParameter
from aggregator.named import make
from aggregator.rule import Context, Rule, aggregate
from aggregator.updates import Delta

__all__ = [
    "ATTACKS",
    "Attack",
    "Doubles",
    "FacedRule",
    "Floats",
    "Knowledge",
    "Registered",
    "attack",
    "facing",
    "poison_alone",
    "register",
]

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
FacedRule: TypeAlias = Callable[[Delta], Delta]  # int16 of shape (n, d) to int16 of shape (d,)


@dataclass(frozen=True)
class Knowledge:
    """What `colluders` attackers know together when they choose what to send in one round.

    `honest`: the honest updates that they see, float32 of shape (h, d); on a real network h is 0, and tests of a rule
    assume the worst and show them all. `own`: what each of them trained and would honestly send, float32 of shape
    (f, d). `previous`: the last aggregate, float32 of shape (d,). `rule`: what the aggregate will be, for attacks that
    tune themselves; it gets the honest rows before the others, so they must be seen. `step_exponent`: updates travel in
    units of 2^step_exponent. Raises `BadParameter` for shapes that do not agree.
    """

    honest: Floats
    colluders: int
    own: Floats | None = None
    previous: Floats | None = None
    rule: FacedRule | None = None
    step_exponent: int = -16
    seed: int = 0

    def __post_init__(self) -> None:
        if self.colluders < 1:
            raise BadParameter(f"{self.colluders} colluders: give at least 1")
        if self.honest.ndim != 2 or (self.own is None and not len(self.honest)):
            raise BadParameter(f"honest updates of shape {self.honest.shape}: give (h, d), with h > 0 or own updates")
        if self.rule is not None and not len(self.honest):
            raise BadParameter("a rule but no honest update: attackers cannot know what the rule will make of theirs")
        if self.own is not None and self.own.shape != (self.colluders, self.length):
            raise BadParameter(f"own updates of shape {self.own.shape}: give {(self.colluders, self.length)}")
        if self.previous is not None and self.previous.shape != (self.length,):
            raise BadParameter(f"previous aggregate of shape {self.previous.shape}: give {(self.length,)}")

    @property
    def length(self) -> int:
        """d, the coordinates of each update."""
        return int(self.honest.shape[1])

    @cached_property
    def seen(self) -> Doubles:
        """The honest updates, or the attackers' own where they see no other; float64 of shape (at least 1, d)."""
        return (self.honest if len(self.honest) or self.own is None else self.own).astype(np.float64)

    @cached_property
    def mean(self) -> Doubles:
        """Mean of `seen`, shape (d,): the attackers' idea of an honest aggregate."""
        mean: Doubles = self.seen.mean(axis=0)
        return mean

    @cached_property
    def honest_rows(self) -> Delta:
        """The honest updates as a rule gets them: int16 of shape (h, d)."""
        return self.quantised(self.honest)

    @property
    def drafts(self) -> Doubles:
        """What each attacker would send if it were honest, (f, d): its own update, else the mean of the others'."""
        return np.tile(self.mean, (self.colluders, 1)) if self.own is None else self.own.astype(np.float64)

    @property
    def typical_norm(self) -> float:
        """Median Euclidean norm of `seen`: how long an update is."""
        return float(np.median(np.linalg.norm(self.seen, axis=1)))

    def gaussian(self, norms: float | Doubles) -> Floats:
        """Draw one direction for each attacker, from the seed alone, with these norms, shape (f, 1): (f, d)."""
        drawn = np.random.default_rng(self.seed).standard_normal((self.colluders, self.length))
        sized: Doubles = drawn * (norms / np.linalg.norm(drawn, axis=1, keepdims=True))
        return sized.astype(np.float32)

    def quantised(self, updates: Floats) -> Delta:
        """What travels of float32 updates of shape (n, d): int16 of the same shape."""
        return np.stack([quantise(row, self.step_exponent)[0] for row in updates])

    def alike(self, update: Doubles) -> Floats:
        """All attackers send `update`, shape (d,): float32 of shape (f, d)."""
        return np.tile(update.astype(np.float32), (self.colluders, 1))


class Registered:
    """The base of attacks: what `register` tells about them."""

    name: ClassVar[str]
    least_seen: ClassVar[int]


class Attack(Protocol):
    """A way to choose what attackers send.

    `least_seen` honest updates must be seen for the attack to be itself; with 0 a peer can do it alone.
    """

    name: ClassVar[str]
    least_seen: ClassVar[int]

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Choose what each colluder sends: float32 of shape (f, d). Changes nothing that it is given."""


ATTACKS: dict[str, type[Attack]] = {}
A = TypeVar("A", bound=type[Attack])


def register(name: str, *, least_seen: int = 0) -> Callable[[A], A]:
    """Name an attack class and list it in `ATTACKS`."""

    def enter(cls: A) -> A:
        cls.name = name
        cls.least_seen = least_seen
        ATTACKS[name] = cls
        return cls

    return enter


def attack(name: str, /, **parameters: float | str) -> Attack:
    """Make the attack of that name; raises `UnknownRule`, or `BadParameter` for a parameter it does not have."""
    return make("attack", ATTACKS, name, parameters)


def facing(rule: Rule, context: Context | None = None) -> FacedRule:
    """The rule that attackers face, as `Knowledge.rule` wants it."""
    return lambda rows: aggregate(rows, rule, context)


def poison_alone(attack: Attack, update: Floats, seed: int = 0, previous: Floats | None = None) -> Floats:
    """What a peer that sees nobody else's update sends instead of its own, both float32 of shape (d,).

    Raises `BadParameter` for an attack that has to see honest updates.
    """
    if attack.least_seen > 0:
        raise BadParameter(f"{attack.name} needs to see {attack.least_seen} honest updates: a peer alone sees none")
    none = np.empty((0, len(update)), np.float32)
    sent: Floats = attack(Knowledge(none, 1, own=update[None], previous=previous, seed=seed))[0]
    return sent
