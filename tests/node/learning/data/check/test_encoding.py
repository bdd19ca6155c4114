"""Which bytes are clean text."""

import pytest

from node.learning.data.check.encoding import check_encoding, line_of


@pytest.mark.parametrize("data", [b"", b"x = 1\r\n\tif x:\f\n", "grüße = '日本'\n".encode(), b"\xef\xbb\xbfx = 1\n"])
def test_text_with_tabs_form_feeds_and_every_language_is_clean(data):
    assert check_encoding("a.py", data) is None


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"x = 1\ny = '\xff'\n", 2, "not UTF-8"),
        (b"x = 1\n\n\0\n", 3, "U+0000"),
        (b"\x1b[31m\n", 1, "U+001B"),
        ("a\nb\n# \u202e reversed\n".encode(), 3, "U+202E"),
    ],
)
def test_what_is_no_clean_text_is_named_with_its_line(data, line, words):
    found = check_encoding("a.py", data)
    assert (found.file, found.line, found.kind) == ("a.py", line, "encoding")
    assert words in found.reason


def test_lines_count_from_one():
    assert [line_of("a\nb\n", place) for place in range(4)] == [1, 1, 2, 2]
