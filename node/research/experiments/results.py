"""Outcomes put together: the tidy table that CSV and Parquet files hold, and the measurements that reports compare."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from node.errors import ConfigError
from node.files import write_atomically
from node.learning.data.partition import Holding, holdings_of
from node.research.experiments.design import Study
from node.research.experiments.plan import BASE, CENTRAL, SINGLE, Planned
from node.research.experiments.statistics import Measurements
from node.research.grid import SECONDS, Outcome

__all__ = ["Result", "StudyFindings", "findings", "tidy", "write_csv", "write_parquet"]

Row = dict[str, str | int | float | None]


@dataclass(frozen=True)
class Result:
    """A planned cell and what came of it."""

    planned: Planned
    outcome: Outcome


@dataclass(frozen=True)
class StudyFindings:
    """Everything measured in one study: the bare base, centralised training, and by distribution every other method."""

    study: Study
    metric: str
    base: Measurements
    central: Measurements
    by_distribution: Mapping[str, Mapping[str, Measurements]]
    held: Mapping[str, tuple[Holding, ...]]  # by distribution, of the first seed
    modelless: Mapping[str, float]  # what the task measured of answers that need no model
    cpu_seconds: float

    def single(self, distribution: str) -> Measurements:
        """Every client alone."""
        return self.by_distribution[distribution][SINGLE]

    def federated(self, distribution: str) -> dict[str, Measurements]:
        """The federated methods, in the experiment's order."""
        return {name: one for name, one in self.by_distribution[distribution].items() if name != SINGLE}

    @property
    def samples(self) -> int:
        """How many test samples there are."""
        return int(self.base.numerators.shape[1])


def findings(results: Sequence[Result]) -> tuple[StudyFindings, ...]:
    """Put every study's outcomes together over its seeds, studies in their order."""
    by_study: dict[int, list[Result]] = {}
    for one in results:
        by_study.setdefault(id(one.planned.study), []).append(one)
    return tuple(_study(of) for of in by_study.values())


def _study(results: Sequence[Result]) -> StudyFindings:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in results:
        groups.setdefault((str(one.planned.cell["distribution"]), one.planned.name), []).append(one.outcome)
    measured = {key: _measurements(of) for key, of in groups.items()}
    study = results[0].planned.study
    ((base,), (central,)) = (
        [one for (_, name), one in measured.items() if name == wanted] for wanted in (BASE, CENTRAL)
    )
    return StudyFindings(
        study=study,
        metric=str(results[0].outcome["metric"]),
        base=base,
        central=central,
        by_distribution={where: _trained_there(measured, where) for where in study.distributions},
        modelless=_modelless(results),
        held={where: _held(results, where) for where in study.distributions},
        cpu_seconds=sum(float(one.outcome["cpu_seconds"]) for one in results),
    )


def _trained_there(measured: Mapping[tuple[str, str], Measurements], where: str) -> dict[str, Measurements]:
    return {
        name: one
        for (distribution, name), one in measured.items()
        if distribution == where and name not in (BASE, CENTRAL)
    }


def _modelless(results: Sequence[Result]) -> dict[str, float]:
    """The same for every model; of those that stand beside the headline, in its units."""
    (metrics,) = json.loads(str(results[0].outcome["metrics"]))
    headline = next(iter(metrics))
    return {name: value for name, value in metrics.items() if name.endswith(f"_{headline}")}


def _held(results: Sequence[Result], where: str) -> tuple[Holding, ...]:
    first = next(one for one in results if one.planned.name == SINGLE and one.planned.cell["distribution"] == where)
    return holdings_of(json.loads(str(first.outcome["holdings"])))


def _measurements(outcomes: Sequence[Outcome]) -> Measurements:
    numerators, denominators = (
        np.concatenate([np.array(json.loads(str(one[name])), np.float64) for one in outcomes])
        for name in ("numerators", "denominators")
    )
    return Measurements(numerators, denominators, tuple(float(one["value"]) for one in outcomes))


def tidy(experiment: str, results: Sequence[Result]) -> list[Row]:
    """One row for each metric of each measured model; `client` numbers clients that trained alone."""
    return [row for one in results for row in _rows(experiment, one)]


def _rows(experiment: str, result: Result) -> Iterator[Row]:
    planned, outcome = result.planned, result.outcome
    update = planned.guideline.update
    shared: Row = {"experiment": experiment, "table": planned.study.table, "case": planned.study.case}
    shared |= {key: planned.cell[key] for key in ("task", "model", "distribution", "clients", "rounds")}
    shared |= {
        "method": planned.name,
        "algorithm": update.algorithm.name if planned.method else None,
        "rule": update.rule if planned.method else None,
        "faults": update.faults if planned.method else None,
        "seed": planned.cell["seed"],
        "local_steps": update.local_steps,
        "learning_rate": float(update.learning_rate),
        "cpu_seconds": outcome["cpu_seconds"],
        SECONDS: outcome[SECONDS],
    }
    for client, metrics in enumerate(json.loads(str(outcome["metrics"]))):
        alone = client if planned.name == SINGLE else None
        for metric, value in metrics.items():
            yield {**shared, "client": alone, "metric": metric, "value": float(value)}


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Write the tidy table; empty where there is nothing. Raises `OSError`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """Write the same as Parquet. Raises `ConfigError` without the extra `experiments`, and `OSError`."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigError(
            f"{path.name}: Parquet needs pyarrow; install fednode[experiments], or read the CSV file beside it"
        ) from error
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), buffer)
    write_atomically(path, buffer.getvalue())
