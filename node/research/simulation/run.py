"""Running a simulation: round after round, each kept as soon as it has ended; what was kept is not played again.

A run lives in a folder named by its settings: `rounds.jsonl`, `work/` as long as it is not finished, and in the end
`results.json` and `simulation.png`.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from aggregator.ledger import Ledger
from node.chain.deploy import TOKEN
from node.errors import ConfigError
from node.files import locked
from node.peer.history import RoundHistory
from node.peer.inputs import LEDGER_LIMIT, STATE_LIMIT, gather, load_record
from node.peer.protocol import Action
from node.ports import Metrics
from node.research.ensemble import Participant
from node.research.leave_one_out import round_effects
from node.research.simulation.federation import SimulatedFederation, open_federation
from node.research.simulation.picture import draw_simulation
from node.research.simulation.results import (
    PeerEffect,
    PeerResult,
    Results,
    RoundResult,
    read_results,
    read_rounds,
    write_results,
)
from node.research.simulation.settings import Settings
from node.types import Cid

__all__ = ["Watcher", "folder_of", "run_simulation"]


class Watcher(Protocol):
    """Is told how far a run is."""

    def resumed(self, rounds: int) -> None:
        """So many rounds were finished before."""

    def acted(self, name: str, action: Action) -> None:
        """A peer did something."""

    def ended(self, result: RoundResult) -> None:
        """A round has ended and is kept."""


def folder_of(settings: Settings, out: Path) -> Path:
    """Where a run with these settings is kept below `out`."""
    rule = settings.rule.partition(":")[0]
    return out / f"{settings.task}-{rule}-{settings.attack.partition(':')[0]}-{settings.key}"


def run_simulation(settings: Settings, out: Path, watcher: Watcher) -> Results:
    """Play what is missing of the run and give its results; a finished run is only read.

    Raises `ConfigError` when no such federation can run, when the folder cannot be used or somebody else uses it, and
    what training raises.
    """
    folder = folder_of(settings, out)
    with _alone_in(folder):
        finished = folder / "results.json"
        if finished.exists():
            results = read_results(settings, finished)
            watcher.resumed(len(results.rounds))
            return results
        results = _play(settings, folder, watcher)
        draw_simulation(results, folder / "simulation.png")
        write_results(results, finished)
        shutil.rmtree(folder / "work", ignore_errors=True)
        return results


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock"):
            yield
    except BlockingIOError:
        raise ConfigError(f"{folder}: another process runs this simulation; wait for it") from None
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used ({error}); name another folder with --out") from error


def _play(settings: Settings, folder: Path, watcher: Watcher) -> Results:
    kept = folder / "rounds.jsonl"
    rounds = read_rounds(kept)
    watcher.resumed(len(rounds))
    with open_federation(settings, folder / "work") as federation, kept.open("ab") as file:
        file.truncate(sum(len(_line(one)) for one in rounds))
        federation.ensemble.watch = _watching(watcher)
        for number in range(len(rounds) + 1, settings.rounds + 1):
            result = _round(federation, number)
            file.write(_line(result))
            file.flush()
            rounds.append(result)
            watcher.ended(result)
        initial = _measured(federation, federation.sealed.genesis).values
        return Results(settings, initial, tuple(rounds), _peers(federation, rounds))


def _watching(watcher: Watcher) -> Callable[[Participant, Action], None]:
    def watch(participant: Participant, action: Action) -> None:
        watcher.acted(participant.name, action)

    return watch


def _line(result: RoundResult) -> bytes:
    return json.dumps(asdict(result)).encode() + b"\n"


def _round(federation: SimulatedFederation, number: int) -> RoundResult:
    """Play a round, unless it was played and only its result is missing."""
    started = time.monotonic()
    past = federation.past(number)
    while past is None:
        federation.play()
        past = federation.past(number)
    return _result(federation, past, time.monotonic() - started)


def _result(federation: SimulatedFederation, past: RoundHistory, seconds: float) -> RoundResult:
    finalisation = past.finalisation
    state = finalisation.state if finalisation else past.base
    record = load_record(federation.store, finalisation.record) if finalisation else None
    places = {one.address.lower(): place for place, one in enumerate(federation.keys)}
    selected = sorted(places[one.trainer] for one in record.updates if one.selected) if record else []
    metrics = _measured(federation, state)
    effects = _effects(federation, past, places) if finalisation and federation.settings.leave_one_out else ()
    return RoundResult(
        round=past.round,
        status="finalised" if finalisation else "failed",
        metric=metrics.headline,
        metrics=dict(metrics.values),
        faults=record.faults if record else 0,
        updates=len(past.reveals),
        selected=tuple(selected),
        selected_poisoners=sum(place >= federation.settings.honest for place in selected),
        state=state,
        record=finalisation.record if finalisation else "",
        seconds=round(seconds, 3),
        effects=effects,
    )


def _effects(federation: SimulatedFederation, past: RoundHistory, places: Mapping[str, int]) -> tuple[PeerEffect, ...]:
    """What every update of the round was worth."""
    inputs = gather(federation.chronicle.read(), past.round, federation.store)
    found = round_effects(inputs, lambda state: federation.task.measure(state, federation.sealed.guideline))
    by_place = {places[trainer.lower()]: effect for trainer, effect in found.by_trainer.items()}
    return tuple(PeerEffect(place, one.value, one.low, one.high) for place, one in sorted(by_place.items()))


def _measured(federation: SimulatedFederation, state: Cid) -> Metrics:
    content = federation.store.get(state, STATE_LIMIT)
    return federation.task.measure(content, federation.sealed.guideline)


def _peers(federation: SimulatedFederation, rounds: list[RoundResult]) -> tuple[PeerResult, ...]:
    records = [one.record for one in rounds if one.record]
    ledger = Ledger()
    if records:
        cid = Cid(load_record(federation.store, Cid(records[-1])).ledger)
        ledger = Ledger.from_bytes(federation.store.get(cid, LEDGER_LIMIT))
    settings = federation.settings
    return tuple(
        PeerResult(
            place=place,
            account=key.address,
            byzantine=place >= settings.honest,
            validates=place < settings.validators,
            examples=federation.task.examples(place),
            earned=ledger.amount(key.address.lower()) / TOKEN,
        )
        for place, key in enumerate(federation.keys)
    )
