"""What is passed to a function, checked against the contracts' ABI and turned into the model's values.

What the ABI coder would refuse is refused here as well, and an address has one spelling afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from node.chain.abi import Component, inputs
from node.chain.model.calls import Reverted
from node.chain.model.state import Content, Result
from node.chain.views import Parameters
from node.chain.words import Penalty, Role

__all__ = ["fitted"]

Fit = Callable[[Any], Any]

_STRUCTS: Mapping[str, Callable[..., Any]] = {
    "struct Cid": Content,
    "struct Result": Result,
    "struct RoundParameters": Parameters,
}
_ENUMS: Mapping[str, Fit] = {"enum Role": Role, "enum Penalty": Penalty}


def fitted(contract: str, function: str, arguments: Sequence[object]) -> tuple[Any, ...]:
    """The arguments as the model takes them.

    Raises `KeyError` for an unknown function, `ValueError` for a value that does not fit its parameter, and `Reverted`
    where the contract itself would find that out.
    """
    fits = _fits(contract, function, len(arguments))
    return tuple(fit(value) for fit, value in zip(fits, arguments, strict=True))


@cache
def _fits(contract: str, function: str, arity: int) -> tuple[Fit, ...]:
    return tuple(map(_fit, inputs(contract, function, arity)))


def _fit(part: Component) -> Fit:
    kind: str = part["type"]
    if kind.endswith("]"):
        each = _fit({**part, "type": kind.rpartition("[")[0]})
        return lambda values: tuple(map(each, values))
    if kind == "tuple":
        return _struct(part)
    if kind.startswith("uint"):
        return _integer(kind, _ENUMS.get(part.get("internalType", ""), int))
    if kind == "address":
        return _address
    if kind == "string":
        return lambda value: _checked(isinstance(value, str), kind, value)
    return _bytes(kind)


def _struct(part: Component) -> Fit:
    names = [field["name"] for field in part["components"]]
    fits = list(map(_fit, part["components"]))
    make = _STRUCTS[part["internalType"]]

    def fit(value: Any) -> Any:
        values = [value[name] for name in names] if isinstance(value, Mapping) else value
        return make(*(one(each) for one, each in zip(fits, values, strict=True)))

    return fit


def _integer(kind: str, word: Fit) -> Fit:
    limit = 1 << int(kind.removeprefix("uint"))

    def fit(value: Any) -> Any:
        _checked(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit, kind, value)
        try:
            return word(value)
        except ValueError:  # fits the type, but is not one of the enumeration: the contract reverts without a reason
            raise Reverted("Unknown", f"execution reverted: {value} is not one of the enumeration") from None

    return fit


@cache
def _address(value: Any) -> Any:
    from eth_utils.address import is_address, to_checksum_address

    return to_checksum_address(_checked(isinstance(value, str) and is_address(value), "address", value))


def _bytes(kind: str) -> Fit:
    size = int(kind.removeprefix("bytes") or 0)

    def fit(value: Any) -> Any:
        _checked(isinstance(value, bytes) and (not size or len(value) <= size), kind, value)
        return bytes(value).ljust(size, b"\0")

    return fit


def _checked(fits: bool, kind: str, value: Any) -> Any:
    if not fits:
        raise ValueError(f"{str(value)[:80]!r} does not fit {kind}")
    return value
