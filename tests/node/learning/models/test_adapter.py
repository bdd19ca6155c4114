import numpy as np
import pytest
import torch

from aggregator.delta import decode_state
from node.errors import ModelError
from node.learning.models import (
    adapter,
    attach_adapter,
    genesis,
    layout,
    load_base,
    load_vector,
    read_vector,
    trained_tensors,
)
from node.learning.models.adapter import LARGEST_VECTOR
from node.peer.inputs import STATE_LIMIT
from node.peer.trainer import FROZEN_LIMIT
from tests.tiny_bases import FAMILIES

BATCH = torch.arange(40).view(2, 20)


def random_vector(length, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, length).astype(np.float32)


def test_a_target_that_names_no_layer_is_refused(base, architecture):
    with pytest.raises(ModelError, match=r"architecture.targets: 'q_proj' names no layer"):
        attach_adapter(base, architecture.model_copy(update={"targets": ("c_attn", "q_proj")}))


def test_only_b_trains_and_starts_at_zero(model):
    names = {name for name, tensor in model.named_parameters() if tensor.requires_grad}
    assert names
    assert all("lora_B" in name for name in names)
    assert not read_vector(model).any()


def test_an_adapter_on_an_embedding_starts_at_zero_with_only_b_training(search_learner, search_guideline):
    model, rank = search_learner[0], search_guideline.architecture.rank
    assert [(entry.rows, entry.cols) for entry in layout(model)] == [(256, rank)]
    assert not read_vector(model).any()
    frozen = next(tensor for name, tensor in model.named_parameters() if "lora_embedding_A" in name)
    assert not frozen.requires_grad
    assert float(frozen.square().sum(0).mean()) == pytest.approx(1, rel=0.1)  # a token's code has about unit length


def test_states_begin_at_zero(architecture, start):
    header, values = decode_state(start.state(-16, "bafy"))
    assert (header.lineage, header.round, header.frozen, header.layout) == (1, 0, "bafy", start.layout)
    assert len(values) == start.length
    assert not values.any()


def test_the_mean_of_updates_is_the_mean_of_what_they_do_to_the_weights(model):
    """Frozen A: mean(B)·A = mean(B·A), so averaging vectors averages models."""
    length = len(read_vector(model))
    both = [random_vector(length, seed) for seed in (1, 2)]

    def product(values):
        load_vector(model, values)
        layer = model.base_model.model.transformer.h[0].attn.c_attn
        return layer.get_delta_weight("default").detach()

    mean = product((both[0] + both[1]) / 2)
    torch.testing.assert_close(mean, (product(both[0]) + product(both[1])) / 2)


def test_genesis_is_a_function_of_the_seed(architecture, start):
    assert genesis(architecture, "causal").frozen == start.frozen
    assert genesis(architecture.model_copy(update={"seed": 7}), "causal").frozen != start.frozen
    assert start.length == sum(entry.rows * entry.cols for entry in start.layout)


def test_the_adapter_changes_what_the_model_says(model):
    before = model(BATCH).logits
    load_vector(model, random_vector(len(read_vector(model))))
    assert not torch.equal(model(BATCH).logits, before)


def test_more_than_a_state_holds_is_refused(base, architecture, monkeypatch):
    monkeypatch.setattr(adapter, "LARGEST_VECTOR", 100)
    with pytest.raises(ModelError, match=r"fednode-base has \d+ numbers to train and a state at most 100"):
        attach_adapter(base, architecture)


def test_a_state_of_the_largest_vector_can_be_fetched():
    """A header of a mebibyte at most, and the magic and length in front of it."""
    assert LARGEST_VECTOR * 4 + (1 << 20) + 12 <= STATE_LIMIT <= FROZEN_LIMIT


@pytest.mark.parametrize("family", FAMILIES)
def test_activations_computed_again_give_the_same_gradient(tiny, family):
    def gradient(again):
        architecture = tiny(family, gradient_checkpointing=again)
        model = attach_adapter(load_base(architecture, "encoder"), architecture).train()
        torch.manual_seed(0)  # of dropout, which must leave out the same numbers the second time
        passes = []
        first = next(module for name, module in model.named_modules() if name.endswith("lora_A.default"))
        first.register_forward_hook(lambda *_: passes.append(1))
        model(input_ids=BATCH).last_hidden_state[..., 0].sum().backward()
        return torch.cat([tensor.grad.reshape(-1) for tensor in trained_tensors(model)]), len(passes)

    (kept, once), (again, twice) = gradient(again=False), gradient(again=True)
    assert (once, twice) == (1, 2)
    torch.testing.assert_close(again, kept)


def test_a_model_that_cannot_do_without_its_activations_is_refused(tiny, monkeypatch):
    architecture = tiny("gpt2", gradient_checkpointing=True)
    base = load_base(architecture, "causal")
    monkeypatch.setattr(type(base.model), "supports_gradient_checkpointing", False)
    with pytest.raises(ModelError, match="gpt2 cannot do without its activations"):
        attach_adapter(base, architecture)
