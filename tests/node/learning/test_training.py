import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from node.errors import TrainingDiverged
from node.learning.models import load_vector, read_vector
from node.learning.training import TrainingPlan, train

CODE = ["def add(left, right):\n    return left + right\n" * 30]


@pytest.fixture
def plan(guideline):
    return TrainingPlan.of(guideline.update, seed=5)


@pytest.fixture
def samples(task, base, plan):
    return task.samples(CODE, base.tokenizer, plan.block_length)


def run(model, task, samples, plan, progress=None):
    load_vector(model, read_vector(model) * 0)
    return train(model, task, task.batches(samples, plan.batch_size, plan.seed), plan, progress)


def test_the_plan_is_the_guidelines(plan, guideline):
    assert plan.steps == guideline.update.local_steps
    assert plan.learning_rate == pytest.approx(0.01)
    assert plan.seed == 5


def test_training_lowers_the_loss_and_returns_what_changed(model, task, samples, plan):
    delta, losses = run(model, task, samples, replace(plan, steps=8))
    assert losses[-1] < losses[0]
    assert delta.dtype == np.float32
    np.testing.assert_array_equal(delta, read_vector(model))


def test_only_the_adapter_changes(model, task, samples, plan):
    before = {name: tensor.clone() for name, tensor in model.named_parameters() if "lora_B" not in name}
    run(model, task, samples, plan)
    after = dict(model.named_parameters())
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_the_delta_is_relative_to_where_training_began(model, task, samples, plan):
    start = np.full(len(read_vector(model)), 0.01, np.float32)
    load_vector(model, start)
    delta, _ = train(model, task, task.batches(samples, plan.batch_size, plan.seed), plan)
    np.testing.assert_array_equal(delta, read_vector(model) - start)


def test_progress_is_told_after_every_step(model, task, samples, plan):
    told = []
    _, losses = run(model, task, samples, plan, lambda *report: told.append(report))
    assert told == [(step + 1, plan.steps, loss) for step, loss in enumerate(losses)]


def test_the_proximal_term_keeps_the_update_short(model, task, samples, plan):
    free, _ = run(model, task, samples, replace(plan, steps=6))
    held, _ = run(model, task, samples, replace(plan, steps=6, proximal_mu=1000.0))
    assert np.linalg.norm(held) < np.linalg.norm(free)


def test_a_loss_that_is_not_finite_stops_training(model, task, plan):
    class Diverging:
        def loss(self, _model, _batch):
            return torch.tensor(float("nan"), requires_grad=True)

    with pytest.raises(TrainingDiverged, match=r"nan at step 1.*learning_rate"):
        train(model, Diverging(), itertools.repeat(None), plan)


def test_weights_that_are_not_finite_are_never_returned(model, task, samples, plan):
    with pytest.raises(TrainingDiverged, match="learning_rate"):
        run(model, task, samples, replace(plan, learning_rate=float("inf")))
