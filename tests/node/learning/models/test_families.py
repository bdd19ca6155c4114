"""Every family under every head it can carry, LoRA and all of it: from the genesis over training to a release."""

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.torch
import torch

from aggregator.delta import decode_state, encode_state
from node.errors import ModelError
from node.learning import release
from node.learning.models import (
    attach_adapter,
    genesis,
    layout,
    load_base,
    load_frozen,
    load_vector,
    read_frozen,
    read_vector,
    trained_tensors,
)
from node.learning.release import write_release
from node.learning.training import TrainingPlan, train
from tests.tiny_bases import FAMILIES, HEADS, TOKENS

CARRIED = [(family, head, adapter) for family in FAMILIES for head in HEADS[family] for adapter in ("lora", "full")]

EMPTY = len(safetensors.torch.save({}))  # bytes of a frozen file when all starts from the base's own values


def said(model, head):
    """What a model makes of some tokens."""
    read = torch.arange(2, 26).view(2, 12)
    read[:, -1] = TOKENS["eos_token_id"]
    given = {"input_ids": read, "attention_mask": torch.ones_like(read)}
    if head == "seq2seq":
        given["decoder_input_ids"] = read[:, :5]
    output = model(**given)
    return output.last_hidden_state if head == "encoder" else output.logits


class LargerNumbers:
    """A task of nothing: what the model says should be 1."""

    def __init__(self, head):
        self.head = head

    def loss(self, model, batch):
        return (said(model, self.head) - batch).square().mean()


@pytest.fixture(params=CARRIED, ids=" ".join)
def case(request, tiny):
    """A base with its adapter: what it said without, and a second of the kind when asked."""
    family, head, adapter = request.param
    architecture = tiny(family, adapter=adapter)
    base = load_base(architecture, head)
    with torch.no_grad():
        before = said(base.model.eval(), head)
    return SimpleNamespace(
        architecture=architecture, head=head, before=before, model=attach_adapter(base, architecture).eval()
    )


def test_the_zero_state_is_the_base(case):
    assert not read_vector(case.model).any()
    with torch.no_grad():
        assert torch.equal(said(case.model, case.head), case.before)


def test_training_reaches_all_that_trains_and_comes_out_as_the_delta(case, guideline):
    update = guideline.update.model_copy(update={"local_steps": 2, "learning_rate": Decimal("0.01")})
    plan = TrainingPlan.of(guideline.model_copy(update={"update": update}), seed=1)
    delta, _ = train(case.model, LargerNumbers(case.head), iter([torch.ones(())] * 2), plan)
    parts = np.split(delta, np.cumsum([entry.rows * entry.cols for entry in layout(case.model)])[:-1])
    assert all(part.any() for part in parts)
    np.testing.assert_array_equal(read_vector(case.model), delta)  # it started at zero
    assert sum(tensor.requires_grad for tensor in case.model.parameters()) == len(trained_tensors(case.model))


def test_a_vector_comes_back(case):
    values = np.random.default_rng(1).normal(0, 0.05, len(read_vector(case.model))).astype(np.float32)
    load_vector(case.model, values)
    np.testing.assert_allclose(read_vector(case.model), values, rtol=0, atol=2**-20)


def test_frozen_tensors_travel_to_another_peer(case):
    start = genesis(case.architecture.model_copy(update={"seed": 7}), case.head)
    assert (start.frozen != read_frozen(case.model)) == (len(start.frozen) > EMPTY)
    load_frozen(case.model, start.frozen)
    assert read_frozen(case.model) == start.frozen
    assert not read_vector(case.model).any()


def test_hostile_frozen_tensors_are_refused(case):
    with pytest.raises(ModelError, match=r"this architecture's take \d+"):
        load_frozen(case.model, read_frozen(case.model) + b" ")
    tensors = safetensors.torch.load(read_frozen(case.model))
    for name in tensors:
        broken = tensors | {name: torch.full_like(tensors[name], torch.inf)}
        with pytest.raises(ModelError, match="not finite"):
            load_frozen(case.model, safetensors.torch.save(broken))


def test_a_release_loads_by_the_lines_of_its_card(case, guideline, tiny_folder, tmp_path, monkeypatch):
    """With transformers and PEFT alone; and it then says exactly what the federation measured."""
    architecture, head = case.architecture, case.head
    monkeypatch.setattr(release, "find_task", lambda _: SimpleNamespace(head=head))
    start = genesis(architecture, head)
    header, zeros = decode_state(start.state(architecture.step_exponent, ""))
    drawn = np.random.default_rng(1).integers(-900, 900, len(zeros), dtype=np.int32)
    state, ours = encode_state(header, drawn), guideline.model_copy(update={"architecture": architecture})
    write_release(state, start.frozen, ours, tmp_path / "release")

    card = (tmp_path / "release" / "README.md").read_text()
    lines = card.partition("```python\n")[2].partition("```")[0]
    lines = lines.replace('"path/of/this/folder"', repr(str(tmp_path / "release")))
    lines = lines.replace(repr(architecture.model), repr(str(tiny_folder(architecture.model))))
    loaded = {}
    with monkeypatch.context() as quiet:
        quiet.setattr("warnings.warn", lambda *_, **__: None)  # of PEFT and transformers about one another
        exec(lines, loaded)  # noqa: S102 (our own lines)
    expected, _ = release.adapt(ours, start.frozen, state)
    with torch.no_grad():
        assert torch.equal(said(loaded["model"].eval(), head), said(expected, head))
        assert not torch.equal(said(expected, head), case.before)
