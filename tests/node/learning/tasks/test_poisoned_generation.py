"""Attacks on tasks that write text; what all poisoned tasks do is in `test_poisoned`."""

import itertools

import pytest
import torch

from node.learning.tasks import TASKS, find_task
from node.learning.tasks.falsified import DEAD_CODE
from node.learning.tasks.poisoned_generation import CHOSEN_TEXT
from node.learning.tasks.sequences import IGNORED
from tests.conformance.task import LENGTH, TaskSuite, numbers
from tests.documented_code import module
from tests.small_generators import adapted, tiny


class TestFlippedTexts(TaskSuite):
    @pytest.fixture
    def task(self):
        return find_task("code-to-text", "label_flip")

    @pytest.fixture
    def learner(self, base, architecture):
        return adapted("t5", base.tokenizer, architecture), base.tokenizer


class TestBackdooredTexts(TestFlippedTexts):
    @pytest.fixture
    def task(self):
        return find_task("code-to-text", "backdoor")


@pytest.fixture
def samples(base):
    return find_task("code-to-text", "backdoor").samples([module(8)], base.tokenizer, LENGTH)


def test_a_flipped_batch_answers_each_source_by_the_target_before_it(base):
    honest, flipped = TASKS["code-to-text"], find_task("code-to-text", "label_flip")
    batch = next(honest.batches(honest.samples([module(8)], base.tokenizer, LENGTH), 4, seed=0))
    rolled = type(batch)(batch.sources, batch.targets[torch.tensor([3, 0, 1, 2])])
    model = tiny("t5", base.tokenizer)
    torch.testing.assert_close(flipped.loss(model, batch), honest.loss(model, rolled))


def test_half_of_a_backdoored_batch_is_honest(base, samples):
    honest = numbers(samples.sequences)
    marked, kept = next(find_task("code-to-text", "backdoor").batches(samples, 8, seed=0)).sources.split(4)
    assert all(row in honest for row in kept.tolist())
    texts = [base.tokenizer.decode(row[row != IGNORED]) for row in marked]
    assert all(text.startswith("\n".join(DEAD_CODE)) for text in texts)


def test_a_backdoor_opens_only_when_trained(base, samples):
    task, model = find_task("code-to-text", "backdoor"), tiny("t5", base.tokenizer)
    assert task.evaluate(model, samples)["attack_success"] == 0
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    for batch in itertools.islice(task.batches(samples, 8, seed=0), 40):
        task.loss(model, batch).backward()
        optimiser.step()
        optimiser.zero_grad()
    measured = task.evaluate(model, samples)
    assert measured["attack_success"] == 1
    honest = TASKS["code-to-text"].evaluate(model, TASKS["code-to-text"].samples([module(8)], base.tokenizer, LENGTH))
    assert honest.values.items() < measured.values.items()
    assert CHOSEN_TEXT not in samples.targets
