"""Auditing: every round re-executed from chain and store alone, and compared with what the validators agreed on.

Works the same on a live federation and on an archive. Nothing here trusts a record: all of it is computed again by
`conclude`, and a difference is said in words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal, TypeAlias

from aggregator.errors import AggregatorError
from aggregator.optimiser_state import optimiser_limit
from aggregator.record import RoundRecord
from node.chain.commitments import Result
from node.errors import ArchiveMalformed, ConfigError, FednodeError, ReplayMismatch
from node.peer.conclude import Conclusion, conclude
from node.peer.history import Finalisation, History, RoundHistory, fold
from node.peer.inputs import LEDGER_LIMIT, gather, load_record, load_state
from node.ports import ContentStore, Event
from node.types import Cid, RoundId

__all__ = ["Replay", "audit", "history_of", "replay", "require_confirmed"]

Status: TypeAlias = Literal["running", "finalised", "failed"]


@dataclass(frozen=True)
class Replay:
    """One round, executed again: what the chain says became of it, and every difference found, in words.

    `agreed` tells whether the validators agreed on a result at all; without one there is nothing to compare.
    """

    round: RoundId
    status: Status
    agreed: bool
    differences: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """The round came to exactly what the chain says."""
        return not self.differences


def audit(history: History, store: ContentStore, only: RoundId | None = None) -> Iterator[Replay]:
    """Replay every round that has ended, oldest first, or just the one asked for.

    Raises `ConfigError` when there is no such round.
    """
    if only is not None and only not in history.rounds:
        raise ConfigError(f"--round: there is no round {only}; the last one is {max(history.rounds, default=0)}")
    for number in sorted(history.rounds) if only is None else [only]:
        yield replay(history, number, store)


def replay(history: History, round_id: RoundId, store: ContentStore) -> Replay:
    """Fetch, re-hash, decode, aggregate, reward and record a round again, and compare. Never raises for bad content."""
    past = history.rounds[round_id]
    status: Status = "finalised" if past.finalisation else "running" if past.failed_in is None else "failed"
    differences = tuple(_differences(history, past, store)) if past.agreed_hash else ()
    return Replay(round_id, status, bool(past.agreed_hash), differences)


def require_confirmed(replays: Sequence[Replay]) -> None:
    """Raise `ReplayMismatch` naming the first difference, if there is one."""
    for one in replays:
        if one.differences:
            raise ReplayMismatch(
                f"round {one.round} differs: {one.differences[0]}; do not build on this round until that is explained"
            )


def history_of(events: Sequence[Event]) -> History:
    """The history that a log from somebody else tells.

    Raises `ArchiveMalformed` when no chain can have told it, such as a reveal in a round that was never opened.
    """
    try:
        history = fold(events)
    except (FednodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ArchiveMalformed(
            f"the log is not that of a federation ({type(error).__name__}); get the archive again"
        ) from error
    unknown = [one.version for one in history.rounds.values() if one.version not in history.guidelines]
    if unknown:
        raise ArchiveMalformed(f"the log lacks version {unknown[0]} of the guideline; get the archive again")
    return history


def _differences(history: History, past: RoundHistory, store: ContentStore) -> Iterator[str]:
    yield from _of_base(history, past)
    try:
        conclusion = conclude(gather(history, past.round, store))
    except (FednodeError, AggregatorError) as error:
        yield f"cannot be executed again: {error}"
        return
    if past.finalisation:
        yield from _of_result(Result.of(conclusion), past.finalisation)
        yield from _of_contents(conclusion, past.finalisation, store)
    expected = "finalised" if past.finalisation else "failed"
    if conclusion.report.status != expected:
        yield f"status: the chain says {expected}, the replay {conclusion.report.status}"
    if Result.of(conclusion).hash() != past.agreed_hash:
        yield f"result hash: the chain says {past.agreed_hash.hex()}, the replay {Result.of(conclusion).hash().hex()}"


def _of_base(history: History, past: RoundHistory) -> Iterator[str]:
    """A round starts from its lineage's genesis or from a state that an earlier round of the lineage came to."""
    earlier = (one for one in history.rounds.values() if one.round < past.round and one.lineage == past.lineage)
    states = {one.finalisation.state for one in earlier if one.finalisation}
    if past.base not in states | {history.guidelines[past.version].genesis}:
        yield f"base: {past.base} is neither the genesis nor the state of an earlier round of lineage {past.lineage}"


def _of_result(replayed: Result, agreed: Finalisation) -> Iterator[str]:
    """Differences between the two results, member by member; bitmaps are pure functions of the vouches."""
    for field in fields(Result):
        there, here = getattr(agreed, field.name), getattr(replayed, field.name)
        if there != here:
            yield f"{field.name}: the chain says {_shown(there)}, the replay {_shown(here)}"


def _of_contents(replayed: Conclusion, agreed: Finalisation, store: ContentStore) -> Iterator[str]:
    """Whether what the chain names is there, and in which members the agreed record differs from ours."""
    try:
        record = load_record(store, agreed.record)
        header, _ = load_state(store, agreed.state)
        store.get(Cid(record.ledger), LEDGER_LIMIT)
        if record.optimiser_state:
            store.get(Cid(record.optimiser_state), optimiser_limit(header.length))
    except FednodeError as error:
        yield f"cannot be checked: {error}"
        return
    if agreed.record != replayed.record_cid:
        yield from _of_record(record, replayed.report)


def _of_record(agreed: RoundRecord, replayed: RoundRecord) -> Iterator[str]:
    theirs, ours = asdict(agreed), asdict(replayed)
    for name in theirs:
        if name not in ("updates", "validators") and theirs[name] != ours[name]:
            yield f"record.{name}: agreed {_shown(theirs[name])}, the replay {_shown(ours[name])}"
    for kind in ("updates", "validators"):
        yield from _of_items(kind, theirs[kind], ours[kind])


def _of_items(kind: str, theirs: Sequence[dict[str, object]], ours: Sequence[dict[str, object]]) -> Iterator[str]:
    if len(theirs) != len(ours):
        yield f"record.{kind}: agreed {len(theirs)}, the replay {len(ours)}"
        return
    for place, (there, here) in enumerate(zip(theirs, ours, strict=True)):
        for name in there:
            if there[name] != here[name]:
                yield f"record.{kind}[{place}].{name}: agreed {_shown(there[name])}, the replay {_shown(here[name])}"


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return str(value)[:120]
