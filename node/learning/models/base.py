"""Where a base model lies, that its weights are those the guideline names, and loading it with its tokenizer.

A base comes with the package, from the operator's folder of models, from the hub's cache, or from the hub. Pickles and
code are never read from any of them. What stands on top of the base is `heads`'.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from node.config import environment_name
from node.errors import ModelError
from node.guideline import Architecture
from node.learning.models.heads import load_headed
from node.ports import Head

__all__ = [
    "BASE_DIRECTORY",
    "BUNDLED",
    "MODELS_VARIABLE",
    "SEARCH_BASE_DIRECTORY",
    "LoadedBase",
    "base_directory",
    "load_base",
    "models_directory",
    "weights_sha256",
]

BASE_DIRECTORY = Path(__file__).parents[1] / "base"
SEARCH_BASE_DIRECTORY = Path(__file__).parents[1] / "search_base"
BUNDLED = {"fednode-base": BASE_DIRECTORY, "fednode-search-base": SEARCH_BASE_DIRECTORY}
MODELS_VARIABLE = environment_name("models.directory")  # processes that train inherit it from the one that read config
HUB_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")  # no pickles, no code


@dataclass(frozen=True)
class LoadedBase:
    """A base model in float32 under a head, with its tokenizer, and the folder both came from.

    `drawn` names the modules that no file holds: their values were drawn from the architecture's seed.
    """

    model: Any
    tokenizer: Any
    directory: Path
    head: Head
    drawn: tuple[str, ...] = ()


def load_base(architecture: Architecture, head: Head) -> LoadedBase:
    """Load the base model in float32 under `head`, after its weights hashed to what the guideline says.

    Raises `ModelError` when it cannot be found or downloaded, its weights are others, or it cannot carry the head.
    """
    directory = base_directory(architecture)
    digest = weights_sha256(directory)
    if digest != architecture.weights_sha256:
        raise ModelError(
            f"{architecture.model}: sha-256 of the weights in {directory}: expected {architecture.weights_sha256} (the "
            f"guideline's architecture.weights_sha256), got {digest}; install the version of the model that the "
            "guideline names"
        )
    transformers_logging.disable_progress_bar()  # a bar for each of nine peers' processes says nothing
    shares_tokenizer = directory == SEARCH_BASE_DIRECTORY
    tokenizer = AutoTokenizer.from_pretrained(
        BASE_DIRECTORY if shares_tokenizer else directory, trust_remote_code=False, local_files_only=True
    )
    model, drawn = load_headed(directory, architecture, head, tokenizer)
    return LoadedBase(model, tokenizer, directory, head, drawn)


def base_directory(architecture: Architecture) -> Path:
    """The folder of the base model; what is here already is never asked for over the network.

    A bundled one; `<models.directory>/<hub id>`; one made on this machine; the hub's cache, if the weights there are
    the right ones; or what the hub sends. Raises `ModelError`.
    """
    if architecture.model in BUNDLED:
        return BUNDLED[architecture.model]
    places = _local_places(architecture.model)
    found = next((place for place in places if place.is_dir()), None)
    return found or _cached(architecture) or _downloaded(architecture, places)


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


def models_directory() -> Path:
    """Where models are kept that are made here: the operator's folder, or the user's cache directory."""
    chosen = os.environ.get(MODELS_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("fednode") / "models"


def _local_places(model: str) -> tuple[Path, ...]:
    """Where a model may lie already; a hub id has one slash at most and is no path of any other kind."""
    folders = dict.fromkeys((models_directory(), user_cache_path("fednode") / "models"))
    return tuple(folder.joinpath(*model.split("/")) for folder in folders)


def _cached(architecture: Architecture) -> Path | None:
    """The hub's own cache, unless what it holds is incomplete or something else."""
    try:
        found = _snapshot(architecture, local_files_only=True)
        return found if weights_sha256(found) == architecture.weights_sha256 else None
    except (OSError, ValueError, ModelError):  # not there, no name of a hub model, no weights
        return None


def _downloaded(architecture: Architecture, places: Sequence[Path]) -> Path:
    try:
        return _snapshot(architecture, local_files_only=False)
    except Exception as error:  # the hub client raises dozens of types, its own and those of three HTTP libraries
        place = f"lies neither in {' nor '.join(map(str, places))}, nor"
        raise ModelError(
            f"architecture.model {architecture.model!r} at revision {architecture.revision or 'main'!r} {place} in the "
            f"hub's cache, and cannot be downloaded: {str(error)[:300]}; without a network, put its folder under "
            "models.directory"
        ) from error


def _snapshot(architecture: Architecture, *, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            architecture.model,
            revision=architecture.revision or None,
            allow_patterns=list(HUB_FILES),
            local_files_only=local_files_only,
        )
    )
