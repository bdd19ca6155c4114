"""Who does the jobs: this process, or a pool of worker processes.

This file never imports torch at the top, so that a parent process that only hands out jobs stays small; `job_runner`
does the work. What to do with the delta is the peer's business.
"""

import itertools
import multiprocessing
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.queues import Queue
from types import TracebackType
from typing import Any, Self, TypeAlias

from node.learning import cluster
from node.learning.jobs import EvaluateJob, Progress, TrainJob, TrainResult
from node.ports import Metrics
from node.processes import end_with_parent

__all__ = ["LocalTrainer", "PoolTrainer", "Trainer"]

_Report: TypeAlias = tuple[int, int, int, float]  # job number and the three above


class Trainer:
    """Does jobs one after the other or side by side; a context manager. Use one of the two below."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def start(self, job: TrainJob, progress: Progress | None = None) -> Future[TrainResult]:
        """Begin training; `progress` is called from another thread. The future raises as `job_runner.train_job`."""
        raise NotImplementedError

    def measure(self, job: EvaluateJob) -> Future[Metrics]:
        """Begin measuring. The future raises what `job_runner.evaluate_job` raises."""
        return self._executor.submit(_evaluate, job)

    def train(self, job: TrainJob, progress: Progress | None = None) -> TrainResult:
        """Train and wait. Raises what `job_runner.train_job` raises."""
        return self.start(job, progress).result()

    def evaluate(self, job: EvaluateJob) -> Metrics:
        """Measure and wait. Raises what `job_runner.evaluate_job` raises."""
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
    end_with_parent()
    _set_threads(1)


def _train_in_worker(number: int, job: TrainJob) -> TrainResult:
    return _train(job, lambda done, steps, loss: _reports.put((number, done, steps, loss)))


def _set_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def _train(job: TrainJob, progress: Progress | None) -> TrainResult:
    from node.learning.job_runner import train_job

    cluster.announce(job)
    return train_job(job, progress)


def _evaluate(job: EvaluateJob) -> Metrics:
    from node.learning.job_runner import evaluate_job

    return evaluate_job(job)
