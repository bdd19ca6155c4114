"""An archive: a federation's chain log and contents in one folder, from which every round can be replayed for ever.

`federation.json` names chain and contracts, `chain.jsonl` has one event a line (canonical JSON, chain order), `store/`
is a local store with every content that the log names. The log is what its writer read from the chain: comparing it
with a chain is up to the reader. Replaying is `audit`'s.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from aggregator import canonical
from aggregator.errors import AggregatorError
from aggregator.optimiser_state import optimiser_limit
from node.chain.deployment import Deployment
from node.chain.event_json import event_from_json, event_to_json
from node.cid import from_contract
from node.errors import ArchiveMalformed, StoreError
from node.files import write_atomically
from node.peer.history import RoundHistory, fold
from node.peer.inclusion import included_slots
from node.peer.inputs import (
    LEDGER_LIMIT,
    RECORD_LIMIT,
    STATE_LIMIT,
    load_guideline_version,
    load_record,
    load_state,
    update_limit,
)
from node.ports import ContentStore, Event
from node.store.local import LocalStore
from node.types import Cid

__all__ = ["Archive", "read_archive", "write_archive"]

LINE_LIMIT = 4 << 20  # bytes
EVENT_LIMIT = 10_000_000
FROZEN_LIMIT = 1 << 30  # bytes
NOTES_LIMIT = 1 << 20  # bytes
BENCHMARK_LIMIT = 16 << 20  # bytes
FEDERATION_FILE = "federation.json"
LOG_FILE = "chain.jsonl"
STORE_DIRECTORY = "store"


@dataclass(frozen=True)
class Archive:
    """What an archive holds: the deployment, every event since it, and a store with the contents."""

    deployment: Deployment
    events: tuple[Event, ...]
    store: LocalStore


@dataclass(frozen=True)
class _Wanted:
    """A content to archive; one that is not `needed` for a replay may be missing."""

    cid: Cid
    limit: int
    needed: bool = True


def write_archive(directory: Path, deployment: Deployment, events: Iterable[Event], store: ContentStore) -> None:
    """Write a new archive of these events, all since deployment and in chain order: all of it or nothing.

    Raises `ArchiveMalformed` when `directory` exists, `OSError` when it cannot be written, and the store's errors when
    a content that a replay needs cannot be had.
    """
    if directory.exists():
        raise ArchiveMalformed(f"{directory}: exists already; name a folder that does not")
    log = tuple(events)
    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        deployment.save(unfinished / FEDERATION_FILE)
        lines = b"".join(canonical.dumps(event_to_json(event)) + b"\n" for event in log)
        write_atomically(unfinished / LOG_FILE, lines)
        _copy(_wanted(log, store), store, LocalStore(unfinished / STORE_DIRECTORY))
        unfinished.chmod(0o755)
        unfinished.rename(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def read_archive(directory: Path) -> Archive:
    """Read an archive, which may come from anybody; contents are checked when they are used.

    Raises `ArchiveMalformed` naming file and line, and `ConfigError` for its federation file.
    """
    path = directory / LOG_FILE
    try:
        with path.open("rb") as file:
            events = tuple(_events(file, path))
    except OSError as error:
        raise ArchiveMalformed(f"{path}: cannot be read ({error.strerror}); give the folder of an archive") from error
    _require_order(events, path)
    return Archive(Deployment.load(directory / FEDERATION_FILE), events, LocalStore(directory / STORE_DIRECTORY))


def _events(file: BinaryIO, path: Path) -> Iterator[Event]:
    number = 0
    while line := file.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT or number > EVENT_LIMIT:
            raise ArchiveMalformed(f"{path}: line {number}: more than an archive may hold; get the archive again")
        try:
            yield event_from_json(canonical.loads(line.removesuffix(b"\n"), LINE_LIMIT))
        except AggregatorError as error:
            raise ArchiveMalformed(f"{path}: line {number}: {error}; get the archive again") from error


def _require_order(events: Sequence[Event], path: Path) -> None:
    for number, (one, following) in enumerate(pairwise(events), start=2):
        if (one.block, one.index) >= (following.block, following.index):
            raise ArchiveMalformed(f"{path}: line {number}: not in the order of the chain; get the archive again")


def _wanted(events: Sequence[Event], store: ContentStore) -> Iterator[_Wanted]:
    history = fold(events)
    for version, adopted in history.guidelines.items():
        yield _Wanted(adopted.guideline, RECORD_LIMIT)
        yield from _wanted_of_state(adopted.genesis, store)
        benchmarks = load_guideline_version(history, version, store).version_control.benchmarks
        yield from (_Wanted(Cid(one.cid), BENCHMARK_LIMIT, needed=False) for one in benchmarks if one.cid)
    for past in history.rounds.values():
        yield from _wanted_of_round(past, store)
    for event in events:
        if event.name == "CandidateProposed":
            notes = event.arguments["notes"]
            yield _Wanted(from_contract(notes["digest"], notes["codec"]), NOTES_LIMIT, needed=False)


def _wanted_of_state(state: Cid, store: ContentStore) -> Iterator[_Wanted]:
    header, _ = load_state(store, state)
    yield _Wanted(state, STATE_LIMIT)
    if header.frozen:
        yield _Wanted(Cid(header.frozen), FROZEN_LIMIT)


def _wanted_of_round(past: RoundHistory, store: ContentStore) -> Iterator[_Wanted]:
    header, _ = load_state(store, past.base)
    yield _Wanted(past.base, STATE_LIMIT)
    included = included_slots(past.vouches, len(past.reveals), past.drawn_validators)
    for reveal in past.reveals:
        needed = bool(past.agreed_hash) and bool(included >> reveal.slot & 1)
        yield _Wanted(reveal.cid, update_limit(header), needed)
    if past.finalisation:
        yield _Wanted(past.finalisation.state, STATE_LIMIT)
        yield _Wanted(past.finalisation.record, RECORD_LIMIT)
        record = load_record(store, past.finalisation.record)
        yield _Wanted(Cid(record.ledger), LEDGER_LIMIT)
        if record.optimiser_state:
            yield _Wanted(Cid(record.optimiser_state), optimiser_limit(header.length))


def _copy(wanted: Iterable[_Wanted], store: ContentStore, archive: LocalStore) -> None:
    done: set[Cid] = set()
    for one in wanted:
        if one.cid in done:
            continue
        try:
            archive.put(store.get(one.cid, one.limit))
        except StoreError:
            if one.needed:
                raise
        done.add(one.cid)
