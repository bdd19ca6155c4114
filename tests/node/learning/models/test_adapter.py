import numpy as np
import pytest
import torch

from aggregator.delta import decode_state
from node.errors import ModelError
from node.learning.models import attach_adapter, genesis, layout, load_vector, read_vector

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
