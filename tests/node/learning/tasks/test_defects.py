import json

import pytest
import torch
from sklearn.metrics import accuracy_score
from torch.nn.functional import one_hot

from node.errors import DataError
from node.learning.data.pieces import encode_piece
from node.learning.models import MODELS_VARIABLE, attach_adapter, load_base
from node.learning.tasks.defects import DefectDetection, Labelled, class_logits, encode_codes
from tests.conformance.task import TaskSuite
from tests.documented_code import function
from tests.tiny_bases import FAMILIES, tiny_architecture, write_tiny_base

TASK = DefectDetection()
LENGTH = 64
PAD = 1


def fix(number):
    """A function that forgets to ask, and its fix."""
    code = function(number)
    fixed = code.replace("    for item", "    if limit is None:\n        return None\n    for item")
    return encode_piece(buggy=code, fixed=fixed)


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Tiny bases whose padding is no end token, as T5's must not be."""
    folder = tmp_path_factory.mktemp("bases")
    for family in FAMILIES:
        write_tiny_base(family, folder / family, pad_token_id=PAD)
    return folder


@pytest.fixture(params=FAMILIES)
def architecture(request, bases, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, str(bases))
    return tiny_architecture(request.param, bases / request.param)


@pytest.fixture
def base(architecture):
    return load_base(architecture, "classifier")


class TestDefectDetection(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def learner(self, base, architecture):
        return attach_adapter(base, architecture), base.tokenizer

    @pytest.fixture
    def texts(self):
        return [fix(number) for number in range(20)]

    @pytest.fixture
    def barren(self):
        return []


def test_a_pair_is_one_piece_and_two_samples(base):
    samples = TASK.samples([fix(1), fix(2)], base.tokenizer, LENGTH)
    assert list(TASK.pieces([f"{fix(1)}\n{fix(2)}\n"])) == [fix(1), fix(2)]
    assert samples.labels.tolist() == [1, 0, 1, 0]


def test_a_function_and_its_fix_come_in_one_batch(base):
    pieces = [*(fix(number) for number in range(6)), encode_piece(code="x = 1", defect="1")]
    samples = TASK.samples(pieces, base.tokenizer, LENGTH)
    assert samples.pieces.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    first = next(TASK.batches(samples, 13, seed=1))
    drawn = first.pieces.tolist()
    assert sorted(drawn) == samples.pieces.tolist() != drawn
    assert all(drawn.index(piece) + 1 == 12 - drawn[::-1].index(piece) for piece in range(6))
    assert torch.equal(
        first.labels, torch.tensor([samples.labels[drawn[:n].count(one) + 2 * one] for n, one in enumerate(drawn)])
    )


def test_labelled_functions_are_a_sample_each(base):
    pieces = [encode_piece(code="x = 1", defect="1", project="qemu"), encode_piece(code="x = 2", defect="0")]
    assert TASK.samples(pieces, base.tokenizer, LENGTH).labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        json.dumps({"code": "x"}),
        '{"code":"x","defect":"2"}',
        '{"buggy":"x"}',
        '{"buggy":"x","code":"y","defect":"1","fixed":"x"}',
        '{"code":"x","defect":1}',
    ],
)
def test_what_is_no_piece_is_refused(base, text):
    with pytest.raises(DataError, match="piece"):
        TASK.samples([text], base.tokenizer, LENGTH)


class Told:
    """A classifier that tells a row's label by its first token."""

    def __init__(self, labels):
        self.labels = labels
        self.config = self
        self.pad_token_id = PAD

    def eval(self):
        return self

    def __call__(self, input_ids, attention_mask):
        self.logits = one_hot(self.labels[input_ids[:, 0]], 2).float()
        return self


def test_accuracy_is_scikit_learns_and_the_mean_of_the_parts():
    generator = torch.Generator().manual_seed(1)
    told, labels = torch.randint(2, (2, 90), generator=generator)
    measured = TASK.evaluate(Told(told), Labelled(torch.arange(90).view(90, 1), labels, torch.arange(90)))
    assert measured.headline == measured["accuracy"] == pytest.approx(accuracy_score(labels, told))
    assert measured["frequent_accuracy"] == max(int(labels.sum()), 90 - int(labels.sum())) / 90
    assert list(measured.parts) == [(float(one == other), 1.0) for one, other in zip(told, labels, strict=True)]


def test_padding_and_company_change_no_logits(base):
    long = "x = 1\n" * 40
    alone = encode_codes(["total = 0"], base.tokenizer, LENGTH)
    together = encode_codes(["total = 0", long], base.tokenizer, LENGTH + 32)
    with torch.no_grad():
        one, other = (class_logits(base.model, tokens)[0] for tokens in (alone, together))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_few_functions_are_learned_by_heart(base):
    classifier = base.model
    samples = TASK.samples([fix(number) for number in range(4)], base.tokenizer, LENGTH)
    optimiser = torch.optim.AdamW(classifier.parameters(), 5e-3)
    for _ in range(60):
        TASK.loss(classifier, samples).backward()
        optimiser.step()
        optimiser.zero_grad()
    assert TASK.evaluate(classifier, samples).headline == 1.0
    assert float(TASK.loss(classifier, samples).detach()) < 0.1


def test_code_is_cut_and_its_end_is_not(base):
    end = base.tokenizer.eos_token_id
    tokens = encode_codes(["x = 1\n" * 40, "", "a <|endoffile|> b"], base.tokenizer, 16)
    assert (tokens[0, -1], tokens[1, 0]) == (end, end)
    assert (tokens == end).sum(1).tolist() == [1, 1, 1]  # what spells an end token is none


class Wrapping:
    """A tokenizer that puts special tokens around a text, a token a letter."""

    def __init__(self, around, **named):
        names = ("bos", "eos", "cls", "sep", "pad")
        self.__dict__ = {f"{name}_token_id": named.get(name) for name in names}
        self.around = around
        self.backend_tokenizer = self

    def encode(self, text):
        self.ids = self.around
        return self

    def encode_batch(self, texts, add_special_tokens):
        assert not add_special_tokens
        return [type("Encoding", (), {"ids": [ord(letter) for letter in text]}) for text in texts]


@pytest.mark.parametrize(
    ("tokenizer", "row"),
    [
        (Wrapping([0, 2], bos=0, eos=2, cls=0, sep=2, pad=1), [0, 97, 98, 2]),  # RoBERTa
        (Wrapping([1], eos=1, pad=0), [97, 98, 99, 1]),  # T5
        (Wrapping([1], bos=1, eos=2), [1, 97, 98, 99]),  # Llama
        (Wrapping([], bos=9, eos=9), [97, 98, 99, 9]),  # GPT-2
        (Wrapping([], bos=9, eos=9, cls=9, sep=9, pad=1), [9, 97, 98, 9]),  # a small base
        (Wrapping([101, 102], cls=101, sep=102, pad=0), [101, 97, 98, 102]),  # BERT
    ],
)
def test_special_tokens_are_the_tokenizers_own(tokenizer, row):
    assert encode_codes(["abcdef"], tokenizer, 4).tolist() == [row]
