import pytest
import torch
from transformers import RobertaConfig, RobertaModel

from node.learning.models import attach_adapter, load_base, weights_sha256
from node.learning.tasks.search import CodeSearch, Pairs, embed, encode_pairs, matching_loss
from tests.conformance.task import TaskSuite
from tests.documented_code import function, module
from tests.lookup_encoder import Lookup

TASK = CodeSearch()
LENGTH = 64


class TestCodeSearch(TaskSuite):
    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def learner(self, search_learner):
        return search_learner


class TestCodeSearchWithALanguageModel(TaskSuite):
    """The encoder is any transformer; here the completion task's."""

    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def learner(self, completion_learner):
        return completion_learner


class TestCodeSearchWithAnEncoderOfAHub(TaskSuite):
    """A bidirectional encoder with a pooler and a padding token, found by name as a hub's is."""

    @pytest.fixture
    def task(self):
        return TASK

    @pytest.fixture
    def learner(self, search_guideline, base, tmp_path, monkeypatch):
        torch.manual_seed(0)
        config = RobertaConfig(
            vocab_size=2048, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
        RobertaModel(config).save_pretrained(tmp_path)
        base.tokenizer.save_pretrained(tmp_path)
        monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
        hub = {"model": "someone/encoder", "weights_sha256": weights_sha256(tmp_path), "targets": ("query", "value")}
        architecture = search_guideline.architecture.model_copy(update=hub)
        loaded = load_base(architecture, "encoder")
        assert isinstance(loaded.model, RobertaModel)
        return attach_adapter(loaded, architecture), loaded.tokenizer


def numbered(count):
    """As many pairs of one token each, the docstring's token being the function's."""
    tokens = torch.arange(count).view(count, 1)
    return Pairs(tokens, tokens)


def test_a_pair_is_a_docstring_and_the_masked_function(search_learner):
    tokenizer = search_learner[1]
    pairs = TASK.samples([function(3)], tokenizer, LENGTH)
    query = tokenizer.decode(pairs.queries[0][pairs.queries[0] >= 0])
    code = tokenizer.decode(pairs.codes[0][pairs.codes[0] >= 0])
    assert "Count every parcel of shelf 3.".startswith(query)  # a quarter of the length
    assert code.startswith("def func(parcel, limit):\n    for item in parcel")
    assert (pairs.queries.shape, pairs.codes.shape) == ((1, LENGTH // 4), (1, LENGTH))


def test_of_functions_with_one_docstring_the_first_counts(search_learner):
    copied = function(3).replace("shelf = 3", "shelf = 4")
    pairs = TASK.samples([function(3), copied, function(4)], search_learner[1], LENGTH)
    assert len(pairs) == 2
    assert torch.equal(pairs.codes[:1], TASK.samples([function(3)], search_learner[1], LENGTH).codes)


def test_an_encoder_that_tells_functions_apart_scores_one():
    measured = TASK.evaluate(Lookup(torch.eye(50)), numbered(50))
    assert measured.values == {"mrr": 1.0, "recall_at_10": 1.0, "queries": 50.0}
    assert next(iter(measured.values)) == "mrr"


@pytest.mark.parametrize("table", [torch.ones(50, 4), torch.zeros(50, 4)])
def test_an_encoder_that_says_the_same_of_everything_gains_nothing(table):
    measured = TASK.evaluate(Lookup(table), numbered(50))
    assert measured["mrr"] == pytest.approx(1 / 50)
    assert measured["recall_at_10"] == 0


def test_vectors_have_unit_length_and_do_not_depend_on_padding_or_company(search_learner):
    model, tokenizer = search_learner
    short = encode_pairs(["Count all"], ["x = 1"], tokenizer, LENGTH)
    long = encode_pairs(["Count all", "Sort every parcel"], ["x = 1", "y = 2\n" * 9], tokenizer, 2 * LENGTH)
    with torch.no_grad():
        alone, together = embed(model, short.queries), embed(model, long.queries)
    torch.testing.assert_close(alone[0], together[0])
    torch.testing.assert_close(together.norm(dim=1), torch.ones(2))


def test_an_empty_text_is_a_text_too(search_learner):
    pairs = encode_pairs(["", "Count"], ["", "x"], search_learner[1], LENGTH)
    assert torch.isfinite(matching_loss(embed(search_learner[0], pairs.queries), embed(search_learner[0], pairs.codes)))


def test_how_many_texts_go_at_once_makes_no_difference(search_learner, monkeypatch):
    model, tokenizer = search_learner
    samples = TASK.samples([module(20)], tokenizer, LENGTH)
    together = TASK.evaluate(model, samples)
    monkeypatch.setattr("node.learning.tasks.search.MEASURED_AT_ONCE", 3)
    assert TASK.evaluate(model, samples)["mrr"] == pytest.approx(together["mrr"])


def test_the_loss_is_that_of_choosing_at_random_when_all_look_alike():
    alike = torch.ones(8, 4) / 2
    assert float(matching_loss(alike, alike)) == pytest.approx(torch.tensor(8.0).log().item())
    assert float(matching_loss(torch.eye(8), torch.eye(8))) < 0.01


def test_untrained_random_vectors_find_what_shares_words(search_learner):
    measured = TASK.evaluate(search_learner[0], TASK.samples([module(60)], search_learner[1], 128))
    assert measured["mrr"] > 3 * (1 / 60)


def test_the_search_base_is_a_bare_encoder_and_shares_the_tokenizer(search_guideline, base):
    loaded = load_base(search_guideline.architecture, "encoder")
    assert type(loaded.model).__name__ == "GPT2Model"
    assert loaded.tokenizer("def f(x):")["input_ids"] == base.tokenizer("def f(x):")["input_ids"]
