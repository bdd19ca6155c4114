"""`fednode claim`: mint what this member has earned. A running node does this by itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json, tokens

if TYPE_CHECKING:
    from node.cli.operator import Operator

__all__ = ["claim"]


@dataclass(frozen=True)
class Claimed:
    """What was minted, in token wei, and the transaction; both empty when there was nothing."""

    amount: int
    transaction: str


@click.command(epilog="Example: fednode claim --password-file password.txt")
@configured
@json_option
def claim(operator: "Operator", as_json: bool) -> None:
    """Mint the tokens this member has earned. A running node does this by itself."""
    done = _claim(operator)
    if as_json:
        print_json(done)
    elif done.amount:
        click.echo(f"claimed {tokens(done.amount)} tokens in transaction {done.transaction}")
    else:
        click.echo("nothing to claim: a round's rewards are claimable once the next one has finalised")


def _claim(operator: "Operator") -> Claimed:
    from node.peer.claims import claimable_ordinal, look_up_claim

    federation = operator.federation
    history = operator.history
    found = look_up_claim(history, federation, operator.store, federation.account, claimable_ordinal(history))
    if found is None:
        return Claimed(0, "")
    receipt = federation.claim(federation.account, found.cumulative, found.proof, found.ordinal)
    return Claimed(found.amount, receipt.transaction)
