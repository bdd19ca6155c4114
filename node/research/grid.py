"""Many independent runs, side by side and resumable: each cell of a grid is computed once and kept by what it is.

What a run does, and what a table of cells shows, is the caller's. Nothing here knows of torch or of aggregation.
"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from node.errors import ConfigError
from node.files import write_atomically
from node.processes import end_with_parent

__all__ = ["SECONDS", "SINGLE_THREADED", "Cell", "Engine", "Outcome", "Work", "kept_cells", "processes", "run_grid"]

Cell: TypeAlias = Mapping[str, int | float | str | bool]
Outcome: TypeAlias = Mapping[str, float | str]
Work: TypeAlias = Callable[[Cell], Outcome]
Report: TypeAlias = Callable[[int, int, float], None]  # cells done, cells in all, seconds left by estimate
Engine: TypeAlias = Callable[[int], AbstractContextManager[Executor]]  # so many workers, for as long as it is open

SECONDS = "seconds"  # beside what a work gives, how long it took
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
            cell, outcome = dict(kept["cell"]), {**kept["outcome"], SECONDS: float(kept[SECONDS])}
        except (ValueError, KeyError, TypeError):
            cell, outcome = None, {}
        if cell != dict(self.cell):
            raise ConfigError(f"{self.path}: does not hold the outcome of the cell {dict(self.cell)}; remove the file")
        return outcome

    def write(self, outcome: Outcome, seconds: float) -> Outcome:
        """Keep the outcome: whoever is killed later need not compute it again."""
        seconds = round(seconds, 3)
        kept = {"cell": dict(self.cell), "outcome": dict(outcome), SECONDS: seconds}
        write_atomically(self.path, json.dumps(kept, sort_keys=True, ensure_ascii=False).encode() + b"\n")
        return {**outcome, SECONDS: seconds}


def kept_cells(cells: Sequence[Cell], folder: Path) -> int:
    """How many of the cells `folder` holds already. Raises `ConfigError` for a file that is not its cell's."""
    return sum(_Place.of(cell, folder).read() is not None for cell in cells)


@contextlib.contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """The engine of one machine: spawned processes of one thread each, which end with their parent."""
    context = multiprocessing.get_context("spawn")
    # A spawned worker imports numpy before anything of ours can run in it, so it has to inherit these.
    with (
        _environment(dict.fromkeys(SINGLE_THREADED, "1")),
        ProcessPoolExecutor(workers, context, end_with_parent) as pool,
    ):
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_grid(
    cells: Sequence[Cell],
    work: Work,
    folder: Path,
    workers: int = 2,
    report: Report | None = None,
    engine: Engine = processes,
) -> tuple[Outcome, ...]:
    """Give the outcome of every cell, in order; computes what `folder` does not hold, with `workers` at a time.

    `work` is a module's function (workers are other processes) and a pure function of its cell; to what it gives,
    `SECONDS` is added. What it raises ends the grid, and what was finished by then is kept. Raises `ConfigError` when
    the folder cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made ({error.strerror}); name another folder") from error
    places = {place.path: place for place in (_Place.of(cell, folder) for cell in cells)}
    read = {path: place.read() for path, place in places.items()}
    found = {path: outcome for path, outcome in read.items() if outcome is not None}
    missing = [place for path, place in places.items() if path not in found]
    if missing:
        found |= _compute(missing, len(cells) - len(missing), work, report, engine(workers))
    return tuple(found[_Place.of(cell, folder).path] for cell in cells)


def _compute(
    missing: Sequence[_Place], done: int, work: Work, report: Report | None, workers: AbstractContextManager[Executor]
) -> dict[Path, Outcome]:
    total, began = done + len(missing), time.monotonic()
    found: dict[Path, Outcome] = {}
    with workers as pool:
        running: dict[Future[tuple[Outcome, float]], _Place] = {
            pool.submit(_timed, work, place.cell): place for place in missing
        }
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=lambda one: one.exception() is not None):  # first keep, then fail
                place = running.pop(future)
                found[place.path] = place.write(*future.result())
            if report:
                each = (time.monotonic() - began) / len(found)
                report(total - len(running), total, each * len(running))
    return found


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _timed(work: Work, cell: Cell) -> tuple[Outcome, float]:
    began = time.monotonic()
    return work(cell), time.monotonic() - began
