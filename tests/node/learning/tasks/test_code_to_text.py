import itertools

import pytest
import torch

from node.errors import DataError
from node.learning.data.pieces import encode_piece
from node.learning.metrics import smoothed_bleus
from node.learning.tasks.code_to_text import CodeToText
from tests.conformance.task import LENGTH, TaskSuite
from tests.documented_code import function, module
from tests.small_generators import adapted, tiny

TASK = CodeToText()


class TestCodeToText(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture(params=["t5", "encoder_decoder"])
    def learner(self, request, base, architecture):
        return adapted(request.param, base.tokenizer, architecture), base.tokenizer


class TestCodeToTextOfADataSet(TestCodeToText):
    """Pieces that a reader made instead of Python files."""

    @pytest.fixture
    def texts(self):
        return [encode_piece(code=f"int f{n} ( ) {{ return {n} ; }}", docstring=f"gives back {n}") for n in range(12)]


def test_a_sample_is_a_named_function_without_its_docstring_and_the_docstrings_first_paragraph(base):
    samples = TASK.samples([function(3)], base.tokenizer, LENGTH)
    assert samples.targets == ("Count every parcel of shelf 3.",)
    assert samples.sources[0].startswith("def count_parcel_3(parcel, limit):\n    for item in parcel")
    assert [part.shape for part in (samples.sequences.sources, samples.sequences.targets)] == [(1, 96), (1, 48)]


def test_a_small_t5_learns_a_handful_by_heart_and_scores_one(base):
    model, samples = tiny("t5", base.tokenizer, width=48), TASK.samples([module(6)], base.tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    for batch in itertools.islice(TASK.batches(samples, 6, seed=0), 80):
        TASK.loss(model, batch).backward()
        optimiser.step()
        optimiser.zero_grad()
    assert TASK.evaluate(model, samples)["bleu"] == pytest.approx(1.0)


def test_what_needs_no_model_is_measured_beside_the_model(base):
    pieces = [encode_piece(code="a b c", docstring="gives a") for _ in range(2)]
    pieces.append(encode_piece(code="takes b", docstring="takes b"))
    measured = TASK.evaluate(tiny("t5", base.tokenizer), TASK.samples(pieces, base.tokenizer, LENGTH))
    assert list(measured.values) == ["bleu", "copy_bleu", "frequent_bleu", "texts"]
    wanted = ["gives a", "gives a", "takes b"]
    frequent = sum(smoothed_bleus(["gives a"] * 3, wanted)) / 300
    copied = sum(smoothed_bleus(["a b c", "a b c", "takes b"], wanted)) / 300
    assert measured["frequent_bleu"] == pytest.approx(frequent)
    assert measured["copy_bleu"] == pytest.approx(copied)
    assert measured["texts"] == 3


def test_a_piece_of_another_task_is_refused(base):
    with pytest.raises(DataError, match="no object of code, docstring"):
        TASK.samples([encode_piece(buggy="x", fixed="y")], base.tokenizer, LENGTH)
