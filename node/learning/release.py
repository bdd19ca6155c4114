"""A release as a standard PEFT adapter folder: what a model user downloads and loads without fednode installed.

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
from node.learning.card import release_card
from node.learning.models import (
    adapter_config,
    attach_adapter,
    layout,
    load_base,
    load_frozen,
    load_vector,
    saved_tensors,
)
from node.learning.tasks import find_task

__all__ = ["adapt", "load_state", "write_adapter"]


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


def write_adapter(state: bytes, frozen: bytes, guideline: Guideline, directory: Path) -> None:
    """Write adapter_config.json, adapter_model.safetensors and README.md to a new folder, all of it or nothing.

    An encoder that was given a decoder has the configuration of both in config.json.

    `PeftModel.from_pretrained(base, directory)` then computes exactly what `adapt` does. Raises `ModelError` when the
    folder exists or the state does not belong to the guideline's architecture.
    """
    if directory.exists():
        raise ModelError(f"{directory}: exists already; name a folder that does not")
    architecture, head = guideline.architecture, find_task(guideline.data.task).head
    base = load_base(architecture, head)
    config = adapter_config(base, architecture)
    config.inference_mode = True
    config.base_model_name_or_path = architecture.model
    config.revision = architecture.revision or None
    model = attach_adapter(base, architecture)
    load_frozen(model, frozen)
    header = load_state(model, state, architecture)

    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        config.save_pretrained(unfinished)
        if head == "seq2seq" and base.drawn:  # nobody else knows what decoder that is
            base.model.config.save_pretrained(unfinished)
        weights = safetensors.torch.save(saved_tensors(model), {"format": "pt"})
        (unfinished / "adapter_model.safetensors").write_bytes(weights)
        (unfinished / "README.md").write_text(release_card(architecture, header, base), encoding="utf-8")
        _sync(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _sync(directory: Path) -> None:
    for path in (*directory.iterdir(), directory):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
