"""What every `node.ports.Task` does. A subclass gives the task, a model and a tokenizer for it, and some code."""

import dataclasses
import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from node.errors import DataError
from node.learning.models import load_vector, read_vector, trained_tensors
from node.ports import Task
from tests.documented_code import module

__all__ = ["LENGTH", "TaskSuite", "numbers"]

LENGTH = 96  # tokens of a sample


def numbers(batch: Any) -> list[list[int]]:
    """A batch as plain lists, whatever the task's samples are made of."""
    if isinstance(batch, Tensor):
        return batch.tolist()
    return [row for field in dataclasses.fields(batch) for row in numbers(getattr(batch, field.name))]


class TaskSuite:
    @pytest.fixture
    def task(self) -> Task:
        raise NotImplementedError

    @pytest.fixture
    def learner(self) -> tuple[Any, Any]:
        """A model with an adapter at zero, and the tokenizer."""
        raise NotImplementedError

    @pytest.fixture
    def texts(self) -> list[str]:
        return [module(20), module(20, first=20)]

    @pytest.fixture
    def samples(self, task: Task, learner: tuple[Any, Any], texts: list[str]) -> Any:
        return task.samples(texts, learner[1], LENGTH)

    def test_pieces_of_all_texts_hold_the_same_samples(
        self, task: Task, learner: tuple[Any, Any], texts: list[str], samples: Any
    ) -> None:
        pieces = list(task.pieces(texts))
        assert len(pieces) >= len(texts)
        assert len(task.samples(pieces, learner[1], LENGTH)) == len(samples) > 0

    @pytest.fixture
    def barren(self) -> list[str]:
        """Texts that give no sample."""
        return ["x = 1\n"]

    def test_texts_that_give_no_sample_are_refused(
        self, task: Task, learner: tuple[Any, Any], barren: list[str]
    ) -> None:
        with pytest.raises(DataError, match="add more code"):
            task.samples(barren, learner[1], LENGTH)

    def test_batches_follow_from_the_seed(self, task: Task, samples: Any) -> None:
        def first_three(seed: int) -> list[list[list[int]]]:
            return [numbers(batch) for batch in itertools.islice(task.batches(samples, 4, seed), 3)]

        assert first_three(1) == first_three(1)
        assert first_three(1) != first_three(2)

    def test_a_batch_may_be_larger_than_the_samples(self, task: Task, learner: tuple[Any, Any], samples: Any) -> None:
        size = len(samples) + 3
        batch = next(task.batches(samples, size, seed=0))
        assert len(batch) == size
        assert math.isfinite(float(task.loss(learner[0], batch).detach()))

    def test_a_step_against_the_gradient_lowers_the_loss(
        self, task: Task, learner: tuple[Any, Any], samples: Any
    ) -> None:
        model, _ = learner
        batch = next(task.batches(samples, 8, seed=0))
        before = task.loss(model, batch)
        before.backward()
        with torch.no_grad():
            for tensor in trained_tensors(model):
                assert tensor.grad is not None
                tensor.sub_(1e-2 * tensor.grad / tensor.grad.norm().clamp(min=1e-9))
        assert float(task.loss(model, batch).detach()) < float(before.detach())

    def test_measuring_gives_finite_numbers_and_changes_nothing(
        self, task: Task, learner: tuple[Any, Any], samples: Any
    ) -> None:
        model, _ = learner
        load_vector(model, read_vector(model) + 0.01)
        vector = read_vector(model)
        measured = task.evaluate(model, samples)
        assert all(math.isfinite(value) for value in measured.values.values())
        assert 0 <= measured.headline <= 1
        assert task.evaluate(model, samples) == measured
        assert (read_vector(model) == vector).all()

    def test_the_headline_is_a_ratio_of_what_each_sample_adds(
        self, task: Task, learner: tuple[Any, Any], samples: Any
    ) -> None:
        measured = task.evaluate(learner[0], samples)
        above, below = map(math.fsum, zip(*measured.parts, strict=True))
        assert measured.headline == pytest.approx(above / below)
