"""Local training of one adapter: steps on the trained tensors under a pull, and the delta that comes out.

Which pull, and what a peer remembers of it, is a local algorithm's (`node.algorithms`); what a batch is, the task's.
Private training does not live here.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from node.algorithms import Pull
from node.errors import TrainingDiverged
from node.guideline import Guideline
from node.learning import cluster
from node.learning.models import load_vector, read_vector, trained_tensors
from node.ports import Task

__all__ = ["NO_PULL", "Descent", "Progress", "TrainingPlan", "train"]

NO_PULL = Pull()
Progress = Callable[[int, int, float], None]  # steps done, steps in all, training loss of the last one


@dataclass(frozen=True)
class TrainingPlan:
    """How one trainer trains in one round, all of it from the guideline but the `seed` of its batches."""

    steps: int
    learning_rate: float
    batch_size: int  # of a step; computed in `accumulate` equal parts
    accumulate: int
    block_length: int  # tokens
    max_gradient_norm: float  # of the task's gradient, before any pull
    optimiser: str
    precision: str
    seed: int

    @classmethod
    def of(cls, guideline: Guideline, seed: int) -> "TrainingPlan":
        """The plan that the guideline prescribes."""
        update = guideline.update
        return cls(
            steps=update.local_steps,
            learning_rate=float(update.learning_rate),
            batch_size=update.batch_size,
            accumulate=update.accumulate,
            block_length=update.block_length,
            max_gradient_norm=float(update.max_gradient_norm),
            optimiser=update.local_optimiser,
            precision=guideline.architecture.precision,
            seed=seed,
        )

    @property
    def part_size(self) -> int:
        """Samples in one of the parts that a step's batch is computed in."""
        return self.batch_size // self.accumulate


def train(
    model: Any,
    task: Task,
    batches: Iterator[Any],
    plan: TrainingPlan,
    pull: Pull = NO_PULL,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    """Train `model` in place: returns the float32 delta (d,) to where it started, and the loss of each step.

    What is drawn at random comes from torch's own generator. `batches` are of `plan.part_size`. A step goes by the
    task's gradient, clipped to `plan.max_gradient_norm`, plus that of the pull; the losses are the task's alone. Raises
    `TrainingDiverged` as soon as a loss, or in the end the delta, is not finite.
    """
    start = read_vector(model)
    tensors = trained_tensors(model)
    pulling = _Pulling(pull, tensors, start)
    optimiser = _optimiser(plan, tensors)
    model.train()

    losses: list[float] = []
    for step in range(plan.steps):
        losses.append(_finite(_add_gradients(model, task, batches, plan), step))
        torch.nn.utils.clip_grad_norm_(tensors, plan.max_gradient_norm)
        pulling.add_gradients()
        optimiser.step()
        optimiser.zero_grad()
        if progress:
            progress(step + 1, plan.steps, losses[-1])

    delta = read_vector(model) - start
    if not np.isfinite(delta).all():
        raise TrainingDiverged("the trained weights are not finite; lower update.learning_rate in the guideline")
    return delta, tuple(losses)


class Descent:
    """One trainer's training of one round, as its local algorithm directs it: from any vector, under any pull.

    The batches go on from one descent to the next, and so do `losses` and what `progress` hears; in all, the plan's
    steps are taken `passes` times.
    """

    def __init__(
        self,
        model: Any,
        task: Task,
        batches: Iterator[Any],
        plan: TrainingPlan,
        passes: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self.losses: list[float] = []
        self._model = model
        self._task = task
        self._batches = batches
        self._plan = plan
        self._in_all = passes * plan.steps
        self._progress = progress

    def __call__(self, start: NDArray[np.float32], pull: Pull, steps: int) -> NDArray[np.float32]:
        """Where so many steps from `start`, (d,), lead. Raises as `train`."""
        load_vector(self._model, start)
        plan, before = replace(self._plan, steps=steps), len(self.losses)

        def tell(done: int, _: int, loss: float) -> None:
            if self._progress:
                self._progress(before + done, self._in_all, loss)

        _, losses = train(self._model, self._task, self._batches, plan, pull, tell)
        self.losses += losses
        return read_vector(self._model)


def _optimiser(plan: TrainingPlan, tensors: list[Tensor]) -> torch.optim.Optimizer:
    if plan.optimiser == "sgd":
        return torch.optim.SGD(tensors, lr=plan.learning_rate)
    return torch.optim.AdamW(tensors, lr=plan.learning_rate, weight_decay=0.0)


def _add_gradients(model: Any, task: Task, batches: Iterator[Any], plan: TrainingPlan) -> float:
    """Let each part's mean gradient flow back; gives the mean loss. What trains is float32 whatever the precision."""
    total = 0.0
    device = next(model.parameters()).device.type
    for part in range(plan.accumulate):
        batch = next(batches)
        if not cluster.mine(part):
            continue
        with torch.autocast(device, torch.bfloat16, enabled=plan.precision == "bfloat16"):
            loss = task.loss(model, batch) / plan.accumulate
        loss.backward()
        total += float(loss.detach())
    return cluster.add_up(trained_tensors(model), total)


class _Pulling:
    """A pull's gradient on the trained tensors: linear + mu · (w − anchor)."""

    def __init__(self, pull: Pull, tensors: Sequence[Tensor], start: NDArray[np.float32]) -> None:
        self._tensors = tensors
        self._mu = pull.mu
        self._linear = None if pull.linear is None else _cut(pull.linear, tensors)
        self._anchors = [tensor.detach().clone() for tensor in tensors]
        if pull.anchor is not None:  # the vector may count from somewhere else than the tensors do
            moved = _cut(pull.anchor - start, tensors)
            self._anchors = [anchor + away for anchor, away in zip(self._anchors, moved, strict=True)]

    def add_gradients(self) -> None:
        """Add it to what the task's loss has left in the tensors."""
        for place, tensor in enumerate(self._tensors):
            if tensor.grad is None:
                tensor.grad = torch.zeros_like(tensor)
            if self._mu:
                tensor.grad.add_(tensor.detach() - self._anchors[place], alpha=self._mu)
            if self._linear is not None:
                tensor.grad.add_(self._linear[place])


def _cut(vector: NDArray[np.float32], tensors: Sequence[Tensor]) -> list[Tensor]:
    """Cut a float32 vector, (d,), into the shapes of the tensors, where those are."""
    parts = torch.split(torch.from_numpy(vector), [tensor.numel() for tensor in tensors])
    return [part.view_as(tensor).to(tensor.device) for part, tensor in zip(parts, tensors, strict=True)]


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"loss is {loss} at step {step + 1}; lower update.learning_rate in the guideline, or check the data"
        )
    return loss
