"""`fednode release`: propose, list and download releases."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json, print_table

if TYPE_CHECKING:
    from node.chain.views import CandidateView, ReleaseView
    from node.cli.operator import Operator

__all__ = ["release"]


@dataclass(frozen=True)
class ReleaseList:
    """Every candidate and every release, in order."""

    candidates: "tuple[CandidateView, ...]"
    releases: "tuple[ReleaseView, ...]"


@click.group(no_args_is_help=True)
def release() -> None:
    """Propose, list or download releases."""


@release.command(epilog="Example: fednode release propose --notes notes.toml")
@configured
@click.option(
    "--notes",
    type=click.Path(path_type=Path),
    help="TOML file: title, optionally changes, averaged, [metrics].",
)
@json_option
def propose(operator: "Operator", notes: Path | None, as_json: bool) -> None:
    """Propose the last finalised round's state as a release, and a vote on publishing it.

    With "averaged = 8" in the notes, what is released is the mean of the last eight states.
    """
    from node.peer.releases import propose_release, read_draft

    draft = read_draft(notes) if notes else None
    done = propose_release(operator.federation, operator.store, operator.history, draft)
    if as_json:
        print_json(done)
    else:
        click.echo(f"candidate {done.candidate}: the state of round {done.round}")
        click.echo(f"proposal {done.proposal}; see `fednode proposals`")


@release.command("list", epilog="Example: fednode release list --json")
@configured
@json_option
def list_releases(operator: "Operator", as_json: bool) -> None:
    """List candidates and releases; the last release is in force."""
    federation = operator.reader
    found = ReleaseList(federation.candidates(), federation.releases())
    if as_json:
        print_json(found)
        return
    candidates = [(one.id, one.round, one.version, one.proposer, one.state) for one in found.candidates]
    print_table("Candidates", ("id", "round", "guideline", "proposer", "state"), candidates)
    releases = [(one.id, one.candidate.id, one.candidate.round, one.rollback_of or "") for one in found.releases]
    print_table("Releases", ("id", "candidate", "round", "rollback of"), releases)


@release.command(epilog="Example: fednode release get my-adapter")
@configured
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--release", "number", type=click.IntRange(1), help="Another release than the one in force.")
def get(operator: "Operator", directory: Path, number: int | None) -> None:
    """Write a release as a standard PEFT adapter folder, which loads without fednode."""
    from node.peer.releases import fetch_release, released_candidate

    federation = operator.reader
    released = fetch_release(federation, operator.store, released_candidate(federation, number))

    from node.learning.release import write_release  # torch and peft take seconds: not before all bytes are here

    write_release(released.state, released.frozen, released.guideline, directory)
    what = "the state of" if released.averaged == 1 else f"the mean of the last {released.averaged} states up to"
    click.echo(f"wrote {directory}: {what} round {released.candidate.round}")
