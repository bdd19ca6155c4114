"""The base model a guideline names, and the adapter on it as one flat vector.

A causal language model or a bare encoder, whichever the model's own config names. LoRA with a frozen A: only the B
matrices train, so that the mean of products B·A is exactly mean(B)·A. The trained tensors, sorted by name and laid row
by row, are the vector that updates and states are made of; the frozen ones travel once, as a file of their own.
Training and releasing live elsewhere.
"""

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer
from transformers.pytorch_utils import Conv1D
from transformers.utils import logging as transformers_logging

from aggregator.delta import LayoutEntry, StateHeader, encode_state
from node.errors import ModelError
from node.guideline import Architecture

__all__ = [
    "BASE_DIRECTORY",
    "BUNDLED",
    "SEARCH_BASE_DIRECTORY",
    "Genesis",
    "LoadedBase",
    "adapter_config",
    "adapter_tensors",
    "attach_adapter",
    "base_directory",
    "genesis",
    "is_causal",
    "layout",
    "load_base",
    "load_frozen",
    "load_vector",
    "peft_unwarned",
    "read_frozen",
    "read_vector",
    "trained_tensors",
    "weights_sha256",
]

BASE_DIRECTORY = Path(__file__).parent / "base"
SEARCH_BASE_DIRECTORY = Path(__file__).parent / "search_base"
BUNDLED = {"fednode-base": BASE_DIRECTORY, "fednode-search-base": SEARCH_BASE_DIRECTORY}
HUB_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")  # no pickles, no code
ADAPTER = "default"
EMBEDDED = "lora_embedding_"  # PEFT's name for the matrices on an embedding; "lora_" on other layers
TRAINED = ("lora_B", f"{EMBEDDED}B")
FROZEN = ("lora_A", f"{EMBEDDED}A")


@dataclass(frozen=True)
class LoadedBase:
    """A base model in float32 with its tokenizer, and the folder both came from."""

    model: Any
    tokenizer: Any
    directory: Path


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


def load_base(architecture: Architecture) -> LoadedBase:
    """Load the base model in float32, after its weights hashed to what the guideline says.

    Raises `ModelError` when it cannot be found or downloaded, or its weights are others.
    """
    directory = base_directory(architecture)
    digest = weights_sha256(directory)
    if digest != architecture.weights_sha256:
        raise ModelError(
            f"{architecture.model}: sha-256 of the weights: expected {architecture.weights_sha256} (the guideline's "
            f"architecture.weights_sha256), got {digest}; install the version of the model that the guideline names"
        )
    transformers_logging.disable_progress_bar()  # a bar for each of nine peers' processes says nothing
    local = {"trust_remote_code": False, "local_files_only": True}
    named = AutoConfig.from_pretrained(directory, **local).architectures or []
    kind = AutoModelForCausalLM if any("LMHead" in name or "ForCausalLM" in name for name in named) else AutoModel
    model = kind.from_pretrained(directory, dtype=torch.float32, use_safetensors=True, **local)
    model.config.use_cache = False
    shares_tokenizer = directory == SEARCH_BASE_DIRECTORY
    tokenizer = AutoTokenizer.from_pretrained(BASE_DIRECTORY if shares_tokenizer else directory, **local)
    return LoadedBase(model, tokenizer, directory)


def base_directory(architecture: Architecture) -> Path:
    """The folder of the base model: a bundled one, or the hub's, downloaded into its cache when missing."""
    if architecture.model in BUNDLED:
        return BUNDLED[architecture.model]
    from huggingface_hub import snapshot_download

    try:
        found = snapshot_download(
            architecture.model, revision=architecture.revision or None, allow_patterns=list(HUB_FILES)
        )
    except Exception as error:  # the hub client raises dozens of types, its own and those of three HTTP libraries
        raise ModelError(
            f"architecture.model {architecture.model!r} at revision {architecture.revision or 'main'!r} cannot be "
            f"downloaded: {str(error)[:300]}"
        ) from error
    return Path(found)


def weights_sha256(directory: Path) -> str:
    """Hex sha-256 of a model's safetensors files, their bytes one after the other in the order of their names."""
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        raise ModelError(f"{directory}: no safetensors file; only models in that format can be used")
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def is_causal(model: Any) -> bool:
    """Whether a base is a language model with its head on, rather than a bare encoder."""
    return model.base_model is not model


def adapter_config(model: Any, architecture: Architecture) -> LoraConfig:
    """PEFT's description of the guideline's adapter; raises `ModelError` when a target names no layer of `model`."""
    layers = {name: module for name, module in model.named_modules() if name.endswith(architecture.targets)}
    for target in architecture.targets:
        if not any(name.endswith(target) for name in layers):
            raise ModelError(f"architecture.targets: {target!r} names no layer of {architecture.model}")
    return LoraConfig(
        r=architecture.rank,
        lora_alpha=architecture.alpha,
        target_modules=sorted(architecture.targets),
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in layers.values()),
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM" if is_causal(model) else "FEATURE_EXTRACTION",
    )


def attach_adapter(model: Any, architecture: Architecture) -> Any:
    """Put the adapter on a freshly loaded base, which it changes, and freeze all but the B matrices, which are zero.

    A is drawn from the architecture's seed: normal, variance 1 / columns, so that a unit input keeps its size; for an
    embedding, whose input is one token, variance 1 / rank. Nobody relies on two machines drawing the same numbers: what
    counts is the frozen tensors' file.
    """
    config = adapter_config(model, architecture)
    with peft_unwarned():
        adapted = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(architecture.seed)
    for name, tensor in sorted(adapted.named_parameters()):
        tensor.requires_grad_(_is(TRAINED, name))
        if _is(TRAINED, name):
            tensor.data.zero_()
        elif _is(FROZEN, name):
            variance = 1 / tensor.shape[0 if EMBEDDED in name else 1]
            tensor.data.copy_(torch.randn(tensor.shape, generator=generator) * variance**0.5)
    return adapted


@contextmanager
def peft_unwarned() -> Iterator[None]:
    """Keep peft's use of names that transformers is giving up from the operator, who can do nothing about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def genesis(architecture: Architecture) -> Genesis:
    """Draw a new lineage's frozen tensors from `architecture.seed`; its genesis state is all zeros."""
    model = attach_adapter(load_base(architecture).model, architecture)
    return Genesis(read_frozen(model), layout(model))


def layout(model: Any) -> tuple[LayoutEntry, ...]:
    """Name (as PEFT saves it), rows and columns of every trained tensor, in the order of the vector."""
    return tuple(LayoutEntry(name, *tensor.shape) for name, tensor in _tensors(model, TRAINED).items())


def trained_tensors(model: Any) -> list[Tensor]:
    """The parameters that train, in the order of the vector."""
    return list(_tensors(model, TRAINED).values())


def read_vector(model: Any) -> NDArray[np.float32]:
    """A float32 copy, shape (d,), of everything that trains."""
    flat = torch.cat([tensor.detach().reshape(-1) for tensor in trained_tensors(model)])
    return np.asarray(flat.numpy(), dtype=np.float32).copy()


def load_vector(model: Any, values: NDArray[np.float32]) -> None:
    """Set everything that trains to float32 `values`, (d,). Raises `ModelError` for another length or non-finite."""
    tensors = trained_tensors(model)
    length = sum(tensor.numel() for tensor in tensors)
    if values.shape != (length,) or not np.isfinite(values).all():
        raise ModelError(f"state has shape {values.shape}; the guideline's adapter has {length} finite numbers")
    flat = torch.from_numpy(values.astype(np.float32))
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.data.copy_(part.view_as(tensor))


def read_frozen(model: Any) -> bytes:
    """The frozen A matrices as a safetensors file, the same bytes for the same numbers."""
    return bytes(safetensors.torch.save({name: tensor.detach() for name, tensor in _tensors(model, FROZEN).items()}))


def load_frozen(model: Any, data: bytes) -> None:
    """Set the frozen A matrices from a file of `read_frozen`'s.

    Raises `ModelError` unless it holds exactly this model's matrices, in float32 and finite.
    """
    tensors = _tensors(model, FROZEN)
    expected = len(read_frozen(model))
    if len(data) != expected:
        raise ModelError(
            f"frozen tensors: {len(data)} bytes, this architecture's take {expected}; check architecture.frozen"
        )
    try:
        loaded = safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise ModelError(f"frozen tensors: not a safetensors file ({error}); check architecture.frozen") from error
    if {name: (value.shape, value.dtype) for name, value in loaded.items()} != {
        name: (value.shape, value.dtype) for name, value in tensors.items()
    }:
        raise ModelError("frozen tensors: names or shapes are not this architecture's; check architecture.frozen")
    if not all(bool(value.isfinite().all()) for value in loaded.values()):
        raise ModelError("frozen tensors: a number is not finite; check architecture.frozen")
    for name, tensor in tensors.items():
        tensor.data.copy_(loaded[name])


def adapter_tensors(model: Any) -> dict[str, Tensor]:
    """The whole adapter, trained and frozen, under the names PEFT saves them by: views, not copies."""
    return {name: tensor.detach() for name, tensor in _tensors(model, (*FROZEN, *TRAINED)).items()}


def _tensors(model: Any, kinds: Sequence[str]) -> dict[str, Tensor]:
    """Parameters of these kinds under the names PEFT saves them by, sorted."""
    found = {name.replace(f".{ADAPTER}", ""): tensor for name, tensor in model.named_parameters() if _is(kinds, name)}
    return dict(sorted(found.items()))


def _is(kinds: Sequence[str], name: str) -> bool:
    return not set(kinds).isdisjoint(name.split("."))
