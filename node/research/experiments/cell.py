"""One cell of an experiment, start to end, in a worker process: read the samples, train one way, measure once.

Corpus and genesis are kept between the cells of one study. What is planned is `plan`'s, what is made of outcomes
`results`'.
"""

import functools
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from node.document import tuples
from node.guideline import UpdateProtocol, optimiser_of, parse_guideline, rule_of
from node.learning.worker import LocalTrainer
from node.ports import Metrics
from node.research.experiments.data import Samples, clients_of, deal, pooled, read_samples
from node.research.experiments.design import DataChoice
from node.research.experiments.plan import BASE, CENTRAL, SINGLE, by_method
from node.research.federated_run import (
    Conditions,
    Setting,
    alone,
    federated_states,
    measured,
    new_setting,
    trained_at_once,
)
from node.research.grid import Cell, Outcome

__all__ = ["run_cell"]

DIGITS = 6  # of what a test sample adds to a metric


def run_cell(cell: Cell, data: str) -> Outcome:
    """Train and measure; `data` is the folder of sets of files, or "".

    Gives `metric`, the headline's name; `value`, a mean over clients where each is alone; `metrics`, `numerators` and
    `denominators` as JSON: of each measured model its metrics, and what every test sample adds to the headline;
    `holdings`, of every client the samples of each label (of clients alone); `cpu_seconds`. Raises what reading,
    training and aggregating raise.
    """
    began = time.process_time()
    samples, setting = _study(str(cell["guideline"]), str(cell["data"]), data, int(cell["rounds"]))
    setting = replace(setting, guideline=by_method(setting.guideline, json.loads(str(cell["update"]))))
    found = [measured(setting, state) for state in _states(cell, setting, samples)]
    return {
        "metric": next(iter(found[0].values)),
        "value": sum(one.headline for one in found) / len(found),
        "metrics": json.dumps([dict(one.values) for one in found]),
        **_parts(found),
        "holdings": json.dumps(_holdings(cell, samples)),
        "cpu_seconds": round(time.process_time() - began, 3),
    }


@functools.lru_cache(maxsize=1)
def _study(guideline: str, choice: str, data: str, rounds: int) -> tuple[Samples, Setting]:
    """What all cells of one study share."""
    plain = parse_guideline(guideline.encode())
    chosen = DataChoice.model_validate(tuples(json.loads(choice)))
    samples = read_samples(chosen, plain, Path(data) if data else None)
    return samples, new_setting(plain, samples.benchmark, rounds, _trainer())


@functools.lru_cache(maxsize=1)
def _trainer() -> LocalTrainer:
    """One for the whole life of a worker process: it keeps the base model loaded."""
    return LocalTrainer(1)


def _states(cell: Cell, setting: Setting, samples: Samples) -> Sequence[bytes]:
    """The states to measure; of clients alone, one each."""
    method, clients, seed = str(cell["method"]), int(cell["clients"]), int(cell["seed"])
    if method == BASE:
        return [setting.genesis]
    if method == CENTRAL:
        return [trained_at_once(setting, pooled(samples), clients, seed)]
    sources = clients_of(samples, str(cell["distribution"]), clients, seed)
    if method == SINGLE:
        return alone(setting, sources, seed)
    *_, last = federated_states(setting, sources, _conditions(setting.guideline.update, seed))
    return [last]


def _holdings(cell: Cell, samples: Samples) -> list[dict[str, int]]:
    if cell["method"] != SINGLE:
        return []
    distribution = str(cell["distribution"])
    labels = samples.labels_for(distribution)
    return [
        dict(Counter(labels[place] for place in part))
        for part in deal(samples, distribution, int(cell["clients"]), int(cell["seed"]))
    ]


def _conditions(update: UpdateProtocol, seed: int) -> Conditions:
    return Conditions(
        rule_of(update),
        faults=update.faults,
        optimiser=optimiser_of(update),
        examples_cap=update.examples_cap,
        seed=seed,
    )


def _parts(found: Sequence[Metrics]) -> dict[str, str]:
    columns = [list(zip(*one.parts, strict=True)) for one in found]
    return {
        name: json.dumps([[round(part, DIGITS) for part in column[place]] for column in columns])
        for place, name in enumerate(("numerators", "denominators"))
    }
