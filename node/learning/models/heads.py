"""What stands on top of a base model: the four heads that tasks need, on every family that can carry them.

A head that the base's files lack is drawn from the architecture's seed, and so is the decoder that an encoder gets when
it shall write. Which of these numbers train and travel is `adapter`'s.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTextEncoding,
    BitsAndBytesConfig,
    EncoderDecoderModel,
    PreTrainedConfig,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES
from transformers.utils import logging as transformers_logging

from node.errors import ModelError
from node.guideline import Architecture
from node.learning.device import chosen_device
from node.ports import Head

__all__ = ["MODEL_CLASSES", "encoder_of", "load_headed", "longest_input"]

LABELS = 2  # of a classifier
DECODER_LAYERS = 6  # at most; CodeXGLUE's decoder behind CodeBERT has as many (Lu et al. 2021, arXiv 2102.04664)
MODEL_CLASSES = {
    "causal": AutoModelForCausalLM,
    "encoder": AutoModel,
    "classifier": AutoModelForSequenceClassification,
    "seq2seq": AutoModelForSeq2SeqLM,
}


def load_headed(directory: Path, architecture: Architecture, head: Head, tokenizer: Any) -> tuple[Any, tuple[str, ...]]:
    """The model of a folder under `head`, in float32, and the names of the modules that had to be drawn.

    An encoder without decoder gets a small one for `seq2seq`; of an encoder-decoder, `encoder` is the encoder alone.
    Raises `ModelError` when the base cannot carry the head.
    """
    name = architecture.model
    with torch.device("cpu"), _seeded(architecture.seed), _uncommented(), _refusals(name, head):
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
        _require_can(config, head, name)
        if head == "seq2seq" and _is_encoder(config):
            model, drawn = _with_decoder(directory, config, architecture, tokenizer)
        else:
            model, drawn = _load(directory, config, head, architecture)
    if not architecture.base_bits:
        model.to(chosen_device())
    for part in (model.config, getattr(model.config, "decoder", None)):
        if isinstance(part, PreTrainedConfig):
            part.use_cache = False
    if head in ("classifier", "seq2seq") and model.config.pad_token_id is None:
        # a classifier on a language model reads the last token that is not padding
        model.config.pad_token_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else _end(tokenizer)
    return model, drawn


def encoder_of(model: Any) -> Any:
    """The part of a model that turns token ids into hidden states, whatever adapter, head or decoder is around it.

    Called with `input_ids` and `attention_mask`, it returns something with a `last_hidden_state`, (n, length, width).
    """
    bare = model.get_base_model() if hasattr(model, "get_base_model") else model
    body = bare.base_model
    return body.get_encoder() if bare.config.is_encoder_decoder else body


def longest_input(model: Any) -> int | None:
    """How many tokens the model reads at most, as far as its own configuration tells."""
    config = getattr(model.config, "encoder", model.config)
    places: int | None = getattr(config, "max_position_embeddings", None)
    for name, module in model.named_modules():
        if places and name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            skipped = module.padding_idx  # RoBERTa counts positions from the padding's id on
            return places if skipped is None else places - skipped - 1
    return places


def _is_encoder(config: PreTrainedConfig) -> bool:
    """Whether a family was made to fill gaps, reading in both directions, and writes nothing."""
    return config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not config.is_encoder_decoder


def _require_can(config: PreTrainedConfig, head: Head, name: str) -> None:
    encodes = _is_encoder(config)
    able = {
        "causal": not encodes and not config.is_encoder_decoder,
        "seq2seq": encodes or config.is_encoder_decoder,
    }
    if not able.get(head, True):
        instead = "GPT-2 or Llama" if head == "causal" else "T5 or RoBERTa"
        raise ModelError(
            f"architecture.model: {name} is of the family {config.model_type!r}, and the task needs a {head} model; "
            f"choose a base of a family such as {instead}"
        )


def _load(
    directory: Path, config: PreTrainedConfig, head: Head, architecture: Architecture
) -> tuple[Any, tuple[str, ...]]:
    kind = AutoModelForTextEncoding if head == "encoder" and config.is_encoder_decoder else MODEL_CLASSES[head]
    options: dict[str, Any] = {"num_labels": LABELS} if head == "classifier" else {}
    if architecture.base_bits:
        options["quantization_config"] = _quantisation(architecture.precision)
        options["device_map"] = {"": chosen_device()}  # where quantised weights are made they stay
    model, info = kind.from_pretrained(
        directory,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
        **options,
    )
    missing = set(info["missing_keys"])
    if getattr(model, "pooler", None) is not None:  # nothing here reads it, and many checkpoints lack it
        model.pooler = None
        missing = {key for key in missing if not key.startswith("pooler.")}
    drawn = _whole_modules(model, {id(tensor) for key, tensor in model.named_parameters() if key in missing})
    lost = [key for key in sorted(missing) if not key.startswith(tuple(f"{module}." for module in drawn))]
    if (head != "classifier" and missing) or lost:
        raise ModelError(
            f"{architecture.model}: its files lack {min(missing)} of a {head} model; choose another base or revision"
        )
    return model, drawn


def _with_decoder(
    directory: Path, config: PreTrainedConfig, architecture: Architecture, tokenizer: Any
) -> tuple[Any, tuple[str, ...]]:
    """An encoder with a fresh decoder of its own kind that reads it; the two share their token embeddings.

    The bias of the decoder's output stays zero: PEFT can only save whole modules, and that one's weights are the shared
    embeddings.
    """
    encoder, _ = _load(directory, config, "encoder", architecture)
    layers = min(encoder.config.num_hidden_layers, DECODER_LAYERS)
    own = {"is_decoder": True, "add_cross_attention": True, "num_hidden_layers": layers}
    decoder = AutoModelForCausalLM.from_config(type(encoder.config).from_dict(encoder.config.to_dict() | own))
    model = EncoderDecoderModel(encoder=encoder, decoder=decoder)
    decoder.set_input_embeddings(encoder.get_input_embeddings())
    decoder.tie_weights()
    start = tokenizer.bos_token_id if tokenizer.cls_token_id is None else tokenizer.cls_token_id
    model.config.decoder_start_token_id = _end(tokenizer) if start is None else start
    model.config.eos_token_id = _end(tokenizer)
    model.config.vocab_size = decoder.config.vocab_size
    taken = {id(tensor) for tensor in encoder.parameters()}
    return model, _whole_modules(model, {id(tensor) for tensor in decoder.parameters()} - taken)


def _quantisation(precision: str) -> Any:
    """Four bits a weight of a linear layer, in blocks (Dettmers et al. 2023, "QLoRA", arXiv 2305.14314)."""
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            "architecture.base_bits = 4 needs bitsandbytes, which is not installed; install it with "
            "`pip install 'fednode[quantised]'`"
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, precision),
    )


def _whole_modules(model: nn.Module, drawn: set[int], prefix: str = "") -> tuple[str, ...]:
    """The outermost modules that have parameters and all of them in `drawn`, by `id`."""
    found: list[str] = []
    for name, child in model.named_children():
        own = {id(tensor) for tensor in child.parameters()}
        if own and own <= drawn:
            found.append(prefix + name)
        else:
            found += _whole_modules(child, drawn, f"{prefix}{name}.")
    return tuple(found)


def _end(tokenizer: Any) -> int | None:
    end: int | None = tokenizer.sep_token_id if tokenizer.eos_token_id is None else tokenizer.eos_token_id
    return end


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw from `seed`, and leave the process's own stream of random numbers where it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def _uncommented() -> Iterator[None]:
    """Keep transformers from reporting what it had to draw: we know, and look at what it found missing ourselves."""
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


@contextmanager
def _refusals(name: str, head: Head) -> Iterator[None]:
    """One error for all the ways in which a folder is no model: no such class, files missing, shapes that differ."""
    try:
        yield
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise ModelError(f"{name} does not load as a {head} model: {str(error)[:300]}; choose another base") from error
