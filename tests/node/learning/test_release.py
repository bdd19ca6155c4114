import json

import numpy as np
import pytest
import torch
from peft import PeftModel

from aggregator.delta import LayoutEntry, decode_state, encode_state
from node.errors import ModelError
from node.learning import release
from node.learning.models import genesis, load_base, peft_unwarned
from node.learning.release import adapt, load_state, write_release

BATCH = torch.arange(60).view(3, 20)


@pytest.fixture
def state(write_state, start):
    return write_state(np.random.default_rng(1).integers(-9000, 9000, start.length, dtype=np.int32))


def test_plain_peft_computes_exactly_what_we_do(state, start, guideline, architecture, tmp_path):
    folder = tmp_path / "releases" / "adapter"
    write_release(state, start.frozen, guideline, folder)
    with peft_unwarned():
        theirs = PeftModel.from_pretrained(load_base(architecture, "causal").model, str(folder)).eval()
    ours, _ = adapt(guideline, start.frozen, state)
    with torch.no_grad():
        assert torch.equal(theirs(BATCH).logits, ours(BATCH).logits)
        assert not torch.equal(theirs(BATCH).logits, load_base(architecture, "causal").model(BATCH).logits)


def test_plain_peft_loads_an_adapter_on_an_encoders_embedding(search_guideline, tmp_path):
    architecture = search_guideline.architecture
    start = genesis(architecture, "encoder")
    header, zeros = decode_state(start.state(architecture.step_exponent, ""))
    drawn = np.random.default_rng(1).integers(-900, 900, len(zeros), dtype=np.int32)
    state = encode_state(header, drawn)
    write_release(state, start.frozen, search_guideline, tmp_path / "adapter")
    with peft_unwarned():
        theirs = PeftModel.from_pretrained(load_base(architecture, "encoder").model, str(tmp_path / "adapter")).eval()
    ours, _ = adapt(search_guideline, start.frozen, state)
    with torch.no_grad():
        expected = ours(input_ids=BATCH).last_hidden_state
        assert torch.equal(theirs(input_ids=BATCH).last_hidden_state, expected)
        assert not torch.equal(load_base(architecture, "encoder").model(BATCH).last_hidden_state, expected)
    card = (tmp_path / "adapter" / "README.md").read_text()
    assert "AutoModel.from_pretrained(BUNDLED['fednode-search-base']" in card


def test_a_personal_adapter_says_so_and_is_for_its_owner_alone(state, start, guideline, tmp_path):
    for name, personal in (("release", False), ("mine", True)):
        write_release(state, start.frozen, guideline, tmp_path / name, personal=personal)
    cards = [(tmp_path / name / "README.md").read_text() for name in ("release", "mine")]
    assert ["A release of a fednode federation" in card for card in cards] == [True, False]
    assert ["It was never shared" in card for card in cards] == [False, True]
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("release", "mine")] == [0o755, 0o700]
    weights = [(tmp_path / name / "adapter_model.safetensors").read_bytes() for name in ("release", "mine")]
    assert weights[0] == weights[1]


def test_the_folder_holds_what_peft_needs_and_nothing_executable(state, start, guideline, architecture, tmp_path):
    write_release(state, start.frozen, guideline, tmp_path / "adapter")
    files = {file.name: file for file in (tmp_path / "adapter").iterdir()}
    assert set(files) == {"README.md", "adapter_config.json", "adapter_model.safetensors"}
    config = json.loads(files["adapter_config.json"].read_text())
    assert (config["r"], config["lora_alpha"], config["fan_in_fan_out"]) == (2, 4, True)
    assert config["base_model_name_or_path"] == "fednode-base"
    card = files["README.md"].read_text()
    assert architecture.weights_sha256 in card
    assert "round 3 of lineage 1" in card


def test_the_same_release_is_the_same_bytes(state, start, guideline, tmp_path):
    for name in ("one", "two"):
        write_release(state, start.frozen, guideline, tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_an_existing_folder_is_left_alone(state, start, guideline, tmp_path):
    with pytest.raises(ModelError, match="exists already"):
        write_release(state, start.frozen, guideline, tmp_path)


def test_a_failure_leaves_nothing_behind(state, start, guideline, tmp_path, monkeypatch):
    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(release, "_sync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_release(state, start.frozen, guideline, tmp_path / "adapter")
    assert list(tmp_path.iterdir()) == []


def test_a_state_of_another_step_is_refused(model, write_state, start, architecture):
    other = write_state(np.zeros(start.length, np.int32), step_exponent=-12)
    with pytest.raises(ModelError, match="step_exponent expected -16, got -12"):
        load_state(model, other, architecture)


def test_a_state_of_another_layout_is_refused(model, write_state, architecture):
    other = write_state(np.zeros(6, np.int32), layout=(LayoutEntry("x", 2, 3),))
    with pytest.raises(ModelError, match="layout"):
        load_state(model, other, architecture)


def test_a_broken_state_is_refused(model, state, architecture):
    with pytest.raises(ModelError, match=r"state: .*fetch it again"):
        load_state(model, state[:-1], architecture)
