"""Several processes that train as one node: the first is the node, the others do each training job along with it.

`accelerate launch` starts them, over the GPUs or hosts of one organisation; without it nothing here does anything. Of
the parts that a step's batch is computed in (`update.accumulate`), each process takes every so-manieth, and the
gradients are added up, so that the step is the one that a single process would take. The processes trust each other:
jobs travel between them pickled, over the cluster's own network.
"""

import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from node.errors import DataError, FednodeError
from node.learning.device import chosen_device

__all__ = ["add_up", "agreed", "announce", "dismiss", "follow", "is_launched", "join", "mine"]

log = logging.getLogger("fednode.cluster")
PATIENCE = timedelta(days=365)  # a process waits for the next round's job, however long that takes
FAILED = -1  # instead of a number of samples

T = TypeVar("T")


@dataclass(frozen=True)
class _Cluster:
    accelerator: Any

    @property
    def size(self) -> int:
        return int(self.accelerator.num_processes)

    @property
    def rank(self) -> int:
        return int(self.accelerator.process_index)


_joined: _Cluster | None = None  # one a process, as the connections behind it are


def is_launched() -> bool:
    """Whether this process is one of several that `accelerate launch` (or torchrun) started."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join() -> bool:
    """Connect with the other processes, waiting for all of them; gives whether this is the first, which is the node."""
    global _joined  # noqa: PLW0603 (see above)
    from accelerate import Accelerator, InitProcessGroupKwargs

    _joined = _Cluster(
        Accelerator(cpu=chosen_device() == "cpu", kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)])
    )
    return _joined.rank == 0


def announce(job: Any) -> None:
    """Hand the other processes a job that they do with this one; None ends them."""
    if _joined:
        _exchange(job)


def dismiss() -> None:
    """End the other processes."""
    announce(None)


def follow(do: Callable[[Any], object], threads: int = 1) -> None:
    """Do every job that the first process announces, on so many torch threads, until it dismisses this one.

    A job that fails here failed there as well, and the node says so. Signals are for the first process.
    """
    import torch

    torch.set_num_threads(threads)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while (job := _exchange(None)) is not None:
        try:
            do(job)
        except FednodeError as error:
            log.info("a job failed: %s", error)


def agreed(make: Callable[[], T], samples_in: Callable[[T], int]) -> T:
    """What `make` gives, once all processes have as many samples; raises what it raises, and `DataError`."""
    if _joined is None:
        return make()
    count = FAILED
    try:
        made = make()
        count = samples_in(made)
    finally:
        counts = _gathered(count)
    if set(counts) != {count}:
        raise DataError(
            f"the processes of this node have {counts} samples ({FAILED}: an error); give all of them the same data"
        )
    return made


def mine(part: int) -> bool:
    """Whether a part of a step is this process's to compute."""
    return _joined is None or part % _joined.size == _joined.rank


def add_up(tensors: Sequence[Any], loss: float) -> float:
    """Make each tensor's gradient the sum of all processes' gradients; gives the sum of their losses."""
    if _joined is None:
        return loss
    import torch

    grads = [torch.zeros_like(one) if one.grad is None else one.grad for one in tensors]
    flat = torch.cat([*(one.reshape(-1) for one in grads), grads[0].new_tensor([loss])])
    *summed, total = torch.split(_joined.accelerator.reduce(flat, "sum"), [*(one.numel() for one in grads), 1])
    for tensor, grad in zip(tensors, summed, strict=True):
        tensor.grad = grad.view_as(tensor)
    return float(total)


def _exchange(job: Any) -> Any:
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([job])[0]


def _gathered(count: int) -> list[int]:
    from accelerate.utils import gather_object

    return list(gather_object([count]))
