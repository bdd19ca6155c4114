"""Personal data in code: e-mail addresses, telephone numbers and public network addresses, found by pattern and masked.

Masking instead of dropping the file, as Li et al. 2023, "StarCoder: may the source be with you!" (arXiv 2305.06161,
section 4): authors sign their files. Names of persons are not looked for. Addresses that belong to nobody by
definition (RFC 2606, 5737, 3849, private networks) are left as they are.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["PersonalDatum", "find_personal_data", "mask_personal_data"]

_EMAIL = re.compile(r"(?<![\w.+/:@-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@(-])")
# International form, with something between the groups; or the North American form with brackets or dashes.
_PHONE = re.compile(
    r"(?<![\w.+*/^-])(?:\+[1-9]\d{0,2}(?:[ .-]\(?\d{1,8}\)?){2,5}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w.-])"
)
_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){3,7}(?::?[0-9A-Fa-f]{1,4}){1,4}(?![\w:.])")
NOBODYS_DOMAIN = re.compile(
    r"(?:^|[@.])(?:example\.(?:com|org|net|edu)|(?:[\w-]+\.)*(?:example|test|invalid|localhost|local)"
    r"|(?:openssh\.com|libssh\.org))$",  # names of SSH's algorithms
    re.IGNORECASE,
)
NOBODYS_NAME = re.compile(
    r"^(?:git|noreply|no-reply|[\w.+-]*(?:user|name|email|foo|bar|test|someone|somebody)\d*)$", re.I
)
PHONE_DIGITS = range(8, 16)  # ITU-T E.164 has at most 15
VERSION_PARTS = range(20)  # four of them are a version
OID_ARCS = range(40)  # after 0, 1 or 2: an object identifier (ITU-T X.660)


@dataclass(frozen=True)
class PersonalDatum:
    """Characters `start` to `end` of a text seem to be a datum of this `sort`."""

    start: int
    end: int
    sort: str


def find_personal_data(text: str) -> tuple[PersonalDatum, ...]:
    """Everything that is found, in order and without overlaps."""
    kept: list[PersonalDatum] = []
    for one in sorted(_found(text), key=lambda datum: (datum.start, -datum.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def mask_personal_data(text: str) -> str:
    """The text with the sort of each datum, in angle brackets, in its place; lines stay lines."""
    parts, done = [], 0
    for one in find_personal_data(text):
        parts += [text[done : one.start], f"<{one.sort}>"]
        done = one.end
    return "".join([*parts, text[done:]])


def _found(text: str) -> Iterator[PersonalDatum]:
    if "@" in text:
        yield from (_datum(one, "e-mail") for one in _EMAIL.finditer(text) if _is_somebodys(one[0]))
    yield from (_datum(one, "phone") for one in _PHONE.finditer(text) if _digits(one[0]) in PHONE_DIGITS)
    for pattern in (_IPV4, _IPV6):
        yield from (_datum(one, "ip-address") for one in pattern.finditer(text) if _is_public(one[0]))


def _datum(found: re.Match[str], sort: str) -> PersonalDatum:
    return PersonalDatum(found.start(), found.end(), sort)


def _is_somebodys(address: str) -> bool:
    name, _, domain = address.partition("@")
    return not NOBODYS_DOMAIN.search(domain) and not NOBODYS_NAME.search(name)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _is_public(address: str) -> bool:
    try:
        value = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(value, ipaddress.IPv4Address) and _is_number_of_a_thing(*value.packed):
        return False
    return value.is_global and not value.is_multicast


def _is_number_of_a_thing(first: int, second: int, *rest: int) -> bool:
    """Whether four numbers with dots are more likely a version or an object identifier than an address."""
    return (first <= 2 and second in OID_ARCS) or all(part in VERSION_PARTS for part in (first, second, *rest))
