"""`fednode demo`: its flags. What it does is `node.research`'s."""

import sys
from pathlib import Path

import click

__all__ = ["demo"]

LOG_WIDTH = 150  # columns, where nobody's window decides


@click.command(epilog="Example: fednode demo --rounds 3 --out demo-out")
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True, help="Results.")
@click.option("--rounds", type=click.IntRange(3, 100), default=3, show_default=True, help="Rounds to run.")
@click.option(
    "--guideline",
    type=click.Path(path_type=Path),
    default=Path("guideline.toml"),
    show_default=True,
    help="The federation's guideline.",
)
@click.option("--compare", is_flag=True, help="Also FedAvg under attack, no poisoners, each alone, centralised.")
def demo(out: Path, rounds: int, guideline: Path, compare: bool) -> None:
    """See all of it in two minutes on this machine.

    Nine peers, two of them poisoners, train on an in-process chain, agree, get paid and release a model. The folder
    --out receives report.json, a picture and an archive that `fednode audit --archive` replays.
    """
    from rich.console import Console

    from node.guideline import load_guideline
    from node.research.demo import DemoSettings, run_demo
    from node.research.narration import Narrator

    settings = DemoSettings(out=out, guideline=load_guideline(guideline), rounds=rounds, compare=compare)
    run_demo(settings, Narrator(Console(width=None if sys.stdout.isatty() else LOG_WIDTH)))
