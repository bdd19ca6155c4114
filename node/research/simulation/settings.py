"""What is simulated: the settings of one run, and the key by which it is found again.

Rules, preaggregations, optimisers, attacks and partitions are given as `NAME` or `NAME:KEY=VALUE,KEY=VALUE`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from inspect import signature
from typing import Any

import aggregator
from aggregator.attacks import ATTACKS, Attack, attack
from aggregator.errors import AggregatorError
from node.errors import ConfigError
from node.learning.data import DATA_ATTACKS
from node.learning.data.partition import PARTITIONS, Partition, Parts

__all__ = ["CHAINS", "TASKS", "Choice", "Settings"]

FORMAT = 1  # of runs: raised when the same settings would come to something else
CHAINS = ("memory", "eth-tester")
TASKS = ("synthetic", "code-search", "code-completion")
LARGEST_FEDERATION = 256  # trainers: everybody is drawn, so that no lot decides about a run
LARGEST_COMMITTEE = 32  # validators


@dataclass(frozen=True)
class Choice:
    """Something registered by name, with its parameters."""

    name: str
    parameters: Mapping[str, Decimal]

    @classmethod
    def of(cls, text: str, flag: str) -> "Choice":
        """Read `NAME:KEY=VALUE,…`. Raises `ConfigError` naming the flag."""
        name, _, rest = text.partition(":")
        pairs = [pair.partition("=") for pair in rest.split(",")] if rest else []
        try:
            return cls(name, {key: Decimal(value) for key, _, value in pairs})
        except InvalidOperation:
            raise ConfigError(f"{flag}: {text!r} is not NAME or NAME:KEY=NUMBER,KEY=NUMBER") from None

    @property
    def integers(self) -> dict[str, Any]:
        """The parameters of something that takes integers only; others stay what they are, to be refused by name."""
        return {key: int(value) if value == int(value) else value for key, value in self.parameters.items()}


@dataclass(frozen=True)
class Settings:
    """One simulation.

    The last `byzantine` of the `peers` attack, the first `validators` also validate. `faults` is the f of the
    guideline; None is as many as attack, or as the rule allows for so many peers with two to spare. `dimension` is the
    length of synthetic updates, `template` a guideline as canonical JSON instead of the task's own. With
    `leave_one_out` every round is also measured without each of its updates. Raises `ConfigError` naming the flag that
    is out of range.
    """

    peers: int
    byzantine: int = 0
    attack: str = "sign_flip"
    rule: str = "caf"
    preaggregations: tuple[str, ...] = ()
    optimiser: str = "plain"
    partition: str = "uniform"
    rounds: int = 10
    seed: int = 0
    validators: int = 4
    task: str = "synthetic"
    chain: str = "memory"
    faults: int | None = None
    dimension: int = 100_000
    template: str = ""
    leave_one_out: bool = False

    def __post_init__(self) -> None:
        _within("peers", self.peers, 1, LARGEST_FEDERATION)
        _within("byzantine", self.byzantine, 0, self.peers - 1)
        _within("validators", self.validators, 1, min(self.honest, LARGEST_COMMITTEE))
        _within("rounds", self.rounds, 1, 100_000)
        _within("dimension", self.dimension, 1, 100_000_000)
        _among("task", self.task, TASKS)
        _among("chain", self.chain, CHAINS)
        self.make_partition()
        data_attacks = () if self.task == "synthetic" else tuple(DATA_ATTACKS)
        _among("attack", Choice.of(self.attack, "--attack").name, (*ATTACKS, *data_attacks))
        try:
            if not self.poisons_data:
                self.make_attack()
            self.make_rule()
        except AggregatorError as error:
            raise ConfigError(f"simulate: {error}") from error

    @property
    def honest(self) -> int:
        """How many peers do not attack."""
        return self.peers - self.byzantine

    @property
    def poisons_data(self) -> bool:
        """Whether attackers falsify what they train on and not the update."""
        return self.attack in DATA_ATTACKS

    @property
    def key(self) -> str:
        """Twelve hex digits that differ between runs that may come to something else."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def make_attack(self) -> Attack:
        """The attack. Raises `AggregatorError` for parameters that it does not have."""
        choice = Choice.of(self.attack, "--attack")
        return attack(choice.name, **{key: float(value) for key, value in choice.parameters.items()})

    def make_partition(self) -> Partition:
        """The partition. Raises `ConfigError` for one that there is not, or a parameter that it does not have."""
        choice = Choice.of(self.partition, "--partition")
        _among("partition", choice.name, PARTITIONS)
        found: Callable[..., Parts] = PARTITIONS[choice.name]
        for key in choice.parameters:
            _among("partition", key, tuple(signature(found).parameters)[3:])  # after labels, parts and seed
        return partial(found, **{key: float(value) for key, value in choice.parameters.items()})

    def make_rule(self) -> aggregator.Rule:
        """The rule behind its preaggregations. Raises `AggregatorError` for names and parameters that there are not."""
        choice = Choice.of(self.rule, "--rule")
        before = [Choice.of(one, "--preaggregation") for one in self.preaggregations]
        return aggregator.composed(
            aggregator.rule(choice.name, **choice.integers),
            *(aggregator.preaggregation(one.name, **one.integers) for one in before),
        )


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ConfigError(f"--{name}: {value} is not from {low} to {high}")


def _among(name: str, value: str, known: tuple[str, ...] | Mapping[str, object]) -> None:
    if value not in known:
        raise ConfigError(f"--{name}: there is no {value!r}; there are {', '.join(sorted(known)) or 'none'}")
