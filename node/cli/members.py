"""`fednode join` and `fednode admit`: how an account becomes a member."""

from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import tokens
from node.errors import ChainError
from node.types import Address

if TYPE_CHECKING:
    from node.chain.federation import Federation
    from node.cli.operator import Operator

__all__ = ["admit", "join"]


@click.command(epilog="Example: fednode join --password-file password.txt")
@configured
def join(operator: "Operator") -> None:
    """Become a member: as one of the founders in the federation's file, or after an admission by vote."""
    from node.chain.words import MemberStatus, Role

    federation, keys = operator.federation, operator.keys
    before = federation.member(keys.address)
    if before.status is MemberStatus.ACTIVE:
        click.echo(f"{keys.address} is a member already")
        return
    roles = [Role[role.upper()] for role in operator.config.roles]
    if before.status is MemberStatus.NONE:
        _require_founder(federation)
        federation.join_founder(roles, keys.encryption_public())
    else:
        federation.join(roles, keys.encryption_public())
    bond = federation.member(keys.address).bond
    click.echo(f"{keys.address} joined as {' and '.join(operator.config.roles)}, bond {tokens(bond)} tokens")


@click.command(epilog="Example: fednode admit 0x8ba1f109551bD432803012645Ac136ddd64DBA72")
@configured
@click.argument("address")
@click.option("--why", default="", help="A sentence for those who vote.")
def admit(operator: "Operator", address: str, why: str) -> None:
    """Propose to the governor that ADDRESS may join."""
    from node.chain.governance import Call
    from node.cli.addresses import checked_address

    account: Address = checked_address(address, "ADDRESS")
    proposal = operator.governance.propose(Call.admit(account), f"Admit {account}" + (f": {why}" if why else ""))
    click.echo(f"proposal {proposal}; see `fednode proposals`")


def _require_founder(federation: "Federation") -> None:
    if federation.account not in {founder.account for founder in federation.deployment.founders}:
        raise ChainError(
            f"account {federation.account} is no founder and was not admitted; ask a member to run "
            f"`fednode admit {federation.account}`"
        )
