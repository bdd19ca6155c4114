"""Leave-one-out on the metric: what a result would measure without each update, and how sure that is.

Exact re-execution, as many times as there are updates, so for small n: in simulations, and for an auditor who wants to
compare contributions with what updates were worth. Nothing here is attested.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias, TypeVar

from aggregator.delta import decode_state
from node.errors import ConfigError
from node.learning.benchmark import BENCHMARK_LIMIT
from node.learning.jobs import EvaluateJob
from node.learning.worker import Trainer
from node.peer.conclude import RoundInputs, conclude
from node.peer.trainer import FROZEN_LIMIT
from node.ports import ContentStore, Metrics
from node.research.resampling import Interval, interval, resampled
from node.types import Address, Cid, RoundId, Slot

__all__ = ["Measure", "RoundEffects", "benchmark_measure", "leave_one_out", "round_effects", "states_without"]

Measure: TypeAlias = Callable[[bytes], Metrics]  # of a state file
Key = TypeVar("Key")

LEFT_OUT = b""  # no update file: it drops out as malformed


@dataclass(frozen=True)
class RoundEffects:
    """By how much the headline metric of a round's result is higher with each well-formed update than without."""

    round: RoundId
    metric: str
    measured: float
    by_trainer: Mapping[Address, Interval]


def leave_one_out(whole: Metrics, without: Mapping[Key, Metrics], seed: int = 0) -> dict[Key, Interval]:
    """The effect of each update, given what the result of all measures and what the result without it does.

    The interval is that of a bootstrap over test samples, both results on the same ones; 0 wide when the metric says
    nothing of its samples. It says how far other samples could differ, not another training run.
    """
    return {key: _effect(whole, metrics, seed) for key, metrics in without.items()}


def _effect(whole: Metrics, without: Metrics, seed: int) -> Interval:
    gained = whole.headline - without.headline
    if not whole.parts:
        return Interval(gained, gained, gained)
    headlines = resampled((whole.parts, without.parts), seed)
    return interval(gained, headlines[:, 0] - headlines[:, 1])


def states_without(inputs: RoundInputs) -> dict[Slot, bytes]:
    """The state file that a round would have come to without each of its included updates, by slot.

    The round is concluded again as if that update were malformed, and as if one well-formed update fewer were enough.
    """
    fewer = inputs.guideline.update.model_copy(update={"min_updates": 1})
    lenient = replace(inputs, guideline=inputs.guideline.model_copy(update={"update": fewer}))
    return {
        slot: conclude(replace(lenient, updates={**inputs.updates, slot: LEFT_OUT})).state for slot in inputs.updates
    }


def benchmark_measure(inputs: RoundInputs, store: ContentStore, trainer: Trainer) -> Measure:
    """How a state of the round's lineage is measured on the first benchmark of the round's guideline.

    Raises `ConfigError` when the guideline names none, and the store's errors.
    """
    named = [one for one in inputs.guideline.version_control.benchmarks if one.cid]
    if not named:
        raise ConfigError(f"--leave-one-out: the guideline of round {inputs.round} names no benchmark to measure with")
    benchmark = store.get(Cid(named[0].cid or ""), BENCHMARK_LIMIT)
    header, _ = decode_state(inputs.base)
    frozen = store.get(Cid(header.frozen), FROZEN_LIMIT)
    return lambda state: trainer.evaluate(EvaluateJob(inputs.guideline, benchmark, state, frozen))


def round_effects(inputs: RoundInputs, measure: Measure) -> RoundEffects:
    """The effects of a finalised round's updates. Raises what measuring raises."""
    measured = cache(measure)  # without an update that was not selected nothing changes
    whole = conclude(inputs)
    trainers = {slot: Address(one.trainer) for slot, one in enumerate(whole.report.updates) if one.well_formed}
    metrics = measured(whole.state)
    left = {trainers[slot]: state for slot, state in states_without(inputs).items() if slot in trainers}
    effects = leave_one_out(metrics, {trainer: measured(state) for trainer, state in left.items()})
    return RoundEffects(inputs.round, next(iter(metrics.values)), metrics.headline, effects)
