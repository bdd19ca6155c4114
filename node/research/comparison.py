"""The same training without the federation: what plain averaging, honest peers, loners and one big data pool come to.

Same data, same model, same steps as the demo's rounds; the trainer and the aggregation rules run in process, no chain.
Nothing is tuned for any row.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.attacks import attack, poison_alone
from aggregator.delta import quantise
from node.guideline import optimiser_of, rule_of
from node.learning.data import DataSource
from node.research.adversaries import moved_between
from node.research.federated_run import Peers, Server, Setting, alone, centralised, measured
from node.research.stage import Character

__all__ = ["compare"]

Floats = NDArray[np.float32]


def compare(setting: Setting, cast: Sequence[Character], tell: Callable[[str, float], None]) -> dict[str, float]:
    """Held-out accuracy by row; `tell` is called as each one is known."""
    honest = [one for one in cast if one.honest]
    harmless = [replace(one, attack=None) for one in cast]
    update = setting.guideline.update
    fedavg = aggregator.rule("mean"), aggregator.optimiser("plain")
    rows: dict[str, float] = {}

    def headline(state: bytes) -> float:
        return measured(setting, state).headline

    def add(name: str, accuracy: float) -> None:
        rows[name] = accuracy
        tell(name, accuracy)

    add("fedavg_under_attack", headline(_federated(setting, cast, *fedavg)))
    add("without_poisoners", headline(_federated(setting, harmless, rule_of(update), optimiser_of(update))))
    singles = [headline(state) for state in alone(setting, _sources(honest))]
    for one, accuracy in zip(honest, singles, strict=True):
        add(f"single_{one.package}", accuracy)
    add("single_mean", sum(singles) / len(singles))
    add("centralised", headline(centralised(setting, _sources(cast))))
    return rows


def _federated(
    setting: Setting, cast: Sequence[Character], rule: aggregator.Rule, optimiser: aggregator.Optimiser
) -> bytes:
    """Rounds of local training and aggregation, as the federation does them but for the protocol."""
    server, peers = Server(setting.genesis, rule, optimiser), Peers(setting, _sources(cast))
    before = server.state
    for number in range(1, setting.rounds + 1):
        present = [place for place, one in enumerate(cast) if number not in one.absent_in]
        previous, before = moved_between(before, server.state), server.state
        trained = zip(present, peers.train(present, server, number), strict=True)
        sent = [_sent(cast[place], one.delta, number, previous) for place, one in trained]
        updates = [quantise(delta, setting.guideline.architecture.step_exponent)[0] for delta in sent]
        faults = aggregator.effective_faults(rule, setting.guideline.update.faults, len(updates))
        server.conclude(updates, server.context(faults, number))
    return server.state


def _sent(character: Character, delta: Floats, seed: int, previous: Floats | None) -> Floats:
    return delta if character.attack is None else poison_alone(attack(character.attack), delta, seed, previous)


def _sources(cast: Sequence[Character]) -> list[DataSource]:
    return [DataSource(package=one.package) for one in cast]
