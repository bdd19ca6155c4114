"""`fednode personal`: the adapter that this node keeps for itself under a personalising algorithm."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json

if TYPE_CHECKING:
    from node.cli.operator import Operator

__all__ = ["personal"]


@dataclass(frozen=True)
class Exported:
    """Where the adapter was written, the round of the federation's state in it, and of this node's last training."""

    directory: str
    shared: int
    own: int


@click.group(no_args_is_help=True)
def personal() -> None:
    """Use the adapter that this node keeps for itself."""


@personal.command(epilog="Example: fednode personal export my-own-adapter")
@configured
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def export(operator: "Operator", directory: Path, as_json: bool) -> None:
    """Write this node's personal adapter as a folder like a release's.

    It was learned from private code alone and never shared: show it to those who may see that code. See
    docs/algorithms.md for the algorithms that keep one.
    """
    from node.peer.personal import personal_adapter

    own = personal_adapter(operator.history, operator.store, operator.config.work_directory)

    from node.learning.release import write_release  # torch and peft take seconds: not before all bytes are here

    write_release(own.state, own.frozen, own.guideline, directory, personal=True)
    if as_json:
        print_json(Exported(str(directory), own.shared, own.own))
    else:
        click.echo(
            f"wrote {directory}: trained in round {own.own}, beside the federation's state of round {own.shared}"
        )
