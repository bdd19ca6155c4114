"""`fednode proposals`: what is voted on, and moving a proposal that has won through queue and timelock."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json, print_table
from node.errors import ChainError, ConfigError

if TYPE_CHECKING:
    from node.chain.governance import Governance
    from node.chain.views import ProposalView
    from node.cli.operator import Operator

__all__ = ["find_proposal", "proposals"]

_number = click.argument("proposal", type=click.IntRange(1))


class _ListByDefault(click.Group):
    """Lists when no subcommand is given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListByDefault)
def proposals() -> None:
    """List proposals, or move one on. Lists them without a command."""


@proposals.command("list", epilog="Example: fednode proposals list --json")
@configured
@json_option
def list_proposals(operator: "Operator", as_json: bool) -> None:
    """List every proposal with its state and votes; times are UTC."""
    found = operator.reading_governance.proposals()
    if as_json:
        print_json(found)
        return
    columns = ("number", "state", "for", "against", "abstain", "voting ends", "description")
    print_table("Proposals", columns, (_row(place, one) for place, one in enumerate(found, start=1)))


@proposals.command(epilog="Example: fednode proposals queue 1")
@configured
@_number
def queue(operator: "Operator", proposal: int) -> None:
    """Put PROPOSAL, which has won, into the timelock."""
    _queue(operator, proposal)


@proposals.command(epilog="Example: fednode proposals execute 1")
@configured
@_number
def execute(operator: "Operator", proposal: int) -> None:
    """Execute PROPOSAL, whose time in the timelock is over."""
    _execute(operator, proposal)


@proposals.command(epilog="Example: fednode proposals advance 1")
@configured
@_number
def advance(operator: "Operator", proposal: int) -> None:
    """Do what comes next for PROPOSAL: queue it or execute it."""
    from node.chain.words import ProposalState

    state = find_proposal(operator.governance, proposal).state
    if state is ProposalState.SUCCEEDED:
        _queue(operator, proposal)
    elif state is ProposalState.QUEUED:
        _execute(operator, proposal)
    else:
        raise ChainError(f"proposal {proposal} is {state.name.lower()}; only a succeeded or queued one can move on")


def _queue(operator: "Operator", proposal: int) -> None:
    chosen = find_proposal(operator.governance, proposal)
    operator.governance.queue(chosen.id)
    eta = operator.governance.proposal(chosen.id).eta
    click.echo(f"queued until {_moment(eta)}: {chosen.description}")


def _execute(operator: "Operator", proposal: int) -> None:
    chosen = find_proposal(operator.governance, proposal)
    operator.governance.execute(chosen.id)
    click.echo(f"executed: {chosen.description}")


def find_proposal(governance: "Governance", number: int) -> "ProposalView":
    """The proposal with this number in the list, counted from 1, or with this id. Raises `ConfigError` for neither."""
    found = governance.proposals()
    for place, one in enumerate(found, start=1):
        if number in (place, one.id):
            return one
    raise ConfigError(f"there is no proposal {number}; see `fednode proposals list`")


def _row(place: int, one: "ProposalView") -> tuple[object, ...]:
    votes = (one.in_favour, one.against, one.abstain)
    return (place, one.state.name.lower(), *votes, _moment(one.voting_until), one.description)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
