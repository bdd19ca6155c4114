"""Which licences a header names, and which of them the guideline takes."""

import pytest

from node.learning.data.check.licences import HEADER_CHARACTERS, check_licence, covers


def check(text, allowed=(), denied=(), copyrights=()):
    return check_licence("a.py", text, allowed, denied, copyrights)


def test_an_own_file_without_a_licence_is_fine_whatever_is_listed():
    assert check("x = 1\n", allowed=("MIT",), denied=("GPL",)) is None


def test_without_lists_every_licence_is_fine():
    assert check("# SPDX-License-Identifier: GPL-3.0-only\n") is None


@pytest.mark.parametrize(
    ("expression", "allowed", "denied", "fine"),
    [
        ("MIT", ("MIT",), (), True),
        ("mit", ("MIT",), (), True),
        ("Apache-2.0", ("MIT",), (), False),
        ("GPL-3.0-or-later", (), ("GPL",), False),
        ("LGPL-2.1+", (), ("GPL",), True),
        ("LGPL-2.1+", (), ("LGPL-2.1",), False),
        ("MIT OR GPL-2.0-only", ("MIT",), ("GPL",), True),
        ("MIT AND GPL-2.0-only", ("MIT",), ("GPL",), False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", (), ("GPL",), False),
        ("(MIT OR GPL-2.0-only) AND BSD-3-Clause", ("MIT", "BSD"), (), False),
        ("(MIT OR ISC) AND BSD-3-Clause", ("MIT", "BSD", "ISC"), (), True),
    ],
)
def test_spdx_expressions(expression, allowed, denied, fine):
    found = check(f"#!/bin/sh\n# SPDX-License-Identifier: {expression}\n", allowed, denied)
    assert (found is None) == fine
    if found:
        assert (found.line, found.kind) == (2, "licence")
        assert expression in found.reason


@pytest.mark.parametrize(
    ("identifier", "header"),
    [
        ("GPL", "# it under the terms of the GNU General\n# Public License as published by the\n"),
        ("AGPL", "/* under the GNU Affero General\n * Public License */\n"),
        ("LGPL", "// the GNU Lesser General Public License\n"),
        ("Apache-2.0", '"""Licensed under the Apache License, Version 2.0."""\n'),
        ("MIT", "# Permission is hereby granted, free of charge, to any person\n"),
        ("BSD", "# Redistribution and use in source and binary forms, with or without\n"),
        ("MPL-2.0", "# This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.\n"),
        ("ISC", "# Permission to use, copy, modify, and/or distribute this software for any\n"),
    ],
)
def test_well_known_wordings_are_recognised_across_comment_lines(identifier, header):
    assert f"under {identifier}, " in check(header, denied=(identifier,)).reason
    assert check(header, allowed=(identifier,)) is None
    assert check(header, allowed=("Unlicense",)) is not None


def test_an_identifier_says_more_than_a_wording():
    header = "# SPDX-License-Identifier: MIT\n# Some files beside this one: GNU General Public License\n"
    assert check(header, denied=("GPL",)) is None


def test_a_copyright_line_can_be_ruled_out():
    found = check("#\n# Copyright 2020\n# Other   Company Ltd.\n", copyrights=("other company",))
    assert (found.line, found.kind) == (3, "licence")
    assert "'other company'" in found.reason


def test_only_the_header_counts():
    text = " " * HEADER_CHARACTERS + "# SPDX-License-Identifier: GPL-3.0-only\n"
    assert check(text, denied=("GPL",)) is None


@pytest.mark.parametrize(
    ("listed", "identifier", "same"),
    [
        ("GPL", "GPL-3.0-only", True),
        ("GPL-3.0", "GPL-3.0-only", True),
        ("GPL-3", "GPL-3.0-only", False),
        ("GPL", "LGPL-3.0", False),
    ],
)
def test_what_an_identifier_in_the_guideline_means(listed, identifier, same):
    assert covers(listed, identifier) == same
