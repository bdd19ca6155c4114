"""Every family learns from targets alone, writes the same every time, and can learn a handful of pairs by heart."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from node.learning.tasks.generation import Sampling, target_loss, write
from node.learning.tasks.sequences import IGNORED, Instruction, Sequences, encode_examples
from tests.small_generators import CAUSAL, SEQ2SEQ, adapted, tiny

PAIRS = [
    ("return left + right", "add two numbers"),
    ("return left - right", "take one from the other"),
    ("print(name)", "say a name"),
    ("while basket: basket.pop()", "empty the basket, item by item"),
]


@pytest.fixture(params=[*SEQ2SEQ, *CAUSAL])
def family(request):
    return request.param


@pytest.fixture
def examples(base):
    return encode_examples(PAIRS, base.tokenizer, (24, 24))


def learn(model, batch, steps=60):
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    model.train()
    for _ in range(steps):
        loss = target_loss(model, batch)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    return float(loss.detach())


def test_what_is_learnt_by_heart_is_written(family, base, examples):
    model = tiny(family, base.tokenizer)
    assert learn(model, examples.sequences) < 0.1
    assert write(model, examples) == [(target,) for _, target in PAIRS]


def test_writing_is_the_same_in_company_and_alone(family, base, examples, monkeypatch):
    model = tiny(family, base.tokenizer)
    together = write(model, examples)
    monkeypatch.setattr("node.learning.tasks.generation.WRITTEN_AT_ONCE", 1)
    assert write(model, examples) == together == write(model, examples)


def test_a_hubs_own_generation_settings_decide_nothing(family, base, examples):
    model = tiny(family, base.tokenizer)
    plain = write(model, examples)
    model.generation_config.update(do_sample=True, repetition_penalty=9.0, num_beams=3, min_new_tokens=9)
    assert write(model, examples) == plain


def test_writing_works_through_an_adapter(family, base, examples, architecture):
    plain = write(tiny(family, base.tokenizer), examples)
    assert write(adapted(family, base.tokenizer, architecture), examples) == plain


def test_drawn_texts_follow_from_the_seed(family, base, examples):
    model = tiny(family, base.tokenizer)
    state = torch.random.get_rng_state()
    drawn = write(model, examples, Sampling(3))
    assert [len(texts) for texts in drawn] == [3] * 4
    assert drawn == write(model, examples, Sampling(3)) != write(model, examples, Sampling(3, seed=1))
    assert torch.equal(torch.random.get_rng_state(), state)  # training beside it draws what it would have drawn


def test_no_more_is_written_than_the_targets_have_room_for(family, base, examples):
    model = tiny(family, base.tokenizer)
    learn(model, examples.sequences)
    short = replace(examples, sequences=replace(examples.sequences, targets=examples.sequences.targets[:, :5]))
    expected = [base.tokenizer.decode(base.tokenizer(target)["input_ids"][:5]) for _, target in PAIRS]
    assert [text for (text,) in write(model, short)] == expected


def test_the_loss_does_not_depend_on_padding_or_company(family, base, examples):
    model, pairs = tiny(family, base.tokenizer), examples.sequences
    alone = [target_loss(model, pairs[torch.tensor([place])]) for place in range(4)]
    counts = (pairs.targets != IGNORED).sum(1)
    together = target_loss(model, pairs)
    torch.testing.assert_close(together, (torch.stack(alone) * counts).sum() / counts.sum())


@pytest.mark.parametrize("family", SEQ2SEQ[:1])
def test_the_loss_of_a_t5_is_its_own(family, base, examples):
    model, pairs = tiny(family, base.tokenizer), examples.sequences
    here = pairs.sources != IGNORED
    own = model(
        input_ids=pairs.sources.masked_fill(~here, 0), attention_mask=here.to(torch.int64), labels=pairs.targets
    ).loss
    torch.testing.assert_close(target_loss(model, pairs), own)


@pytest.mark.parametrize("family", CAUSAL)
def test_a_causal_model_learns_the_answer_and_not_the_question(family, base):
    model = tiny(family, base.tokenizer)
    (source, target) = torch.tensor([[5, 6, 7]]), torch.tensor([[8, 9]])
    logits = model(input_ids=torch.cat([source, target], dim=1)).logits
    expected = functional.cross_entropy(logits[0, 2:4], target[0])
    padded = Sequences(functional.pad(source, (0, 4), value=IGNORED), functional.pad(target, (0, 2), value=IGNORED))
    torch.testing.assert_close(target_loss(model, padded), expected)


def test_an_empty_source_is_a_source_too(family, base):
    examples = encode_examples([("", "")], base.tokenizer, (8, 8), instruction=Instruction())
    model = tiny(family, base.tokenizer)
    assert torch.isfinite(target_loss(model, examples.sequences))
    assert len(write(model, examples)) == 1
