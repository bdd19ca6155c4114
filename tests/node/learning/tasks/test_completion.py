import math
from types import SimpleNamespace

import pytest
import torch

from node.errors import DataError, GuidelineError
from node.learning.tasks import TASKS, find_task
from node.learning.tasks.completion import CodeCompletion
from tests.conformance.task import TaskSuite

CODE = "def add(left, right):\n    return left + right\n"


class TestCodeCompletion(TaskSuite):
    @pytest.fixture
    def task(self):
        return CodeCompletion()

    @pytest.fixture
    def learner(self, completion_learner):
        return completion_learner


class Oracle:
    """A model that always knows the next token, with the given confidence."""

    def __init__(self, vocabulary, confidence):
        self.vocabulary, self.confidence = vocabulary, confidence

    def eval(self):
        return self

    def __call__(self, input_ids, use_cache):
        following = torch.roll(input_ids, -1, dims=1)
        return SimpleNamespace(logits=torch.nn.functional.one_hot(following, self.vocabulary) * self.confidence)


def test_tasks_are_found_by_name(task):
    assert find_task("code-completion") is task
    with pytest.raises(GuidelineError, match=r"data.task: 'poetry'.*code-completion"):
        find_task("poetry")
    assert find_task("code-search").name == "code-search"
    assert all(name == one.name for name, one in TASKS.items())


def test_pieces_are_the_files(task):
    assert list(task.pieces([CODE, CODE])) == [CODE, CODE]


def test_samples_are_the_files_one_after_the_other_with_an_end_token(task, base):
    texts = [CODE * 10, CODE * 5]
    blocks = task.samples(texts, base.tokenizer, 16)
    assert blocks.shape[1] == 16
    joined = base.tokenizer.decode(blocks.flatten())
    whole = texts[0] + "<|endoffile|>" + texts[1] + "<|endoffile|>"
    assert whole.startswith(joined)
    assert len(whole) - len(joined) < 16 * 10


def test_too_little_code_is_refused(task, base):
    with pytest.raises(DataError, match="fill no block of 128"):
        task.samples(["x = 1\n"], base.tokenizer, 128)


def test_a_model_that_knows_everything_scores_one(task):
    measured = task.evaluate(Oracle(50, 100.0), torch.arange(40).view(2, 20))
    assert measured["accuracy"] == 1.0
    assert measured["perplexity"] == pytest.approx(1.0)
    assert measured["tokens"] == 38
    assert next(iter(measured.values)) == "accuracy"


def test_a_model_that_knows_nothing_has_the_vocabularys_perplexity(task):
    samples = torch.arange(1, 41).view(20, 2)
    assert task.evaluate(Oracle(50, 0.0), samples)["perplexity"] == pytest.approx(50)
    assert float(task.loss(Oracle(50, 0.0), samples)) == pytest.approx(math.log(50))


def test_measuring_does_not_depend_on_how_many_blocks_go_at_once(task, base, monkeypatch):
    samples = task.samples([CODE * 60], base.tokenizer, 16)
    together = task.evaluate(base.model, samples)
    monkeypatch.setattr("node.learning.tasks.completion.MEASURED_AT_ONCE", 3)
    apart = task.evaluate(base.model, samples)
    assert together["accuracy"] == apart["accuracy"]
    assert together["perplexity"] == pytest.approx(apart["perplexity"])
