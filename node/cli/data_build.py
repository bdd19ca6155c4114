"""`fednode data build`: its flags, and what a person sees of it. The work is `node.learning.data.repositories`'s."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.show import json_option, print_json, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from node.learning.data.repositories.build import Built, Report

__all__ = ["build", "showing"]

LOG_SECONDS = 10  # between two lines where there is no terminal


@click.command(epilog="Example: fednode data build --repo ~/code/shop --repo ~/code/api --task code-search --out data")
@click.option(
    "--repo",
    "repositories",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Top folder of a git repository; may be repeated.",
)
@click.option(
    "--task",
    required=True,
    help="code-completion, code-search, code-to-text, defect-detection, line-completion or program-repair.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the data goes.")
@click.option("--language", "languages", multiple=True, help="Only files in this language; may be repeated.")
@click.option(
    "--commits", type=click.IntRange(1), default=10_000, show_default=True, help="How far to look back for fixes."
)
@click.option(
    "--diff-lines",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Lines that a fix may remove and add.",
)
@click.option(
    "--file-bytes",
    type=click.IntRange(1, 4_194_304),
    default=1_048_576,
    show_default=True,
    help="Larger files are skipped.",
)
@json_option
def build(
    repositories: tuple[Path, ...],
    task: str,
    out: Path,
    languages: tuple[str, ...],
    as_json: bool,
    **limits: int,
) -> None:
    """Turn git repositories into task data.

    Reads what is committed at HEAD, for program-repair and defect-detection the history of bug fixes, in C, Go, Java,
    JavaScript, PHP, Python and Ruby. Writes train.jsonl, valid.jsonl, test.jsonl and manifest.json. The same commits
    give the same bytes; what was parsed before is not parsed again, and a build that was stopped goes on where it was.
    Nothing in a repository is executed, and nothing is fetched or sent.
    """
    from rich.console import Console

    from node.learning.data.repositories import Limits, Order, build_data

    with showing(Console(stderr=True)) as report:
        built = build_data(Order(repositories, task, out, languages, Limits(**limits)), report)
    if as_json:
        print_json(built)
        return
    _print(built, out)


@contextmanager
def showing(console: "Console") -> Iterator["Report"]:
    """Show a bar on a terminal, elsewhere a line now and then."""
    if not console.is_terminal:
        yield _Log(console)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    place = TextColumn("{task.description}", markup=False)  # a file's name is never markup
    with Progress(BarColumn(40), MofNCompleteColumn(), TimeRemainingColumn(), place, console=console) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, where: bar.update(task, completed=done, total=total, description=where)


class _Log:
    """Says now and then how far a build is."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._said = time.monotonic()

    def __call__(self, done: int, total: int, place: str) -> None:
        """Print a line when the last one is a while ago, and in the end."""
        if done == total or time.monotonic() - self._said >= LOG_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"parsed {done} of {total}", highlight=False)


def _print(built: "Built", out: Path) -> None:
    print_table(f"{built.task} in {out}", ("split", "samples"), built.samples.items())
    print_table("languages", ("language", "samples"), built.languages.items())
    click.echo(
        f"{built.contents} contents of {len(built.repositories)} repositories, {built.parsed} of them parsed now"
    )
