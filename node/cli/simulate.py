"""`fednode simulate`: its flags. What it does is `node.research.simulation`'s."""

import json
import os
import sys
from pathlib import Path

import click

from node.cli.show import json_option

__all__ = ["simulate"]

LOG_WIDTH = 120  # columns, where nobody's window decides


@click.command(
    epilog="Example: fednode simulate --peers 20 --byzantine 4 --attack alie --rule multi_krum --preaggregation nnm"
)
@click.option("--peers", type=int, required=True, help="Members, all of them trainers; at most 256.")
@click.option("--byzantine", type=int, default=0, show_default=True, help="How many of them attack together.")
@click.option("--attack", default="sign_flip", show_default=True, help="What they send instead of their updates.")
@click.option("--rule", default="caf", show_default=True, help="Aggregation rule.")
@click.option(
    "--preaggregation", "preaggregations", multiple=True, help="What stands in front of the rule; may be repeated."
)
@click.option("--optimiser", default="plain", show_default=True, help="Server optimiser.")
@click.option("--faults", type=int, help="f of the guideline; by default as many as attack, as far as the rule allows.")
@click.option("--partition", default="uniform", show_default=True, help="Who holds what data.")
@click.option("--rounds", type=int, default=10, show_default=True, help="Rounds to play.")
@click.option("--validators", type=int, default=4, show_default=True, help="How many of the peers also validate.")
@click.option("--seed", type=int, default=0, show_default=True, help="Everything that is drawn follows from it.")
@click.option("--task", default="synthetic", show_default=True, help="What is learned.")
@click.option(
    "--guideline", type=click.Path(path_type=Path), help="What is trained and for how long; code-completion needs it."
)
@click.option("--dimension", type=int, default=100_000, show_default=True, help="Length of synthetic updates.")
@click.option("--chain", default="memory", show_default=True, help="memory, or eth-tester for the real contracts.")
@click.option("--leave-one-out", is_flag=True, help="Also measure every round without each of its updates; slow.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("simulations"),
    show_default=True,
    help="Where runs are kept.",
)
@json_option
def simulate(out: Path, guideline: Path | None, as_json: bool, **flags: object) -> None:
    """Simulate a federation of many peers, some of which attack.

    The node's own code on a chain and a store in memory. Rules, preaggregations, optimisers, attacks and partitions
    take parameters as NAME:KEY=VALUE,KEY=VALUE. A run is kept in a folder of --out named by its settings: one that was
    killed goes on where it was, a finished one is read back. The folder receives results.json and simulation.png.
    """
    # What little linear algebra there is gains nothing from threads, and on a busy machine threads wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from rich.console import Console

    from node.guideline import load_guideline
    from node.research.simulation.display import Display, print_results
    from node.research.simulation.run import folder_of, run_simulation
    from node.research.simulation.settings import Settings

    template = load_guideline(guideline).canonical().decode() if guideline else ""
    settings = Settings(**flags, template=template)  # type: ignore[arg-type]
    width = None if sys.stdout.isatty() else LOG_WIDTH
    with Display(Console(stderr=True, width=width), settings.rounds).showing() as display:
        results = run_simulation(settings, out, display)
    if as_json:
        click.echo(json.dumps(results.to_json(), indent=2))
        return
    console = Console(width=width)
    print_results(results, console)
    console.print(f"kept in {folder_of(settings, out)}", highlight=False, soft_wrap=True)
