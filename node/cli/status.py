"""`fednode status`: the round, and where this member stands."""

from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json, tokens

if TYPE_CHECKING:
    from node.cli.operator import Operator
    from node.peer.standing import Standing

__all__ = ["status"]


@click.command(epilog="Example: fednode status --json")
@configured
@click.option("--account", help="Another account than the keystore's.")
@json_option
def status(operator: "Operator", account: str | None, as_json: bool) -> None:
    """Show the round and where this member stands: seats, bond, fault points, tokens, votes. Needs no password."""
    from node.cli.addresses import checked_address
    from node.peer.standing import standing_of

    federation = operator.reader
    whose = checked_address(account, "--account") if account else operator.address
    standing = standing_of(whose, federation, operator.history, operator.store)
    if as_json:
        print_json(standing)
    else:
        _say(standing)


def _say(standing: "Standing") -> None:
    click.echo(f"round      {standing.round}: {standing.phase}{_deadline(standing)}")
    click.echo(f"finalised  {standing.finalised_rounds} rounds")
    click.echo(f"account    {standing.account}, {standing.member}{'' if standing.listed else ', not listed for draws'}")
    for seat in standing.seats:
        click.echo(f"{seat.role:9}  {f'drawn, {seat.progress}' if seat.drawn else 'not drawn'}")
    click.echo(f"bond       {tokens(standing.bond)} tokens, {standing.fault_points} fault points")
    click.echo(f"tokens     {tokens(standing.tokens)}, {tokens(standing.claimable)} more to claim")
    click.echo(f"votes      {standing.votes} units")
    click.echo(f"gas money  {standing.gas_money} wei")


def _deadline(standing: "Standing") -> str:
    return f", {standing.seconds_left} s left" if standing.seconds_left else ""
