"""The child's watch over a candidate, put in front of the program that `judge` makes: standard library alone.

The cage keeps what a candidate does from mattering outside. The watch keeps it from passing: a function under test has
no business with other processes, sockets and files. It is an audit hook (PEP 578), which nothing in Python takes off
again; native code could, and none can be loaded.
"""

import os
import sys

__all__ = ["run_watched"]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KINDS = {"_posixsubprocess", "ctypes", "fcntl", "mmap", "pty", "shutil", "signal", "socket", "subprocess", "tempfile"}
_OF_THE_SYSTEM = {"os.listdir", "os.scandir", "os.putenv", "os.unsetenv", "os.walk", "os.fwalk"}  # the cage's business
_MODULES = {"_ctypes", "_posixshmem", "_posixsubprocess", "_socket", "mmap"}  # what the events above are not raised by


def run_watched(*parts: str) -> None:
    """Execute each source text in one module; leave at once, with exit code 1, when one does what it must not."""
    watching = True
    program, leave = os.path.realpath(sys.argv[0]), os._exit  # what a candidate puts in their place changes nothing

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and (_is_refused(event, arguments) or (event == "open" and arguments[0] == program)):
            leave(1)

    module: dict[str, object] = {"__name__": "candidate"}
    sys.addaudithook(watch)
    for part in parts:
        exec(compile(part, "candidate", "exec"), module)  # noqa: S102 (what this process is for)
    watching = False


def _is_refused(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return not isinstance(flags, int) or bool(flags & _WRITING)
    if event == "import":
        return arguments[0] in _MODULES
    kind = event.partition(".")[0]
    return kind in _KINDS or (kind == "os" and event not in _OF_THE_SYSTEM)
