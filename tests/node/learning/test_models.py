import numpy as np
import pytest
import safetensors.torch
import torch

from aggregator.delta import decode_state
from node.errors import ModelError
from node.learning import models
from node.learning.models import (
    BASE_DIRECTORY,
    attach_adapter,
    base_directory,
    genesis,
    layout,
    load_base,
    load_frozen,
    load_vector,
    read_frozen,
    read_vector,
    trained_tensors,
    weights_sha256,
)

BATCH = torch.arange(40).view(2, 20)


def random_vector(length, seed=0):
    return np.random.default_rng(seed).normal(0, 0.05, length).astype(np.float32)


def test_the_bundled_base_is_small_enough_and_holds_no_pickle():
    files = list(BASE_DIRECTORY.iterdir())
    assert sum(file.stat().st_size for file in files) <= 8_000_000
    assert {file.suffix for file in files} <= {".json", ".md", ".safetensors"}


def test_the_base_loads_in_float32_and_knows_some_python(base):
    assert base.model.dtype == torch.float32
    assert base.model.num_parameters() <= 2_600_000
    ids = base.tokenizer("import os\nimport sys\n\n\nclass Reader:\n    def __init__(", return_tensors="pt")[
        "input_ids"
    ]
    following = int(base.model(ids).logits[0, -1].argmax())
    assert base.tokenizer.decode([following]) == "self"


def test_other_weights_are_refused_with_both_hashes(architecture):
    other = architecture.model_copy(update={"weights_sha256": "ab" * 32})
    with pytest.raises(ModelError, match=f"expected {'ab' * 32}.*got {architecture.weights_sha256}"):
        load_base(other)


def test_the_hash_covers_every_weights_file_in_the_order_of_names(tmp_path):
    (tmp_path / "b.safetensors").write_bytes(b"second")
    (tmp_path / "a.safetensors").write_bytes(b"first")
    one = tmp_path / "whole"
    one.mkdir()
    (one / "model.safetensors").write_bytes(b"firstsecond")
    assert weights_sha256(tmp_path) == weights_sha256(one)


def test_a_folder_without_safetensors_is_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match="no safetensors file"):
        weights_sha256(tmp_path)


def test_a_hub_model_is_asked_for_by_revision_and_without_pickles(architecture, monkeypatch, tmp_path):
    asked = {}

    def download(name, revision, allow_patterns):
        asked.update(name=name, revision=revision, patterns=allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    hub = architecture.model_copy(update={"model": "someone/coder", "revision": "abc123"})
    assert base_directory(hub) == tmp_path
    assert asked["name"] == "someone/coder"
    assert asked["revision"] == "abc123"
    assert not [pattern for pattern in asked["patterns"] if pattern.endswith((".bin", ".pt", ".py", "*"))]


def test_a_failing_download_names_model_and_revision(architecture, monkeypatch):
    def fail(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    hub = architecture.model_copy(update={"model": "someone/coder", "revision": "abc123"})
    with pytest.raises(ModelError, match=r"'someone/coder' at revision 'abc123'.*no route to host"):
        load_base(hub)


def test_a_target_that_names_no_layer_is_refused(base, architecture):
    with pytest.raises(ModelError, match=r"architecture.targets: 'q_proj' names no layer"):
        attach_adapter(base.model, architecture.model_copy(update={"targets": ("c_attn", "q_proj")}))


def test_only_b_trains_and_starts_at_zero(model):
    names = {name for name, tensor in model.named_parameters() if tensor.requires_grad}
    assert names
    assert all("lora_B" in name for name in names)
    assert not read_vector(model).any()


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
    assert genesis(architecture).frozen == start.frozen
    assert genesis(architecture.model_copy(update={"seed": 7})).frozen != start.frozen
    assert start.length == sum(entry.rows * entry.cols for entry in start.layout)


def test_frozen_tensors_travel(model, architecture):
    frozen = genesis(architecture.model_copy(update={"seed": 7})).frozen
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
    monkeypatch.setattr(models.safetensors.torch, "load", lambda _: pytest.fail("parsed"))
    with pytest.raises(ModelError, match=r"this architecture's take \d+"):
        load_frozen(model, read_frozen(model) + b"\0")


def test_frozen_bytes_that_are_no_tensors_are_refused(model):
    with pytest.raises(ModelError, match="not a safetensors file"):
        load_frozen(model, b"\xff" * len(read_frozen(model)))


def test_the_adapter_changes_what_the_model_says(model):
    before = model(BATCH).logits
    load_vector(model, random_vector(len(read_vector(model))))
    assert not torch.equal(model(BATCH).logits, before)
