"""Secrets: found by format or by name, never repeated. Each is put together here, so that this file holds none."""

import socket

import pytest

from node.learning.data.check.secret_scan import LONGEST_LINE, DetectSecrets

LETTERS = "q7Zr2Xw9Lk4Bn8Vt3Mh6Pd1Sf5Gj0Cy2Ae7Uo9Ti4Nb6Rz8Kx3Wv5Hm1Qp0Ld2"
AWS = "AKIA" + LETTERS[:16].upper()
GITHUB = "ghp" + "_" + LETTERS[:36]
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"
PASSWORD = "9tR" + "-vq2" + "Lm"
SCANNER = DetectSecrets()


def scan(text, name="a.py"):
    return list(SCANNER.scan(name, text))


@pytest.mark.parametrize(
    ("line", "sort"),
    [
        (f"client = connect('{AWS}')", "AWS Access Key"),
        (f"TOKEN = '{GITHUB}'", "GitHub Token"),
        (f"# see https://hooks.slack.com/services/T{LETTERS[:8]}/B{LETTERS[:8]}/{LETTERS[:24]}", "Slack Token"),
        (f'stripe("sk_live_{LETTERS[:24]}")', "Stripe Access Key"),
        (f"url = 'https://deploy:{PASSWORD}@registry.internal/'", "Basic Auth Credentials"),
        (f'db_password = "{PASSWORD}"', "password or key in a name that sounds secret"),
        (f"if secret == '{PASSWORD}':", "password or key in a name that sounds secret"),
        (f'api_key: "{PASSWORD}",', "password or key in a name that sounds secret"),
    ],
)
def test_a_secret_is_named_by_line_and_sort(line, sort):
    assert scan(f"import os\n\n{line}\n") == [(3, sort)]


def test_a_private_key_is_found_by_its_first_line():
    assert scan(f"KEY = '''\n{PEM}\n{LETTERS}\n{LETTERS}\n'''\n") == [(2, "Private Key")]


def test_code_that_only_names_the_format_of_a_key_is_fine():
    assert scan(f"if line == '{PEM}':\n    return True\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "password = getpass()",
        "password = 'password1'",
        "db_password = os.environ['DB_PASSWORD']",
        "api_key = '<your key 1>'",
        "SECRET = '${VAULT_1}'",
        "secret = 'a sentence of 3 words'",
        "password = '12345678'",
        "url = 'https://user:password@host/'",
        "digest = '" + "0a1b2c3d" * 8 + "'",
        "from a_very_long_package_name_indeed_2.module import another_name",
        f"db_password = '{PASSWORD}'  # pragma: allowlist secret",
    ],
)
def test_what_is_no_secret_is_left_alone(line):
    assert scan(line) == []


def test_a_secret_far_into_a_long_line_is_found():
    line = "x = [" + "1, " * LONGEST_LINE + f"'{AWS}']"
    assert scan(line) == [(1, "AWS Access Key")]


def test_nothing_is_sent_anywhere(monkeypatch):
    def refuse(*_):
        raise AssertionError("a scanner must not use the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert len(list(DetectSecrets().scan("a.py", f"a = '{AWS}'\nb = '{GITHUB}'\n"))) == 2
