import re
from types import SimpleNamespace

import pytest
import torch
from pydantic import ValidationError

from node.errors import ModelError
from node.guideline import Architecture
from node.learning.models import (
    BASE_DIRECTORY,
    MODELS_VARIABLE,
    base_directory,
    load_base,
    models_directory,
    weights_sha256,
)


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
        load_base(other, "causal")


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


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that never answers, with a cache: folders by model name, and every question it was asked."""
    cache, asked = {}, []

    def download(name, **options):
        asked.append(options)
        if options["local_files_only"] and name in cache:
            return str(cache[name])
        raise FileNotFoundError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    return SimpleNamespace(cache=cache, asked=asked)


def coder(architecture, **changes):
    return architecture.model_copy(update={"model": "someone/coder", "revision": "abc123", **changes})


def with_weights(folder, content):
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(content)
    return folder


def test_a_hub_model_is_asked_for_by_revision_and_without_pickles(architecture, hub):
    with pytest.raises(ModelError):
        base_directory(coder(architecture))
    for options in hub.asked:
        assert options["revision"] == "abc123"
        assert not [one for one in options["allow_patterns"] if one.endswith((".bin", ".pt", ".py", "*"))]
    assert [options["local_files_only"] for options in hub.asked] == [True, False]


def test_a_failing_download_names_model_and_revision(architecture, hub):
    with pytest.raises(ModelError, match=r"'someone/coder' at revision 'abc123'.*no route to host.*models.directory"):
        load_base(coder(architecture), "causal")


def test_what_the_hubs_cache_holds_needs_no_network(architecture, hub, tmp_path):
    hub.cache["someone/coder"] = with_weights(tmp_path / "snapshot", b"weights")
    right = coder(architecture, weights_sha256=weights_sha256(tmp_path / "snapshot"))
    assert base_directory(right) == tmp_path / "snapshot"
    assert len(hub.asked) == 1


@pytest.mark.parametrize("content", [b"half", None])
def test_an_unfinished_download_is_taken_up_again(architecture, hub, tmp_path, content):
    folder = with_weights(tmp_path / "snapshot", b"")
    if content is None:
        (folder / "model.safetensors").unlink()
    hub.cache["someone/coder"] = folder
    with pytest.raises(ModelError, match="cannot be downloaded"):
        base_directory(coder(architecture))
    assert len(hub.asked) == 2


def test_the_operators_own_folder_comes_before_the_hub(architecture, hub, tmp_path, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    own = with_weights(tmp_path / "someone" / "coder", b"weights")
    assert base_directory(coder(architecture)) == own
    with pytest.raises(ModelError, match=f"{re.escape(str(own))}: expected"):
        load_base(coder(architecture), "causal")
    assert not hub.asked
    with pytest.raises(ModelError, match=f"neither in {re.escape(str(tmp_path / 'other'))} nor .*, nor in the hub's"):
        base_directory(coder(architecture, model="other"))


def test_a_model_made_here_is_found_whatever_the_operator_chose(architecture, hub, tmp_path, monkeypatch):
    monkeypatch.setattr("node.learning.models.base.user_cache_path", lambda name: tmp_path / "cache" / name)
    made = with_weights(tmp_path / "cache" / "fednode" / "models" / "small", b"weights")
    assert models_directory() == made.parent
    assert base_directory(coder(architecture, model="small")) == made
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "own"))
    assert models_directory() == tmp_path / "own"
    assert base_directory(coder(architecture, model="small")) == made
    own = with_weights(tmp_path / "own" / "small", b"weights")
    assert base_directory(coder(architecture, model="small")) == own
    assert not hub.asked


@pytest.mark.parametrize("name", ["../coder", "/etc", "someone/../coder", "a/b/c", "someone/.hidden", ""])
def test_a_models_name_is_no_path(architecture, name):
    with pytest.raises(ValidationError, match="model"):
        Architecture.model_validate({**architecture.model_dump(), "model": name})
