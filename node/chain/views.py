"""What the contracts answer, as typed values. Reading them is `node.chain.federation`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node.chain.words import MemberStatus, Phase, Progress, ProposalState, Role
from node.cid import from_contract
from node.types import Address, Cid, GuidelineVersion, RoundId, TokenWei, UnixSeconds

__all__ = [
    "CandidateView",
    "GuidelineView",
    "LatestView",
    "MemberView",
    "OutcomeView",
    "Parameters",
    "ProposalView",
    "ReleaseView",
    "RoundView",
    "SeatView",
    "cid_or_none",
]

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class RoundView:
    """The current round as the next transaction finds it; `number` 0 before the first.

    `ends_at` is when the phase ends by the clock, for an ended round when disclosing ends. `ended_in` is the phase in
    which a failed round ended. `agreed`: one result has two thirds of the drawn validators.
    """

    number: RoundId
    phase: Phase
    ended_in: Phase
    ends_at: UnixSeconds
    version: GuidelineVersion
    lineage: int
    base: Cid | None
    draw_key: int
    seated_trainers: int
    seated_validators: int
    drawn_trainers: int
    drawn_validators: int
    min_updates: int
    budget: TokenWei
    committed: int
    revealed: int
    vouched: int
    attested: int
    disclosed: int
    agreed: bool

    @classmethod
    def of(cls, said: Answer) -> "RoundView":
        """From `RoundManager.round()`."""
        return cls(
            number=RoundId(said["number"]),
            phase=Phase(said["phase"]),
            ended_in=Phase(said["endedIn"]),
            ends_at=UnixSeconds(said["endsAt"]),
            version=GuidelineVersion(said["version"]),
            lineage=said["lineage"],
            base=cid_or_none(said["base"]),
            draw_key=said["drawKey"],
            seated_trainers=said["seatedTrainers"],
            seated_validators=said["seatedValidators"],
            drawn_trainers=said["drawnTrainers"],
            drawn_validators=said["drawnValidators"],
            min_updates=said["minUpdates"],
            budget=TokenWei(said["budget"]),
            committed=said["committed"],
            revealed=said["revealed"],
            vouched=said["vouched"],
            attested=said["attested"],
            disclosed=said["disclosed"],
            agreed=said["agreed"],
        )

    @property
    def ended(self) -> bool:
        """No round is running."""
        return self.phase in (Phase.NONE, Phase.FINALISED, Phase.FAILED)


@dataclass(frozen=True)
class LatestView:
    """The last finalised round, the `ordinal`-th; `round` and `ordinal` 0 and no content before the first."""

    round: RoundId
    ordinal: int
    state: Cid | None
    record: Cid | None

    @classmethod
    def of(cls, said: Answer) -> "LatestView":
        """From `RoundManager.latest()`."""
        return cls(RoundId(said["round"]), said["ordinal"], cid_or_none(said["state"]), cid_or_none(said["record"]))


@dataclass(frozen=True)
class SeatView:
    """A member's seat in a role (`index` 0: none) and how far it got in the round it last acted in.

    `slot` is reveal order for trainers, order of vouching for validators; `hash` the commitment or disclosed result.
    """

    index: int
    round: RoundId
    progress: Progress
    slot: int
    hash: bytes

    @classmethod
    def of(cls, said: Answer) -> "SeatView":
        """From `RoundManager.seatOf()`."""
        return cls(said["index"], RoundId(said["round"]), Progress(said["progress"]), said["slot"], said["hash"])

    def progress_in(self, round_id: RoundId) -> Progress:
        """How far the member got in this round."""
        return self.progress if self.round == round_id else Progress.NONE


@dataclass(frozen=True)
class OutcomeView:
    """What is remembered of an ended round; `result_hash` empty when no result was agreed."""

    result_hash: bytes
    false_vouchers: int
    disclosable_until: UnixSeconds
    sound: int
    malformed: int

    @classmethod
    def of(cls, said: Answer) -> "OutcomeView":
        """From `RoundManager.outcomeOf()`."""
        agreed = said["resultHash"] if any(said["resultHash"]) else b""
        until = UnixSeconds(said["disclosableUntil"])
        return cls(agreed, said["falseVouchers"], until, said["sound"], said["malformed"])


@dataclass(frozen=True)
class MemberView:
    """A member; `id` 0 and status NONE for a stranger. `bond` includes what is `unbonding`."""

    id: int
    status: MemberStatus
    roles: frozenset[Role]
    fault_points: int
    listed: bool
    airdropped: bool
    unbondable_at: UnixSeconds
    bond: TokenWei
    unbonding: TokenWei
    encryption_key: bytes

    @classmethod
    def of(cls, said: Answer) -> "MemberView":
        """From `Membership.member()`."""
        return cls(
            id=said["id"],
            status=MemberStatus(said["status"]),
            roles=frozenset(role for role in Role if said["roles"] >> role & 1),
            fault_points=said["faultPoints"],
            listed=said["listed"],
            airdropped=said["airdropped"],
            unbondable_at=UnixSeconds(said["unbondableAt"]),
            bond=TokenWei(said["bond"]),
            unbonding=TokenWei(said["unbonding"]),
            encryption_key=said["encryptionKey"],
        )


@dataclass(frozen=True)
class Parameters:
    """`RoundParameters` of IGuidelineRegistry: what the contracts enforce of a guideline; amounts in token wei."""

    trainers: int
    validators: int
    min_trainers: int
    min_validators: int
    min_updates: int
    fault_point_limit: int
    commit_seconds: int
    reveal_seconds: int
    vouch_seconds: int
    attest_seconds: int
    disclose_seconds: int
    budget: TokenWei
    minimum_bond: TokenWei
    airdrop: TokenWei
    hard_penalty: TokenWei
    soft_penalty: TokenWei
    unbond_delay: int

    @classmethod
    def of(cls, said: Answer) -> "Parameters":
        """From `GuidelineRegistry.parametersOf()`."""
        return cls(**{name: said[_camel(name)] for name in cls.__dataclass_fields__})

    def to_contract(self) -> dict[str, int]:
        """The struct as the contracts take it."""
        return {_camel(name): getattr(self, name) for name in self.__dataclass_fields__}

    def phase_seconds(self, phase: Phase) -> int:
        """The longest duration of a phase; 0 for phases that do not end."""
        durations = {
            Phase.COMMIT: self.commit_seconds,
            Phase.REVEAL: self.reveal_seconds,
            Phase.VOUCH: self.vouch_seconds,
            Phase.ATTEST: self.attest_seconds,
            Phase.DISCLOSE: self.disclose_seconds,
        }
        return durations.get(phase, 0)


@dataclass(frozen=True)
class GuidelineView:
    """One version of the guideline: document, lineage, the genesis state of the lineage."""

    version: GuidelineVersion
    cid: Cid
    lineage: int
    genesis: Cid
    parameters: Parameters


@dataclass(frozen=True)
class CandidateView:
    """A release candidate: a finalised round's state, with notes."""

    id: int
    round: RoundId
    version: GuidelineVersion
    lineage: int
    proposer: Address
    state: Cid
    record: Cid
    notes: Cid

    @classmethod
    def of(cls, number: int, said: Answer) -> "CandidateView":
        """From `ReleaseRegistry.candidateOf()`."""
        return cls(
            id=number,
            round=RoundId(said["round"]),
            version=GuidelineVersion(said["version"]),
            lineage=said["lineage"],
            proposer=Address(said["proposer"]),
            state=_cid(said["state"]),
            record=_cid(said["record"]),
            notes=_cid(said["notes"]),
        )


@dataclass(frozen=True)
class ReleaseView:
    """A published release; `rollback_of` is the release it repeats, or 0."""

    id: int
    candidate: CandidateView
    published_at: UnixSeconds
    rollback_of: int


@dataclass(frozen=True)
class ProposalView:
    """A proposal to the governor. Times in unix seconds; votes in voting units; `eta` 0 until queued."""

    id: int
    proposer: Address
    description: str
    targets: tuple[Address, ...]
    calls: tuple[bytes, ...]
    state: ProposalState
    voting_from: UnixSeconds
    voting_until: UnixSeconds
    eta: UnixSeconds
    against: int
    in_favour: int
    abstain: int


def cid_or_none(said: Answer) -> Cid | None:
    """A content id from a contract; None for the zero value."""
    return _cid(said) if any(said["digest"]) else None


def _cid(said: Answer) -> Cid:
    return from_contract(said["digest"], said["codec"])


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
