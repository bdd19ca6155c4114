"""Which device a node's model lies on and its samples are made on: the processor, or the graphics card of a process."""

import os
from contextlib import AbstractContextManager, nullcontext

from node.config import environment_name
from node.errors import ModelError

__all__ = ["DEVICE_VARIABLE", "chosen_device", "on_device"]

DEVICE_VARIABLE = environment_name("device")  # processes that train inherit it from the one that read the config
CPU = "cpu"


def chosen_device() -> str:
    """`cpu` or `cuda`, as the node's config says. Raises `ModelError` when torch finds no such device."""
    import torch

    chosen = os.environ.get(DEVICE_VARIABLE) or CPU
    if chosen != CPU and not torch.cuda.is_available():
        raise ModelError(f"device is {chosen!r}, and torch finds none; install torch for your GPU, or choose 'cpu'")
    return chosen


def on_device() -> AbstractContextManager[object]:
    """Tensors made in this context lie on the chosen device, unless the code that makes them names another."""
    import torch

    chosen = chosen_device()
    return nullcontext() if chosen == CPU else torch.device(chosen)
