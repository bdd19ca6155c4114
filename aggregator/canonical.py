"""Canonical JSON (RFC 8785) of integers, strings, booleans, null, lists and objects: one value, one byte string.

Floats do not exist here, and integers beyond ±(2^53 − 1) are the caller's to write as decimal strings. What the members
of an object must be is not said here but in `fields`.
"""

import json
import re
from typing import NoReturn, TypeAlias

from aggregator.errors import BadParameter, Malformed, shown

__all__ = ["DEPTH_LIMIT", "INTEGER_LIMIT", "Json", "dumps", "loads", "too_deep"]

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None

INTEGER_LIMIT = 2**53 - 1  # what every JSON reader holds exactly
DEPTH_LIMIT = 16
_INTEGER_DIGITS = len(str(-INTEGER_LIMIT))
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)  # a missing end quote still matches: one linear pass
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def dumps(value: Json) -> bytes:
    """Write `value` as canonical JSON in UTF-8 (RFC 8785: no spaces, keys in UTF-16 order, shortest escapes).

    Raises `BadParameter` for floats, integers beyond 2^53 − 1, lone surrogates, keys that are no strings, other types
    and more than 16 levels.
    """
    ordered = _ordered(value, DEPTH_LIMIT)
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def loads(data: bytes, limit: int) -> Json:
    """Read canonical JSON of at most `limit` bytes.

    Raises `Malformed` for anything `dumps` would not have written byte for byte: longer, deeper than 16 levels, floats,
    duplicate or unsorted keys, white space, other escapes, broken UTF-8.
    """
    if len(data) > limit:
        raise Malformed(f"JSON of {len(data)} bytes, at most {limit} are allowed")
    if too_deep(data):
        raise Malformed(f"JSON nested deeper than {DEPTH_LIMIT} levels")
    try:
        value: Json = json.loads(data.decode(), parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
        canonical = dumps(value) == data
    except (ValueError, BadParameter):  # decoding errors of UTF-8 and JSON are ValueErrors
        canonical = False
    if not canonical:
        raise Malformed("not canonical JSON of integers and strings (RFC 8785)")
    return value


def too_deep(data: bytes) -> bool:
    """Tell whether brackets outside strings nest beyond `DEPTH_LIMIT`, in one pass and without parsing.

    To be asked before any JSON from outside is parsed: the standard library's parser has been seen to end the process
    on deep nesting where the recursion limit was raised.
    """
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_LIMIT:
            return True
    return False


def _ordered(value: Json, depth: int) -> Json:
    """Copy `value` with sorted keys, refusing whatever has no canonical form."""
    if isinstance(value, list | dict) and not depth:
        raise BadParameter(f"JSON nested deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, dict):
        return {key: _ordered(value[key], depth - 1) for key in sorted(value, key=_utf16)}
    if isinstance(value, list):
        return [_ordered(item, depth - 1) for item in value]
    return _scalar(value)


def _scalar(value: Json) -> Json:
    if isinstance(value, str):
        _utf16(value)
    elif isinstance(value, int):
        if abs(value) > INTEGER_LIMIT:
            raise BadParameter(f"integer {shown(value)} exceeds 2^53 - 1: write it as a decimal string")
    elif value is not None:
        raise BadParameter(f"{type(value).__name__} has no canonical JSON here: use integers and strings")
    return value


def _utf16(text: str) -> bytes:
    """Give the UTF-16 code units that RFC 8785 sorts by."""
    if not isinstance(text, str):
        raise BadParameter(f"JSON key {shown(text)} is not a string")
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise BadParameter(f"string {shown(text)} holds a lone surrogate") from None


def _integer(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS:
        raise ValueError
    return int(digits)


def _refuse(_: str) -> NoReturn:
    raise ValueError
