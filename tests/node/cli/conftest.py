"""A command line whose chain is the living federation's, and a node's folder to run it in."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from node.cli.main import cli
from node.config import render_config
from node.peer.keys import Kdf, Keys, create_keystore
from tests.federations import account
from tests.living_federation import LivingFederation

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in an empty folder and see no FEDNODE_ variable."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("FEDNODE_"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def password_file(here: Path) -> Path:
    path = here / "password.txt"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path


def write_node(town: LivingFederation, folder: Path, number: int, **changes: object) -> None:
    """A config, a keystore of account `number` and the federation's file."""
    create_keystore(folder / "key.json", PASSWORD, kdf=Kdf.LIGHT, keys=Keys.of(bytes(account(number).key)))
    town.deployment.save(folder / "federation.json")
    values: dict[str, object] = {
        "federation": "federation.json",
        "work_directory": "work",
        "chain.url": "http://127.0.0.1:1",
        "chain.id": town.deployment.chain_id,
        "keystore.path": "key.json",
        "keystore.password_file": "password.txt",
        "store.path": str(town.store.root),
        "store.private": True,
        "data.package": "rich",
    }
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    (folder / "fednode.toml").write_text(render_config({key: one for key, one in values.items() if one is not None}))


@pytest.fixture
def node(town: LivingFederation, here: Path, password_file: Path) -> Callable[..., None]:
    """Make this folder a node's: `node(0)` is the first member's, `node(5)` a stranger's."""
    return lambda number=0, **changes: write_node(town, here, number, **changes)


@pytest.fixture
def run(town: LivingFederation) -> Callable[..., Result]:
    """Run a command against the living federation's chain."""
    return lambda *arguments: CliRunner().invoke(cli, [str(one) for one in arguments], obj=town.connections)


@pytest.fixture
def done(run: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that must succeed; gives what it printed."""

    def run_well(*arguments: object) -> str:
        result = run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run_well


@pytest.fixture
def refused(run: Callable[..., Result]) -> Callable[..., str]:
    """Run a command that must fail with `code`; gives the one sentence it said, and checks that it is all."""

    def run_badly(code: int, *arguments: object) -> str:
        result = run(*arguments)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        assert result.stderr.startswith("fednode: ")
        assert "Traceback" not in result.stderr
        return result.stderr

    return run_badly


@pytest.fixture
def shown(done: Callable[..., str]) -> Callable[..., Any]:
    """Run a command with --json; gives the document."""
    return lambda *arguments: json.loads(done(*arguments, "--json"))
