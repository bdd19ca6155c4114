"""Many independent runs, side by side and resumable: each cell of a grid is computed once and kept by what it is.

What a run does, and what a table of cells shows, is the caller's. Nothing here knows of torch or of aggregation.
"""

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from node.errors import ConfigError
from node.files import write_atomically
from node.processes import end_with_parent

__all__ = ["Cell", "Outcome", "Work", "run_grid"]

Cell: TypeAlias = Mapping[str, int | float | str | bool]
Outcome: TypeAlias = Mapping[str, float | str]
Work: TypeAlias = Callable[[Cell], Outcome]
Report: TypeAlias = Callable[[int, int, float], None]  # cells done, cells in all, seconds left by estimate

SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class _Place:
    """Where a cell's outcome lies: a file named by the hash of the cell."""

    cell: Cell
    path: Path

    @classmethod
    def of(cls, cell: Cell, folder: Path) -> "_Place":
        text = json.dumps(dict(cell), sort_keys=True, ensure_ascii=False)
        return cls(cell, folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json")

    def read(self) -> Outcome | None:
        """The outcome, None when there is none yet. Raises `ConfigError` for a file that is not this cell's."""
        if not self.path.exists():
            return None
        try:
            kept = json.loads(self.path.read_bytes())
            cell, outcome = dict(kept["cell"]), dict(kept["outcome"])
        except (ValueError, KeyError, TypeError):
            cell, outcome = None, {}
        if cell != dict(self.cell):
            raise ConfigError(f"{self.path}: does not hold the outcome of the cell {dict(self.cell)}; remove the file")
        return outcome

    def write(self, outcome: Outcome, seconds: float) -> None:
        """Keep the outcome: whoever is killed later need not compute it again."""
        kept = {"cell": dict(self.cell), "outcome": dict(outcome), "seconds": round(seconds, 3)}
        write_atomically(self.path, json.dumps(kept, sort_keys=True, ensure_ascii=False).encode() + b"\n")


def run_grid(
    cells: Sequence[Cell], work: Work, folder: Path, workers: int = 2, report: Report | None = None
) -> tuple[Outcome, ...]:
    """Give the outcome of every cell, in order; computes what `folder` does not hold, in `workers` processes.

    `work` is a module's function (workers are spawned) and a pure function of its cell. What it raises ends the grid,
    and what was finished by then is kept. Raises `ConfigError` when the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
    places = [_Place.of(cell, folder) for cell in cells]
    missing = list({place.path: place for place in places if place.read() is None}.values())
    _compute(missing, len(places) - len(missing), work, workers, report)
    outcomes = tuple(place.read() for place in places)
    return tuple(one for one in outcomes if one is not None)


def _compute(missing: Iterable[_Place], done: int, work: Work, workers: int, report: Report | None) -> None:
    waiting = list(missing)
    total, began = done + len(waiting), time.monotonic()
    if not waiting:
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin_worker) as pool:
        running: dict[Future[tuple[Outcome, float]], _Place] = {
            pool.submit(_timed, work, place.cell): place for place in waiting
        }
        try:
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(finished, key=lambda one: one.exception() is not None):  # first keep, then fail
                    running.pop(future).write(*future.result())
                if report:
                    each = (time.monotonic() - began) / (total - done - len(running))
                    report(total - len(running), total, each * len(running))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin_worker() -> None:
    end_with_parent()
    for name in SINGLE_THREADED:
        os.environ[name] = "1"


def _timed(work: Work, cell: Cell) -> tuple[Outcome, float]:
    began = time.monotonic()
    return work(cell), time.monotonic() - began
