"""Whether kernels are compiled: where numba is installed (the extra `fast`) and there is enough for them to do.

The bytes are the same either way. The kernels are in `compiled`, which nothing imports where numba is missing.
"""

from functools import cache
from importlib.util import find_spec

__all__ = ["WORTH_COMPILING", "compiles"]

WORTH_COMPILING = 1 << 20  # values: compiling takes seconds, once in a process


def compiles(values: int) -> bool:
    """Tell whether a kernel that goes through so many values is worth compiling and can be."""
    return values >= WORTH_COMPILING and _has_compiler()


@cache
def _has_compiler() -> bool:
    return find_spec("numba") is not None
