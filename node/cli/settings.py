"""The config as command-line flags: `@configured` gives a command its `Operator`, made of flags, environment and file.

Every key of `node.config` is a flag (`chain.url` is `--chain-url`); help pages show the usual ones only.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from node.cli.operator import Operator
from node.config import config_keys

__all__ = ["BOOLEAN_KEYS", "CONFIG_FILE", "configured", "flag_name", "key_options", "values_of"]

CONFIG_FILE = "fednode.toml"
BOOLEAN_KEYS = frozenset({"allow_public_updates", "store.allow_remote", "store.private"})
SHOWN = {
    "chain.url": "JSON-RPC endpoint of the chain.",
    "federation": "The federation's file.",
    "keystore.path": "This node's key file.",
    "keystore.password_file": "File with the keystore's password, mode 0600.",
    "work_directory": "Journal, caches and local store of this node.",
}

F = TypeVar("F", bound=Callable[..., Any])


def flag_name(key: str) -> str:
    """The flag of a dotted key."""
    return "--" + key.replace(".", "-").replace("_", "-")


def key_options(command: F, *, show_all: bool = False) -> F:
    """Add a flag for every config key; `show_all` shows all of them in the help."""
    for key in reversed(config_keys()):
        command = _option(key, hidden=key not in SHOWN and not show_all)(command)
    return command


def values_of(flags: Mapping[str, Any]) -> dict[str, object]:
    """The config keys among a command's parameters, by dotted key; those not given are left out."""
    return {key: flags[_parameter(key)] for key in config_keys() if flags.get(_parameter(key)) is not None}


def configured(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` an `Operator` as its first argument, and the flags that its config is made of."""

    @click.pass_context
    @functools.wraps(command)
    def with_operator(ctx: click.Context, /, config: Path | None, **flags: Any) -> None:
        known = {_parameter(key) for key in config_keys()}
        rest = {name: value for name, value in flags.items() if name not in known}
        command(Operator(config or Path(CONFIG_FILE), values_of(flags), ctx.find_root().obj), **rest)

    option = click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="FEDNODE_CONFIG",
        help=f"Config file; {CONFIG_FILE} by default. Every key of it is a flag too, see docs/configuration.md.",
    )
    return option(key_options(with_operator))


def _option(key: str, *, hidden: bool) -> Callable[[F], F]:
    names = [_parameter(key), flag_name(key)]
    if key == "keystore.password_file":
        names.append("--password-file")
    if key in BOOLEAN_KEYS:
        names[1] = f"{flag_name(key)}/--no{flag_name(key)[1:]}"
        return click.option(*names, default=None, hidden=hidden, help=f"Sets {key}.")
    return click.option(*names, metavar="VALUE", default=None, hidden=hidden, help=SHOWN.get(key, f"Sets {key}."))


def _parameter(key: str) -> str:
    return "key_" + key.replace(".", "_")
