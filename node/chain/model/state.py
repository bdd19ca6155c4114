"""What the contracts hold, as values: one dataclass for each concern, and the `World` that they make up.

Fields that are named in the contracts' interfaces mean what is said there; amounts are token wei, times unix seconds.
Nothing here changes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from node.chain.deploy import VotingSettings
from node.chain.views import Parameters
from node.chain.words import MemberStatus, Phase, Progress, Role
from node.types import NOBODY, Address, TokenWei

__all__ = [
    "ALL_SLOTS",
    "NO_CONTENT",
    "REMEMBERED",
    "Candidate",
    "Content",
    "CurrentRound",
    "Emitted",
    "Finalised",
    "Governor",
    "Guideline",
    "Guidelines",
    "Holding",
    "Member",
    "Members",
    "Outcome",
    "Past",
    "Proposal",
    "Release",
    "Releases",
    "Result",
    "Results",
    "Rewards",
    "Roster",
    "Seat",
    "Setup",
    "Token",
    "Wish",
    "World",
]

REMEMBERED = 8  # ended rounds that can still be settled, and roots that can still be claimed from
ALL_SLOTS = (1 << 256) - 1
NO_TERMS = Parameters(**dict.fromkeys(Parameters.__dataclass_fields__, TokenWei(0)))


class Content(NamedTuple):
    """A content id as the contracts keep it: sha2-256 of the root block, and codec."""

    digest: bytes
    codec: int


NO_CONTENT = Content(bytes(32), 0)


class Result(NamedTuple):
    """`Result` of IRoundManager, as it was sent."""

    included: int
    malformed: int
    false_vouchers: int
    record: Content
    state: Content
    ledger_root: bytes


@dataclass(frozen=True)
class Emitted:
    """An event of the transaction that is being executed."""

    contract: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Setup:
    """What the constructors fixed for good; `update_domain` and `result_domain` bind commitments to this deployment."""

    addresses: Mapping[str, Address]
    founders_root: bytes
    token_name: str
    token_symbol: str
    voting: VotingSettings
    update_domain: bytes
    result_domain: bytes


@dataclass(frozen=True)
class Holding:
    """An account's tokens: `voting` of the `balance` vote; `known` once it was minted to."""

    balance: int = 0
    earned: int = 0
    voting: int = 0
    retired: bool = False
    known: bool = False
    delegate: Address = NOBODY


Checkpoints = tuple[tuple[int, int], ...]  # (time, value), oldest first, one for each time at most


@dataclass(frozen=True)
class Token:
    """ContributionToken: who holds what, and the history of votes by delegate and in total, in voting units."""

    supply: int = 0
    holdings: Mapping[Address, Holding] = field(default_factory=dict)
    votes: Mapping[Address, Checkpoints] = field(default_factory=dict)
    total_votes: Checkpoints = ()


@dataclass(frozen=True)
class Member:
    """`Member` of IMembership."""

    id: int = 0
    status: MemberStatus = MemberStatus.NONE
    roles: int = 0
    fault_points: int = 0
    listed: bool = False
    airdropped: bool = False
    unbondable_at: int = 0
    bond: int = 0
    unbonding: int = 0
    encryption_key: bytes = bytes(32)


@dataclass(frozen=True)
class Members:
    """Membership: everybody ever admitted, and the accounts by id (from 1)."""

    by_account: Mapping[Address, Member] = field(default_factory=dict)
    by_id: tuple[Address, ...] = ()


@dataclass(frozen=True)
class Guideline:
    """`Guideline` of IGuidelineRegistry."""

    guideline: Content
    lineage: int
    genesis_state: Content


@dataclass(frozen=True)
class Guidelines:
    """GuidelineRegistry: versions are numbered from 1, so version v is at place v − 1."""

    current: int = 0
    lineages: int = 0
    versions: tuple[tuple[Guideline, Parameters], ...] = ()


@dataclass(frozen=True)
class Seat:
    """`Seat` of IRoster: a place on the list of a role (`index` 0: none) and the latest entry."""

    index: int = 0
    round: int = 0
    progress: Progress = Progress.NONE
    slot: int = 0
    hash: bytes = bytes(24)


@dataclass(frozen=True)
class Wish:
    """What Membership last asked for an account, and whether it waits in the queue."""

    roles: int = 0
    queued: bool = False


@dataclass(frozen=True)
class Roster:
    """Who can be drawn: lists by role, seats, and the queue of accounts whose wishes apply between rounds."""

    seated: tuple[tuple[Address, ...], tuple[Address, ...]] = ((), ())
    seats: Mapping[tuple[Role, Address], Seat] = field(default_factory=dict)
    wishes: Mapping[Address, Wish] = field(default_factory=dict)
    queue: tuple[Address, ...] = ()
    applied: int = 0  # changes so far: equal numbers mean equal lists
    expected: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class CurrentRound:
    """The current round as the last transaction left it; `node.chain.model.clock` says how it is now.

    `terms` are the parameters when it opened, `tallies` count the validators that disclosed each result in time,
    `entered` those with a slot; `salts` accumulates the revealed salts of all rounds.
    """

    number: int = 0
    phase: Phase = Phase.NONE
    ended_in: Phase = Phase.NONE
    ends_at: int = 0
    agreed: bool = False
    committed: int = 0
    revealed: int = 0
    vouched: int = 0
    attested: int = 0
    disclosed: int = 0
    entered: int = 0
    drawn_trainers: int = 0
    drawn_validators: int = 0
    seated_trainers: int = 0
    seated_validators: int = 0
    salts: int = 0
    version: int = 0
    lineage: int = 0
    base: Content = NO_CONTENT
    draw_key: int = 0
    terms: Parameters = NO_TERMS
    roster_version: int = 0
    tallies: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """`Outcome` of IRoundManager."""

    result_hash: bytes = bytes(24)
    false_vouchers: int = 0
    disclosable_until: int = 0
    sound: int = 0
    malformed: int = 0


@dataclass(frozen=True)
class Past:
    """Settlement: what the last rounds cost, round r at place r mod 8; `ended_in` of rounds without a result."""

    outcomes: tuple[Outcome, ...] = (Outcome(disclosable_until=1, sound=ALL_SLOTS),) * REMEMBERED
    ended_in: tuple[Phase, ...] = (Phase.NONE,) * REMEMBERED


@dataclass(frozen=True)
class Finalised:
    """What a release must prove: first 28 bytes of keccak256(abi.encode(state, record)), and the guideline version."""

    content_hash: bytes = bytes(28)
    version: int = 0


@dataclass(frozen=True)
class Results:
    """What finalised rounds leave behind: the last one's `round`, `ordinal`, `lineage`, `version` and contents.

    `failures` in a row under the current version. A `rollback` is the state that the next round starts from, with its
    lineage; it holds until a round that started from it (`rollback_in_use`) has finalised.
    """

    ordinal: int = 0
    round: int = 0
    lineage: int = 0
    version: int = 0
    state: Content = NO_CONTENT
    record: Content = NO_CONTENT
    failures: int = 0
    rollback: tuple[Content, int] | None = None
    rollback_in_use: bool = False
    finalised: Mapping[int, Finalised] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewards:
    """Claims: budgets of all finalised rounds, what was minted of them, and the last roots by ordinal."""

    mintable: int = 0
    minted: int = 0
    roots: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """`Candidate` of IReleaseRegistry."""

    round: int
    version: int
    lineage: int
    proposer: Address
    state: Content
    record: Content
    notes: Content


@dataclass(frozen=True)
class Release:
    """`Release` of IReleaseRegistry."""

    candidate_id: int
    published_at: int
    rollback_of: int


@dataclass(frozen=True)
class Releases:
    """ReleaseRegistry: candidates and releases are numbered from 1; `published` maps a candidate to its release."""

    candidates: tuple[Candidate, ...] = ()
    releases: tuple[Release, ...] = ()
    published: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A proposal to the governor; `counts` are the votes against, for and abstaining, `eta` 0 until queued."""

    proposer: Address
    starts: int
    ends: int
    eta: int = 0
    executed: bool = False
    extended: int = 0
    counts: tuple[int, int, int] = (0, 0, 0)
    voters: frozenset[Address] = frozenset()


@dataclass(frozen=True)
class Governor:
    """FederationGovernor and TimelockController: proposals by id, and when an operation may be executed (1: it was)."""

    proposals: Mapping[int, Proposal] = field(default_factory=dict)
    operations: Mapping[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """Everything the seven contracts hold, and the events of the transaction that is being executed."""

    setup: Setup
    token: Token = Token()
    members: Members = Members()
    guidelines: Guidelines = Guidelines()
    roster: Roster = Roster()
    round: CurrentRound = CurrentRound()
    past: Past = Past()
    results: Results = Results()
    rewards: Rewards = Rewards()
    releases: Releases = Releases()
    governor: Governor = Governor()
    log: tuple[Emitted, ...] = ()
