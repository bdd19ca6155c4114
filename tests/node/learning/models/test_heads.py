import sys

import pytest
import torch

from node.errors import ModelError
from node.learning.models import attach_adapter, encoder_of, load_base, longest_input
from tests.tiny_bases import FAMILIES, HEADS

CARRIED = [(family, head) for family in FAMILIES for head in HEADS[family]]
REFUSED = [(family, head) for family in FAMILIES for head in ("causal", "seq2seq") if head not in HEADS[family]]
TOKENS = torch.arange(2, 26).view(2, 12)
MODELS = {
    ("roberta", "encoder"): "RobertaModel",
    ("roberta", "classifier"): "RobertaForSequenceClassification",
    ("roberta", "seq2seq"): "EncoderDecoderModel",
    ("gpt2", "causal"): "GPT2LMHeadModel",
    ("gpt2", "encoder"): "GPT2Model",
    ("gpt2", "classifier"): "GPT2ForSequenceClassification",
    ("t5", "encoder"): "T5EncoderModel",
    ("t5", "classifier"): "T5ForSequenceClassification",
    ("t5", "seq2seq"): "T5ForConditionalGeneration",
    ("llama", "causal"): "LlamaForCausalLM",
    ("llama", "encoder"): "LlamaModel",
    ("llama", "classifier"): "LlamaForSequenceClassification",
}


@pytest.mark.parametrize(("family", "head"), CARRIED)
def test_each_family_carries_the_heads_that_exist_for_it(tiny, family, head):
    base = load_base(tiny(family), head)
    assert type(base.model).__name__ == MODELS[family, head]
    assert base.model.dtype == torch.float32
    assert bool(base.drawn) == (head == "classifier" or (family, head) == ("roberta", "seq2seq"))


@pytest.mark.parametrize(("family", "head"), REFUSED)
def test_a_head_that_a_family_cannot_carry_is_refused(tiny, family, head):
    with pytest.raises(ModelError, match=f"{family} is of the family {family!r}, and the task needs a {head} model"):
        load_base(tiny(family), head)


@pytest.mark.parametrize(("family", "head"), CARRIED)
def test_the_encoder_is_found_under_adapter_and_head(tiny, family, head):
    architecture = tiny(family)
    base = load_base(architecture, head)
    bare = encoder_of(base.model)
    model = attach_adapter(base, architecture).eval()
    assert encoder_of(model) is bare
    hidden = encoder_of(model)(input_ids=TOKENS, attention_mask=torch.ones_like(TOKENS)).last_hidden_state
    assert hidden.shape == (2, 12, 32)


@pytest.mark.parametrize(("family", "head"), CARRIED)
def test_a_model_reads_as_many_tokens_as_it_has_places_for(tiny, family, head):
    model = load_base(tiny(family), head).model
    longest = longest_input(model)
    assert longest == (None if family == "t5" else 128)
    encoder_of(model)(input_ids=torch.ones(1, 128, dtype=torch.int64), attention_mask=torch.ones(1, 128))


def test_what_is_drawn_follows_from_the_seed(tiny):
    def drawn(seed):
        return load_base(tiny("roberta", seed=seed), "classifier").model.classifier.dense.weight

    before = torch.random.get_rng_state()
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_drawn_decoder_reads_the_encoder_and_shares_its_embeddings(tiny):
    model = load_base(tiny("roberta"), "seq2seq").model.eval()
    assert model.decoder.get_input_embeddings().weight is model.encoder.get_input_embeddings().weight
    assert model.decoder.get_output_embeddings().weight is model.encoder.get_input_embeddings().weight
    written = TOKENS[:, :4]
    one, other = (model(input_ids=read, decoder_input_ids=written).logits for read in (TOKENS, TOKENS + 100))
    assert not torch.equal(one, other)


def test_a_drawn_decoder_writes(tiny):
    model = load_base(tiny("roberta"), "seq2seq").model.eval()
    assert model.generate(input_ids=TOKENS, max_new_tokens=5, do_sample=False).shape[0] == 2


def test_nothing_is_said_about_what_was_drawn(tiny, capfd):
    load_base(tiny("roberta"), "classifier")
    said = capfd.readouterr()
    assert said.out + said.err == ""


def test_a_folder_that_is_no_model_is_refused(tiny, tiny_folder):
    (tiny_folder("gpt2") / "config.json").write_text('{"model_type": "unheard-of"}')
    with pytest.raises(ModelError, match="gpt2 does not load as a causal model"):
        load_base(tiny("gpt2"), "causal")


def test_files_that_lack_a_part_are_refused(tiny, tiny_folder):
    config = tiny_folder("gpt2") / "config.json"
    config.write_text(config.read_text().replace('"n_layer": 2', '"n_layer": 3'))
    with pytest.raises(ModelError, match=r"its files lack transformer\.h\.2.* of a causal model"):
        load_base(tiny("gpt2"), "causal")


def test_four_bits_need_the_extra(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"base_bits = 4 needs bitsandbytes.*fednode\[quantised\]"):
        load_base(tiny("llama", base_bits=4), "causal")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_base_is_asked_for_in_four_bits(tiny, monkeypatch, precision):
    asked = {}

    def load(_, **options):
        asked.update(options)
        raise ValueError("not here")

    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", load)
    with pytest.raises(ModelError, match="not here"):
        load_base(tiny("llama", base_bits=4, precision=precision), "causal")
    chosen = asked["quantization_config"]
    assert (chosen.load_in_4bit, chosen.bnb_4bit_quant_type) == (True, "nf4")
    assert chosen.bnb_4bit_compute_dtype == getattr(torch, precision)
