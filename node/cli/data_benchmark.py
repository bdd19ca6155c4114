"""`fednode data benchmark`: a benchmark out of held-out code. What a benchmark is, is `node.learning.benchmark`'s."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json
from node.types import Cid

if TYPE_CHECKING:
    from node.cli.operator import Operator
    from node.learning.data import DataSource

__all__ = ["benchmark"]

SMALLEST = 1000  # characters


@dataclass(frozen=True)
class MadeBenchmark:
    """The content id, how many texts it holds and how many characters; `file` is None when it was pinned."""

    cid: Cid
    texts: int
    characters: int
    file: str | None


@click.command(epilog="Example: fednode data benchmark public-code --package sympy --guideline guideline.toml")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--package", "packages", multiple=True, help="Also an installed Python package; may be repeated.")
@click.option("--guideline", type=click.Path(path_type=Path), required=True, help="Whose data protocol holds.")
@click.option("--characters", type=click.IntRange(SMALLEST), default=90_000, show_default=True, help="About so many.")
@click.option("--out", type=click.Path(path_type=Path), help="Write it there, and do not pin it.")
@configured
@json_option
def benchmark(
    operator: "Operator",
    folders: tuple[Path, ...],
    packages: tuple[str, ...],
    guideline: Path,
    characters: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make a benchmark of the held-out files or rows of FOLDERS, an equal share of each, and pin it in the store.

    Whoever measures a release reads it, so its texts are published: name code that may be. Put the content id that is
    printed into the guideline's version_control.benchmarks before the federation is deployed.
    """
    from node.cid import cid_of
    from node.files import write_atomically
    from node.guideline import load_guideline
    from node.learning.benchmark import encode_benchmark, mix
    from node.learning.data import read_split

    protocol = load_guideline(guideline).data
    texts = mix([read_split(one, protocol).held_out for one in _sources(folders, packages)], characters)
    content = encode_benchmark(texts)
    if out:
        write_atomically(out, content)
    else:
        operator.store.put(content)
    made = MadeBenchmark(cid_of(content), len(texts), sum(map(len, texts)), str(out) if out else None)
    if as_json:
        print_json(made)
        return
    click.echo(f"{f'wrote {out}' if out else 'pinned'}: {made.texts} texts, {made.characters} characters")
    click.echo(f'cid = "{made.cid}"  # for [[version_control.benchmarks]] of the guideline')


def _sources(folders: tuple[Path, ...], packages: tuple[str, ...]) -> "list[DataSource]":
    """One for each folder and package. Raises `ConfigError` without any."""
    from node.errors import ConfigError
    from node.learning.data import DataSource
    from node.learning.data.check.samples import is_task_data

    if not folders and not packages:
        raise ConfigError("data benchmark: no code was named; name folders or a --package")
    return [
        *(DataSource(built=one) if is_task_data(one) else DataSource(directories=(one,)) for one in folders),
        *(DataSource(package=one) for one in packages),
    ]
