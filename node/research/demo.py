"""The demo: nine peers, two of them poisoners, train, agree, get paid and release a model, on one machine.

The order of events and nothing else: the stage is `stage`'s, the stepping `ensemble`'s, the words on the terminal
`narration`'s, the files `report`'s and `picture`'s.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from node.chain.deploy import TOKEN
from node.chain.words import Phase
from node.cid import cid_of
from node.errors import ConfigError
from node.guideline import Guideline
from node.learning.benchmark import encode_benchmark, mix
from node.learning.data import DEMO_PACKAGES, SPARE_PACKAGES, DataSource, read_split
from node.learning.jobs import EvaluateJob
from node.learning.measure import measure_folder
from node.learning.release import write_release
from node.learning.worker import PoolTrainer
from node.peer.archive import read_archive, write_archive
from node.peer.audit import audit, history_of
from node.peer.history import History, RoundHistory, fold
from node.peer.inputs import STATE_LIMIT, load_record
from node.peer.releases import DraftNotes, fetch_release, released_candidate
from node.peer.trainer import FROZEN_LIMIT
from node.ports import Metrics
from node.research.comparison import compare
from node.research.federated_run import Setting
from node.research.memory import peak_rss_mb
from node.research.narration import Narrator
from node.research.picture import draw_picture
from node.research.release_vote import publish_release
from node.research.report import Measured, Report, RoundReport, write_report
from node.research.round_summary import gas_summary, summarise_round
from node.research.stage import Character, Stage, set_stage
from node.types import Cid, RoundId

__all__ = ["DemoSettings", "choose_cast", "is_installed", "run_demo"]

PEERS = 9
BENCHMARK_CHARACTERS = 90_000
WORKERS = 2
AFTERMATH = {Phase.FINALISED: "aftermath", Phase.FAILED: "aftermath"}  # reports, penalties and claims


@dataclass(frozen=True)
class DemoSettings:
    """What a person may choose; everything else is the guideline's."""

    out: Path
    guideline: Guideline
    rounds: int = 3
    compare: bool = False


def choose_cast(is_installed: Callable[[str], bool]) -> tuple[Character, ...]:
    """Nine installed packages, of which the last two poison. Raises `ConfigError` when there are too few."""
    found = [package for package in (*DEMO_PACKAGES, *SPARE_PACKAGES) if is_installed(package)][:PEERS]
    if len(found) < PEERS:
        raise ConfigError(
            f"demo: only {len(found)} of its packages are installed, {PEERS} are needed; run scripts/setup"
        )
    characters = [Character(package) for package in found]
    characters[2] = Character(found[2], absent_in=(2,))
    characters[7] = Character(found[7], attack="sign_flip", validates="lies")
    characters[8] = Character(found[8], attack="noise", validates="silent")
    return tuple(characters)


def run_demo(settings: DemoSettings, narrator: Narrator) -> Report:
    """Run it all and write the PNG, the archive and report.json to `settings.out`. Raises what its parts raise."""
    started = time.monotonic()
    cast = choose_cast(is_installed)
    settings.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fednode-demo-") as work, PoolTrainer(WORKERS) as trainer:
        narrator.heading("Founding")
        guideline, benchmark = _with_benchmark(settings.guideline, cast)
        narrator.say(
            f"{len(cast)} founding members on a chain inside this process; the private code of each is an installed "
            "package. Their keystores use a cheap scrypt setting: the keys guard nothing."
        )
        with set_stage(cast, guideline, Path(work), trainer, narrator.progress_of) as stage:
            stage.store.put(benchmark)
            report = _Demo(settings, narrator, stage, trainer, benchmark).run(started)
    report = replace(report, seconds=time.monotonic() - started, peak_rss_mb=peak_rss_mb(WORKERS))
    draw_picture(report, settings.out / "demo.png")
    write_report(report, settings.out / "report.json")
    narrator.summary(report, str(settings.out))
    return report


def is_installed(package: str) -> bool:
    """Whether the distribution is installed in this environment."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _with_benchmark(guideline: Guideline, cast: Sequence[Character]) -> tuple[Guideline, bytes]:
    """The guideline with the pinned benchmark named: held-out code of all members, mixed."""
    held_out = [read_split(DataSource(package=one.package), guideline.data).held_out for one in cast]
    benchmark = encode_benchmark(mix(held_out, BENCHMARK_CHARACTERS))
    named = [one.model_copy(update={"cid": cid_of(benchmark)}) for one in guideline.version_control.benchmarks[:1]]
    version_control = guideline.version_control.model_copy(update={"benchmarks": tuple(named)})
    return guideline.model_copy(update={"version_control": version_control}), benchmark


class _Demo:
    """One run of the demo on a stage that is set."""

    def __init__(
        self, settings: DemoSettings, narrator: Narrator, stage: Stage, trainer: PoolTrainer, benchmark: bytes
    ) -> None:
        self._settings = settings
        self._narrator = narrator
        self._stage = stage
        self._trainer = trainer
        self._benchmark = benchmark
        self._guideline = stage.sealed.guideline
        self._frozen = stage.store.get(Cid(self._guideline.architecture.frozen or ""), FROZEN_LIMIT)
        self._ensemble = stage.ensemble
        self._ensemble.watch = lambda participant, action: narrator.did(participant.name, action)

    def run(self, started: float) -> Report:
        """Base, rounds, release, archive, and the comparison if it was asked for."""
        stage, narrator = self._stage, self._narrator
        stage.meter.reset()
        base = self._measure(None)
        narrator.say(f"The base model's held-out accuracy is {base['accuracy']:.4f}.")
        rounds = tuple(self._round(number) for number in range(1, self._settings.rounds + 1))
        release_id, release = self._release(rounds)
        narrator.measured(_measured(base), _measured(release))
        confirmed = self._archive()
        poisoners = tuple(
            account.lower() for account, one in zip(stage.accounts, stage.cast, strict=True) if not one.honest
        )
        members = {account.lower(): one.package for account, one in zip(stage.accounts, stage.cast, strict=True)}
        tokens = {account.lower(): stage.federation().tokens(account) / TOKEN for account in stage.accounts}
        narrator.tokens(members, tokens, poisoners)
        demo_seconds = time.monotonic() - started
        return Report(
            seconds=demo_seconds,
            peak_rss_mb=0.0,
            base=_measured(base),
            release=_measured(release),
            poisoners=poisoners,
            rounds=rounds,
            members=members,
            tokens=tokens,
            release_id=release_id,
            audit=confirmed,
            compare=self._compare(base, release) if self._settings.compare else None,
        )

    def _round(self, number: int) -> RoundReport:
        stage = self._stage
        self._narrator.heading(f"Round {number}")
        absent = tuple(one.package for one in stage.cast if number in one.absent_in)
        before = self._history()
        with self._narrator.training([one.package for one in stage.cast], self._guideline.update.local_steps):
            self._ensemble.open_round(absent)
            self._ensemble.finish_round(absent)
        history = self._history()
        past = history.rounds[RoundId(number)]
        record = load_record(stage.store, past.finalisation.record) if past.finalisation else None
        metrics = self._measure(past.finalisation.state) if past.finalisation else None
        penalties = history.penalties[len(before.penalties) :]
        summary = summarise_round(past, record, metrics, self._uploads(past), penalties, stage.name_of)
        spent_by_phase = self._ensemble.phase_seconds.items()
        report = replace(
            summary,
            gas=gas_summary(stage.meter.reset()),
            seconds={AFTERMATH.get(phase, phase.name.lower()): spent for phase, spent in spent_by_phase},
            absent=absent,
        )
        self._narrator.round_table(report)
        return report

    def _release(self, rounds: Sequence[RoundReport]) -> tuple[int, Metrics]:
        stage, narrator = self._stage, self._narrator
        narrator.heading("Release")
        voters = [place for place, one in enumerate(stage.cast) if one.honest]
        draft = DraftNotes(
            title="The first federated release",
            changes=(f"Trained by {len(stage.cast)} members in {len(rounds)} rounds.",),
            metrics={"held-out accuracy": f"{rounds[-1].accuracy or 0:.4f}"},
        )
        release_id = publish_release(stage, self._history(), draft, voters)
        narrator.say(f"Release {release_id} was proposed, voted for by {len(voters)} members, queued and published.")
        folder = self._settings.out / "release"
        shutil.rmtree(folder, ignore_errors=True)
        federation = stage.federation()
        released = fetch_release(federation, stage.store, released_candidate(federation, release_id))
        write_release(released.state, released.frozen, released.guideline, folder)
        narrator.say(f"Wrote its PEFT adapter to {folder}, as `fednode release get` does; loading it with plain PEFT.")
        return release_id, measure_folder(folder, self._guideline, self._benchmark)

    def _archive(self) -> tuple[str, ...]:
        """Write the archive, then audit from it alone."""
        stage, directory = self._stage, self._settings.out / "archive"
        shutil.rmtree(directory, ignore_errors=True)
        events = stage.federation().chain.events(stage.deployment.deploy_block)
        write_archive(directory, stage.deployment, events, stage.store)
        archive = read_archive(directory)
        replays = list(audit(history_of(archive.events), archive.store))
        return tuple(f"round {one.round} {'differs' if one.differences else 'confirmed'}" for one in replays)

    def _compare(self, base: Metrics, release: Metrics) -> dict[str, float]:
        self._narrator.heading("Comparison")
        genesis = self._stage.store.get(self._stage.sealed.genesis, STATE_LIMIT)
        setting = Setting(self._guideline, genesis, self._frozen, self._benchmark, self._settings.rounds, self._trainer)
        rows = compare(setting, self._stage.cast, lambda name, value: self._narrator.say(f"  {name}: {value:.4f}"))
        self._narrator.comparison(rows, base.headline, release.headline)
        return rows

    def _measure(self, state: Cid | None) -> Metrics:
        if state is None:
            return self._trainer.evaluate(EvaluateJob(self._guideline, self._benchmark))
        content = self._stage.store.get(state, STATE_LIMIT)
        return self._trainer.evaluate(EvaluateJob(self._guideline, self._benchmark, content, self._frozen))

    def _uploads(self, past: RoundHistory) -> dict[str, int]:
        """Bytes each trainer put on the store: its update."""
        limit = STATE_LIMIT
        return {one.trainer.lower(): len(self._stage.store.get(one.cid, limit)) for one in past.reveals}

    def _history(self) -> History:
        return fold(self._stage.federation().chain.events(self._stage.deployment.deploy_block))


def _measured(metrics: Metrics) -> Measured:
    return Measured(metrics["accuracy"], metrics["perplexity"])
