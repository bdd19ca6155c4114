"""Who computes the cells of a grid, by name: processes of this machine, or Ray for many machines (an extra)."""

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from node.errors import ConfigError
from node.research.grid import SINGLE_THREADED, Engine, processes

__all__ = ["engine_named", "ray_tasks"]

P = ParamSpec("P")
T = TypeVar("T")


def engine_named(name: str) -> Engine:
    """The engine called so. Raises `ConfigError` for an unknown one, and for Ray where it is not installed."""
    if name == "processes":
        return processes
    if name != "ray":
        raise ConfigError(f"--engine: there is no {name!r}; there are processes, ray")
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise ConfigError("--engine ray: Ray is not installed; install fednode[ray], or leave the flag out") from error
    return ray_tasks


class _RayExecutor(Executor):
    """Every call a Ray task of one processor and one thread."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._call = ray.remote(num_cpus=1, max_retries=0)(_call)

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **keywords: P.kwargs) -> Future[T]:
        """See `Executor.submit`; the future raises what `function` raises."""
        future: Future[T] = self._call.remote(function, arguments, keywords).future()
        return future


def _call(function: Callable[..., T], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> T:
    return function(*arguments, **keywords)


@contextlib.contextmanager
def ray_tasks(workers: int) -> Iterator[Executor]:
    """The cluster that RAY_ADDRESS names, or so many workers on this machine; ends what it began."""
    import ray

    began = not ray.is_initialized()
    if began:
        ray.init(
            num_cpus=None if os.environ.get("RAY_ADDRESS") else workers,
            include_dashboard=False,
            log_to_driver=False,
            runtime_env={"env_vars": dict.fromkeys(SINGLE_THREADED, "1")},
        )
    try:
        yield _RayExecutor(ray)
    finally:
        if began:
            ray.shutdown()
