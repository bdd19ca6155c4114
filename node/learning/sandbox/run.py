"""The parent's half of the sandbox: a folder, a child, a deadline, and how it ended.

A pass means that the program came to its last line. A program that wants to look as if it did can: it is in one process
with its tests. So a pass is evidence about a model, and never permission to use the code.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from node.errors import DataError
from node.learning.sandbox import cage

__all__ = ["Limits", "Outcome", "Verdict", "run_program"]

PROGRAM_LIMIT = 1 << 20  # characters
OUTPUT_LIMIT = 4096  # bytes kept of what a program prints


class Verdict(Enum):
    """How a program ended."""

    PASSED = "passed"
    FAILED = "failed"  # an exception, a failed assertion, an early exit, a limit that Python could report
    TIMED_OUT = "timed out"
    KILLED = "killed"  # by a signal: a crash, or a limit


@dataclass(frozen=True)
class Limits:
    """What one program may use."""

    seconds: float = 10.0  # wall clock
    cpu_seconds: int = 10
    memory: int = 512 << 20  # bytes of address space
    file_size: int = 1 << 20  # bytes, of each file it writes
    open_files: int = 32
    processes: int = 16  # of this user, the node's own among them; no limit for root, whom namespaces contain

    def as_resources(self) -> dict[str, int]:
        """The limits by their names in `resource`, without the prefix."""
        return {
            "CPU": self.cpu_seconds,
            "AS": self.memory,
            "FSIZE": self.file_size,
            "NOFILE": self.open_files,
            "NPROC": self.processes,
            "CORE": 0,
        }


@dataclass(frozen=True)
class Outcome:
    """How a program ended, the end of what it printed to standard error, and which restrictions the kernel lacked."""

    verdict: Verdict
    error: str
    missing: tuple[str, ...]


def run_program(program: str, limits: Limits | None = None) -> Outcome:
    """Run Python source `program`, tests included, and say how it ended; leaves nothing behind.

    Raises `DataError` for a program of more than 2^20 characters.
    """
    if len(program) > PROGRAM_LIMIT:
        raise DataError(f"candidate of {len(program)} characters; at most {PROGRAM_LIMIT} are run")
    limits, token = limits or Limits(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="fednode-candidate-") as name:
        folder = Path(name).resolve()
        source = folder / "program.py"
        # An early exit must not look like a pass, so the last line leaves a mark.
        ending = f"\n\nimport pathlib\npathlib.Path({token!r}).touch()\n"
        source.write_text(program + ending, encoding="utf-8", errors="replace")
        code, error = _start(folder, source, limits)
        came_to_its_end = (folder / token).exists()
    refused = [line for line in error.splitlines() if line.startswith(cage.REFUSED)]
    kept = "\n".join(line for line in error.splitlines() if not line.startswith(cage.REFUSED))
    missing = tuple(line.removeprefix(cage.REFUSED) for line in refused)
    return Outcome(_verdict(code, came_to_its_end), kept[-OUTPUT_LIMIT:], missing)


def _verdict(code: int | None, came_to_its_end: bool) -> Verdict:
    if code is None:
        return Verdict.TIMED_OUT
    if code < 0:
        return Verdict.KILLED
    return Verdict.PASSED if code == 0 and came_to_its_end else Verdict.FAILED


def _start(folder: Path, source: Path, limits: Limits) -> tuple[int | None, str]:
    """Exit code (None: out of time) and the end of standard error."""
    arguments = [json.dumps(limits.as_resources()), str(folder), str(source)]
    command = [sys.executable, "-I", "-S", "-B", cage.__file__, *arguments]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, env={}, start_new_session=True
        )
        try:
            code: int | None = child.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(child)
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(size - 4 * OUTPUT_LIMIT, 0))
        return code, errors.read().decode(errors="replace")


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Kill the child's whole session; in a process namespace everything it started is gone with it."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
