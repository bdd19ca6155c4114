"""Which cells an experiment comes to: one training each, told apart by everything that can change its outcome.

A cell holds scalars only, its guideline and its data choice as canonical text, so that the hash of a cell is the hash
of its configuration. Nothing is trained here.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aggregator import canonical
from node.document import UNPINNED
from node.guideline import Architecture, Guideline, guideline_of, parse_guideline
from node.pins import Pin
from node.research.experiments.design import DataChoice, Experiment, Method, Study
from node.research.grid import Cell
from node.templates import read_template

__all__ = ["BASE", "CENTRAL", "SINGLE", "Planned", "by_method", "guideline_for", "plan", "unpinned"]

BASE, CENTRAL, SINGLE = "base", "centralised", "single"  # methods that are not federated
EVERYWHERE = "centralised"  # the distribution of those that see all data
FORMAT = 1  # of cells: raised when the same cell would come to something else
ANYTHING = "0" * 64  # stands for a digest that nobody knows yet
Version = Callable[[DataChoice], str]
PinOf = Callable[[Architecture], Pin]


@dataclass(frozen=True)
class Planned:
    """One cell and what it is for; `method` is None for those that are not federated."""

    study: Study
    method: Method | None
    cell: Cell

    @property
    def name(self) -> str:
        """The column of the paper's tables that it belongs to."""
        return str(self.cell["method"])

    @property
    def guideline(self) -> Guideline:
        """What it trains by."""
        plain = parse_guideline(str(self.cell["guideline"]).encode())
        return by_method(plain, json.loads(str(self.cell["update"])))

    def describe(self) -> str:
        """One line for people."""
        cell = self.cell
        who = f"{cell['clients']} clients, {cell['rounds']} rounds"
        return (
            f"table {self.study.table}: {cell['task']}, {cell['model']}, {cell['distribution']}, {cell['method']}, "
            f"seed {cell['seed']}, {who}"
        )


def plan(experiment: Experiment, version: Version, pin: PinOf) -> tuple[Planned, ...]:
    """Every cell, one study after the other.

    `version` tells data sets of one name apart, `pin` finds the weights of bases whose guideline leaves them open.

    What a study has in common comes first: the base (once), centralised training (once a seed), then for each
    distribution and seed every client alone and every federated method. Raises `GuidelineError` when a study's
    guideline is none.
    """
    return tuple(
        one
        for study in experiment.studies
        for one in _study(guideline_for(experiment, study, pin), experiment, study, version(study.data))
    )


def _study(plain: Guideline, experiment: Experiment, study: Study, version: str) -> Iterator[Planned]:
    shared: dict[str, int | float | str | bool] = {
        "format": FORMAT,
        "task": plain.data.task,
        "model": study.model,
        "guideline": plain.canonical().decode(),
        "data": json.dumps(study.data.model_dump(), sort_keys=True),
        "data_version": version,
        "clients": study.clients,
        "rounds": study.rounds,
    }

    def planned(name: str, distribution: str, seed: int, method: Method | None = None) -> Planned:
        changes = method.changes(study.clients) if method else {}
        by_method(plain, changes)
        which: Cell = {"distribution": distribution, "method": name, "update": json.dumps(changes), "seed": seed}
        return Planned(study, method, {**shared, **which})

    yield planned(BASE, EVERYWHERE, experiment.seeds[0])
    for seed in experiment.seeds:
        yield planned(CENTRAL, EVERYWHERE, seed)
    for distribution in study.distributions:
        for seed in experiment.seeds:
            yield planned(SINGLE, distribution, seed)
            for method in experiment.methods_of(study):
                yield planned(method.name, distribution, seed, method)


def guideline_for(experiment: Experiment, study: Study, pin: PinOf) -> Guideline:
    """What a study trains, plainly, with the experiment's effort. Raises `GuidelineError` and what `pin` raises."""
    base = tomllib.loads(read_template(study.template)) if study.template else experiment.guideline
    document = _merged(base, study.guideline)
    update = dict(document.get("update", {}))
    steps = update.get("local_steps")
    if isinstance(steps, int):
        update["local_steps"] = max(round(steps * experiment.effort), 1)
    architecture = dict(document.get("architecture", {}))
    pinned = architecture.get("weights_sha256") != UNPINNED
    if not pinned:
        architecture["weights_sha256"] = ANYTHING
    source = f"{experiment.name}: guideline of {study.model}, table {study.table}"
    guideline = guideline_of({**document, "update": update, "architecture": architecture}, source)
    return guideline if pinned else _with_pin(guideline, pin(guideline.architecture))


def _with_pin(guideline: Guideline, pin: Pin) -> Guideline:
    changes = {"weights_sha256": pin.weights_sha256, "revision": pin.revision or guideline.architecture.revision}
    return guideline.model_copy(update={"architecture": guideline.architecture.model_copy(update=changes)})


def by_method(guideline: Guideline, changes: Mapping[str, Any]) -> Guideline:
    """The guideline with these changes to its update protocol. Raises `GuidelineError` when it could not run."""
    document = guideline.model_dump(mode="json")
    return parse_guideline(canonical.dumps({**document, "update": {**document["update"], **changes}}))


def unpinned(architecture: Architecture) -> Pin:
    """Nothing in particular: for plans that are only looked at, where the model need not be at hand."""
    return Pin("", ANYTHING)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes`, tables merged into tables."""
    merged = dict(base)
    for key, value in changes.items():
        here = merged.get(key)
        both = isinstance(here, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(here, value) if both else value  # type: ignore[arg-type]
    return merged
