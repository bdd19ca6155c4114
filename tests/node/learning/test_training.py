import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from node.algorithms import Pull
from node.errors import TrainingDiverged
from node.learning.models import load_vector, read_vector, trained_tensors
from node.learning.training import NO_PULL, Descent, TrainingPlan, train

CODE = ["def add(left, right):\n    return left + right\n" * 30]


@pytest.fixture
def plan(guideline):
    return TrainingPlan.of(guideline, seed=5)


@pytest.fixture
def samples(task, base, plan):
    return task.samples(CODE, base.tokenizer, plan.block_length)


def run(model, task, samples, plan, pull=NO_PULL, progress=None):
    load_vector(model, read_vector(model) * 0)
    return train(model, task, task.batches(samples, plan.part_size, plan.seed), plan, pull, progress)


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
    _, losses = run(model, task, samples, plan, progress=lambda *report: told.append(report))
    assert told == [(step + 1, plan.steps, loss) for step, loss in enumerate(losses)]


def test_the_proximal_term_keeps_the_update_short(model, task, samples, plan):
    free, _ = run(model, task, samples, replace(plan, steps=6))
    held, _ = run(model, task, samples, replace(plan, steps=6), Pull(mu=1000.0))
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


class Quadratic:
    """The loss ½ · Σ (w − b)² of the trained tensors, whatever the batch."""

    def __init__(self, optimum):
        self.optimum = optimum

    def loss(self, model, _batch):
        away = torch.cat([tensor.reshape(-1) for tensor in trained_tensors(model)]) - self.optimum
        return away.square().sum() / 2


@pytest.fixture
def plain(plan):
    """Plain gradient steps that nothing clips."""
    return replace(plan, optimiser="sgd", learning_rate=0.1, max_gradient_norm=1e9)


def test_plain_steps_on_a_quadratic_come_as_near_as_the_closed_form_says(model, plain):
    start = read_vector(model)
    delta, losses = train(model, Quadratic(1.0), itertools.repeat(None), replace(plain, steps=5))
    np.testing.assert_allclose(start + delta, 1 - 0.9**5 * (1 - start), atol=1e-6)
    assert losses[0] == pytest.approx(len(start) / 2, rel=1e-5)


def test_a_pull_moves_the_end_of_a_quadratic_to_its_closed_form(model, plain):
    """½ (w − 1)² + g·w + m/2 (w − a)² is least at (1 − g + m·a) / (1 + m)."""
    load_vector(model, read_vector(model) * 0 + 0.5)
    length = len(read_vector(model))
    linear = np.linspace(-1, 1, length, dtype=np.float32)
    anchor = np.linspace(2, 3, length, dtype=np.float32)
    pull = Pull(linear=linear, mu=0.5, anchor=anchor)
    train(model, Quadratic(1.0), itertools.repeat(None), replace(plain, steps=200), pull)
    np.testing.assert_allclose(read_vector(model), (1 - linear + 0.5 * anchor) / 1.5, atol=1e-5)


def test_without_an_anchor_the_pull_is_back_to_the_start(model, plain):
    load_vector(model, read_vector(model) * 0 + 0.5)
    train(model, Quadratic(1.0), itertools.repeat(None), replace(plain, steps=200), Pull(mu=3.0))
    np.testing.assert_allclose(read_vector(model), (1 + 3 * 0.5) / 4, atol=1e-5)


def test_the_tasks_gradient_is_clipped_and_the_pull_is_not(model, plain):
    length = len(read_vector(model))
    clipped = replace(plain, steps=1, max_gradient_norm=1.0)
    load_vector(model, read_vector(model) * 0)
    delta, _ = train(model, Quadratic(1.0), itertools.repeat(None), clipped, Pull(linear=np.ones(length, np.float32)))
    np.testing.assert_allclose(delta, -0.1 * (1 - length**-0.5), rtol=1e-4)


def test_descents_go_on_with_the_batches_and_tell_of_all_steps(model, plain):
    taken, told = [], []

    class Counting(Quadratic):
        def loss(self, model, batch):
            taken.append(batch)
            return super().loss(model, batch)

    descent = Descent(
        model, Counting(1.0), itertools.count(), replace(plain, steps=4), 2, lambda *report: told.append(report)
    )
    start = read_vector(model)
    first = descent(start, NO_PULL, 3)
    np.testing.assert_allclose(first, 1 - 0.9**3 * (1 - start), atol=1e-6)
    again = descent(start + 2, Pull(mu=1.0, anchor=start), 2)
    np.testing.assert_allclose(again, 0.5 + 0.5 * start + 0.8**2 * (1.5 + 0.5 * start), atol=1e-5)
    assert taken == [0, 1, 2, 3, 4]
    assert told == [(step + 1, 8, loss) for step, loss in enumerate(descent.losses)]


def test_a_batch_in_parts_is_the_whole_batch_up_to_rounding(model, task, samples, plain):
    whole, losses = run(model, task, samples, replace(plain, learning_rate=0.01))
    parts, same = run(model, task, samples, replace(plain, learning_rate=0.01, accumulate=4))
    assert np.abs(whole).max() > 1e-4
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert same == pytest.approx(losses, rel=1e-5)


def test_bfloat16_computes_roughly_the_same_and_keeps_what_trains_in_float32(model, task, samples, plan):
    exact, losses = run(model, task, samples, plan)
    rough, roughly = run(model, task, samples, replace(plan, precision="bfloat16"))
    assert {tensor.dtype for tensor in trained_tensors(model)} == {torch.float32}
    assert roughly == pytest.approx(losses, rel=0.02)
    assert roughly != losses
    assert float(exact @ rough) > 0.5 * float(np.linalg.norm(exact) * np.linalg.norm(rough))
