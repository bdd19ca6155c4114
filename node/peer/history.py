"""The chain's events folded into rounds: what everybody who reads the same chain knows.

A pure fold over decoded events; no chain access, no store, no opinion on what should happen next.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from node.chain.words import Progress, Role
from node.cid import format_cid
from node.ports import Event
from node.types import Address, Cid, GuidelineVersion, RoundId, Slot, UnixSeconds

__all__ = [
    "AdoptedGuideline",
    "Disclosure",
    "Finalisation",
    "History",
    "Penalty",
    "Reveal",
    "RoundHistory",
    "Vouch",
    "extend",
    "fold",
]


@dataclass(frozen=True)
class Reveal:
    """A revealed update: `slot` is its order of reveal, `examples` what its trainer says it trained on."""

    slot: Slot
    trainer: Address
    cid: Cid
    examples: int


@dataclass(frozen=True)
class Vouch:
    """A validator's bitmap of the updates it holds; `position` is its validator slot."""

    position: int
    validator: Address
    bitmap: int


@dataclass(frozen=True)
class Disclosure:
    """A disclosed result, by the first 24 bytes of its hash; `credited` when it came in time to be paid."""

    validator: Address
    result_hash: bytes
    credited: bool


@dataclass(frozen=True)
class Finalisation:
    """The agreed result of a finalised round; `ordinal` counts finalised rounds from 1."""

    ordinal: int
    result_hash: bytes
    included: int
    malformed: int
    false_vouchers: int
    record: Cid
    state: Cid
    ledger_root: bytes


@dataclass(frozen=True)
class RoundHistory:
    """Everything the chain says about one round, in order of the chain."""

    round: RoundId
    version: GuidelineVersion
    lineage: int
    base: Cid
    drawn_trainers: int
    drawn_validators: int
    opened_at: UnixSeconds
    commits: tuple[Address, ...] = ()
    reveals: tuple[Reveal, ...] = ()
    vouches: tuple[Vouch, ...] = ()
    attesters: tuple[Address, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    silences: tuple[tuple[Address, int], ...] = ()
    finalisation: Finalisation | None = None
    failed_in: int | None = None
    failed_hash: bytes = b""

    @property
    def agreed_hash(self) -> bytes:
        """First 24 bytes of the agreed result's hash; empty when there is none."""
        return self.finalisation.result_hash if self.finalisation else self.failed_hash

    def progress(self, account: Address, role: Role) -> Progress:
        """How far a member got in this round."""
        if role is Role.TRAINER:
            if any(one.trainer == account for one in self.reveals):
                return Progress.REVEALED
            return Progress.COMMITTED if account in self.commits else Progress.NONE
        if any(one.validator == account for one in self.disclosures):
            return Progress.DISCLOSED
        if account in self.attesters:
            return Progress.ATTESTED
        return Progress.VOUCHED if any(one.validator == account for one in self.vouches) else Progress.NONE

    def credited_validators(self) -> tuple[Address, ...]:
        """Validators who disclosed the agreed result in time to be paid, in address order."""
        agreed = self.agreed_hash
        return tuple(
            sorted(
                (one.validator for one in self.disclosures if agreed and one.credited and one.result_hash == agreed),
                key=str.lower,
            )
        )


@dataclass(frozen=True)
class AdoptedGuideline:
    """One version of the guideline: its document and the genesis state of its lineage."""

    version: GuidelineVersion
    lineage: int
    guideline: Cid
    genesis: Cid


@dataclass(frozen=True)
class Penalty:
    """A penalty that was applied: `kind` 0 silent, 1 soft, 2 hard; `burned` in token wei."""

    block: int
    account: Address
    kind: int
    burned: int
    fault_points: int


@dataclass(frozen=True)
class History:
    """The whole past of a federation; `block` is the last block folded in."""

    block: int = -1
    rounds: Mapping[RoundId, RoundHistory] = field(default_factory=dict)
    guidelines: Mapping[GuidelineVersion, AdoptedGuideline] = field(default_factory=dict)
    penalties: tuple[Penalty, ...] = ()

    def last_finalised_before(self, round_id: RoundId) -> RoundHistory | None:
        """The newest finalised round older than `round_id`."""
        older = (one for one in self.rounds.values() if one.round < round_id and one.finalisation)
        return max(older, key=lambda one: one.round, default=None)


def fold(events: Iterable[Event]) -> History:
    """The history that these events, all since deployment and in chain order, tell."""
    return extend(History(), events)


def extend(history: History, events: Iterable[Event]) -> History:
    """The history with later events added; events of blocks already folded are ignored."""
    rounds, guidelines = dict(history.rounds), dict(history.guidelines)
    penalties, block = list(history.penalties), history.block
    for event in events:
        if event.block <= history.block:
            continue
        block = max(block, event.block)
        if event.name in _ROUND_EVENTS:
            number = RoundId(event.arguments["round"])
            rounds[number] = _ROUND_EVENTS[event.name](rounds.get(number), event)
        elif event.name == "GuidelineAdopted":
            adopted = _adopted(event.arguments)
            guidelines[adopted.version] = adopted
        elif event.name == "MemberPenalised":
            penalties.append(_penalty(event))
    return History(block, rounds, guidelines, tuple(penalties))


def _cid(value: Mapping[str, Any]) -> Cid:
    return format_cid(value["codec"], value["digest"])


def _opened(_: RoundHistory | None, event: Event) -> RoundHistory:
    said = event.arguments
    return RoundHistory(
        round=RoundId(said["round"]),
        version=GuidelineVersion(said["version"]),
        lineage=said["lineage"],
        base=_cid(said["base"]),
        drawn_trainers=said["drawnTrainers"],
        drawn_validators=said["drawnValidators"],
        opened_at=event.timestamp,
    )


def _committed(past: RoundHistory, event: Event) -> RoundHistory:
    return replace(past, commits=(*past.commits, event.arguments["trainer"]))


def _revealed(past: RoundHistory, event: Event) -> RoundHistory:
    said = event.arguments
    reveal = Reveal(Slot(said["slot"]), said["trainer"], _cid(said["cid"]), said["examples"])
    return replace(past, reveals=(*past.reveals, reveal))


def _vouched(past: RoundHistory, event: Event) -> RoundHistory:
    said = event.arguments
    return replace(past, vouches=(*past.vouches, Vouch(said["slot"], said["validator"], said["bitmap"])))


def _attested(past: RoundHistory, event: Event) -> RoundHistory:
    return replace(past, attesters=(*past.attesters, event.arguments["validator"]))


def _disclosed(past: RoundHistory, event: Event) -> RoundHistory:
    said = event.arguments
    disclosure = Disclosure(said["validator"], bytes(said["resultHash"]), said["credited"])
    return replace(past, disclosures=(*past.disclosures, disclosure))


def _finalised(past: RoundHistory, event: Event) -> RoundHistory:
    said, result = event.arguments, event.arguments["result"]
    finalisation = Finalisation(
        ordinal=said["ordinal"],
        result_hash=bytes(said["resultHash"]),
        included=result["included"],
        malformed=result["malformed"],
        false_vouchers=result["falseVouchers"],
        record=_cid(result["record"]),
        state=_cid(result["state"]),
        ledger_root=bytes(result["ledgerRoot"]),
    )
    return replace(past, finalisation=finalisation)


def _failed(past: RoundHistory, event: Event) -> RoundHistory:
    agreed = bytes(event.arguments["resultHash"])
    return replace(past, failed_in=event.arguments["endedIn"], failed_hash=agreed if any(agreed) else b"")


def _silent(past: RoundHistory, event: Event) -> RoundHistory:
    return replace(past, silences=(*past.silences, (event.arguments["account"], event.arguments["role"])))


_ROUND_EVENTS: dict[str, Callable[[Any, Event], RoundHistory]] = {
    "RoundOpened": _opened,
    "UpdateCommitted": _committed,
    "UpdateRevealed": _revealed,
    "UpdatesVouched": _vouched,
    "ResultAttested": _attested,
    "ResultDisclosed": _disclosed,
    "RoundFinalised": _finalised,
    "RoundFailed": _failed,
    "SilenceReported": _silent,
}


def _adopted(said: Mapping[str, Any]) -> AdoptedGuideline:
    return AdoptedGuideline(
        version=GuidelineVersion(said["version"]),
        lineage=said["lineage"],
        guideline=_cid(said["guideline"]),
        genesis=_cid(said["genesisState"]),
    )


def _penalty(event: Event) -> Penalty:
    said = event.arguments
    return Penalty(event.block, said["account"], said["penalty"], said["burned"], said["faultPoints"])
