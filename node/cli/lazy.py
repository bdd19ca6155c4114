"""A click group that imports a command's module only when that command runs, so that `--help` starts at once."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click

__all__ = ["LazyGroup", "Place"]


@dataclass(frozen=True)
class Place:
    """Where a command is (`module:attribute`) and the one line about it in the list of commands."""

    path: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, attribute = self.path.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.path} is no click command")
        return command


class LazyGroup(click.Group):
    """A group whose commands are named by `places`, in the order of the help."""

    def __init__(self, name: str, places: Mapping[str, Place], help: str) -> None:  # noqa: A002 (click's own word)
        super().__init__(name, help=help, no_args_is_help=True)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which a newcomer meets them."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        place = self.places.get(cmd_name)
        return place.load() if place else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in self.places.items()])
