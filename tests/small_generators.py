"""Models of each family that writes text, with random weights and so small that a test takes a blink."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    EncoderDecoderModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    RobertaConfig,
    RobertaForCausalLM,
    RobertaModel,
    T5Config,
    T5ForConditionalGeneration,
)

from node.guideline import Architecture
from node.learning.models import LoadedBase, attach_adapter

__all__ = ["CAUSAL", "SEQ2SEQ", "TARGETS", "adapted", "tiny"]

SEQ2SEQ = ("t5", "encoder_decoder")
CAUSAL = ("gpt2", "llama")
TARGETS = {  # where an adapter goes
    "t5": ("q", "v"),
    "encoder_decoder": ("query", "value"),
    "gpt2": ("c_attn",),
    "llama": ("q_proj", "v_proj"),
}


def tiny(family: str, tokenizer: Any, width: int = 32) -> Any:
    """A model of `family` for the tokenizer's vocabulary, the same weights every time."""
    torch.manual_seed(0)
    size, pad = len(tokenizer), tokenizer.pad_token_id
    bert = {"vocab_size": size, "hidden_size": width, "intermediate_size": width}
    bert |= {"num_hidden_layers": 1, "num_attention_heads": 2}
    if family == "t5":
        sizes = {"d_model": width, "d_kv": width // 2, "d_ff": 2 * width, "num_layers": 1, "num_heads": 2}
        tokens = {"decoder_start_token_id": pad, "pad_token_id": pad, "eos_token_id": pad}
        return T5ForConditionalGeneration(T5Config(vocab_size=size, dropout_rate=0.0, **sizes, **tokens)).eval()
    if family == "encoder_decoder":
        decoder = RobertaConfig(**bert, is_decoder=True, add_cross_attention=True)
        model = EncoderDecoderModel(encoder=RobertaModel(RobertaConfig(**bert)), decoder=RobertaForCausalLM(decoder))
        model.config.decoder_start_token_id = model.config.pad_token_id = pad
        return model.eval()
    if family == "gpt2":
        return GPT2LMHeadModel(GPT2Config(vocab_size=size, n_embd=width, n_layer=1, n_head=2)).eval()
    return LlamaForCausalLM(LlamaConfig(**bert)).eval()


def adapted(family: str, tokenizer: Any, architecture: Architecture) -> Any:
    """A model of `tiny`'s with an adapter at zero."""
    base = LoadedBase(tiny(family, tokenizer), tokenizer, Path(), "seq2seq" if family in SEQ2SEQ else "causal")
    return attach_adapter(base, architecture.model_copy(update={"targets": TARGETS[family]}))
