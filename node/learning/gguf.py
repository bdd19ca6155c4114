"""A model in llama.cpp's GGUF written out as what a node reads: config, tokenizer and float32 safetensors.

A developers' tool: the guideline names the digest of what comes out, never a GGUF file. Needs the package `gguf`.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from node.errors import ModelError
from node.learning.models import weights_sha256

__all__ = ["convert_gguf"]


def convert_gguf(source: Path, directory: Path) -> str:
    """Write the causal model in `source` to `directory` unless that exists; returns the sha-256 of its weights.

    A run that is killed leaves nothing under that name. Raises `ModelError` when `source` is no model that transformers
    can read.
    """
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
        try:
            _write(source, fresh)
            fresh.rename(directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return weights_sha256(directory)


def _write(source: Path, directory: Path) -> None:
    transformers_logging.disable_progress_bar()
    named = {"gguf_file": source.name, "local_files_only": True, "trust_remote_code": False}
    try:
        model = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.float32, **named)
        tokenizer = AutoTokenizer.from_pretrained(source.parent, **named)
    except (ImportError, OSError, ValueError, KeyError) as error:
        raise ModelError(f"{source}: no GGUF model that can be read here: {str(error)[:300]}") from error
    _unquantised(model).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def _unquantised(model: Any) -> Any:
    """The same numbers in a model that does not remember where they came from, and may be saved."""
    config = model.config
    del config.quantization_config
    plain = type(model)(config)
    plain.load_state_dict(model.state_dict())
    return plain
