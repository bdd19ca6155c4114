"""Training and measuring as jobs: picklable descriptions, done in this process or in a pool of worker processes.

This file never imports torch at the top, so that a parent process that only hands out jobs stays small; `jobs` does the
work. What to do with the delta is the peer's business.
"""

import itertools
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from node.guideline import Guideline
from node.learning.data import DataSource

__all__ = ["EvaluateJob", "LocalTrainer", "Metrics", "PoolTrainer", "Progress", "TrainJob", "TrainResult", "Trainer"]

Progress: TypeAlias = Callable[[int, int, float], None]  # steps done, steps in all, training loss of the last one
_Report: TypeAlias = tuple[int, int, int, float]  # job number and the three above


@dataclass(frozen=True)
class TrainJob:
    """One trainer's work in one round, from an int32 state file and the file of the lineage's frozen tensors."""

    guideline: Guideline
    source: DataSource
    state: bytes = field(repr=False)
    frozen: bytes = field(repr=False)
    seed: int


@dataclass(frozen=True)
class TrainResult:
    """The float32 delta, shape (d,), how many samples there were to learn from, and the loss of each step."""

    delta: NDArray[np.float32]
    examples: int
    losses: tuple[float, ...]


@dataclass(frozen=True)
class EvaluateJob:
    """Measure a state (None: the bare base model) on a pinned benchmark (`benchmark.encode_benchmark`'s bytes)."""

    guideline: Guideline
    benchmark: bytes = field(repr=False)
    state: bytes | None = field(default=None, repr=False)
    frozen: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Metrics:
    """Next-token accuracy as a fraction, perplexity, and how many tokens were predicted."""

    accuracy: float
    perplexity: float
    tokens: int


class Trainer:
    """Does jobs one after the other or side by side; a context manager. Use one of the two below."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def start(self, job: TrainJob, progress: Progress | None = None) -> Future[TrainResult]:
        """Begin training; `progress` is called from another thread. The future raises what `jobs.train_job` raises."""
        raise NotImplementedError

    def measure(self, job: EvaluateJob) -> Future[Metrics]:
        """Begin measuring. The future raises what `jobs.evaluate_job` raises."""
        return self._executor.submit(_evaluate, job)

    def train(self, job: TrainJob, progress: Progress | None = None) -> TrainResult:
        """Train and wait. Raises what `jobs.train_job` raises."""
        return self.start(job, progress).result()

    def evaluate(self, job: EvaluateJob) -> Metrics:
        """Measure and wait. Raises what `jobs.evaluate_job` raises."""
        return self.measure(job).result()

    def close(self) -> None:
        """Drop jobs that have not begun and wait for the rest."""
        self._executor.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalTrainer(Trainer):
    """One job at a time on a thread of this process, with `threads` torch threads: what a node uses."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__(ThreadPoolExecutor(1, "trainer", _set_threads, (threads,)))

    def start(self, job: TrainJob, progress: Progress | None = None) -> Future[TrainResult]:
        """See `Trainer.start`."""
        return self._executor.submit(_train, job, progress)


class PoolTrainer(Trainer):
    """`workers` spawned processes with one torch thread each: many peers on one machine.

    The processes live until `close`, so that torch is imported and the base model loaded once in each.
    """

    def __init__(self, workers: int = 2) -> None:
        context = multiprocessing.get_context("spawn")
        self._reports: Queue[_Report | None] = context.Queue()
        self._listeners: dict[int, Progress] = {}
        self._numbers = itertools.count()
        super().__init__(ProcessPoolExecutor(workers, context, _begin_worker, (self._reports,)))
        self._relay = threading.Thread(target=self._relay_reports, name="training-progress", daemon=True)
        self._relay.start()

    def start(self, job: TrainJob, progress: Progress | None = None) -> Future[TrainResult]:
        """See `Trainer.start`."""
        number = next(self._numbers)
        if progress:
            self._listeners[number] = progress
        return self._executor.submit(_train_in_worker, number, job)

    def close(self) -> None:
        """See `Trainer.close`; the worker processes end too."""
        super().close()
        self._reports.put(None)
        self._relay.join()
        self._reports.close()
        self._reports.join_thread()

    def _relay_reports(self) -> None:
        while report := self._reports.get():
            number, done, steps, loss = report
            listener = self._listeners.pop(number, None) if done == steps else self._listeners.get(number)
            if listener:
                listener(done, steps, loss)


_reports: Any = None  # in a worker process, the queue back to the parent


def _begin_worker(reports: Any) -> None:
    global _reports  # noqa: PLW0603 (an executor offers its workers no other place for state)
    _reports = reports
    _set_threads(1)


def _train_in_worker(number: int, job: TrainJob) -> TrainResult:
    return _train(job, lambda done, steps, loss: _reports.put((number, done, steps, loss)))


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def _train(job: TrainJob, progress: Progress | None) -> TrainResult:
    from node.learning.jobs import train_job

    return train_job(job, progress)


def _evaluate(job: EvaluateJob) -> Metrics:
    from node.learning.jobs import evaluate_job

    return evaluate_job(job)
