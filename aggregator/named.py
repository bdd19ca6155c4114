"""Small frozen objects chosen by name and made with parameters: their base, their registries and the factory.

Rules, preaggregations and optimisers are such objects; what they compute is theirs to say. The base is for those whose
parameters are integers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import signature
from typing import ClassVar, TypeVar

from aggregator.errors import BadParameter, UnknownRule, shown

__all__ = ["Named", "check_parameter", "lister", "make"]

T = TypeVar("T")


@dataclass(frozen=True)
class Named:
    """The base of what a registry lists: a name, and parameters that are integers of at least 1, or 0 for `f`.

    `largest` says of some parameters how large they may be.
    """

    name: ClassVar[str]
    largest: ClassVar[Mapping[str, int]] = {}

    def __post_init__(self) -> None:
        for key, value in self.parameters.items():
            check_parameter(self.name, key, value, self.largest.get(key))

    @property
    def parameters(self) -> Mapping[str, int]:
        """The parameters that were given, by name."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: value for key, value in given.items() if value is not None}


def check_parameter(name: str, key: str, value: int, largest: int | None = None) -> None:
    """Raise `BadParameter` unless `value` is an integer that the parameter `key` of `name` may have."""
    low = 0 if key == "f" else 1
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise BadParameter(f"{name} parameter {key} is {shown(value)}: give an integer of at least {low}")
    if largest is not None and value > largest:
        raise BadParameter(f"{name} parameter {key} is {shown(value)}: give at most {largest}")


def lister(registry: dict[str, type[T]]) -> Callable[[str], Callable[[type[T]], type[T]]]:
    """Make the class decorator that names a class and lists it in `registry`."""

    def register(name: str) -> Callable[[type[T]], type[T]]:
        def enter(cls: type[T]) -> type[T]:
            cls.name = name  # type: ignore[attr-defined]
            registry[name] = cls
            return cls

        return enter

    return register


def make(kind: str, registry: Mapping[str, Callable[..., T]], name: str, parameters: Mapping[str, object]) -> T:
    """Make the object of that name; raises `UnknownRule`, or `BadParameter` for a parameter it does not have."""
    if name not in registry:
        raise UnknownRule(f"no {kind} is called {shown(name)}: there are {', '.join(sorted(registry))}")
    cls = registry[name]
    known = signature(cls).parameters
    for key in sorted(parameters.keys() - known.keys()):
        raise BadParameter(f"{name} has no parameter {shown(key)}: it takes {', '.join(known) or 'none'}")
    return cls(**parameters)
