"""Durable writes and locks: a reader sees the old bytes or the new, never a part. What they mean is the caller's."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked", "write_atomically"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which is created where it is missing and left behind; its directory must exist.

    The system lets go of it when the process ends, however it ends. Raises `BlockingIOError` when somebody holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
    """Write `data` to `path` by way of a temporary file beside it: fsync, rename, fsync of the directory.

    Not `durable` it is only the rename: a killed process leaves no part behind, a power cut may. The directory must
    exist. `mode` is set before the first byte is written, so a secret is never readable by others.
    Raises `OSError`; then `path` is as it was and the temporary file is gone.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:32]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable:
        _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    # Without this a power cut may undo the rename although the file's bytes are on disk.
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
