"""Read the members of a parsed JSON object one by one, each with its type and its bound.

Every refusal is a `Malformed` that names the member, what was expected and what was found. The JSON itself is read in
`canonical`; what the members mean is the business of the file formats.
"""

import re
from collections.abc import Iterable
from typing import NoReturn

from aggregator.canonical import INTEGER_LIMIT, Json
from aggregator.errors import Malformed, shown

__all__ = ["AMOUNT_LIMIT", "Fields", "is_address"]

AMOUNT_LIMIT = 2**256 - 1
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,77}")


def is_address(text: str) -> bool:
    """Tell whether `text` is an account address as this package writes it: 0x and 40 lower-case hex digits."""
    return _ADDRESS.fullmatch(text) is not None


class Fields:
    """The members of one JSON object with exactly the given keys; `where` names the object in sentences."""

    def __init__(self, value: Json, keys: Iterable[str], where: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{where} is {shown(value)}, expected an object")
        wanted = set(keys)
        for key in sorted(wanted ^ value.keys()):
            raise Malformed(f"{where} {'lacks' if key in wanted else 'has the unknown'} key {shown(key)}")
        self._members = value
        self._where = where

    def integer(self, key: str, low: int = 0, high: int = INTEGER_LIMIT) -> int:
        """Return an integer from `low` to `high`, both included."""
        value = self._members[key]
        if type(value) is not int or not low <= value <= high:
            self._refuse(key, f"an integer from {low} to {high}")
        return value

    def text(self, key: str, limit: int) -> str:
        """Return a string of at most `limit` characters."""
        value = self._members[key]
        if not isinstance(value, str) or len(value) > limit:
            self._refuse(key, f"a string of at most {limit} characters")
        return value

    def address(self, key: str) -> str:
        """Return an account address, 0x and 40 lower-case hex digits."""
        value = self._members[key]
        if not isinstance(value, str) or not is_address(value):
            self._refuse(key, "an address of 0x and 40 lower-case hex digits")
        return value

    def digest(self, key: str) -> str:
        """Return 32 bytes that are written as 64 lower-case hex digits."""
        value = self._members[key]
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            self._refuse(key, "64 lower-case hex digits")
        return value

    def amount(self, key: str) -> int:
        """Return a uint256 that is written as a decimal string."""
        value = self._members[key]
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value) or int(value) > AMOUNT_LIMIT:
            self._refuse(key, "an amount below 2^256 as a decimal string")
        return int(value)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._members[key]
        if not isinstance(value, bool):
            self._refuse(key, "true or false")
        return value

    def items(self, key: str, limit: int) -> list[Json]:
        """Return a list of at most `limit` items."""
        value = self._members[key]
        if not isinstance(value, list) or len(value) > limit:
            self._refuse(key, f"a list of at most {limit} items")
        return value

    def members(self, key: str, limit: int) -> dict[str, Json]:
        """Return an object of at most `limit` members."""
        value = self._members[key]
        if not isinstance(value, dict) or len(value) > limit:
            self._refuse(key, f"an object of at most {limit} members")
        return value

    def exactly(self, key: str, expected: int | str) -> None:
        """Refuse any other value than `expected`."""
        value = self._members[key]
        if type(value) is not type(expected) or value != expected:
            self._refuse(key, shown(expected))

    def _refuse(self, key: str, expected: str) -> NoReturn:
        raise Malformed(f"{self._where} key {shown(key)} is {shown(self._members[key])}, expected {expected}")
