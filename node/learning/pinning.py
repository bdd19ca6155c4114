"""Finding what pins a guideline to its base model: the commit on the hub and the sha-256 of the weights.

The only place that asks a hub what a name stands for. Small bases are made here when they are missing.
"""

from node.errors import ModelError
from node.guideline import Architecture
from node.learning.jobs import Progress
from node.learning.models import BUNDLED, base_directory, weights_sha256
from node.learning.small_bases import FAMILIES, small_base
from node.pins import COMMIT, Pin

__all__ = ["find_pin"]


def find_pin(architecture: Architecture, progress: Progress | None = None) -> Pin:
    """Download or make the base model and hash its weights; `progress` hears of pretraining.

    A branch's name becomes the commit that it stands for now. Raises `ModelError` when the model cannot be had, or is
    not kept as safetensors.
    """
    if architecture.model in FAMILIES:
        return Pin("", small_base(architecture.model, progress=progress).weights_sha256)
    if architecture.model in BUNDLED:
        return Pin("", weights_sha256(BUNDLED[architecture.model]))
    revision = architecture.revision
    if not COMMIT.fullmatch(revision):
        revision = _commit(architecture.model, revision or "main")
    directory = base_directory(architecture.model_copy(update={"revision": revision}))
    return Pin(revision, weights_sha256(directory))


def _commit(model: str, revision: str) -> str:
    from huggingface_hub import HfApi

    try:
        commit = HfApi().model_info(model, revision=revision).sha
    except Exception as error:  # the hub client raises dozens of types, its own and those of three HTTP libraries
        raise ModelError(
            f"architecture.model {model!r}: the hub does not say which commit {revision!r} is: {str(error)[:300]}"
        ) from error
    if not commit or not COMMIT.fullmatch(commit):
        raise ModelError(f"architecture.model {model!r}: the hub names no commit for {revision!r}")
    return commit
