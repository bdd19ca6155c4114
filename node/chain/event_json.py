"""Events as JSON and back, typed by the contracts' ABI: how a chain's log is kept after the chain is gone.

Integers are decimal strings, bytes and addresses 0x and hex digits, structs objects, arrays lists. What is read may
come from anybody, so every value is checked against the ABI before it becomes part of an event. Files are
`node.peer.archive`'s.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from aggregator.canonical import Json
from aggregator.errors import Malformed, shown
from aggregator.fields import Fields
from node.chain.artifacts import CONTRACTS, artifact
from node.ports import Event
from node.types import Address, UnixSeconds

__all__ = ["event_from_json", "event_to_json"]

Part = Mapping[str, Any]

NAME_LIMIT = 64  # characters
TEXT_LIMIT = 1 << 20  # characters of a string or hex digits of bytes
ARRAY_LIMIT = 1024  # items
_KEYS = ("arguments", "block", "contract", "index", "name", "timestamp")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,77}", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_HEX = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)


def event_to_json(event: Event) -> Json:
    """The event as an object of canonical JSON."""
    parts = _inputs(event.contract)[event.name]
    return {
        "arguments": {part["name"]: _write(part["type"], part, event.arguments[part["name"]]) for part in parts},
        "block": event.block,
        "contract": event.contract,
        "index": event.index,
        "name": event.name,
        "timestamp": int(event.timestamp),
    }


def event_from_json(value: Json) -> Event:
    """Read what `event_to_json` wrote; raises `aggregator.errors.Malformed` for anything else."""
    fields = Fields(value, _KEYS, "event")
    contract, name = fields.text("contract", NAME_LIMIT), fields.text("name", NAME_LIMIT)
    if contract not in CONTRACTS or name not in _inputs(contract):
        raise Malformed(f"event {shown(name)} is not one of contract {shown(contract)}")
    return Event(
        block=fields.integer("block"),
        index=fields.integer("index"),
        timestamp=UnixSeconds(fields.integer("timestamp")),
        contract=contract,
        name=name,
        arguments=_members(_inputs(contract)[name], fields.members("arguments", NAME_LIMIT), name),
    )


@cache
def _inputs(contract: str) -> Mapping[str, Sequence[Part]]:
    """The parameters of each event of a contract."""
    return {entry["name"]: entry["inputs"] for entry in artifact(contract).abi if entry["type"] == "event"}


def _write(kind: str, part: Part, value: Any) -> Json:
    if _is_hash(part):
        return _hex(value)
    if kind.endswith("]"):
        return [_write(kind.rpartition("[")[0], {**part, "indexed": False}, each) for each in value]
    if kind == "tuple":
        return {inner["name"]: _write(inner["type"], inner, value[inner["name"]]) for inner in part["components"]}
    if kind.startswith(("uint", "int")):
        return str(int(value))
    return _hex(value) if kind.startswith("bytes") else value


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()


def _is_hash(part: Part) -> bool:
    """Indexed values longer than a word are only in the log as their hash."""
    kind = part["type"]
    dynamic = kind in {"string", "bytes"} or kind.startswith("tuple") or kind.endswith("]")
    return bool(part.get("indexed")) and dynamic


def _members(parts: Sequence[Part], value: Json, where: str) -> dict[str, Any]:
    Fields(value, [part["name"] for part in parts], where)  # refuses anything but an object with these keys
    members = cast(dict[str, Json], value)
    return {part["name"]: _read(part["type"], part, members[part["name"]]) for part in parts}


def _read(kind: str, part: Part, value: Json) -> Any:
    if _is_hash(part):
        return _bytes("bytes32", value)
    if kind.endswith("]"):
        if not isinstance(value, list) or len(value) > ARRAY_LIMIT:
            raise Malformed(f"event value {shown(value)} is not a list of at most {ARRAY_LIMIT} items")
        return tuple(_read(kind.rpartition("[")[0], part, each) for each in value)
    if kind == "tuple":
        return _members(part["components"], value, part["name"])
    if kind == "bool":
        return _checked(isinstance(value, bool), kind, value)
    return _scalar(kind, value)


def _scalar(kind: str, value: Json) -> Any:
    text = cast(str, _checked(isinstance(value, str) and len(value) <= TEXT_LIMIT, kind, value))
    if kind.startswith(("uint", "int")):
        return _integer(kind, text)
    if kind == "address":
        return _address(text)
    return _bytes(kind, text) if kind.startswith("bytes") else text


def _integer(kind: str, value: str) -> int:
    _checked(_INTEGER.fullmatch(value) is not None, kind, value)
    number, size = int(value), int(kind.lstrip("uint"))
    low, high = (0, 1 << size) if kind.startswith("u") else (-(1 << size - 1), 1 << size - 1)
    _checked(low <= number < high, kind, value)
    return number


def _address(value: str) -> Address:
    from eth_utils.address import to_checksum_address

    _checked(_ADDRESS.fullmatch(value) is not None and to_checksum_address(value) == value, "address", value)
    return Address(value)


def _bytes(kind: str, value: Json) -> bytes:
    fits = isinstance(value, str) and len(value) <= TEXT_LIMIT and _HEX.fullmatch(value) is not None
    _checked(fits, kind, value)
    data = bytes.fromhex(str(value)[2:])
    size = kind.removeprefix("bytes")
    return bytes(_checked(not size or len(data) == int(size), kind, data))


def _checked(fits: bool, kind: str, value: Any) -> Any:
    if not fits:
        raise Malformed(f"event value {shown(value)} is not of type {kind}")
    return value
