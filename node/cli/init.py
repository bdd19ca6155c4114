"""`fednode init`: write a commented `fednode.toml` and make the work directory."""

from pathlib import Path
from typing import Any

import click

from node.cli.settings import CONFIG_FILE, key_options, values_of
from node.config import load_config, render_config
from node.errors import ConfigError
from node.files import write_atomically

__all__ = ["COMMENTS", "init"]

DEFAULTS: dict[str, object] = {
    "federation": "federation.json",
    "roles": ["trainer", "validator"],
    "work_directory": "node-data",
    "allow_public_updates": False,
    "chain.url": "http://127.0.0.1:8545",
    "chain.id": 31337,
    "keystore.path": "keystore.json",
    "store.kind": "local",
    "store.private": False,
}
LIST_KEYS = ("roles", "data.directories")
NUMBER_KEYS = {"chain.id": int, "torch_threads": int, "poll_seconds": float}
COMMENTS = {
    "federation": "chain id and contract addresses; a member gives it to you, or `fednode deploy` writes it",
    "roles": "what this node does",
    "work_directory": "journal, caches and local store; two nodes on one machine need two",
    "allow_public_updates": "accept that whoever can read the store can read this node's updates; see SECURITY.md",
    "chain.url": "JSON-RPC endpoint",
    "chain.id": "the chain the endpoint must serve",
    "keystore.path": "made by `fednode keys new`",
    "keystore.password_file": "mode 0600; without it the password is asked for",
    "store.kind": "local (a directory) or ipfs (a daemon)",
    "store.address": "multiaddr of the IPFS daemon's RPC",
    "store.private": "true: only members of the federation can read the store",
    "data.directories": "the private code this node learns from; none of it leaves the machine",
    "data.built": "a folder that `fednode data build` wrote, to learn from its rows",
    "data.package": "an installed Python package to learn from, for trying things out",
}
NO_DATA = """
[data]
# the private code this node learns from; none of it leaves the machine
directories = []  # a trainer needs at least one
"""


def _options(command: Any) -> Any:
    return key_options(command, show_all=True)


@click.command(epilog="Example: fednode init --chain-url http://127.0.0.1:8545 --data-directories /srv/code")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar="FEDNODE_CONFIG",
    default=Path(CONFIG_FILE),
    show_default=True,
    help="The new file.",
)
@_options
def init(path: Path, **flags: Any) -> None:
    """Write a fednode.toml for this node, and make its work directory.

    Lists are separated by commas, relative paths start at the new file's folder. The file holds no secret: it names the
    key file and, if you like, a password file.
    """
    if path.exists():
        raise ConfigError(f"{path}: exists already and is never overwritten; choose another name with --config")
    values = DEFAULTS | {key: _parsed(key, value) for key, value in values_of(flags).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _text(values).encode())
        _check(path, values)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _make_work_directory(path, values)
    click.echo(f"wrote {path}; next: {_next_step(path, str(values['keystore.path']))}")


def _next_step(path: Path, keystore: str) -> str:
    if (path.parent / Path(keystore).expanduser()).exists():
        return "fednode join"
    return f"fednode keys new --keystore-path {keystore}"


def _parsed(key: str, value: object) -> object:
    if key in LIST_KEYS and isinstance(value, str):
        return [item.strip() for item in value.split(",")]
    if key in NUMBER_KEYS and isinstance(value, str):
        try:
            return NUMBER_KEYS[key](value)
        except ValueError:
            raise ConfigError(f"--{key.replace('.', '-')}: must be a number (got {value[:80]!r})") from None
    return value


def _text(values: dict[str, object]) -> str:
    lines, table = [], ""
    for line in render_config(values).splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "."
        comment = COMMENTS.get(table + line.partition(" = ")[0])
        lines += [f"# {comment}", line] if comment else [line]
    has_data = any(key.startswith("data.") for key in values)
    return "\n".join(lines) + "\n" + ("" if has_data else NO_DATA)


def _check(path: Path, values: dict[str, object]) -> None:
    """Refuse to leave a file that the other commands would refuse; the code may be named later."""
    has_data = any(key.startswith("data.") for key in values)
    load_config(path, {}, {} if has_data else {"data.directories": str(path.parent)})


def _make_work_directory(path: Path, values: dict[str, object]) -> None:
    directory = path.parent / Path(str(values["work_directory"])).expanduser()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
