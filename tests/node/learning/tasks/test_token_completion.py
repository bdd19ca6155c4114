"""Accuracy over tokens of the language, beside counts made by hand."""

from types import SimpleNamespace

import pytest
import torch

from node.errors import DataError
from node.learning.data.codexglue.completions import plain_code
from node.learning.tasks.token_completion import UNCOUNTED, TokenBlocks, TokenCompletion
from tests.conformance.task import TaskSuite
from tests.small_generators import CAUSAL, adapted

TASK = TokenCompletion()
CODE = plain_code("<s> def add ( left , right ) : <EOL> return left + right <EOL> </s>")


class TestTokenCompletion(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture(params=CAUSAL)
    def learner(self, request, base, architecture):
        return adapted(request.param, base.tokenizer, architecture), base.tokenizer


def predicting(right):
    """A model that ranks the next token first where `right`, (n, length − 1), says so, and another one elsewhere."""

    class Model:
        def eval(self):
            return self

        def __call__(self, input_ids, use_cache):
            following = torch.roll(input_ids, -1, dims=1)
            following[:, :-1] += (~right).long()
            return SimpleNamespace(logits=torch.nn.functional.one_hot(following, 50) * 9.0)

    return Model()


def test_a_word_is_right_when_all_of_it_is():
    words = torch.tensor([[UNCOUNTED, 1, 1, 3, UNCOUNTED, 5, 5, 5]])
    right = torch.tensor([[True, False, True, False, True, True, True]])
    measured = TASK.evaluate(predicting(right), TokenBlocks(torch.arange(8)[None], words))
    assert measured.parts == ((2.0, 3.0),), "the first of three words is half wrong, a line end does not count"
    assert (measured["accuracy"], measured["tokens"]) == (2 / 3, 3)
    assert measured["model_accuracy"] == 5 / 7


def test_words_are_those_of_the_language_and_line_ends_are_none(base):
    samples = TASK.samples([CODE * 40], base.tokenizer, 64)
    for tokens, words in zip(samples.tokens, samples.words, strict=True):
        for word in words[words != UNCOUNTED].unique():
            assert base.tokenizer.decode(tokens[words == word]).strip() in CODE.split()
        assert words[0] == UNCOUNTED, "nothing predicts it"
    joined = base.tokenizer.decode(samples.tokens.flatten())
    assert (CODE * 40).startswith(joined)
    counted = [len(words[words != UNCOUNTED].unique()) for words in samples.words]
    assert sum(counted) >= 0.85 * len(joined.split())


def test_words_that_two_blocks_share_are_judged_in_neither():
    class Letters:
        """A token for each letter."""

        eos_token_id = 0
        backend_tokenizer = SimpleNamespace(
            encode_batch=lambda texts, add_special_tokens: [SimpleNamespace(ids=[ord(x) for x in one]) for one in texts]
        )

    samples = TASK.samples(["ab cd efgh i\nj kl"], Letters(), 6)
    assert samples.tokens.shape == (3, 6)
    words = [
        ["".join(map(chr, block[ids == one].tolist())).strip() for one in ids[ids != UNCOUNTED].unique()]
        for block, ids in zip(samples.tokens, samples.words, strict=True)
    ]
    assert words == [["cd"], ["i"], ["j", "kl"]]


def test_too_little_code_is_refused(base):
    with pytest.raises(DataError, match="fill no block"):
        TASK.samples([CODE], base.tokenizer, 4096)
