import numpy as np
import pytest
import safetensors.torch

from node.errors import ModelError
from node.learning.models import (
    genesis,
    layout,
    load_frozen,
    load_vector,
    read_frozen,
    read_vector,
    trained_tensors,
    vector,
)


def random_vector(length, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, length).astype(np.float32)


def test_layout_is_sorted_and_counts_the_vector(model):
    entries = layout(model)
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert sum(entry.rows * entry.cols for entry in entries) == len(read_vector(model))


def test_the_vector_is_a_copy_and_comes_back(model):
    values = random_vector(len(read_vector(model)))
    load_vector(model, values)
    taken = read_vector(model)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, values)
    taken[:] = 0
    np.testing.assert_array_equal(read_vector(model), values)


def test_the_vector_is_laid_out_row_by_row_in_the_order_of_the_layout(model):
    values = np.arange(len(read_vector(model)), dtype=np.float32)
    load_vector(model, values)
    first = layout(model)[0]
    expected = values[: first.rows * first.cols].reshape(first.rows, first.cols)
    np.testing.assert_array_equal(trained_tensors(model)[0].detach().numpy(), expected)


@pytest.mark.parametrize("broken", [lambda v: v[:-1], lambda v: np.append(v[:-1], np.float32("nan"))])
def test_a_vector_of_another_length_or_not_finite_is_refused(model, broken):
    with pytest.raises(ModelError, match="finite numbers"):
        load_vector(model, broken(read_vector(model)))


def test_frozen_tensors_travel(model, architecture):
    frozen = genesis(architecture.model_copy(update={"seed": 7}), "causal").frozen
    load_frozen(model, frozen)
    assert read_frozen(model) == frozen


def renamed(tensors):
    return {name.replace("c_attn", "c_aaaa"): tensor for name, tensor in tensors.items()}


def not_finite(tensors):
    return {name: tensor / 0 for name, tensor in tensors.items()}


@pytest.mark.parametrize(("change", "words"), [(renamed, "names or shapes"), (not_finite, "not finite")])
def test_other_frozen_tensors_are_refused(model, change, words):
    data = safetensors.torch.save(change(safetensors.torch.load(read_frozen(model))))
    with pytest.raises(ModelError, match=words):
        load_frozen(model, data)


def test_frozen_bytes_are_bounded_before_they_are_parsed(model, monkeypatch):
    monkeypatch.setattr(vector.safetensors.torch, "load", lambda _: pytest.fail("parsed"))
    with pytest.raises(ModelError, match=r"this architecture's take \d+"):
        load_frozen(model, read_frozen(model) + b"\0")


def test_frozen_bytes_that_are_no_tensors_are_refused(model):
    with pytest.raises(ModelError, match="not a safetensors file"):
        load_frozen(model, b"\xff" * len(read_frozen(model)))
