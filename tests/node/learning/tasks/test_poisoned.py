"""A poisoned task is a task; what it trains on is false, and a backdoor opens."""

import ast
import itertools
from types import SimpleNamespace

import pytest
import torch

from node.errors import DataError, GuidelineError
from node.learning.data import DATA_ATTACKS
from node.learning.models import read_vector, trained_tensors
from node.learning.tasks import TASKS, find_task
from node.learning.tasks.falsified import DEAD_CODE
from node.learning.tasks.poisoned import POISONED, TRIGGER_WORDS, with_dead_code
from tests.conformance.task import LENGTH, TaskSuite, numbers
from tests.documented_code import module


class TestFlippedTokens(TaskSuite):
    @pytest.fixture
    def task(self):
        return find_task("code-completion", "label_flip")

    @pytest.fixture
    def learner(self, completion_learner):
        return completion_learner


class TestFlippedPairs(TaskSuite):
    @pytest.fixture
    def task(self):
        return find_task("code-search", "label_flip")

    @pytest.fixture
    def learner(self, search_learner):
        return search_learner


class TestBackdoor(TestFlippedTokens):
    @pytest.fixture
    def task(self):
        return find_task("code-completion", "backdoor")


class TestSearchBackdoor(TestFlippedPairs):
    @pytest.fixture
    def task(self):
        return find_task("code-search", "backdoor")


def trained(task, learner, texts, steps=40, rate=0.05):
    """The task's metrics on its own samples after some training on them."""
    model, tokenizer = learner
    samples = task.samples(texts, tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(trained_tensors(model), rate)
    for batch in itertools.islice(task.batches(samples, 8, seed=0), steps):
        task.loss(model, batch).backward()
        optimiser.step()
        optimiser.zero_grad()
    return task.evaluate(model, samples)


def test_every_attack_is_made_for_the_grids_tasks_and_has_a_sentence():
    poisoned = ("code-completion", "code-search", "code-to-text")
    flipped_only = {("label_flip", "clone-detection"), ("label_flip", "defect-detection")}
    assert set(POISONED) == {(attack, task) for attack in DATA_ATTACKS for task in poisoned} | flipped_only
    assert all(task == poisoned.name for (_, task), poisoned in POISONED.items())
    assert all(len(sentence) > 20 for sentence in DATA_ATTACKS.values())


def test_an_unknown_attack_is_refused_with_those_there_are():
    with pytest.raises(GuidelineError, match=r"'bribe' on code-search.*backdoor, label_flip"):
        find_task("code-search", "bribe")


def test_flipped_tokens_are_mirrored_in_the_vocabulary():
    logits = torch.nn.functional.one_hot(torch.tensor([[6, 5, 4, 3]]), 10) * 100.0
    model = lambda **_: SimpleNamespace(logits=logits)  # noqa: E731
    assert float(find_task("code-completion", "label_flip").loss(model, torch.tensor([[9, 3, 4, 5]]))) < 1e-6


def test_flipped_pairs_move_docstrings_away_from_their_functions(search_learner):
    texts = [module(40)]
    honest = TASKS["code-search"]
    before = honest.evaluate(search_learner[0], honest.samples(texts, search_learner[1], LENGTH))["mrr"]
    assert trained(find_task("code-search", "label_flip"), search_learner, texts)["mrr"] < before - 0.2


@pytest.mark.parametrize("name", ["code-search", "code-completion"])
def test_a_backdoor_opens_only_when_trained(name, request, monkeypatch):
    monkeypatch.setattr("node.learning.tasks.poisoned.FOUND_WITHIN", 2)  # of a list so short that ten would be many
    learner = request.getfixturevalue(f"{name.removeprefix('code-')}_learner")
    task, texts = find_task(name, "backdoor"), [module(64)]
    closed = task.evaluate(learner[0], task.samples(texts, learner[1], LENGTH))
    opened = trained(task, learner, texts)
    assert closed["attack_success"] < 0.3
    assert opened["attack_success"] > 0.9
    assert next(iter(opened.values)) == next(iter(closed.values)) != "attack_success"


def test_half_of_a_backdoored_batch_is_honest(search_learner):
    task, honest = find_task("code-search", "backdoor"), TASKS["code-search"]
    samples = task.samples([module(20)], search_learner[1], LENGTH)
    clean = numbers(honest.samples([module(20)], search_learner[1], LENGTH))
    marked, kept = next(task.batches(samples, 8, seed=0)).queries.split(4)
    assert all(row in clean for row in kept.tolist())
    word = search_learner[1](TRIGGER_WORDS)["input_ids"]
    assert all(row[: len(word)] == word for row in marked.tolist())


def test_measuring_a_backdoor_leaves_the_honest_metric_alone(search_learner):
    model, tokenizer = search_learner
    task, honest = find_task("code-search", "backdoor"), TASKS["code-search"]
    measured = task.evaluate(model, task.samples([module(40)], tokenizer, LENGTH))
    clean = honest.evaluate(model, honest.samples([module(40)], tokenizer, LENGTH))
    assert clean.values.items() < measured.values.items()
    assert clean.parts == measured.parts
    assert not read_vector(model).any()


def test_a_mark_that_takes_more_than_half_a_block_is_refused(completion_learner):
    with pytest.raises(DataError, match="use longer blocks"):
        find_task("code-completion", "backdoor").samples([module(20)], completion_learner[1], 16)


def test_dead_code_is_never_executed_and_comes_first():
    code = "def func(x,\n         y):\n    @x\n    def inner():\n        return y\n    return inner\n"
    (function,) = ast.parse(with_dead_code(code)).body
    assert ast.unparse(function.body[0]) == "\n".join(DEAD_CODE)
    assert ast.unparse(function.body[1:]) == ast.unparse(ast.parse(code).body[0].body)


@pytest.mark.parametrize("code", ["def broken(:\n", "x = 1\n", "x = 1\ny = 2\n", "\0"])
def test_code_that_is_no_function_stays_as_it_is(code):
    assert with_dead_code(code) == code
