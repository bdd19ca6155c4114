"""A whole federated training in one process: the node's own trainer and aggregation, without chain and protocol.

What comparisons and grids of experiments repeat under many conditions: rounds under a rule and an attack, peers alone,
and everybody's data in one place. Which conditions, and what a table of them shows, is the caller's.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.attacks import Attack, Knowledge, facing
from aggregator.coordinate import capped_weights
from aggregator.delta import apply, decode_state, dequantise, encode_state, quantise
from aggregator.optimiser import Plain
from node.algorithms import Memory
from node.guideline import Algorithm, Guideline, algorithm_of
from node.learning.data import DataSource
from node.learning.jobs import EvaluateJob, TrainJob, TrainResult
from node.learning.worker import Trainer
from node.peer.personal import personal_state
from node.ports import Metrics

__all__ = [
    "SEEDS_APART",
    "Conditions",
    "Peers",
    "Server",
    "Setting",
    "alone",
    "centralised",
    "federated_states",
    "measured",
    "moved",
    "new_setting",
    "personal_states",
    "run_federated",
    "trained_at_once",
]

Values = NDArray[np.int16]
Floats = NDArray[np.float32]
SEEDS_APART = 1000  # rounds that a run may have before its seeds meet another run's


@dataclass(frozen=True)
class Setting:
    """What every row has in common: the sealed guideline, the contents it names, how long, and who trains."""

    guideline: Guideline
    genesis: bytes
    frozen: bytes
    benchmark: bytes
    rounds: int
    trainer: Trainer


@dataclass(frozen=True)
class Conditions:
    """What one federated training is put through.

    `rule` may have preaggregations in front; it is told `faults`, and the last `byzantine` peers attack. With a
    `data_attack`, a name of `data.DATA_ATTACKS`, they train falsely; with an `attack` of `aggregator.attacks` they
    collude, see every honest update and know the rule; with both, the attack is handed what they trained falsely.
    `examples_cap` is the guideline's: 0 weighs all updates alike; colluders claim as many examples as the largest
    honest peer. `seed` decides batches, what the rule draws and what attackers draw.
    """

    rule: aggregator.Rule
    faults: int = 0
    byzantine: int = 0
    attack: Attack | None = None
    data_attack: str | None = None
    optimiser: aggregator.Optimiser = field(default_factory=Plain)
    examples_cap: int = 0
    seed: int = 0


def new_setting(guideline: Guideline, benchmark: bytes, rounds: int, trainer: Trainer) -> Setting:
    """Draw a genesis for a guideline that has none. Raises `ModelError`."""
    from node.learning.models import genesis
    from node.learning.tasks import find_task

    drawn = genesis(guideline.architecture, find_task(guideline.data.task).head)
    state = drawn.state(guideline.architecture.step_exponent, "")
    return Setting(guideline, state, drawn.frozen, benchmark, rounds, trainer)


def run_federated(
    setting: Setting,
    peers: Sequence[DataSource],
    conditions: Conditions,
    tell: Callable[[int, Metrics], None] | None = None,
) -> tuple[Metrics, ...]:
    """Metrics before the first round and after each; `tell` gets every one with its round as it is known.

    Raises what training raises, `TooFewUpdates` when the rule refuses, and `StateOverflow` when an attack blows up the
    state.
    """
    found: list[Metrics] = []
    for number, state in enumerate(federated_states(setting, peers, conditions)):
        found.append(measured(setting, state, conditions.data_attack))
        if tell:
            tell(number, found[-1])
    return tuple(found)


def federated_states(setting: Setting, peers: Sequence[DataSource], conditions: Conditions) -> Iterator[bytes]:
    """The state before the first round and after each. Raises as `run_federated`."""
    return _states(_taking_part(setting, peers, conditions), conditions)


def personal_states(setting: Setting, peers: Sequence[DataSource], conditions: Conditions) -> list[bytes]:
    """Every peer's own state after the last round. Raises as `run_federated`; `GuidelineError` if they keep none."""
    taking_part = _taking_part(setting, peers, conditions)
    *_, shared = _states(taking_part, conditions)
    return [personal_state(setting.guideline.update, shared, memory) for memory in taking_part.memories]


def _taking_part(setting: Setting, peers: Sequence[DataSource], conditions: Conditions) -> "Peers":
    split = len(peers) - conditions.byzantine
    return Peers(setting, [*peers[:split], *(replace(one, attack=conditions.data_attack) for one in peers[split:])])


def _states(peers: "Peers", conditions: Conditions) -> Iterator[bytes]:
    setting, count = peers.setting, len(peers.sources)
    server, split = Server(setting.genesis, conditions.rule, conditions.optimiser), count - conditions.byzantine
    yield server.state
    for number in range(1, setting.rounds + 1):
        one = _Round(peers, conditions, server, conditions.seed * SEEDS_APART + number)
        one.run(range(split), range(split, count))
        yield server.state


class Server:
    """The place of the federation's server: the state, and what the rule and the optimiser hear of the last round."""

    def __init__(self, genesis: bytes, rule: aggregator.Rule, optimiser: aggregator.Optimiser) -> None:
        self.state = genesis
        self.previous: Values | None = None
        self._rule = rule
        self._optimiser = optimiser
        header, _ = decode_state(genesis)
        self._moments = optimiser.start(header.length, header.step_exponent)

    def context(self, faults: int, seed: int) -> aggregator.Context:
        """What the rule is told in the coming round."""
        return aggregator.Context(faults=faults, seed=seed, previous=self.previous)

    def conclude(self, updates: Sequence[Values], context: aggregator.Context) -> None:
        """Aggregate a round's updates and move the state. Raises `TooFewUpdates` and `StateOverflow`."""
        header, base = decode_state(self.state)
        self.previous = aggregator.aggregate(updates, self._rule, context)
        moved = aggregator.advance(self._optimiser, base, self.previous, self._moments, header.step_exponent)
        values, self._moments = moved
        self.state = encode_state(header, values)


class Peers:
    """The peers of one run, each in its place, and what its local algorithm remembers from round to round."""

    def __init__(self, setting: Setting, sources: Sequence[DataSource]) -> None:
        self.setting = setting
        self.sources = sources
        self.memories: list[Memory] = [{} for _ in sources]

    def train(self, places: Sequence[int], server: Server, seed: int) -> list[TrainResult]:
        """What the peers in these places trained from the server's state. Raises what training raises."""
        previous = self._previous(server)
        started = [
            _start(self.setting, self.sources[place], server.state, seed, self.memories[place], previous)
            for place in places
        ]
        results = [one.result() for one in started]
        for place, result in zip(places, results, strict=True):
            self.memories[place] = result.memory
        return results

    def _previous(self, server: Server) -> Floats | None:
        """The last aggregate, where the guideline's algorithm asks for it."""
        guideline = self.setting.guideline
        if server.previous is None or not algorithm_of(guideline.update).hears_previous:
            return None
        return dequantise(server.previous, guideline.architecture.step_exponent)


class _Round:
    """One round of a run: everybody trains from the server's state, attackers choose, and the server concludes."""

    def __init__(self, peers: Peers, conditions: Conditions, server: Server, seed: int) -> None:
        self._peers = peers
        self._conditions = conditions
        self._server = server
        self._context = server.context(conditions.faults, seed)
        self._exponent = peers.setting.guideline.architecture.step_exponent

    def run(self, honest: Sequence[int], byzantine: Sequence[int]) -> None:
        """Run it with the peers in these places."""
        attack, cap = self._conditions.attack, self._conditions.examples_cap
        trained = self._train(honest)
        examples = [one.examples for one in trained]
        if byzantine and attack:
            deltas = self._collude(attack, [one.delta for one in trained], byzantine)
            examples += [max(examples)] * len(byzantine)
        else:
            false = self._train(byzantine)
            deltas = [one.delta for one in false]
            examples += [one.examples for one in false]
        deltas = [*(one.delta for one in trained), *deltas]
        context = replace(self._context, weights=capped_weights(examples, cap) if cap else None)
        self._server.conclude([quantise(delta, self._exponent)[0] for delta in deltas], context)

    def _train(self, places: Sequence[int]) -> list[TrainResult]:
        return self._peers.train(places, self._server, self._context.seed)

    def _collude(self, attack: Attack, honest: Sequence[Floats], byzantine: Sequence[int]) -> list[Floats]:
        """What the attackers send; those who live off the honest updates need not train."""
        own = np.stack([one.delta for one in self._train(byzantine)]) if attack.least_seen == 0 else None
        previous = self._server.previous
        knowledge = Knowledge(
            honest=np.stack(honest),
            colluders=len(byzantine),
            own=own,
            previous=None if previous is None else dequantise(previous, self._exponent),
            rule=facing(self._conditions.rule, self._context),
            step_exponent=self._exponent,
            seed=self._context.seed,
        )
        return list(attack(knowledge))


def _start(
    setting: Setting,
    source: DataSource,
    state: bytes,
    seed: int,
    memory: Memory | None = None,
    previous: Floats | None = None,
) -> "Future[TrainResult]":
    """Begin one peer's training of one round."""
    job = TrainJob(setting.guideline, source, state, setting.frozen, seed, memory=memory or {}, previous=previous)
    return setting.trainer.start(job)


def moved(setting: Setting, state: bytes, delta: Floats) -> bytes:
    """The state after one peer's own delta, quantised as if it travelled."""
    header, base = decode_state(state)
    values, _ = quantise(delta, setting.guideline.architecture.step_exponent)
    return encode_state(header, apply(base, values))


def alone(setting: Setting, peers: Sequence[DataSource], seed: int = 0) -> list[bytes]:
    """Everybody's state after as many rounds of plain training on nothing but its own data."""
    setting = _plain(setting)
    states = [setting.genesis] * len(peers)
    for number in range(1, setting.rounds + 1):
        started = [
            _start(setting, source, state, seed * SEEDS_APART + number)
            for source, state in zip(peers, states, strict=True)
        ]
        states = [moved(setting, state, one.result().delta) for state, one in zip(states, started, strict=True)]
    return states


def centralised(setting: Setting, peers: Sequence[DataSource], seed: int = 1) -> bytes:
    """One plain training on everybody's data, with as many steps as all peers take in all rounds."""
    return trained_at_once(setting, _pooled(peers), len(peers), seed)


def trained_at_once(setting: Setting, source: DataSource, peers: int, seed: int) -> bytes:
    """The state after one plain training on `source`, with as many steps as so many peers take in all rounds."""
    setting = _plain(setting)
    steps = setting.guideline.update.local_steps * setting.rounds * peers
    update = setting.guideline.update.model_copy(update={"local_steps": steps})
    guideline = setting.guideline.model_copy(update={"update": update})
    job = TrainJob(guideline, source, setting.genesis, setting.frozen, seed)
    return moved(setting, setting.genesis, setting.trainer.train(job).delta)


def measured(setting: Setting, state: bytes, attack: str | None = None) -> Metrics:
    """Measure a state on the setting's benchmark, and a data attack's success if one is named."""
    return setting.trainer.evaluate(EvaluateJob(setting.guideline, setting.benchmark, state, setting.frozen, attack))


def _plain(setting: Setting) -> Setting:
    """The setting without a local algorithm, for those who have nobody to agree with."""
    update = setting.guideline.update.model_copy(update={"algorithm": Algorithm()})
    return replace(setting, guideline=setting.guideline.model_copy(update={"update": update}))


def _pooled(peers: Sequence[DataSource]) -> DataSource:
    """Everybody's data in one place: texts in memory, or packages."""
    first = peers[0]
    if first.texts:
        return DataSource(texts=tuple(text for one in peers for text in one.texts))
    return DataSource(package=first.package, pooled=tuple(one.package for one in peers[1:] if one.package))
