"""Personal data: what is taken for it, what is not, and how it is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.learning.data.personal_data import find_personal_data, mask_personal_data

SOMEBODY = "jane.roe" + "@" + "uni-somewhere.de"


def sorts(text):
    return [one.sort for one in find_personal_data(text)]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"# Author: Jane Roe <{SOMEBODY}>\n", "# Author: Jane Roe <<e-mail>>\n"),
        (f"MAIL = '{SOMEBODY}'  # {SOMEBODY}", "MAIL = '<e-mail>'  # <e-mail>"),
        ("call +49 30 901820 now", "call <phone> now"),
        ("tel: (415) 555-2671.", "tel: (415) 555-2671."),
        ("tel: (415) 555-2671 or 415-555-2671", "tel: <phone> or <phone>"),
        ("HOST = '93.184.216.34'", "HOST = '<ip-address>'"),
        ("HOST = '2606:2800:220:1:248:1893:25c8:1946'", "HOST = '<ip-address>'"),
        ("nothing here", "nothing here"),
    ],
)
def test_a_datum_is_replaced_by_its_sort(text, masked):
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:owner/name.git",
        "noreply@company.com user@company.com someone@example.org root@server.local",
        "https://user@host.com/path",
        "a @ b.T, matrix@other.T(1), x@y",
        "@decorator.name\n",
        "aes256-gcm@openssh.com",
        "127.0.0.1 10.1.2.3 192.168.0.1 192.0.2.7 0.0.0.0 255.255.255.255",
        "version 1.2.3.4, 10.15.7.2 and 2.5.29.15 and 1.3.6.1.4.1.311",
        "999.1.1.1 and ::1 and fe80::1:2:3:4 and std::vector a[1::2]",
        "12:34:56:78 00:1a:2b:3c:4d:5e",
        "x + 1234567890 - 555 123 4567",
        "2024-01-02 03:04:05, 123-45-6789, 1-800-555-123-4567-8",
        "[+1, -2, +3, +4]  # +1 +2 +3",
    ],
)
def test_what_belongs_to_nobody_is_left_alone(text):
    assert mask_personal_data(text) == text


def test_places_are_those_of_the_text():
    text = f"a\n# {SOMEBODY} at 93.184.216.34\n"
    assert [text[one.start : one.end] for one in find_personal_data(text)] == [SOMEBODY, "93.184.216.34"]


@given(st.lists(st.sampled_from([SOMEBODY, "93.184.216.34", "+49 30 901820", "x", " ", "\n", "'"]), max_size=12))
def test_masking_keeps_lines_and_finds_nothing_the_second_time(parts):
    text = " ".join(parts)
    masked = mask_personal_data(text)
    assert masked.count("\n") == text.count("\n")
    assert sorts(masked) == []
