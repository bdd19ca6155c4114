"""The `fednode` command: which commands there are, and how errors leave the program.

Every error is one sentence on stderr and an exit code from `node.errors`; a traceback is shown with `--debug` only.
Nothing heavy is imported here: each command brings what it needs.
"""

import sys
from typing import Any

import click

from node.cli.lazy import LazyGroup, Place
from node.errors import FednodeError

__all__ = ["COMMANDS", "cli", "main"]

INTERRUPTED = 130  # what shells report for SIGINT

COMMANDS = {
    "demo": Place("node.cli.demo:demo", "See all of it in two minutes on this machine."),
    "simulate": Place("node.cli.simulate:simulate", "Simulate a federation of many peers, some of which attack."),
    "experiment": Place("node.cli.experiment:experiment", "Compare federated, lone and centralised training."),
    "data": Place("node.cli.data:data", "Prepare this organisation's own code as training data."),
    "guideline": Place(
        "node.cli.guideline:guideline", "Start a guideline from a template, pin its base model, check it."
    ),
    "init": Place("node.cli.init:init", "Write a fednode.toml for this node."),
    "keys": Place("node.cli.keys:keys", "Create or show this node's account."),
    "deploy": Place("node.cli.deploy:deploy", "Found a federation from a guideline."),
    "join": Place("node.cli.members:join", "Become a member: founders, and whoever was admitted."),
    "admit": Place("node.cli.members:admit", "Propose to let an account join."),
    "start": Place("node.cli.start:start", "Run this node until it is stopped."),
    "status": Place("node.cli.status:status", "Show the round and where this member stands."),
    "claim": Place("node.cli.claim:claim", "Mint the tokens this member has earned."),
    "proposals": Place("node.cli.proposals:proposals", "List proposals, or move one on."),
    "vote": Place("node.cli.votes:vote", "Vote on a proposal."),
    "delegate": Place("node.cli.votes:delegate", "Hand this member's votes to an account."),
    "release": Place("node.cli.release:release", "Propose, list or download releases."),
    "personal": Place("node.cli.personal:personal", "Use the adapter that this node keeps for itself."),
    "audit": Place("node.cli.audit:audit", "Execute past rounds again and compare them with the chain."),
}


class _Fednode(LazyGroup):
    """The root group: turns errors into one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click ends them as other programs do; a closed pipe is what `| head` leaves
        except (Exception, KeyboardInterrupt) as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"fednode: {_sentence(error)}", err=True)
            ctx.exit(_exit_code(error))


def _sentence(error: BaseException) -> str:
    from aggregator.errors import AggregatorError  # numpy comes with it, so not before something went wrong

    if isinstance(error, FednodeError | AggregatorError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    if isinstance(error, OSError):
        return f"{error}; --debug shows where"
    return f"a defect of fednode ({type(error).__name__}: {error}); --debug shows where, please report it"


def _exit_code(error: BaseException) -> int:
    if isinstance(error, FednodeError):
        return error.exit_code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FednodeError.exit_code


cli = _Fednode(
    "fednode",
    COMMANDS,
    help="""Train AI code models together without sharing code.

    A set of smart contracts coordinates, peers train on their own code, and only quantised adapter updates leave them.
    Try `fednode demo` first.
    """,
)
cli.params += [
    click.Option(["--debug"], is_flag=True, help="Show a traceback when something fails."),
]
cli = click.version_option(package_name="fednode", prog_name="fednode")(cli)


def main() -> None:
    """Entry point of the `fednode` script."""
    sys.exit(cli.main(prog_name="fednode"))


if __name__ == "__main__":
    main()
