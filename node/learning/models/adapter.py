"""What of a base model trains, and what it starts from: LoRA with a frozen A, or everything; a drawn head always.

Of LoRA only the B matrices train, so that the mean of products B·A is exactly mean(B)·A; a head that no file holds
trains with them. How that becomes a vector is `vector`'s, how a base is loaded `base`'s.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers.pytorch_utils import Conv1D

from aggregator.delta import LayoutEntry, StateHeader, encode_state
from node.errors import ModelError
from node.guideline import Architecture
from node.learning.models.base import LoadedBase, load_base
from node.learning.models.vector import Parts, layout, read_frozen, remember_parts
from node.ports import Head

__all__ = ["LARGEST_VECTOR", "Genesis", "adapter_config", "attach_adapter", "genesis", "peft_unwarned"]

ADAPTER = "default"
EMBEDDED = "lora_embedding_"  # PEFT's name for the matrices on an embedding; "lora_" on other layers
LORA_B = ("lora_B", f"{EMBEDDED}B")
LORA_A = ("lora_A", f"{EMBEDDED}A")
WHOLE = "modules_to_save"  # PEFT's name for modules that train whole, beside the matrices
LARGEST_VECTOR = 268_000_000  # numbers: int32 each, and the gibibyte that a node fetches as a state holds no more
TASK_TYPES = {
    "causal": "CAUSAL_LM",
    "encoder": "FEATURE_EXTRACTION",
    "classifier": "SEQ_CLS",
    "seq2seq": "SEQ_2_SEQ_LM",
}


@dataclass(frozen=True)
class Genesis:
    """What a lineage starts from beside the base model: the frozen tensors' file and the layout of the trained ones."""

    frozen: bytes
    layout: tuple[LayoutEntry, ...]

    @property
    def length(self) -> int:
        """How many numbers train."""
        return sum(entry.rows * entry.cols for entry in self.layout)

    def state(self, step_exponent: int, frozen: str) -> bytes:
        """The genesis state's file, all zeros; `frozen` is the content id of the frozen tensors' file, or ""."""
        header = StateHeader(
            lineage=1, round=0, step_exponent=step_exponent, length=self.length, frozen=frozen, layout=self.layout
        )
        return encode_state(header, np.zeros(self.length, np.int32))


def genesis(architecture: Architecture, head: Head) -> Genesis:
    """Draw a new lineage's frozen tensors from `architecture.seed`; its genesis state is all zeros."""
    model = attach_adapter(load_base(architecture, head), architecture)
    return Genesis(read_frozen(model), layout(model))


def adapter_config(base: LoadedBase, architecture: Architecture) -> LoraConfig:
    """PEFT's description of the guideline's adapter; raises `ModelError` when a target names no layer of the base."""
    layers = {name: module for name, module in base.model.named_modules() if not _within(name, base.drawn)}
    found = {target: [name for name in layers if f".{name}".endswith(f".{target}")] for target in architecture.targets}
    for target, names in found.items():
        if not names:
            raise ModelError(f"architecture.targets: {target!r} names no layer of {architecture.model}")
    return LoraConfig(
        r=architecture.rank,
        lora_alpha=architecture.alpha,
        target_modules=sorted(architecture.targets),
        exclude_modules=_pattern(base.drawn),
        modules_to_save=list(base.drawn) or None,
        fan_in_fan_out=any(isinstance(layers[name], Conv1D) for names in found.values() for name in names),
        lora_dropout=0.0,
        bias="none",
        task_type=TASK_TYPES[base.head],
    )


def attach_adapter(base: LoadedBase, architecture: Architecture) -> Any:
    """Make a freshly loaded base, whose model this changes, ready to train what the guideline says and nothing else.

    Raises `ModelError` when a target names no layer, or more would train than a state can hold.
    """
    if architecture.gradient_checkpointing:
        _checkpoint(base.model, architecture.model)
    model, parts = _lora(base, architecture) if architecture.adapter == "lora" else _everything(base)
    length = sum(tensor.numel() for tensor in parts.trained.values())
    if length > LARGEST_VECTOR:
        raise ModelError(
            f"{architecture.model} has {length} numbers to train and a state at most {LARGEST_VECTOR}, since each "
            "takes 4 bytes of the 1 GiB that nodes fetch; take adapter 'lora'"
        )
    remember_parts(model, parts)
    return model


def _lora(base: LoadedBase, architecture: Architecture) -> tuple[Any, Parts]:
    """Matrices beside the targets' layers, and what was drawn whole.

    A is drawn from the architecture's seed: normal, variance 1 / columns, so that a unit input keeps its size; for an
    embedding, whose input is one token, variance 1 / rank. Nobody relies on two machines drawing the same numbers: what
    counts is the frozen tensors' file.
    """
    config = adapter_config(base, architecture)
    with peft_unwarned():
        adapted = get_peft_model(base.model, config)
    generator = torch.Generator("cpu").manual_seed(architecture.seed)
    trained, frozen, starts = {}, {}, {}
    for name, tensor in sorted(adapted.named_parameters()):
        parts, saved = name.split("."), _saved_name(name)
        tensor.requires_grad_(WHOLE in parts or not set(LORA_B).isdisjoint(parts))
        if WHOLE in parts:
            trained[saved], starts[saved] = tensor, tensor.detach().clone()
        elif tensor.requires_grad:
            tensor.data.zero_()
            trained[saved] = tensor
        elif not set(LORA_A).isdisjoint(parts):
            variance = 1 / tensor.shape[0 if EMBEDDED in name else 1]
            tensor.data.copy_(torch.randn(tensor.shape, generator=generator, device="cpu") * variance**0.5)
            frozen[saved] = tensor
    return adapted, Parts(dict(sorted(trained.items())), frozen, starts, frozenset(starts))


def _everything(base: LoadedBase) -> tuple[Any, Parts]:
    """All parameters, from the base's own values; only what was drawn has to travel."""
    trained = dict(sorted(base.model.named_parameters()))
    for tensor in trained.values():
        tensor.requires_grad_(True)
    starts = {name: tensor.detach().clone() for name, tensor in trained.items()}
    return base.model, Parts(trained, {}, starts, frozenset(name for name in trained if _within(name, base.drawn)))


def _checkpoint(model: Any, name: str) -> None:
    """Compute activations again on the way back instead of keeping them."""
    if not model.supports_gradient_checkpointing:
        raise ModelError(f"{name} cannot do without its activations; set architecture.gradient_checkpointing = false")
    enable = getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)  # its newer name
    enable({"use_reentrant": False})


@contextmanager
def peft_unwarned() -> Iterator[None]:
    """Keep peft's use of names that transformers is giving up from the operator, who can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _saved_name(name: str) -> str:
    """What PEFT calls a tensor in a file: neither the adapter's name nor that of its own wrapper."""
    return name.replace(f".{WHOLE}.{ADAPTER}", "").replace(f".{ADAPTER}", "")


def _within(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _pattern(modules: tuple[str, ...]) -> str | None:
    """An expression for all that is in these modules: a drawn one trains whole and needs no matrices."""
    return rf"({'|'.join(map(re.escape, modules))})(\..*)?" if modules else None
