"""The same training without the federation: what plain averaging, honest peers, loners and one big data pool come to.

Same data, same model, same steps as the demo's rounds; the trainer and the aggregation rules run in process, no chain.
Nothing is tuned for any row.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.attacks import attack, poison_alone
from aggregator.delta import apply, decode_state, encode_state, quantise
from node.guideline import Guideline, optimiser_of, rule_of
from node.learning.data import DataSource
from node.learning.jobs import EvaluateJob, TrainJob, TrainResult
from node.learning.worker import Trainer
from node.research.adversaries import moved_between
from node.research.stage import Character

__all__ = ["Setting", "compare"]

Values = NDArray[np.int16]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """What every row has in common: the sealed guideline, the contents it names, how long, and who trains."""

    guideline: Guideline
    genesis: bytes
    frozen: bytes
    benchmark: bytes
    rounds: int
    trainer: Trainer


def compare(setting: Setting, cast: Sequence[Character], tell: Callable[[str, float], None]) -> dict[str, float]:
    """Held-out accuracy by row; `tell` is called as each one is known."""
    honest = [one for one in cast if one.honest]
    harmless = [replace(one, attack=None) for one in cast]
    update = setting.guideline.update
    fedavg = aggregator.rule("mean"), aggregator.optimiser("plain")
    rows: dict[str, float] = {}

    def add(name: str, accuracy: float) -> None:
        rows[name] = accuracy
        tell(name, accuracy)

    add("fedavg_under_attack", _accuracy(setting, _federated(setting, cast, *fedavg)))
    ours = _federated(setting, harmless, rule_of(update), optimiser_of(update))
    add("without_poisoners", _accuracy(setting, ours))
    singles = [_accuracy(setting, state) for state in _alone(setting, honest)]
    for one, accuracy in zip(honest, singles, strict=True):
        add(f"single_{one.package}", accuracy)
    add("single_mean", sum(singles) / len(singles))
    add("centralised", _accuracy(setting, _centralised(setting, cast)))
    return rows


def _federated(
    setting: Setting, cast: Sequence[Character], rule: aggregator.Rule, optimiser: aggregator.Optimiser
) -> bytes:
    """Rounds of local training and aggregation, as the federation does them but for the protocol."""
    header, values = decode_state(setting.genesis)
    moments, previous = optimiser.start(header.length, header.step_exponent), None
    before = state = setting.genesis
    for number in range(1, setting.rounds + 1):
        present = [one for one in cast if number not in one.absent_in]
        updates = _updates(setting, present, state, number, moved_between(before, state))
        faults = aggregator.effective_faults(rule, setting.guideline.update.faults, len(updates))
        context = aggregator.Context(faults=faults, seed=number, previous=previous)
        previous = aggregator.aggregate(updates, rule, context)
        values, moments = aggregator.advance(optimiser, values, previous, moments, header.step_exponent)
        before, state = state, encode_state(header, values)
    return state


def _alone(setting: Setting, cast: Sequence[Character]) -> list[bytes]:
    """Everybody's state after as many rounds of training on nothing but its own code."""
    states = [setting.genesis] * len(cast)
    for number in range(1, setting.rounds + 1):
        started = [
            _start(setting, DataSource(package=one.package), state, number)
            for one, state in zip(cast, states, strict=True)
        ]
        states = [_moved(setting, state, result.result().delta) for state, result in zip(states, started, strict=True)]
    return states


def _moved(setting: Setting, state: bytes, delta: Floats) -> bytes:
    header, base = decode_state(state)
    values, _ = quantise(delta, setting.guideline.architecture.step_exponent)
    return encode_state(header, apply(base, values))


def _updates(
    setting: Setting, cast: Sequence[Character], state: bytes, number: int, previous: Floats | None
) -> list[Values]:
    started = [_start(setting, DataSource(package=one.package), state, number) for one in cast]
    return [
        quantise(_sent(one, result.result().delta, number, previous), setting.guideline.architecture.step_exponent)[0]
        for one, result in zip(cast, started, strict=True)
    ]


def _sent(character: Character, delta: Floats, seed: int, previous: Floats | None) -> Floats:
    return delta if character.attack is None else poison_alone(attack(character.attack), delta, seed, previous)


def _start(setting: Setting, source: DataSource, state: bytes, seed: int) -> "Future[TrainResult]":
    return setting.trainer.start(TrainJob(setting.guideline, source, state, setting.frozen, seed))


def _centralised(setting: Setting, cast: Sequence[Character]) -> bytes:
    """One trainer on everybody's code, with as many steps as all peers took in all rounds."""
    steps = setting.guideline.update.local_steps * setting.rounds * len(cast)
    update = setting.guideline.update.model_copy(update={"local_steps": steps})
    guideline = setting.guideline.model_copy(update={"update": update})
    source = DataSource(package=cast[0].package, pooled=tuple(one.package for one in cast[1:]))
    result = setting.trainer.train(TrainJob(guideline, source, setting.genesis, setting.frozen, 1))
    return _moved(setting, setting.genesis, result.delta)


def _accuracy(setting: Setting, state: bytes) -> float:
    job = EvaluateJob(setting.guideline, setting.benchmark, state, setting.frozen)
    return setting.trainer.evaluate(job).accuracy
