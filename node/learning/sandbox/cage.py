"""The child's half of the sandbox, run as a script: gives up what it does not need, then becomes the program.

Standard library alone, because it runs with an isolated interpreter. Arguments: a JSON object of limits, the folder
that the program may write to, the program's file. Each restriction that the kernel refuses is named on one line of
standard error and costs nothing else: resource limits always hold.

In order: new namespaces for users, network, processes and interprocess communication, so that there is no network and
no process outside to signal; no new privileges; Landlock, so that only the interpreter and the system's libraries can
be read and only the folder written; resource limits.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path

__all__ = ["REFUSED", "main"]

REFUSED = "sandbox: not available here: "

_NAMESPACES = 0x10000000 | 0x40000000 | 0x20000000 | 0x08000000  # CLONE_NEWUSER, NEWNET, NEWPID, NEWIPC (sched.h)
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS (prctl.h)
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Landlock's system calls, the same on every architecture
_RULE_PATH_BENEATH = 1
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
_WRITE = _READ | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8  # write, remove a folder or file, make a folder or file
_ALL = (1 << 13) - 1  # everything that the first version of Landlock knows
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/dev/null", "/dev/urandom", "/dev/zero")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def main() -> None:
    """Restrict this process by the arguments and become the program; does not return."""
    limits, folder, program = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if kernel.unshare(_NAMESPACES) == 0:
        _go_on_as_first_process(kernel)
    else:
        _say("namespaces")
    if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        _say("no new privileges")
    if not _landlock(kernel, folder):
        _say("file restrictions")
    _limit(limits)
    os.chdir(folder)
    command = [sys.executable, "-I", "-S", "-B", program]
    os.execve(sys.executable, command, {"PATH": "", "HOME": folder})  # noqa: S606 (no shell is what we want)


def _say(what: str) -> None:
    sys.stderr.write(f"{REFUSED}{what}\n")
    sys.stderr.flush()


def _go_on_as_first_process(kernel: ctypes.CDLL) -> None:
    """Fork: the child is process 1 of the new namespace, and everything in it dies when it does."""
    child = os.fork()
    if child == 0:
        kernel.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        return
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _landlock(kernel: ctypes.CDLL, folder: str) -> bool:
    ruleset = _Ruleset(_ALL)
    handle = kernel.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    if handle < 0:
        return False
    prefixes = {str(Path(one).resolve()) for one in (sys.base_prefix, os.__file__, sys.executable)}
    readable = {*_SYSTEM, *(str(Path(one).parent) if Path(one).is_file() else one for one in prefixes)}
    for path in readable:
        _allow(kernel, handle, path, _READ)
    _allow(kernel, handle, folder, _WRITE)
    return bool(kernel.syscall(_RESTRICT_SELF, handle, 0) == 0)


def _allow(kernel: ctypes.CDLL, handle: int, path: str, access: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this system
    if not Path(path).is_dir():
        access &= 0b111  # the other rights are for folders
    rule = _PathBeneath(access, parent)
    kernel.syscall(_ADD_RULE, handle, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(parent)


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))


if __name__ == "__main__":
    main()
