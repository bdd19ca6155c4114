"""The model a guideline names, under the head its task needs, and its trained part as one flat vector.

`base` finds a base model and loads it, `heads` knows what stands on top of it, `adapter` says what of it trains, and
`vector` turns that into numbers that travel. Training and releasing live elsewhere.
"""

from node.learning.models.adapter import Genesis, adapter_config, attach_adapter, genesis, peft_unwarned
from node.learning.models.base import (
    BASE_DIRECTORY,
    BUNDLED,
    MODELS_VARIABLE,
    SEARCH_BASE_DIRECTORY,
    LoadedBase,
    base_directory,
    load_base,
    models_directory,
    weights_sha256,
)
from node.learning.models.heads import encoder_of, longest_input
from node.learning.models.vector import (
    layout,
    load_frozen,
    load_vector,
    read_frozen,
    read_vector,
    saved_tensors,
    trained_tensors,
)

__all__ = [
    "BASE_DIRECTORY",
    "BUNDLED",
    "MODELS_VARIABLE",
    "SEARCH_BASE_DIRECTORY",
    "Genesis",
    "LoadedBase",
    "adapter_config",
    "attach_adapter",
    "base_directory",
    "encoder_of",
    "genesis",
    "layout",
    "load_base",
    "load_frozen",
    "load_vector",
    "longest_input",
    "models_directory",
    "peft_unwarned",
    "read_frozen",
    "read_vector",
    "saved_tensors",
    "trained_tensors",
    "weights_sha256",
]
