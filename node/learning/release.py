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
from node.guideline import Architecture
from node.learning.models import (
    BUNDLED,
    adapter_config,
    adapter_tensors,
    attach_adapter,
    is_causal,
    layout,
    load_base,
    load_frozen,
    load_vector,
)

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


def adapt(architecture: Architecture, frozen: bytes, state: bytes) -> tuple[Any, Any]:
    """The base model with a state of the lineage on it, and its tokenizer. Raises `ModelError`."""
    base = load_base(architecture)
    model = attach_adapter(base.model, architecture)
    load_frozen(model, frozen)
    load_state(model, state, architecture)
    return model.eval(), base.tokenizer


def write_adapter(state: bytes, frozen: bytes, architecture: Architecture, directory: Path) -> None:
    """Write adapter_config.json, adapter_model.safetensors and README.md to a new folder, all of it or nothing.

    `PeftModel.from_pretrained(base, directory)` then computes exactly what `adapt` does. Raises `ModelError` when the
    folder exists or the state does not belong to the architecture.
    """
    if directory.exists():
        raise ModelError(f"{directory}: exists already; name a folder that does not")
    base = load_base(architecture)
    config = adapter_config(base.model, architecture)
    config.inference_mode = True
    config.base_model_name_or_path = architecture.model
    config.revision = architecture.revision or None
    model = attach_adapter(base.model, architecture)
    load_frozen(model, frozen)
    header = load_state(model, state, architecture)

    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        config.save_pretrained(unfinished)
        weights = safetensors.torch.save(adapter_tensors(model), {"format": "pt"})
        (unfinished / "adapter_model.safetensors").write_bytes(weights)
        (unfinished / "README.md").write_text(_card(architecture, header, is_causal(base.model)), encoding="utf-8")
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


def _card(architecture: Architecture, header: StateHeader, causal: bool) -> str:
    bundled = architecture.model in BUNDLED
    return CARD.format(
        model=architecture.model,
        revision=architecture.revision or "-",
        digest=architecture.weights_sha256,
        rank=architecture.rank,
        alpha=architecture.alpha,
        targets=", ".join(architecture.targets),
        lineage=header.lineage,
        round=header.round,
        base=f"BUNDLED[{architecture.model!r}]" if bundled else repr(architecture.model),
        loader="AutoModelForCausalLM" if causal else "AutoModel",
        option=f", revision={architecture.revision!r}" if architecture.revision else "",
        first="from node.learning.models import BUNDLED\n" if bundled else "",
    )


CARD = """---
base_model: {model}
library_name: peft
---
# A release of a fednode federation

A LoRA adapter trained by many peers on code that never left their machines.

| | |
| --- | --- |
| base model | {model}, revision {revision} |
| sha-256 of its weights | {digest} |
| adapter | rank {rank}, alpha {alpha}, on {targets} |
| state | round {round} of lineage {lineage} |

Load it with plain PEFT; nothing in this folder is executable:

```python
{first}from peft import PeftModel
from transformers import {loader}

base = {loader}.from_pretrained({base}{option}, dtype="float32")
model = PeftModel.from_pretrained(base, "path/of/this/folder")
```
"""
