import itertools
from types import SimpleNamespace

import pytest
import torch

from node.errors import ModelError
from node.learning import device
from node.learning.device import DEVICE_VARIABLE, chosen_device, on_device
from node.learning.models import attach_adapter, genesis, load_base
from node.learning.tasks.batching import shuffled
from node.learning.tasks.search import matching_loss


def test_models_lie_on_the_processor_unless_somebody_says_otherwise(monkeypatch):
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    assert chosen_device() == "cpu"
    with on_device():
        assert torch.ones(2).device.type == "cpu"


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelError, match="device is 'cuda', and torch finds none"):
        chosen_device()


@pytest.fixture
def elsewhere(monkeypatch):
    """A device without numbers stands in for a graphics card: who mixes the two is found out."""
    monkeypatch.setattr("node.learning.models.heads.chosen_device", lambda: "meta")
    monkeypatch.setattr(device, "chosen_device", lambda: "meta")


def test_all_of_a_model_lies_on_the_chosen_device(elsewhere, architecture):
    with on_device():
        model = attach_adapter(load_base(architecture, "causal"), architecture)
    assert {tensor.device.type for tensor in model.parameters()} == {"meta"}


def test_samples_and_losses_lie_there_too(elsewhere, task, base):
    with on_device():
        samples = task.samples(["def add(left, right):\n    return left + right\n" * 40], base.tokenizer, 32)
        batch = next(task.batches(samples, 4, seed=0))
        losses = [task.loss(_Counts(), batch), matching_loss(torch.ones(4, 8), torch.ones(4, 8))]
    assert {one.device.type for one in (batch, *losses)} == {"meta"}


def test_batches_come_in_the_same_order_wherever_they_lie(elsewhere):
    def places():
        return [batch.tolist() for batch in itertools.islice(shuffled(_Places(), 4, seed=1), 5)]

    with on_device():
        there = places()
    assert there == places()


def test_what_is_drawn_is_drawn_on_the_processor(architecture, start, monkeypatch):
    seen = []
    draw = torch.randn
    monkeypatch.setattr(torch, "randn", lambda *given, **named: seen.append(named["device"]) or draw(*given, **named))
    assert genesis(architecture, "causal").frozen == start.frozen
    assert set(seen) == {"cpu"}


class _Counts(torch.nn.Module):
    """A language model that looks at one token at a time."""

    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(2048, 2048)

    def forward(self, input_ids, use_cache):
        return SimpleNamespace(logits=self.table(input_ids))


class _Places:
    """Samples that are their own places."""

    def __len__(self):
        return 10

    def __getitem__(self, places):
        return places
