"""`fednode deploy`: found a federation. The work is `node.peer.founding`'s."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.errors import ConfigError

if TYPE_CHECKING:
    from node.chain.deployment import Founder
    from node.cli.operator import Operator

__all__ = ["deploy"]

TOKEN = 10**18  # token wei
GRANT_LIMIT = 10**12  # whole tokens


@click.command(
    epilog="Example: fednode deploy guideline.toml --founder 0x8ba1f109551bD432803012645Ac136ddd64DBA72=1000"
)
@configured
@click.argument("guideline", type=click.Path(path_type=Path))
@click.option(
    "--founder",
    "founders",
    multiple=True,
    required=True,
    metavar="ADDRESS=TOKENS",
    help="Who may join without a vote, and with how many voting tokens; once for each.",
)
def deploy(operator: "Operator", guideline: Path, founders: tuple[str, ...]) -> None:
    """Found a federation under GUIDELINE: pin its documents, deploy the contracts, write the federation's file.

    Nobody owns the contracts afterwards, the deployer included. Give the file to everybody who is to join.
    """
    from node.chain.deploy import DEPLOY_GAS
    from node.guideline import load_guideline
    from node.peer.founding import found, pin_guideline

    document, named = load_guideline(guideline), [_founder(one) for one in founders]
    target = operator.config.federation
    if target.exists():
        raise ConfigError(f"{target}: exists already and is never overwritten; set federation to another path")
    transactor = operator.transactor  # what it lacks is said before the base model is loaded
    transactor.require_gas_money(DEPLOY_GAS, "founding a federation")
    sealed = pin_guideline(document, operator.store)
    deployment = found(sealed, named, transactor)
    deployment.save(target)
    click.echo(f"guideline {sealed.cid}")
    for name, address in deployment.addresses.items():
        click.echo(f"{name:18} {address}")
    click.echo(f"wrote {target}; next: fednode join")


def _founder(text: str) -> "Founder":
    from node.chain.deployment import Founder
    from node.cli.addresses import checked_address
    from node.types import TokenWei

    address, _, amount = text.partition("=")
    if not (amount.isascii() and amount.isdecimal() and len(amount) <= len(str(GRANT_LIMIT))):
        raise ConfigError(f"--founder: {text[:80]!r} is not ADDRESS=TOKENS with a number of whole tokens")
    return Founder(checked_address(address, "--founder"), TokenWei(int(amount) * TOKEN))
