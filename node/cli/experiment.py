"""`fednode experiment`: its flags. What it does is `node.research.experiments`'."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.show import json_option

if TYPE_CHECKING:
    from node.research.experiments.design import Experiment

__all__ = ["experiment"]

LOG_WIDTH = 150  # columns, where nobody's window decides
ALL = "all"


@click.group()
def experiment() -> None:
    """Ask the paper's questions: federated against alone and centralised, under several distributions and rules.

    A grid of trainings in this process's children, no chain. Every outcome is kept below --out by the hash of its
    configuration: an experiment that was stopped goes on, a finished one is only reported again. Results: report.md
    with pictures, results.csv, results.parquet, results.json.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        json_option,
        click.option("--plan", "only_plan", is_flag=True, help="List the cells and stop."),
        click.option(
            "--engine",
            type=click.Choice(["processes", "ray"]),
            default="processes",
            show_default=True,
            help="Who computes; ray needs fednode[ray] and takes the cluster that RAY_ADDRESS names.",
        ),
        click.option("--workers", type=click.IntRange(1, 1024), default=2, show_default=True, help="Cells at a time."),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            default=Path("experiments"),
            show_default=True,
            help="Where results are kept.",
        ),
        click.option("--data", type=click.Path(path_type=Path), help="The folder with sets of files, where needed."),
    ):
        command = option(command)
    return command


@experiment.command(epilog="Example: fednode experiment run my-experiment.toml --workers 2")
@click.argument("file", type=click.Path(path_type=Path))
@_options
def run(file: Path, **flags: object) -> None:
    """Run the experiment that FILE describes."""
    from node.research.experiments.design import load_experiment

    _run(load_experiment(file), **flags)  # type: ignore[arg-type]


@experiment.command(epilog="Example: fednode experiment table 3 --template paper-small")
@click.argument("number", type=click.Choice(["1", "2", "3", "4", "5", "repair", ALL]))
@click.option("--template", default="paper-small", show_default=True, help="paper-small or paper-full.")
@_options
def table(number: str, template: str, **flags: object) -> None:
    """Make one of the paper's tables again, or all of them."""
    from node.research.experiments.design import load_experiment, template_path

    chosen = load_experiment(template_path(template))
    if number != ALL:
        chosen = chosen.of_tables([number]).model_copy(update={"name": f"{chosen.name}-{number}"})
    _run(chosen, **flags)  # type: ignore[arg-type]


def _run(
    chosen: "Experiment", out: Path, data: Path | None, workers: int, engine: str, only_plan: bool, as_json: bool
) -> None:
    from rich.console import Console

    from node.research.engines import engine_named
    from node.research.experiments.run import Options, cells_of, kept, run_experiment, summary
    from node.research.progress import showing_cells

    options = Options(out, data, workers, engine_named(engine))
    if only_plan:
        _print_plan(chosen, as_json)
        return
    planned = cells_of(chosen, options)
    console = Console(stderr=True, width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(f"{len(planned)} cells, {kept(planned, options)} of them kept from before", highlight=False)
    with showing_cells(console, len(planned)) as report:
        found = run_experiment(chosen, options, report)
    if as_json:
        click.echo(json.dumps(summary(found), indent=2))
        return
    folder = out / chosen.name
    click.echo((folder / "report.md").read_text())
    click.echo(f"kept in {folder}")


def _print_plan(chosen: "Experiment", as_json: bool) -> None:
    from node.research.experiments.run import outline

    planned = outline(chosen)
    if as_json:
        click.echo(json.dumps([dict(one.cell) for one in planned], indent=2))
        return
    for one in planned:
        click.echo(one.describe())
    click.echo(f"{len(planned)} cells")
