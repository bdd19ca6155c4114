"""Releases from a member's side: notes, proposing a candidate with the vote to publish it, fetching what was released.

Writing the adapter folder is `node.learning.release`'s, voting `node.chain.governance`'s.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aggregator import canonical
from aggregator.averaging import LARGEST_AVERAGE
from aggregator.errors import AggregatorError
from aggregator.fields import Fields
from node.chain.federation import Federation
from node.chain.governance import Call, Governance
from node.chain.views import CandidateView
from node.errors import ChainError, ConfigError, ContentCorrupted
from node.guideline import GUIDELINE_LIMIT, Guideline, describe_validation, parse_guideline
from node.peer.averaging import averaged_state
from node.peer.history import Finalisation, History, RoundHistory
from node.peer.inputs import STATE_LIMIT, load_state
from node.peer.trainer import FROZEN_LIMIT
from node.ports import ContentStore
from node.types import Cid, RoundId

__all__ = [
    "NOTES_LIMIT",
    "DraftNotes",
    "Proposed",
    "ReleaseNotes",
    "ReleasedState",
    "fetch_release",
    "load_notes",
    "propose_release",
    "read_draft",
    "released_candidate",
]

NOTES_LIMIT = 1 << 20  # bytes
FORMAT = 1
TITLE_LIMIT = 200  # characters
ITEM_LIMIT = 64
ITEM_CHARACTERS = 2000


@dataclass(frozen=True)
class ReleaseNotes:
    """The structured notes of a release candidate; `metrics` maps names to decimal numbers in text.

    What is released is the mean of the candidate's state and of the `averaged` − 1 states before it.
    """

    title: str
    changes: tuple[str, ...]
    metrics: Mapping[str, str]
    round: int
    guideline_version: int
    averaged: int = 1

    def to_bytes(self) -> bytes:
        """Canonical JSON, as it is pinned."""
        members = asdict(self) | {"changes": list(self.changes), "metrics": dict(self.metrics), "format": FORMAT}
        return canonical.dumps(members)

    @classmethod
    def from_bytes(cls, data: bytes) -> "ReleaseNotes":
        """Read what `to_bytes` wrote; raises `aggregator.errors.Malformed` for anything else."""
        fields = Fields(canonical.loads(data, NOTES_LIMIT), ("format", *cls.__dataclass_fields__), "release notes")
        fields.exactly("format", FORMAT)
        metrics = fields.members("metrics", ITEM_LIMIT)
        named = Fields(metrics, metrics, "metrics of the release notes")
        items = dict(enumerate(fields.items("changes", ITEM_LIMIT)))
        changes = Fields({str(place): item for place, item in items.items()}, map(str, items), "changes")
        return cls(
            title=fields.text("title", TITLE_LIMIT),
            changes=tuple(changes.text(str(place), ITEM_CHARACTERS) for place in items),
            metrics={name: named.text(name, TITLE_LIMIT) for name in metrics},
            round=fields.integer("round"),
            guideline_version=fields.integer("guideline_version"),
            averaged=fields.integer("averaged", 1, LARGEST_AVERAGE),
        )


Decimal = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


class DraftNotes(BaseModel):
    """What a person writes about a candidate, as TOML; round and guideline version are added from the chain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=TITLE_LIMIT)
    changes: tuple[Annotated[str, Field(max_length=ITEM_CHARACTERS)], ...] = Field(default=(), max_length=ITEM_LIMIT)
    metrics: dict[Annotated[str, Field(max_length=TITLE_LIMIT)], Decimal] = Field(
        default_factory=dict, max_length=ITEM_LIMIT
    )
    averaged: int = Field(default=1, ge=1, le=LARGEST_AVERAGE)


@dataclass(frozen=True)
class Proposed:
    """A candidate, and the proposal to publish it."""

    candidate: int
    proposal: int
    round: int


@dataclass(frozen=True)
class ReleasedState:
    """What is needed to write a release as an adapter folder; `state` is the mean of `averaged` states."""

    candidate: CandidateView
    averaged: int
    guideline: Guideline
    state: bytes = field(repr=False)
    frozen: bytes = field(repr=False)


def read_draft(path: Path) -> DraftNotes:
    """The draft in a TOML file. Raises `ConfigError` naming file and field."""
    try:
        with path.open("rb") as file:
            data = file.read(NOTES_LIMIT + 1)
        if len(data) > NOTES_LIMIT:
            raise ConfigError(f"{path}: more than {NOTES_LIMIT} bytes; shorten the notes")
        return DraftNotes.model_validate(tomllib.loads(data.decode()))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a TOML file with a title") from error
    except ValidationError as error:
        raise ConfigError(describe_validation(error, str(path))) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def released_candidate(federation: Federation, release: int | None) -> CandidateView:
    """The candidate behind a release, by default the one in force. Raises `ChainError` when there is none."""
    releases = federation.releases()
    if not releases:
        raise ChainError("nothing is released yet; see `fednode release list` for candidates")
    chosen = releases[-1].id if release is None else release
    if not 1 <= chosen <= len(releases):
        raise ChainError(f"there is no release {chosen}; the last one is {len(releases)}")
    return releases[chosen - 1].candidate


def propose_release(
    federation: Federation, store: ContentStore, history: History, draft: DraftNotes | None
) -> Proposed:
    """Propose the last finalised round's state as a candidate, and to the governor that it be published.

    Without a draft the title names the round. Raises `ChainError` when no round has finalised or there are not as many
    states as the draft would average, and the errors of chain and store.
    """
    past, final = _last_finalised(history)
    words = draft or DraftNotes(title=f"State of round {past.round}")
    if words.averaged > 1:
        averaged_state(store, final.record, words.averaged)  # now, not when the vote is over
    notes = ReleaseNotes(words.title, words.changes, words.metrics, past.round, past.version, words.averaged)
    pinned = store.put(notes.to_bytes())
    candidate = federation.propose_release(past.round, final.state, final.record, pinned)
    governance = Governance(federation.chain, federation.deployment)
    proposal = governance.propose(Call.publish(candidate), f"Release candidate {candidate}: {words.title}")
    return Proposed(candidate, proposal, past.round)


def fetch_release(federation: Federation, store: ContentStore, candidate: CandidateView) -> ReleasedState:
    """The bytes of a candidate's state, averaged as its notes say, and of its lineage's frozen tensors.

    Raises the store's errors, and `ChainError` when the notes ask for more states than there are.
    """
    view = federation.guideline(candidate.version)
    guideline = parse_guideline(store.get(view.cid, GUIDELINE_LIMIT))
    header, _ = load_state(store, candidate.state)
    averaged = load_notes(store, candidate.notes).averaged
    state = store.get(candidate.state, STATE_LIMIT)
    if averaged > 1:
        state = averaged_state(store, candidate.record, averaged)
    frozen = store.get(Cid(header.frozen), FROZEN_LIMIT) if header.frozen else b""
    return ReleasedState(candidate, averaged, guideline, state, frozen)


def load_notes(store: ContentStore, cid: Cid) -> ReleaseNotes:
    """A candidate's notes. Raises `ContentCorrupted` when they are none, and the store's errors."""
    try:
        return ReleaseNotes.from_bytes(store.get(cid, NOTES_LIMIT))
    except AggregatorError as error:
        raise ContentCorrupted(f"{cid} is not release notes: {error}; do not vote for this candidate") from error


def _last_finalised(history: History) -> tuple[RoundHistory, Finalisation]:
    past = history.last_finalised_before(RoundId(1 << 40))
    if past is None or past.finalisation is None:
        raise ChainError("no round has finalised yet; a release needs a finalised round")
    return past, past.finalisation
