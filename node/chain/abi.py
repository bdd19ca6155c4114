"""Values to and from the contracts' byte format: calls, results, events, errors. Nothing here talks to a node.

Structs are mappings by field name, addresses checksummed strings, bytes `bytes`, arrays tuples, enums and integers
`int`; a function with one output gives that output, one with several a tuple. In errors, which people read, enums are
those of `node.chain.words` and bytes are text or hex digits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from node.chain.artifacts import CONTRACTS, artifact
from node.chain.words import MemberStatus, Phase, ProposalState, Role

__all__ = [
    "Component",
    "decode_call",
    "decode_error",
    "decode_log",
    "decode_result",
    "encode_call",
    "encode_constructor",
    "function_name",
    "inputs",
    "outputs",
    "readable_bytes",
]

Component = Mapping[str, Any]

_WORDS: Mapping[str, type[IntEnum]] = {
    "enum Phase": Phase,
    "enum Role": Role,
    "enum Status": MemberStatus,
    "enum IGovernor.ProposalState": ProposalState,
}
_BUILT_IN = (
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)


@dataclass(frozen=True)
class _Item:
    """One function, event or error of an ABI, with its selector (4 bytes) or topic (32 bytes)."""

    name: str
    identifier: bytes
    inputs: tuple[Component, ...]
    outputs: tuple[Component, ...]


def encode_call(contract: str, function: str, arguments: Sequence[object]) -> bytes:
    """Call data; raises `KeyError` for an unknown function and eth_abi's errors for values that do not fit."""
    item = _function(contract, function, len(arguments))
    return item.identifier + _encode(item.inputs, arguments)


def decode_call(contract: str, data: bytes) -> tuple[str, tuple[Any, ...]]:
    """Name and arguments of a call, as `encode_call` takes them.

    Raises `KeyError` for an unknown function and eth_abi's errors for other data.
    """
    item = _functions(contract)[bytes(data[:4])]
    return item.name, _decode(item.inputs, data[4:])


def function_name(contract: str, selector: bytes) -> str | None:
    """The function with this selector (4 bytes); None when the contract's ABI has no such function."""
    item = _functions(contract).get(bytes(selector))
    return item.name if item else None


def inputs(contract: str, function: str, arity: int) -> Sequence[Component]:
    """The parameters of the function with `arity` of them. Raises `KeyError` for an unknown one."""
    return _function(contract, function, arity).inputs


def outputs(contract: str, function: str, arity: int) -> Sequence[Component]:
    """What the function with `arity` parameters returns. Raises `KeyError` for an unknown one."""
    return _function(contract, function, arity).outputs


def encode_constructor(contract: str, arguments: Sequence[object]) -> bytes:
    """Creation bytecode followed by the constructor's arguments."""
    compiled = artifact(contract)
    inputs = next((tuple(entry["inputs"]) for entry in compiled.abi if entry["type"] == "constructor"), ())
    return compiled.bytecode + _encode(inputs, arguments)


def decode_result(contract: str, function: str, arity: int, data: bytes) -> Any:
    """What the view function `function` with `arity` arguments returned."""
    outputs = _function(contract, function, arity).outputs
    values = _decode(outputs, data)
    return values[0] if len(outputs) == 1 else values


def decode_log(contract: str, topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
    """Name and arguments of an event; None when the contract's ABI has no such event."""
    item = _events(contract).get(bytes(topics[0])) if topics else None
    if item is None:
        return None
    indexed = [part for part in item.inputs if part["indexed"]]
    other = [part for part in item.inputs if not part["indexed"]]
    values = dict(zip(_names(indexed), map(_topic, indexed, topics[1:]), strict=True))
    values |= dict(zip(_names(other), _decode(other, data), strict=True))
    return item.name, {name: values[name] for name in _names(item.inputs)}


def decode_error(data: bytes) -> tuple[str, tuple[object, ...]] | None:
    """Name and arguments of a revert, among all contracts' errors; None when nothing of ours fits."""
    from eth_abi.exceptions import DecodingError

    item = _errors().get(bytes(data[:4]))
    if item is None:
        return None
    try:
        return item.name, tuple(map(_readable, item.inputs, _decode(item.inputs, data[4:])))
    except DecodingError:
        return None


def _readable(part: Component, value: Any) -> object:
    word = _WORDS.get(part.get("internalType", ""))
    if word and value in list(word):
        return word(value)
    return readable_bytes(value) if isinstance(value, bytes) else value


def readable_bytes(value: bytes) -> str:
    """Bytes of an error for people: the text that they are, or hex digits."""
    text = value.rstrip(b"\0").decode("ascii", "replace")
    return text if text and text.isprintable() and text.isascii() else f"0x{value.hex()}"


def _topic(part: Component, topic: bytes) -> Any:
    """An indexed value; those longer than a word are only there as their hash."""
    if part["type"] in {"string", "bytes"} or part["type"].startswith("tuple") or part["type"].endswith("]"):
        return bytes(topic)
    return _decode([part], topic)[0]


@cache
def _function(contract: str, name: str, arity: int) -> _Item:
    for item in _items(artifact(contract).abi, "function"):
        if item.name == name and len(item.inputs) == arity:
            return item
    raise KeyError(f"{contract} has no function {name} with {arity} arguments")


@cache
def _functions(contract: str) -> Mapping[bytes, _Item]:
    return {item.identifier: item for item in _items(artifact(contract).abi, "function")}


@cache
def _events(contract: str) -> Mapping[bytes, _Item]:
    return {item.identifier: item for item in _items(artifact(contract).abi, "event")}


@cache
def _errors() -> Mapping[bytes, _Item]:
    entries = [*_BUILT_IN, *(entry for name in CONTRACTS for entry in artifact(name).abi)]
    return {item.identifier: item for item in _items(entries, "error")}


def _items(entries: Iterable[Component], kind: str) -> Iterable[_Item]:
    from eth_utils.crypto import keccak

    for entry in entries:
        if entry["type"] == kind:
            inputs = tuple(entry["inputs"])
            identifier = keccak(text=f"{entry['name']}({','.join(map(_type, inputs))})")
            yield _Item(
                entry["name"],
                identifier if kind == "event" else identifier[:4],
                inputs,
                tuple(entry.get("outputs", ())),
            )


def _type(part: Component) -> str:
    kind: str = part["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, part['components']))}){kind.removeprefix('tuple')}"


def _encode(parts: Sequence[Component], values: Sequence[object]) -> bytes:
    from eth_abi.abi import encode

    return encode(
        [_type(part) for part in parts], [_plain(part, value) for part, value in zip(parts, values, strict=True)]
    )


def _decode(parts: Sequence[Component], data: bytes) -> tuple[Any, ...]:
    from eth_abi.abi import decode

    values = decode([_type(part) for part in parts], data)
    return tuple(_tidy(part, value) for part, value in zip(parts, values, strict=True))


def _plain(part: Component, value: Any) -> Any:
    if part["type"].endswith("]"):
        return [_plain(_element(part), each) for each in value]
    if part["type"] == "tuple":
        fields = part["components"]
        values = [value[name] for name in _names(fields)] if isinstance(value, Mapping) else value
        return tuple(_plain(field, each) for field, each in zip(fields, values, strict=True))
    return value


def _tidy(part: Component, value: Any) -> Any:
    from eth_utils.address import to_checksum_address

    if part["type"].endswith("]"):
        return tuple(_tidy(_element(part), each) for each in value)
    if part["type"] == "tuple":
        fields = part["components"]
        return dict(zip(_names(fields), map(_tidy, fields, value), strict=True))
    return to_checksum_address(value) if part["type"] == "address" else value


def _element(part: Component) -> Component:
    return {**part, "type": part["type"].rpartition("[")[0]}


def _names(parts: Sequence[Component]) -> list[str]:
    """Field names; unnamed ones are called by position."""
    return [part["name"] or f"_{position}" for position, part in enumerate(parts)]
