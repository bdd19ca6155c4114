import json

import pytest

from node.peer.keys import load_keystore
from tests.node.cli.conftest import PASSWORD


@pytest.fixture
def made(shown, password_file):
    return shown("keys", "new", "--light", "--password-file", password_file)


def test_a_new_account_is_a_private_keystore(made, here):
    path = here / "keystore.json"
    assert path.stat().st_mode & 0o777 == 0o600
    keys = load_keystore(path, PASSWORD)
    assert made == {
        "address": keys.address,
        "encryption_key": keys.encryption_public().hex(),
        "keystore": "keystore.json",
    }


def test_show_shows_what_new_made(made, shown, done, password_file):
    assert shown("keys", "show", "--password-file", password_file) == made
    assert made["address"] in done("keys", "show", "--password-file", password_file)


def test_a_keystore_is_never_overwritten(made, refused, password_file):
    assert "never overwritten" in refused(4, "keys", "new", "--light", "--password-file", password_file)


def test_a_wrong_password_is_said(made, refused, password_file):
    password_file.write_text("battery staple\n")
    assert "wrong password" in refused(4, "keys", "show", "--password-file", password_file)


@pytest.mark.parametrize("name", ["keystore.json", "password.txt"])
def test_files_that_others_may_read_are_refused(made, refused, here, password_file, name):
    (here / name).chmod(0o640)
    assert f"chmod 600 {here / name}"[-12:] in refused(4, "keys", "show", "--password-file", password_file)


def test_the_password_is_asked_for_twice_and_never_shown(run, monkeypatch, here):
    answers = iter([PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    result = run("keys", "new", "--light")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert json.loads((here / "keystore.json").read_text())["version"] == 3
