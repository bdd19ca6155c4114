"""What a worker process promises the process that started it. Nothing here starts one."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """End this worker process when its parent has ended, however that happened; does nothing in a main process.

    A pool's workers would otherwise wait for ever, or go on computing for nobody, once the pool's owner is killed.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
