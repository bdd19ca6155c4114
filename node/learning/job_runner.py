"""What a training or measuring job does, start to end. Runs where torch is; `worker` decides in which process.

The base model is kept between jobs of one process, since loading it takes longer than a training step, and so are the
samples of the latest texts: a peer's code changes rarely from round to round.
"""

import functools
from typing import Any

import torch

from node.algorithms import LocalRound
from node.errors import ModelError
from node.guideline import Architecture, Guideline, algorithm_of
from node.learning import cluster
from node.learning.benchmark import decode_benchmark
from node.learning.data import read_split
from node.learning.data.commitment import digests_of
from node.learning.device import on_device
from node.learning.jobs import EvaluateJob, Progress, TrainJob, TrainResult
from node.learning.models import (
    attach_adapter,
    layout,
    load_base,
    load_frozen,
    load_vector,
    longest_input,
    read_vector,
)
from node.learning.release import load_state
from node.learning.tasks import find_task
from node.learning.training import Descent, TrainingPlan
from node.ports import Head, Metrics

__all__ = ["evaluate_job", "train_job"]

SAMPLES_KEPT = 32  # data sets, at most 1 MB or so each; a simulation's peers take turns


def train_job(job: TrainJob, progress: Progress | None = None) -> TrainResult:
    """Train one round's update. Raises `DataError`, `ModelError`, `TrainingDiverged`, `GuidelineError`."""
    with on_device():
        return _train(job, progress)


def _train(job: TrainJob, progress: Progress | None) -> TrainResult:
    model, tokenizer = _model(job.guideline, job.frozen)
    load_state(model, job.state, job.guideline.architecture)
    task = find_task(job.guideline.data.task, job.source.attack)
    plan = TrainingPlan.of(job.guideline, job.seed)

    def read() -> tuple[Any, tuple[str, ...]]:
        texts = read_split(job.source, job.guideline.data).train
        return _samples(task.name, job.source.attack, texts, tokenizer, plan.block_length), texts

    samples, texts = cluster.agreed(read, lambda both: len(both[0]))
    algorithm = algorithm_of(job.guideline.update)
    local_round = LocalRound(plan.steps, plan.learning_rate, job.previous, layout(model))
    torch.manual_seed(plan.seed)
    descent = Descent(model, task, task.batches(samples, plan.part_size, plan.seed), plan, algorithm.passes, progress)
    delta, memory = algorithm.train(descent, read_vector(model), job.memory, local_round)
    return TrainResult(delta, len(samples), tuple(descent.losses), memory, digests_of(texts))


def evaluate_job(job: EvaluateJob) -> Metrics:
    """Measure one state, or the bare base model. Raises `DataError`, `ModelError`, `GuidelineError`."""
    with on_device():
        return _evaluate(job)


def _evaluate(job: EvaluateJob) -> Metrics:
    if (job.state is None) != (job.frozen is None):
        raise ModelError("evaluation: a state needs its lineage's frozen tensors and the other way round; give both")
    model, tokenizer = _model(job.guideline, job.frozen)
    if job.state is None:
        load_vector(model, read_vector(model) * 0)
    else:
        load_state(model, job.state, job.guideline.architecture)
    task = find_task(job.guideline.data.task, job.attack)
    texts = decode_benchmark(job.benchmark)
    samples = _samples(task.name, job.attack, texts, tokenizer, job.guideline.update.block_length)
    return task.evaluate(model, samples)


def _model(guideline: Guideline, frozen: bytes | None) -> tuple[Any, Any]:
    architecture, length = guideline.architecture, guideline.update.block_length
    # genesis and frozen name contents, not shapes: the same loaded model serves before and after they are filled in
    head = find_task(guideline.data.task).head
    model, tokenizer = _loaded(architecture.model_copy(update={"genesis": None, "frozen": None}), head)
    longest = longest_input(model) or length
    if length > longest:
        raise ModelError(
            f"update.block_length is {length}; {architecture.model} reads at most {longest} tokens: lower it"
        )
    if frozen is not None:
        load_frozen(model, frozen)
    return model, tokenizer


@functools.lru_cache(maxsize=1)
def _loaded(architecture: Architecture, head: Head) -> tuple[Any, Any]:
    base = load_base(architecture, head)
    return attach_adapter(base, architecture), base.tokenizer


@functools.lru_cache(maxsize=SAMPLES_KEPT)
def _samples(task: str, attack: str | None, texts: tuple[str, ...], tokenizer: Any, length: int) -> Any:
    return find_task(task, attack).samples(texts, tokenizer, length)
