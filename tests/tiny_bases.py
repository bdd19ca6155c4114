"""Base models of four families, so small that a test makes them: random weights under the bundled tokenizer."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

from node.guideline import Architecture
from node.learning.models import BASE_DIRECTORY, weights_sha256

__all__ = ["FAMILIES", "HEADS", "TARGETS", "TOKENS", "tiny_architecture", "write_tiny_base"]

VOCABULARY = 2048
TOKENS = {"vocab_size": VOCABULARY, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}
WIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}

FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "roberta": (RobertaForMaskedLM, RobertaConfig, {**WIDE, "max_position_embeddings": 129, "type_vocab_size": 1}),
    "gpt2": (GPT2LMHeadModel, GPT2Config, {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}),
    "t5": (
        T5ForConditionalGeneration,
        T5Config,
        {"d_model": 32, "d_kv": 16, "d_ff": 48, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0},
    ),
    "llama": (LlamaForCausalLM, LlamaConfig, {**WIDE, "max_position_embeddings": 128}),
}
TARGETS = {"roberta": ("query", "value"), "gpt2": ("c_attn",), "t5": ("q", "v"), "llama": ("q_proj", "v_proj")}
HEADS = {
    "roberta": ("encoder", "classifier", "seq2seq"),
    "gpt2": ("causal", "encoder", "classifier"),
    "t5": ("encoder", "classifier", "seq2seq"),
    "llama": ("causal", "encoder", "classifier"),
}


def write_tiny_base(family: str, folder: Path, **changes: Any) -> Path:
    """Write config, with `changes`, weights and tokenizer of a family's tiny model, as a hub would hold it."""
    model, config, sizes = FAMILIES[family]
    torch.manual_seed(0)
    model(config(**{**TOKENS, **sizes, **changes})).save_pretrained(folder)
    AutoTokenizer.from_pretrained(BASE_DIRECTORY).save_pretrained(folder)
    return folder


def tiny_architecture(family: str, folder: Path, **changes: Any) -> Architecture:
    """A LoRA adapter, unless the changes say otherwise, on a base that lies in `folder` under the family's name."""
    lora = {} if changes.get("adapter") == "full" else {"rank": 2, "alpha": 4, "targets": TARGETS[family]}
    return Architecture(model=family, weights_sha256=weights_sha256(folder), **(lora | changes))
