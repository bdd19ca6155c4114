"""What of a model trains as one flat vector, and what travels once as a file, whatever the adapter is.

The trained tensors, sorted by name and laid row by row, less the values that they start from, are the vector that
updates and states are made of: it starts at zero. Matrices that never train, and start values that nobody else has,
are the frozen file.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from aggregator.delta import LayoutEntry
from node.errors import ModelError

__all__ = [
    "Parts",
    "layout",
    "load_frozen",
    "load_vector",
    "read_frozen",
    "read_vector",
    "remember_parts",
    "saved_tensors",
    "trained_tensors",
]

ATTRIBUTE = "fednode_parts"


@dataclass(frozen=True)
class Parts:
    """A model's tensors by the names that a release saves them under.

    `trained` are its parameters that train; `starts` holds the float32 values of those that do not start at zero, of
    which `drawn` names the ones that are in no base model's file; `frozen` are parameters that were drawn and never
    train.
    """

    trained: dict[str, Tensor]
    frozen: dict[str, Tensor] = field(default_factory=dict)
    starts: dict[str, Tensor] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset()

    def travelling(self) -> dict[str, Tensor]:
        """What the frozen file holds, sorted by name."""
        starts = {name: self.starts[name] for name in self.drawn}
        return {name: tensor.detach() for name, tensor in sorted((self.frozen | starts).items())}


def remember_parts(model: Any, parts: Parts) -> None:
    """Let the functions below know what of `model` trains."""
    setattr(model, ATTRIBUTE, parts)


def layout(model: Any) -> tuple[LayoutEntry, ...]:
    """Name (as a release saves it), rows and columns of every trained tensor, in the order of the vector."""
    return tuple(LayoutEntry(name, *_rows_and_columns(tensor)) for name, tensor in _parts(model).trained.items())


def trained_tensors(model: Any) -> list[Tensor]:
    """The parameters that train, in the order of the vector."""
    return list(_parts(model).trained.values())


def read_vector(model: Any) -> NDArray[np.float32]:
    """A float32 copy, shape (d,), of how far everything that trains is from where it starts."""
    parts = _parts(model)
    flat = torch.cat([_moved(parts, name).reshape(-1) for name in parts.trained])
    return np.asarray(flat.cpu().numpy(), dtype=np.float32).copy()


def load_vector(model: Any, values: NDArray[np.float32]) -> None:
    """Set everything that trains to its start plus float32 `values`, (d,).

    Raises `ModelError` for another length or numbers that are not finite.
    """
    parts = _parts(model)
    length = sum(tensor.numel() for tensor in parts.trained.values())
    if values.shape != (length,) or not np.isfinite(values).all():
        raise ModelError(f"state has shape {values.shape}; the guideline's adapter has {length} finite numbers")
    flat = torch.split(torch.from_numpy(values.astype(np.float32)), [one.numel() for one in parts.trained.values()])
    for (name, tensor), part in zip(parts.trained.items(), flat, strict=True):
        moved = part.view_as(tensor).to(tensor.device)
        tensor.data.copy_(parts.starts[name] + moved if name in parts.starts else moved)


def read_frozen(model: Any) -> bytes:
    """The frozen file, in safetensors' format: the same bytes for the same numbers."""
    return bytes(safetensors.torch.save(_parts(model).travelling()))


def load_frozen(model: Any, data: bytes) -> None:
    """Set what never trains and where training starts from a file of `read_frozen`'s; the vector is zero afterwards.

    Raises `ModelError` unless it holds exactly this model's tensors, in float32 and finite.
    """
    tensors = _parts(model).travelling()
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
        tensor.copy_(loaded[name])
    load_vector(model, np.zeros(sum(tensor.numel() for tensor in trained_tensors(model)), np.float32))


def saved_tensors(model: Any) -> dict[str, Tensor]:
    """All that is trained or was drawn, under the names a release saves it by: views, not copies."""
    parts = _parts(model)
    return {name: tensor.detach() for name, tensor in sorted((parts.frozen | parts.trained).items())}


def _parts(model: Any) -> Parts:
    parts: Parts = getattr(model, ATTRIBUTE)
    return parts


def _moved(parts: Parts, name: str) -> Tensor:
    tensor = parts.trained[name].detach()
    return tensor - parts.starts[name] if name in parts.starts else tensor


def _rows_and_columns(tensor: Tensor) -> tuple[int, int]:
    """A matrix's shape; a vector is one row, and of more dimensions the first one counts rows."""
    rows = tensor.shape[0] if tensor.dim() > 1 else 1
    return rows, tensor.numel() // rows
