import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from aggregator.errors import Malformed
from node.cli.lazy import LazyGroup
from node.cli.main import COMMANDS, cli

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "cli-help.txt"


def commands(group=cli, path=()):
    """Every command and group below, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def help_of(*words):
    result = CliRunner().invoke(cli, [*words, "--help"], prog_name="fednode", terminal_width=100)
    assert result.exit_code == 0
    return result.stdout


def test_help_is_what_was_reviewed():
    pages = [help_of(), *(help_of(*words) for words, _ in commands())]
    text = "\n".join(f"{'-' * 100}\n{page}" for page in pages)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text)
    assert text == SNAPSHOT.read_text(), "run the test again with UPDATE_SNAPSHOTS=1 and review the difference"


@pytest.mark.parametrize("words", [words for words, command in commands() if not isinstance(command, click.Group)])
def test_every_command_has_an_example(words):
    assert f"Example: fednode {' '.join(words)}" in " ".join(help_of(*words).split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name):
    command = COMMANDS[name].load()
    assert command.help
    assert command.name == name


def test_help_imports_nothing_heavy():
    heavy = "{'web3', 'torch', 'transformers', 'peft', 'numpy', 'pydantic', 'rich', 'eth_account'}"
    code = (
        f"import sys, node.cli.main as m; m.cli(['--help'], standalone_mode=False); print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_an_unknown_command_is_a_usage_error():
    result = CliRunner().invoke(cli, ["strat"])
    assert result.exit_code == 2
    assert "No such command 'strat'" in result.stderr


def test_a_traceback_is_shown_with_debug_only(refused, run):
    assert "cannot be read" in refused(6, "audit", "--archive", "nowhere")
    assert run("--debug", "audit", "--archive", "nowhere").exc_info[0].__name__ == "ArchiveMalformed"


def test_a_place_that_is_no_command_is_a_programming_error():
    from node.cli.lazy import Place

    group = LazyGroup("group", {"bad": Place("node.cli.main:INTERRUPTED", "Bad.")}, "Help.")
    with pytest.raises(TypeError, match="no click command"):
        group.get_command(click.Context(group), "bad")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "fednode: stopped"),
        (PermissionError(13, "Permission denied", "x"), 1, "Permission denied: 'x'; --debug"),
        (Malformed("no state"), 1, "fednode: no state"),
        (TypeError("oops"), 1, "a defect of fednode (TypeError: oops)"),
    ],
)
def test_what_is_no_error_of_ours_leaves_as_one_sentence_too(monkeypatch, error, code, says):
    def fail(_path):
        raise error

    monkeypatch.setattr("node.peer.archive.read_archive", fail)
    result = CliRunner().invoke(cli, ["audit", "--archive", "x"])
    assert result.exit_code == code
    assert says in result.stderr
