"""Whether a candidate passes its tests: both run in the sandbox, one after the other, and the candidate is watched."""

import inspect

from node.learning.sandbox import watch
from node.learning.sandbox.run import Limits, Verdict, run_program

__all__ = ["passes"]

JUDGED = Limits(seconds=10.0, cpu_seconds=5)


def passes(candidate: str, tests: str, given: str = "", limits: Limits = JUDGED) -> bool:
    """Whether Python source `candidate` loads, and `tests`, run in the same module after it, come to their end.

    `given` is run before both, imports for one.

    A candidate does not pass that leaves early, takes too long, starts a process, opens a socket or writes a file,
    whatever its tests say. Raises `DataError` for more than 2^20 characters.
    """
    program = f"{inspect.getsource(watch)}\n\nrun_watched({given!r}, {candidate!r}, {tests!r})\n"
    return run_program(program, limits).verdict is Verdict.PASSED
