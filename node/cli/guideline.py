"""`fednode guideline`: start a guideline from a template, pin its base model, check it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.show import json_option, print_json, print_table
from node.errors import GuidelineError
from node.files import write_atomically

if TYPE_CHECKING:
    from node.guideline import Guideline
    from node.learning.jobs import Progress

__all__ = ["guideline"]

FILE = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))


@dataclass(frozen=True)
class Checked:
    """A guideline that can run, in a few words."""

    name: str
    task: str
    model: str
    revision: str
    weights_sha256: str
    rule: str
    faults: int
    trainers_needed: int


@click.group(no_args_is_help=True)
def guideline() -> None:
    """Start a guideline from a template, pin its base model, check it."""


@guideline.command("templates", epilog="Example: fednode guideline templates")
@json_option
def list_templates(as_json: bool) -> None:
    """List the ready guidelines: the source paper's models and tasks, and small ones for two cores."""
    from node.templates import templates

    found = templates()
    if as_json:
        print_json(found)
    else:
        print_table("Templates", ("template", "task", "base model"), [(one.name, one.task, one.model) for one in found])


@guideline.command(epilog="Example: fednode guideline new --template small-completion --out guideline.toml")
@click.option("--template", required=True, help="One of `fednode guideline templates`.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new file.")
def new(template: str, out: Path) -> None:
    """Write a guideline from a template; its comments say where its numbers come from."""
    from node.document import UNPINNED
    from node.templates import read_template

    text = read_template(template)
    if out.exists():
        raise GuidelineError(f"{out}: exists already and is never overwritten; choose another name with --out")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, text.encode())
    then = "pin" if f'"{UNPINNED}"' in text else "check"
    click.echo(f"wrote {out}; edit it, then: fednode guideline {then} {out}")


@guideline.command(epilog="Example: fednode guideline pin guideline.toml")
@FILE
def pin(path: Path) -> None:
    """Fetch the base model, and write its commit and the sha-256 of its weights into FILE.

    Needs the hub, for a model that is not on this machine yet. A small base is pretrained here, which takes a few
    minutes. Nothing else in the file changes.
    """
    from node.pins import pinned, unpinned_guideline

    text = _read(path)
    architecture = unpinned_guideline(text, str(path)).architecture
    with _progress(architecture.model) as progress:
        from node.learning.pinning import find_pin  # torch and transformers: not before the file is known to be sound

        found = find_pin(architecture, progress)
    write_atomically(path, pinned(text, found, str(path)).encode())
    at = f" at {found.revision}" if found.revision else ""
    click.echo(f"{path}: {architecture.model}{at}, weights {found.weights_sha256}")


@guideline.command(epilog="Example: fednode guideline check guideline.toml")
@FILE
@json_option
def check(path: Path, as_json: bool) -> None:
    """Check that FILE is a guideline that can run, and that it names its base model for good.

    Exits with 3 and says which field to change when it is not.
    """
    from node.guideline import load_guideline

    checked = _checked(load_guideline(path), path)
    if as_json:
        print_json(checked)
        return
    click.echo(f"{path}: can run")
    click.echo(f"  {checked.task} with {checked.model} {checked.revision}".rstrip())
    click.echo(f"  rule {checked.rule}, up to {checked.faults} faulty, {checked.trainers_needed} trainers needed")


def _checked(one: "Guideline", path: Path) -> Checked:
    from node.pins import COMMIT

    base = one.architecture
    if "/" in base.model and not COMMIT.fullmatch(base.revision):
        raise GuidelineError(
            f"{path}: architecture.revision: {base.revision!r} can come to mean another model; `fednode guideline pin "
            f"{path}` writes the commit that it stands for now"
        )
    return Checked(
        name=one.name,
        task=one.data.task,
        model=base.model,
        revision=base.revision,
        weights_sha256=base.weights_sha256,
        rule=one.update.rule,
        faults=one.update.faults,
        trainers_needed=one.update.min_trainers,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GuidelineError(f"{path}: cannot be read ({error}); give the path of a guideline file") from error


@contextmanager
def _progress(model: str) -> "Iterator[Progress]":
    """A bar on a terminal, a line now and then elsewhere; it appears once something is pretrained."""
    from rich.console import Console
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    with Bars(console=console, disable=not console.is_terminal, transient=True) as bars:
        bar = bars.add_task(f"pretraining {model}", total=None, visible=False)

        def tell(done: int, steps: int, loss: float) -> None:
            bars.update(bar, completed=done, total=steps, visible=True)
            if not console.is_terminal and done % max(steps // 10, 1) == 0:
                click.echo(f"pretraining {model}: step {done} of {steps}, training loss {loss:.3f}", err=True)

        yield tell
