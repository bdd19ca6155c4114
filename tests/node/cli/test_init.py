import tomllib

import pytest

from node.cli.init import COMMENTS
from node.cli.settings import BOOLEAN_KEYS, flag_name
from node.config import config_keys, load_config


def test_the_file_is_one_that_every_command_reads(done, here):
    said = done("init", "--data-directories", "/srv/code,/srv/more", "--chain-id", "5", "--store-private")
    config = load_config(here / "fednode.toml", {}, {})
    assert said == "wrote fednode.toml; next: fednode keys new --keystore-path keystore.json\n"
    assert [str(one) for one in config.data.directories] == ["/srv/code", "/srv/more"]
    assert (config.chain.id, config.store.private, config.allow_public_updates) == (5, True, False)
    assert (here / "node-data").stat().st_mode & 0o777 == 0o700


def test_who_has_an_account_is_told_to_join(done, here):
    (here / "keystore.json").touch(0o600)
    assert done("init").endswith("next: fednode join\n")


def test_every_key_comes_with_its_comment(done, here):
    done("init", "--data-package", "rich", "--keystore-password-file", "password.txt")
    lines = (here / "fednode.toml").read_text().splitlines()
    for place, line in enumerate(lines):
        if "=" in line:
            assert lines[place - 1].startswith("# "), line


def test_the_code_may_be_named_later(done, here):
    done("init")
    text = (here / "fednode.toml").read_text()
    assert tomllib.loads(text)["data"] == {"directories": []}
    assert "a trainer needs at least one" in text


def test_comments_and_flags_name_keys_that_exist():
    assert set(COMMENTS) <= set(config_keys())
    assert set(config_keys()) >= BOOLEAN_KEYS
    assert flag_name("chain.url") == "--chain-url"


def test_a_file_is_never_overwritten(done, refused, here):
    done("init")
    before = (here / "fednode.toml").read_bytes()
    assert "never overwritten" in refused(2, "init")
    assert (here / "fednode.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--chain-url", "ftp://somewhere"), "chain.url"),
        (("--chain-id", "first"), "--chain-id: must be a number"),
        (("--roles", "king"), "roles"),
        (("--store-kind", "cloud"), "store.kind"),
    ],
)
def test_what_the_other_commands_would_refuse_is_not_written(refused, here, flags, says):
    assert says in refused(2, "init", *flags)
    assert not (here / "fednode.toml").exists()
