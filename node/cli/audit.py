"""`fednode audit`: execute past rounds again, from the chain and the store or from an archive."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from node.cli.settings import configured
from node.cli.show import json_option, print_json
from node.types import RoundId

if TYPE_CHECKING:
    from node.cli.operator import Operator
    from node.peer.audit import Replay
    from node.peer.history import History
    from node.ports import ContentStore
    from node.research.leave_one_out import RoundEffects

__all__ = ["audit"]


@dataclass(frozen=True)
class AuditReport:
    """Every replayed round, whether all of them were confirmed, and what each update was worth if that was asked."""

    confirmed: bool
    rounds: tuple["Replay", ...]
    effects: tuple["RoundEffects", ...] = ()


@click.command(epilog="Example: fednode audit --archive demo-out/archive --round 2")
@configured
@click.option("--round", "number", type=click.IntRange(1), help="Only this round.")
@click.option("--archive", type=click.Path(path_type=Path), help="Read this archive; no chain and no config needed.")
@click.option(
    "--leave-one-out",
    is_flag=True,
    help="Also measure, on the guideline's benchmark, every round's result without each update.",
)
@json_option
def audit(operator: "Operator", number: int | None, archive: Path | None, leave_one_out: bool, as_json: bool) -> None:
    """Execute past rounds again and compare every byte with what the validators agreed on.

    Exits with 10 and says where when a round differs.
    """
    from node.peer.audit import audit as replays
    from node.peer.audit import require_confirmed

    history, store = _from_archive(archive) if archive else _from_chain(operator)
    done: list[Replay] = []
    effects: list[RoundEffects] = []
    for one in replays(history, store, RoundId(number) if number else None):
        done.append(one)
        if not as_json:
            _say(one)
        if leave_one_out and one.confirmed and one.status == "finalised":
            if not as_json:
                click.echo("  measuring its result without each update …")
            effects.append(_measured(history, one.round, store))
            if not as_json:
                _say_effects(effects[-1])
    if as_json:
        print_json(AuditReport(all(one.confirmed for one in done), tuple(done), tuple(effects)))
    elif not done:
        click.echo("no round was opened yet; there is nothing to confirm")
    require_confirmed(done)


def _from_archive(directory: Path) -> "tuple[History, ContentStore]":
    from node.peer.archive import read_archive
    from node.peer.audit import history_of

    archive = read_archive(directory)
    return history_of(archive.events), archive.store


def _from_chain(operator: "Operator") -> "tuple[History, ContentStore]":
    return operator.history, operator.store


def _measured(history: "History", number: RoundId, store: "ContentStore") -> "RoundEffects":
    from node.learning.worker import LocalTrainer
    from node.peer.inputs import gather
    from node.research.leave_one_out import benchmark_measure, round_effects

    inputs = gather(history, number, store)
    with LocalTrainer() as trainer:
        return round_effects(inputs, benchmark_measure(inputs, store, trainer))


def _say_effects(effects: "RoundEffects") -> None:
    click.echo(f"  {effects.metric} {effects.measured:.4f}; so much lower without the update of (95 % interval):")
    for trainer, one in effects.by_trainer.items():
        click.echo(f"  {trainer}  {one.value:+.5f}  ({one.low:+.5f} to {one.high:+.5f})")


def _say(replay: "Replay") -> None:
    if replay.differences:
        click.echo(f"round {replay.round}: {replay.status}, DIFFERS")
        for difference in replay.differences:
            click.echo(f"  {difference}")
    elif replay.agreed:
        click.echo(f"round {replay.round}: {replay.status}, confirmed")
    else:
        click.echo(f"round {replay.round}: {replay.status}, no result to confirm")
