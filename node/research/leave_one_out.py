"""Leave-one-out on the metric: what a result would measure without each update, and how sure that is.

Exact re-execution, as many times as there are updates, so for small n: in simulations, and for an auditor who wants to
compare contributions with what updates were worth. What is re-executed is said by the caller; nothing here is attested.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.delta import decode_state
from node.errors import ConfigError
from node.guideline import Guideline
from node.learning.benchmark import BENCHMARK_LIMIT, decode_benchmark, encode_benchmark
from node.learning.jobs import EvaluateJob
from node.learning.worker import Trainer
from node.peer.conclude import RoundInputs, conclude
from node.peer.history import History
from node.peer.inputs import gather
from node.peer.trainer import FROZEN_LIMIT
from node.ports import ContentStore
from node.types import Address, Cid, RoundId, Slot

__all__ = [
    "Effect",
    "RoundEffects",
    "aggregates_without",
    "benchmark_metric",
    "leave_one_out",
    "round_effects",
    "states_without",
]

Scores: TypeAlias = NDArray[np.float64]  # of shape (s,): one for each piece of the benchmark, the higher the better
Delta: TypeAlias = NDArray[np.int16]
Result = TypeVar("Result")
Key = TypeVar("Key")

RESAMPLES = 2000
PIECES = 32
LEFT_OUT = b""  # no update file: it drops out as malformed


@dataclass(frozen=True)
class Effect:
    """By how much the metric is higher with an update than without, and the 95 % interval of that."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RoundEffects:
    """The effect of every well-formed update of a round on the first metric of its guideline's benchmarks."""

    round: RoundId
    metric: str
    measured: float
    by_trainer: Mapping[Address, Effect]


def leave_one_out(
    whole: Result, without: Mapping[Key, Result], metric: Callable[[Result], Scores], seed: int = 0
) -> dict[Key, Effect]:
    """The effect of each update, given the result of all and the result without it.

    Scores of two results are compared piece by piece, so that what makes a piece hard cancels; the interval is that of
    a bootstrap over pieces (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", percentile method), 0 wide
    when there is one piece. It says how far another benchmark of this kind could differ, not another training run.
    """
    scores = metric(whole)
    drawn = np.random.default_rng(seed).integers(0, len(scores), (RESAMPLES, len(scores)))
    return {key: _effect(scores - metric(result), drawn) for key, result in without.items()}


def _effect(gained: Scores, drawn: NDArray[np.int64]) -> Effect:
    low, high = np.percentile(gained[drawn].mean(axis=1), [2.5, 97.5])
    return Effect(float(gained.mean()), float(low), float(high))


def aggregates_without(
    updates: Sequence[Delta], rule: aggregator.Rule, context: aggregator.Context
) -> tuple[Delta, dict[int, Delta]]:
    """The aggregate of int16 updates, and the one without each; f follows the turnout, weights go with their update.

    Raises `TooFewUpdates` when the rule refuses one update fewer.
    """
    places = range(len(updates))
    fewer = {place: [row for other, row in enumerate(updates) if other != place] for place in places}
    contexts = {place: _context_without(place, len(updates), rule, context) for place in places}
    without = {place: aggregator.aggregate(fewer[place], rule, contexts[place]) for place in places}
    return aggregator.aggregate(updates, rule, context), without


def _context_without(place: int, n: int, rule: aggregator.Rule, context: aggregator.Context) -> aggregator.Context:
    faults, weights = context.faults, context.weights
    return replace(
        context,
        faults=None if faults is None else aggregator.effective_faults(rule, faults, n - 1),
        weights=None if weights is None else weights[:place] + weights[place + 1 :],
    )


def states_without(inputs: RoundInputs) -> dict[Slot, bytes]:
    """The state file that a round would have come to without each of its included updates, by slot.

    The round is concluded again as if that update were malformed, and as if one well-formed update fewer were enough.
    """
    fewer = inputs.guideline.update.model_copy(update={"min_updates": 1})
    lenient = replace(inputs, guideline=inputs.guideline.model_copy(update={"update": fewer}))
    return {
        slot: conclude(replace(lenient, updates={**inputs.updates, slot: LEFT_OUT})).state for slot in inputs.updates
    }


def benchmark_metric(
    trainer: Trainer, guideline: Guideline, benchmark: bytes, frozen: bytes
) -> Callable[[bytes], Scores]:
    """The headline metric of a state file on each of at most 32 pieces of a pinned benchmark, about equally long."""
    pieces = [encode_benchmark(texts) for texts in cut(decode_benchmark(benchmark), PIECES)]

    def measure(state: bytes) -> Scores:
        running = [trainer.measure(EvaluateJob(guideline, piece, state, frozen)) for piece in pieces]
        return np.array([one.result().headline for one in running])

    return measure


def cut(texts: Sequence[str], pieces: int) -> list[tuple[str, ...]]:
    """Consecutive texts in at most so many groups, each but the last with an equal share of the characters or more."""
    share = sum(map(len, texts)) / pieces
    groups: list[tuple[str, ...]] = [()]
    for text in texts:
        if sum(map(len, groups[-1])) >= share:
            groups.append(())
        groups[-1] += (text,)
    if len(groups) > 1 and sum(map(len, groups[-1])) < share:
        groups[-2:] = [groups[-2] + groups[-1]]  # a short rest could be too short to measure
    return groups


def round_effects(history: History, round_id: RoundId, store: ContentStore, trainer: Trainer) -> RoundEffects:
    """The effects of a finalised round's updates, from chain and store alone.

    Raises `ConfigError` when the guideline names no benchmark, and the store's and the trainer's errors.
    """
    inputs = gather(history, round_id, store)
    named = [one for one in inputs.guideline.version_control.benchmarks if one.cid]
    if not named:
        raise ConfigError(f"--leave-one-out: the guideline of round {round_id} names no benchmark to measure with")
    benchmark = store.get(Cid(named[0].cid or ""), BENCHMARK_LIMIT)
    header, _ = decode_state(inputs.base)
    metric = cache(benchmark_metric(trainer, inputs.guideline, benchmark, store.get(Cid(header.frozen), FROZEN_LIMIT)))
    whole = conclude(inputs)
    trainers = {slot: one for slot, one in enumerate(whole.report.updates) if one.well_formed}
    without = {slot: state for slot, state in states_without(inputs).items() if slot in trainers}
    effects = leave_one_out(whole.state, without, metric)
    return RoundEffects(
        round=round_id,
        metric=named[0].metric,
        measured=float(metric(whole.state).mean()),
        by_trainer={Address(trainers[slot].trainer): effect for slot, effect in effects.items()},
    )
