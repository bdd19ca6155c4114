"""The bridge from a round's learning task to a training job on this peer's own data."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from node.learning.data import DataSource
from node.learning.jobs import Progress, TrainJob, TrainResult
from node.learning.worker import Trainer
from node.peer.trainer import Learn, Learned, LearningTask

__all__ = ["learner", "then"]

A = TypeVar("A")
B = TypeVar("B")


def learner(trainer: Trainer, source: DataSource, progress: Progress | None = None) -> Learn:
    """Train on `source` through `trainer`, which decides in which process."""

    def learn(task: LearningTask) -> "Future[Learned]":
        job = TrainJob(
            task.guideline, source, task.state, task.frozen, task.seed, memory=task.memory, previous=task.previous
        )
        return then(trainer.start(job, progress), _learned)

    return learn


def then(future: "Future[A]", change: Callable[[A], B]) -> "Future[B]":
    """A future of what `change` makes of the result; errors of either pass through."""
    changed: Future[B] = Future()

    def pass_on(done: "Future[A]") -> None:
        try:
            changed.set_result(change(done.result()))
        except BaseException as error:
            changed.set_exception(error)

    future.add_done_callback(pass_on)
    return changed


def _learned(result: TrainResult) -> Learned:
    return Learned(result.delta, result.examples, result.memory, result.digests)
