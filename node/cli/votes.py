"""`fednode vote` and `fednode delegate`: what a token holder does with votes."""

from typing import TYPE_CHECKING

import click

from node.cli.settings import configured

if TYPE_CHECKING:
    from node.cli.operator import Operator

__all__ = ["delegate", "vote"]


@click.command(epilog="Example: fednode vote 1 for")
@configured
@click.argument("proposal", type=click.IntRange(1))
@click.argument("choice", type=click.Choice(["for", "against", "abstain"]))
def vote(operator: "Operator", proposal: int, choice: str) -> None:
    """Vote on PROPOSAL, its number in `fednode proposals` or its id, with all of this account's votes."""
    from node.chain.governance import Support
    from node.cli.proposals import find_proposal

    chosen = find_proposal(operator.governance, proposal)
    operator.governance.vote(chosen.id, Support[choice.upper()])
    click.echo(f"voted {choice}: {chosen.description}")


@click.command(epilog="Example: fednode delegate 0x8ba1f109551bD432803012645Ac136ddd64DBA72")
@configured
@click.argument("address")
def delegate(operator: "Operator", address: str) -> None:
    """Let ADDRESS cast this account's votes from the next proposal on; your own address takes them back."""
    from node.cli.addresses import checked_address

    account = checked_address(address, "ADDRESS")
    operator.governance.delegate(account)
    click.echo(f"{account} casts the votes of {operator.keys.address} from now on")
