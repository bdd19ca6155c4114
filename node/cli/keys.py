"""`fednode keys`: create and show this node's account. The files themselves are `node.peer.keys`'s."""

from dataclasses import dataclass
from pathlib import Path

import click

from node.cli.show import json_option, print_json

__all__ = ["keys"]

_keystore = click.option(
    "--keystore-path",
    "path",
    type=click.Path(path_type=Path),
    envvar="FEDNODE_KEYSTORE_PATH",
    default=Path("keystore.json"),
    show_default=True,
    help="The key file.",
)
_password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar="FEDNODE_KEYSTORE_PASSWORD_FILE",
    help="File with the password, mode 0600; asked for without one.",
)


@dataclass(frozen=True)
class Account:
    """An account's public half; `encryption_key` is the X25519 public key in hex."""

    address: str
    encryption_key: str
    keystore: str


@click.group(no_args_is_help=True)
def keys() -> None:
    """Create or show this node's account."""


@keys.command(epilog="Example: fednode keys new --keystore-path keystore.json")
@_keystore
@_password_file
@click.option("--light", is_flag=True, help="Weak password hashing, for trying things out only.")
@json_option
def new(path: Path, password_file: Path | None, light: bool, as_json: bool) -> None:
    """Create an account and write its keystore (version 3, mode 0600).

    Back up the file and the password: nobody can restore either.
    """
    from node.peer.keys import Kdf, create_keystore, password_from

    password = password_from(password_file, confirm=True)
    created = create_keystore(path, password, kdf=Kdf.LIGHT if light else Kdf.STANDARD)
    _print(Account(created.address, created.encryption_public().hex(), str(path)), as_json)


@keys.command(epilog="Example: fednode keys show --keystore-path keystore.json")
@_keystore
@_password_file
@json_option
def show(path: Path, password_file: Path | None, as_json: bool) -> None:
    """Show the address and the public encryption key of a keystore."""
    from node.peer.keys import load_keystore, password_from

    unlocked = load_keystore(path, password_from(password_file))
    _print(Account(unlocked.address, unlocked.encryption_public().hex(), str(path)), as_json)


def _print(account: Account, as_json: bool) -> None:
    if as_json:
        print_json(account)
        return
    click.echo(f"address         {account.address}")
    click.echo(f"encryption key  {account.encryption_key}")
    click.echo(f"keystore        {account.keystore}")
