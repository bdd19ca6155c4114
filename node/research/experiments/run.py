"""An experiment from plan to report: cells are computed where they are missing, and everything is written anew.

Resumable: outcomes are kept in one folder for all experiments, by the hash of each cell.
"""

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from node.errors import ConfigError
from node.files import write_atomically
from node.research.experiments.cell import run_cell
from node.research.experiments.data import data_version
from node.research.experiments.design import Experiment
from node.research.experiments.pictures import draw_holdings, draw_table
from node.research.experiments.plan import Planned, plan, unpinned
from node.research.experiments.report import HOLDINGS, TABLE, report
from node.research.experiments.results import Result, StudyFindings, findings, tidy, write_csv, write_parquet
from node.research.experiments.sentences import answer, bars, sentences, title_of
from node.research.grid import Engine, kept_cells, processes, run_grid

__all__ = ["Options", "cells_of", "kept", "outline", "run_experiment", "summary"]

CELLS = "cells"  # the folder of kept outcomes


@dataclass(frozen=True)
class Options:
    """Where sets of files lie, where results go, and who computes.

    `data` is None where only packages are read; `engine` opens so many `workers`.
    """

    out: Path
    data: Path | None = None
    workers: int = 2
    engine: Engine = processes

    @property
    def cells(self) -> Path:
        """Where outcomes are kept."""
        return self.out / CELLS


def outline(experiment: Experiment) -> tuple[Planned, ...]:
    """Every cell, for people: neither data nor models need be at hand. Raises `GuidelineError`."""
    return plan(experiment, lambda choice: "", unpinned)


def cells_of(experiment: Experiment, options: Options) -> tuple[Planned, ...]:
    """Every cell as it is computed and kept; small bases that are missing are made, which takes minutes.

    Raises `DataError`, `GuidelineError`, `ModelError`.
    """
    from node.learning.pinning import find_pin

    return plan(experiment, lambda choice: data_version(choice, options.data), find_pin)


def kept(planned: Sequence[Planned], options: Options) -> int:
    """How many of the cells were computed before. Raises `ConfigError`."""
    return kept_cells([one.cell for one in planned], options.cells)


def run_experiment(
    experiment: Experiment, options: Options, tell: Callable[[int, int, float], None] | None = None
) -> tuple[StudyFindings, ...]:
    """Compute what is missing, and write `report.md`, its pictures and `results.csv`, `.parquet` and `.json`.

    They go to a folder of `options.out` called as the experiment. Raises what planning, reading, training and
    aggregating raise, and `ConfigError` when the folder cannot be written.
    """
    planned = cells_of(experiment, options)
    work = functools.partial(run_cell, data=str(options.data or ""))
    cells = [one.cell for one in planned]
    outcomes = run_grid(cells, work, options.cells, options.workers, tell, options.engine)
    results = [Result(one, outcome) for one, outcome in zip(planned, outcomes, strict=True)]
    found = findings(results)
    try:
        _write(experiment, results, found, options.out / experiment.name)
    except OSError as error:
        raise ConfigError(f"{options.out}: cannot be written ({error.strerror}); name another folder") from error
    return found


def _write(experiment: Experiment, results: Sequence[Result], found: Sequence[StudyFindings], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = tidy(experiment.name, results)
    write_csv(rows, folder / "results.csv")
    write_parquet(rows, folder / "results.parquet")
    write_atomically(folder / "results.json", json.dumps(summary(found), indent=1).encode() + b"\n")
    for number in dict.fromkeys(one.study.table for one in found):
        here = [one for one in found if one.study.table == number]
        draw_table(number, here, folder / TABLE.format(number))
        held = [(f"{one.study.model}\n{where}", parts) for one in here for where, parts in one.held.items()]
        draw_holdings(held, folder / HOLDINGS.format(number))
    write_atomically(folder / "report.md", report(experiment, found).encode())


def summary(found: Sequence[StudyFindings]) -> dict[str, object]:
    """What was found, for scripts: of each study its values by seed and its answers, and the bars."""
    return {"studies": [_summarised(one) for one in found], "bars": list(bars(found))}


def _summarised(found: StudyFindings) -> dict[str, object]:
    return {
        "study": title_of(found),
        "metric": found.metric,
        "samples": found.samples,
        "cpu_seconds": round(found.cpu_seconds, 1),
        "base": found.base.by_seed,
        "centralised": found.central.by_seed,
        "distributions": {
            where: {name: one.by_seed for name, one in methods.items()}
            for where, methods in found.by_distribution.items()
        },
        "answers": [
            asdict(answer(found, where, name)) for where in found.study.distributions for name in found.federated(where)
        ],
        "sentences": list(sentences(found)),
    }
