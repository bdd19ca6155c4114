"""Licence headers: which licence a file says it is under, and whether the guideline takes it.

A file that names no licence belongs to the organisation that offers it. SPDX identifiers count first, then the phrases
of well-known licences; a wording nobody listed is not recognised.
"""

import re
from collections.abc import Iterator, Sequence

from node.learning.data.check.encoding import line_of
from node.learning.data.check.findings import Finding

__all__ = ["HEADER_CHARACTERS", "check_licence", "covers"]

HEADER_CHARACTERS = 4000  # from the start of the file
_SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+\-() \t]{1,200})")
_GAP = r"[\s*#/;%-]+"  # a phrase goes on in the next line of a comment
# From the more special to the more general: the first that is found counts.
_PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (identifier, re.compile(phrase.replace(" ", _GAP), re.IGNORECASE))
    for identifier, phrase in (
        ("AGPL", "GNU Affero General Public License"),
        ("LGPL", "GNU (?:Lesser|Library) General Public License"),
        ("GPL", "GNU General Public License"),
        ("MPL-2.0", "Mozilla Public License,? (?:v\\.? ?|version )2\\.0"),
        ("EPL", "Eclipse Public License"),
        ("Apache-2.0", "Apache License,? Version 2\\.0"),
        ("MIT", "Permission is hereby granted, free of charge"),
        ("ISC", "Permission to use, copy, modify,? and/?(?:or)? distribute this software"),
        ("BSD", "Redistribution and use in source and binary forms"),
        ("BSL-1.0", "Boost Software License"),
        ("CC-BY-NC", "Creative Commons Attribution.NonCommercial"),
        ("CC-BY-SA", "Creative Commons Attribution.Share ?Alike"),
    )
)


def check_licence(
    name: str, text: str, allowed: Sequence[str], denied: Sequence[str], copyrights: Sequence[str]
) -> Finding | None:
    """The first reason why the header of `text` rules it out; an empty `allowed` allows all that is not denied."""
    header = text[:HEADER_CHARACTERS]
    for words in copyrights:
        if found := re.search(_GAP.join(map(re.escape, words.split())), header, re.IGNORECASE):
            reason = f"its header says {words!r}, which the guideline rules out"
            return Finding(name, line_of(header, found.start()), "licence", reason)
    for expression, offset in _named(header):
        if not _accepted(expression, allowed, denied):
            reason = f"under {expression}, which the guideline {'does not list' if allowed else 'rules out'}"
            return Finding(name, line_of(header, offset), "licence", reason)
    return None


def covers(listed: str, identifier: str) -> bool:
    """Whether an identifier in the guideline means this licence: `GPL` all of them, `GPL-2.0` also `GPL-2.0-only`."""
    listed, identifier = listed.lower(), identifier.lower().removesuffix("+")
    return identifier == listed or identifier.startswith(listed + "-")


def _named(header: str) -> Iterator[tuple[str, int]]:
    """Licence expressions of the header and where they stand."""
    expressions = [(" ".join(found[1].split()), found.start()) for found in _SPDX.finditer(header)]
    for identifier, phrase in () if expressions else _PHRASES:
        if found := phrase.search(header):
            expressions.append((identifier, found.start()))
            break
    yield from expressions


def _accepted(expression: str, allowed: Sequence[str], denied: Sequence[str]) -> bool:
    """Whether one of the alternatives may be taken; where parentheses nest them, all that is named must be allowed."""
    flat = re.sub(r"[()]", " ", expression)
    choices = [flat] if "(" in expression else re.split(r"\s+OR\s+", flat)
    return any(all(_takes(one, allowed, denied) for one in _identifiers(choice)) for choice in choices)


def _identifiers(choice: str) -> list[str]:
    """Licences of one choice; an exception (WITH …) only adds to what a licence permits."""
    return [part.split()[0] for part in re.split(r"\s+(?:AND|OR)\s+", choice.strip()) if part.split()]


def _takes(identifier: str, allowed: Sequence[str], denied: Sequence[str]) -> bool:
    if any(covers(listed, identifier) for listed in denied):
        return False
    return not allowed or any(covers(listed, identifier) for listed in allowed)
