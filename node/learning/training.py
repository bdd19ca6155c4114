"""Local training of one adapter: AdamW on the trained tensors, a FedProx pull, and the delta that comes out.

Federated personalisation and private training are other algorithms and do not live here; nor does what a batch is.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from node.errors import TrainingDiverged
from node.guideline import UpdateProtocol
from node.learning.models import read_vector, trained_tensors
from node.ports import Task

__all__ = ["Progress", "TrainingPlan", "train"]

Progress = Callable[[int, int, float], None]  # steps done, steps in all, training loss of the last one


@dataclass(frozen=True)
class TrainingPlan:
    """How one trainer trains in one round, all of it from the guideline but the `seed` of its batches."""

    steps: int
    learning_rate: float
    batch_size: int
    block_length: int  # tokens
    proximal_mu: float
    max_gradient_norm: float
    seed: int

    @classmethod
    def of(cls, update: UpdateProtocol, seed: int) -> "TrainingPlan":
        """The plan that the guideline's update protocol prescribes."""
        return cls(
            steps=update.local_steps,
            learning_rate=float(update.learning_rate),
            batch_size=update.batch_size,
            block_length=update.block_length,
            proximal_mu=float(update.proximal_mu),
            max_gradient_norm=float(update.max_gradient_norm),
            seed=seed,
        )


def train(
    model: Any, task: Task, batches: Iterator[Any], plan: TrainingPlan, progress: Progress | None = None
) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    """Train `model` in place: returns the float32 delta (d,) to where it started, and the loss of each step.

    The objective is the task's loss plus mu/2 · ‖w − w_start‖² (FedProx, Li et al. 2020, arXiv 1812.06127). Raises
    `TrainingDiverged` as soon as a loss, or in the end the delta, is not finite.
    """
    torch.manual_seed(plan.seed)
    start = read_vector(model)
    tensors = trained_tensors(model)
    anchors = [tensor.detach().clone() for tensor in tensors]
    optimiser = torch.optim.AdamW(tensors, lr=plan.learning_rate, weight_decay=0.0)
    model.train()

    losses: list[float] = []
    for step in range(plan.steps):
        loss = task.loss(model, next(batches))
        losses.append(_finite(float(loss.detach()), step))
        (loss + _proximal(tensors, anchors, plan.proximal_mu)).backward()
        torch.nn.utils.clip_grad_norm_(tensors, plan.max_gradient_norm)
        optimiser.step()
        optimiser.zero_grad()
        if progress:
            progress(step + 1, plan.steps, losses[-1])

    delta = read_vector(model) - start
    if not np.isfinite(delta).all():
        raise TrainingDiverged("the trained weights are not finite; lower update.learning_rate in the guideline")
    return delta, tuple(losses)


def _proximal(tensors: list[Tensor], anchors: list[Tensor], mu: float) -> Tensor:
    if mu == 0:
        return torch.zeros(())
    return mu / 2 * torch.stack([(w - w0).square().sum() for w, w0 in zip(tensors, anchors, strict=True)]).sum()


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"loss is {loss} at step {step + 1}; lower update.learning_rate in the guideline, or check the data"
        )
    return loss
