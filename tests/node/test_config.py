"""The node's settings: layers, bad input, documentation."""

from pathlib import Path

import pytest

from node.config import CONFIG_LIMIT, OTHER_VARIABLES, config_keys, environment_name, load_config, render_config
from node.errors import ConfigError

MINIMAL = {"chain.url": "http://127.0.0.1:8545", "chain.id": 31337, "keystore.path": "key.json", "data.package": "rich"}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "fednode.toml"
    file.write_text(render_config(MINIMAL))
    return file


def refusal(path, environ=None, overrides=None):
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ or {}, overrides or {})
    return str(caught.value)


def test_flag_beats_environment_beats_file_beats_default(path):
    path.write_text(render_config({**MINIMAL, "poll_seconds": 3}))
    environ = {"FEDNODE_POLL_SECONDS": "4", "FEDNODE_TORCH_THREADS": "2"}
    assert load_config(path, {}, {}).poll_seconds == 3.0
    assert load_config(path, environ, {}).poll_seconds == 4.0
    assert load_config(path, environ, {"poll_seconds": 5.0, "chain.id": None}).poll_seconds == 5.0
    assert load_config(path, environ, {"poll_seconds": 5.0}).torch_threads == 2
    assert load_config(path, {}, {}).torch_threads == 1


def test_paths_start_where_they_are_written(path, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    environ = {"FEDNODE_DATA_DIRECTORIES": "code, more", "FEDNODE_ROLES": "trainer"}
    path.write_text(render_config({key: value for key, value in MINIMAL.items() if key != "data.package"}))
    config = load_config(path, environ, {"store.path": "blocks"})
    assert config.federation == tmp_path / "federation.json"
    assert config.keystore.path == tmp_path / "key.json"
    assert config.data.directories == (elsewhere / "code", elsewhere / "more")
    assert config.store_directory == elsewhere / "blocks"
    assert config.roles == ("trainer",)


def test_a_local_store_lies_in_the_work_directory_by_default(path, tmp_path):
    assert load_config(path, {}, {"work_directory": tmp_path}).store_directory == tmp_path / "store"


def test_updates_are_published_only_when_somebody_says_so(path):
    assert not load_config(path, {}, {}).may_publish_updates
    assert load_config(path, {"FEDNODE_STORE_PRIVATE": "true"}, {}).may_publish_updates
    assert load_config(path, {}, {"allow_public_updates": True}).may_publish_updates


def test_no_file_is_needed_when_everything_is_given():
    assert load_config(None, {}, MINIMAL).data.package == "rich"


def test_rendered_config_reads_back_every_awkward_value(tmp_path):
    file = tmp_path / "fednode.toml"
    directories = [tmp_path / 'a "quoted" \\ name', tmp_path / "ünï\x7f"]
    values = {**MINIMAL, "data.directories": directories, "store.private": True, "roles": ["trainer"]}
    del values["data.package"]
    file.write_text(render_config(values))
    config = load_config(file, {}, {})
    assert config.data.directories == tuple(directories)
    assert config.store.private is True


def test_tools_have_variables_of_their_own(path):
    load_config(path, dict.fromkeys(OTHER_VARIABLES, "x"), {})


def test_an_empty_variable_is_not_set(path):
    assert load_config(path, {"FEDNODE_CHAIN_ID": ""}, {}).chain.id == 31337


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[chain]\nurll = 'x'", "fednode.toml: chain.urll: unknown key; did you mean chain.url?"),
        ("passwrod_file = 'x'", "passwrod_file: unknown key; did you mean keystore.password_file?"),
        ("zzz = 1", "fednode.toml: zzz: unknown key; known are federation, roles"),
        ("[keystore]\npassword = 'hunter2'", "keystore.password: secrets are never config values; name a file"),
        ("chain = 3", "fednode.toml: chain: must be a table (got '3'); write [chain]"),
        ("[federation]\nname = 'x'", "fednode.toml: federation: must be a path"),
        ("[chain]\nid = '31337'", "fednode.toml: chain.id: Input should be a valid integer (got '31337')"),
        ("[chain]\nid = 0", "fednode.toml: chain.id: Input should be greater than or equal to 1 (got '0')"),
        ("poll_seconds = nan", "fednode.toml: poll_seconds: Input should be a finite number (got 'nan')"),
        ("roles = ['miner']", "fednode.toml: roles.0: Input should be 'trainer' or 'validator' (got 'miner')"),
        ("torch_threads = true", "fednode.toml: torch_threads: Input should be a valid integer (got 'True')"),
        ("federation = [", "fednode.toml: not valid TOML"),
        ("# " + "x" * CONFIG_LIMIT, f"more than {CONFIG_LIMIT} bytes"),
    ],
)
def test_a_wrong_file_is_named_with_key_and_value(path, text, message):
    path.write_text(text)
    assert message in refusal(path)


def test_bytes_that_are_no_text_are_refused(path):
    path.write_bytes(b"\xff\xfe")
    assert "not valid TOML" in refusal(path)


def test_a_secret_is_not_echoed(path):
    path.write_text("[keystore]\npassword = 'hunter2'")
    assert "hunter2" not in refusal(path)
    assert "hunter2" not in refusal(path, {"FEDNODE_PASSWORD": "hunter2"})
    assert "hunter2" not in refusal(None, {}, {**MINIMAL, "chain.url": "https://me:hunter2@example.org"})


def test_a_missing_file_says_how_to_get_one(tmp_path):
    assert "cannot be read (No such file or directory); write one with fednode init" in refusal(
        tmp_path / "fednode.toml"
    )


def test_missing_keys_are_all_named_at_once(path):
    path.write_text("")
    message = refusal(path)
    assert all(f"{key}: Field required" in message for key in ("chain.url", "chain.id", "keystore.path"))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"FEDNODE_CHAIN_ID": "abc"}, "FEDNODE_CHAIN_ID: chain.id: Input should be a valid integer"),
        ({"FEDNODE_CHIAN_URL": "x"}, "FEDNODE_CHIAN_URL: unknown key; did you mean FEDNODE_CHAIN_URL?"),
        ({"FEDNODE_STORE_PRIVATE": "perhaps"}, "FEDNODE_STORE_PRIVATE: store.private: Input should be a valid boolean"),
        ({"FEDNODE_KEYSTORE_PASSWORD": "x"}, "secrets are never config values; name a file that only you can read in "),
    ],
)
def test_a_wrong_variable_is_named(path, environ, message):
    assert message in refusal(path, environ)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"store.kind": "s3"}, "--store-kind: store.kind: Input should be 'local' or 'ipfs' (got 's3')"),
        ({"chain.id": True}, "--chain-id: chain.id: Input should be a valid integer (got 'True')"),
        ({"store.kid": "s3"}, "command line: store.kid: unknown key; did you mean store.kind?"),
        ({"keystore.path": " "}, "keystore.path: Value error, must be a path"),
        ({"keystore.path": "~nobody-of-that-name/key"}, "the home directory is not known"),
        ({"data.directories": ["x"]}, "data.package and data.directories are both set; keep one"),
        ({"data.built": "x"}, "data.package and data.built are both set; keep one"),
        ({"data.package": "../x"}, "--data-package: data.package: String should match pattern"),
        ({"roles": "trainer,trainer"}, "roles: the same role twice"),
        ({"chain.url": "ws://127.0.0.1"}, "--chain-url: chain.url: String should match pattern"),
        ({"chain.url": "http://me@127.0.0.1"}, "chain.url: holds a user name"),
    ],
)
def test_a_wrong_flag_is_named(path, overrides, message):
    assert message in refusal(path, {}, overrides)


def test_only_a_trainer_needs_code(path):
    path.write_text(render_config({key: value for key, value in MINIMAL.items() if key != "data.package"}))
    assert "a trainer needs private code; set data.directories, data.built or data.package" in refusal(path)
    assert load_config(path, {}, {"roles": "validator"}).data.directories == ()


def test_rows_are_cleared_in_their_own_folder(path):
    path.write_text(render_config({key: value for key, value in MINIMAL.items() if key != "data.package"}))
    assert load_config(path, {}, {"data.built": "rows"}).data.built == Path.cwd() / "rows"
    assert "remove data.clearance" in refusal(path, {}, {"data.built": "rows", "data.clearance": "list.json"})


@pytest.mark.parametrize(
    "address", ["/ip4/127.0.0.1/tcp/5001", "/ip4/10.1.2.3/tcp/1/http", "/dns/localhost/tcp/5001", "/ip6/::1/tcp/9"]
)
def test_an_operators_own_daemon_is_accepted(path, address):
    assert load_config(path, {}, {"store.kind": "ipfs", "store.address": address}).store.address == address


@pytest.mark.parametrize(
    "address", ["/ip4/8.8.8.8/tcp/5001", "/dns/ipfs.example.org/tcp/443/https", "/ip4/localhost/tcp/1"]
)
def test_a_strangers_daemon_needs_a_word(path, address):
    flags = {"store.kind": "ipfs", "store.address": address}
    assert "is neither this machine nor a private network" in refusal(path, {}, flags)
    assert load_config(path, {}, {**flags, "store.allow_remote": True}).store.address == address


@pytest.mark.parametrize("address", ["localhost:5001", "/ip4/127.0.0.1/udp/5001", "http://127.0.0.1:5001"])
def test_a_daemons_address_is_a_multiaddress(path, address):
    assert "store.address: must look like /ip4/127.0.0.1/tcp/5001" in refusal(
        path, {}, {"store.kind": "ipfs", "store.address": address}
    )


def test_rendering_an_unknown_key_is_refused():
    with pytest.raises(ConfigError, match=r"new config: chain\.urll: unknown key"):
        render_config({"chain.urll": "x"})


def test_every_key_and_variable_is_documented():
    rows = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text().splitlines()
    documented = [row.split("|")[1:3] for row in rows if row.startswith("| `")]
    shown = {tuple(cell.strip(" `") for cell in cells) for cells in documented}
    assert {(key, environment_name(key)) for key in config_keys()} <= shown
    assert {name for name, _ in shown} == set(config_keys()) | OTHER_VARIABLES
