"""A release as a standard folder, a PEFT adapter or a model: what its users load without fednode installed.

From the attested int32 state and the lineage's frozen tensors, and back to a model in memory for measuring. Which state
becomes a release is decided elsewhere.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import safetensors.torch

from aggregator.delta import StateHeader, decode_state, dequantise
from aggregator.errors import AggregatorError
from node.errors import ModelError
from node.guideline import Architecture, Guideline
from node.learning.card import has_drawn_decoder, release_card
from node.learning.models import (
    LoadedBase,
    adapter_config,
    attach_adapter,
    layout,
    load_base,
    load_frozen,
    load_vector,
    saved_tensors,
)
from node.learning.tasks import find_task

__all__ = ["adapt", "load_state", "write_release"]


def load_state(model: Any, state: bytes, architecture: Architecture) -> StateHeader:
    """Set what trains in `model` to an int32 state file: value = q · 2^step_exponent, in float32.

    Raises `ModelError` when the file is malformed or its layout or step is not the architecture's.
    """
    try:
        header, values = decode_state(state)
    except AggregatorError as error:
        raise ModelError(f"state: {error}; fetch it again, or take another state of this lineage") from error
    if header.layout != layout(model):
        raise ModelError("state: its layout is not that of the guideline's adapter; it belongs to another lineage")
    if header.step_exponent != architecture.step_exponent:
        raise ModelError(
            f"state: step_exponent expected {architecture.step_exponent}, got {header.step_exponent}; it belongs to "
            "another lineage"
        )
    load_vector(model, dequantise(values, header.step_exponent))
    return header


def adapt(guideline: Guideline, frozen: bytes, state: bytes) -> tuple[Any, Any]:
    """The base model with a state of the lineage on it, and its tokenizer. Raises `ModelError`."""
    base = load_base(guideline.architecture, find_task(guideline.data.task).head)
    model = attach_adapter(base, guideline.architecture)
    load_frozen(model, frozen)
    load_state(model, state, guideline.architecture)
    return model.eval(), base.tokenizer


def write_release(
    state: bytes, frozen: bytes, guideline: Guideline, directory: Path, *, personal: bool = False
) -> None:
    """Write what a user of the model loads to a new folder, all of it or nothing: weights, their config and README.md.

    A PEFT adapter, beside which lies the config of a decoder that the base was given; or, where everything trained, a
    whole model with its tokenizer. Loaded by the lines of the README it computes exactly what `adapt`'s model does.
    A `personal` one says in its README that it is none of the federation's, and only its owner may read the folder.
    Raises `ModelError` when the folder exists or the state does not belong to the guideline's architecture.
    """
    if directory.exists():
        raise ModelError(f"{directory}: exists already; name a folder that does not")
    architecture = guideline.architecture
    base = load_base(architecture, find_task(guideline.data.task).head)
    config = adapter_config(base, architecture) if architecture.adapter == "lora" else None
    model = attach_adapter(base, architecture)
    load_frozen(model, frozen)
    header = load_state(model, state, architecture)

    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        if config is None:
            _write_model(model, base.tokenizer, unfinished)
        else:
            _write_adapter(model, config, base, architecture, unfinished)
        (unfinished / "README.md").write_text(
            release_card(architecture, header, base, personal=personal), encoding="utf-8"
        )
        _sync(unfinished)
        unfinished.chmod(0o700 if personal else 0o755)
        unfinished.rename(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _write_adapter(model: Any, config: Any, base: LoadedBase, architecture: Architecture, directory: Path) -> None:
    config.inference_mode = True
    config.base_model_name_or_path = architecture.model
    config.revision = architecture.revision or None
    config.save_pretrained(directory)
    if has_drawn_decoder(base):  # nobody else knows what decoder that is
        base.model.config.save_pretrained(directory)
    weights = safetensors.torch.save(saved_tensors(model), {"format": "pt"})
    (directory / "adapter_model.safetensors").write_bytes(weights)


def _write_model(model: Any, tokenizer: Any, directory: Path) -> None:
    """A folder like a hub's; tensors that two parts share are written for each, since only some classes share again."""
    tensors = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    model.save_pretrained(directory, state_dict=tensors)
    tokenizer.save_pretrained(directory)


def _sync(directory: Path) -> None:
    for path in (*directory.iterdir(), directory):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
