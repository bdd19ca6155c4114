"""What a node does next: one pure function from what it sees to one action.

Deciding lives here, doing in `peer`. Nothing here reads a chain, a store, a journal or a clock.
"""

from dataclasses import dataclass
from typing import TypeAlias

from node.chain.words import Phase, Progress, Role
from node.types import Address, RoundId, UnixSeconds

__all__ = [
    "Action",
    "Attest",
    "Claim",
    "Commit",
    "Disclose",
    "Fetch",
    "Finalise",
    "Open",
    "ReportSilence",
    "Resume",
    "Reveal",
    "Settle",
    "Situation",
    "Train",
    "Vouch",
    "Wait",
    "next_action",
]


@dataclass(frozen=True)
class Wait:
    """Nothing to do; `reason` is for the operator."""

    reason: str


@dataclass(frozen=True)
class Resume:
    """Ask to be drawn again after too many fault points."""


@dataclass(frozen=True)
class Open:
    """Open the next round."""


@dataclass(frozen=True)
class Train:
    """Train and journal an update for the round."""

    round: RoundId


@dataclass(frozen=True)
class Commit:
    """Commit to the journalled update."""

    round: RoundId


@dataclass(frozen=True)
class Reveal:
    """Pin the update and open the commitment."""

    round: RoundId


@dataclass(frozen=True)
class Fetch:
    """Fetch what was revealed and is not held yet."""

    round: RoundId


@dataclass(frozen=True)
class Vouch:
    """Vouch for everything held."""

    round: RoundId


@dataclass(frozen=True)
class Attest:
    """Conclude the round and commit to the result."""

    round: RoundId


@dataclass(frozen=True)
class Disclose:
    """Disclose the attested result."""

    round: RoundId


@dataclass(frozen=True)
class Finalise:
    """End the round with the result that two thirds agree on."""

    round: RoundId


@dataclass(frozen=True)
class ReportSilence:
    """Report a member who was drawn and did nothing."""

    round: RoundId
    account: Address
    role: Role


@dataclass(frozen=True)
class Settle:
    """Apply the penalties that a member's last entries deserve."""

    account: Address


@dataclass(frozen=True)
class Claim:
    """Claim earned tokens."""


Action: TypeAlias = (
    Wait
    | Resume
    | Open
    | Train
    | Commit
    | Reveal
    | Fetch
    | Vouch
    | Attest
    | Disclose
    | Finalise
    | ReportSilence
    | Settle
    | Claim
)


@dataclass(frozen=True)
class Situation:
    """What the node knows when it decides.

    `trainer` and `validator` are this member's progress in the current round, None when it is not drawn in that role.
    `undisclosed` names a round that was attested and can still be disclosed. `update_ready` and `result_ready` say that
    the journal holds them for the current round. `held` of `revealed` updates are in the store. `my_turn` spreads work
    that anyone may do, so that not everybody pays for it. `silent` and `unsettled` are members worth reporting.
    """

    round: RoundId
    phase: Phase
    ends_at: UnixSeconds
    now: UnixSeconds
    phase_seconds: int
    agreed: bool
    suspended: bool
    can_open: bool
    trainer: Progress | None
    validator: Progress | None
    undisclosed: RoundId | None
    update_ready: bool
    result_ready: bool
    revealed: int
    held: int
    my_turn: bool
    silent: tuple[tuple[Address, Role], ...]
    unsettled: tuple[Address, ...]
    claimable: int

    @property
    def ended(self) -> bool:
        """No round is running."""
        return self.phase in (Phase.NONE, Phase.FINALISED, Phase.FAILED)

    @property
    def late(self) -> bool:
        """Less than a third of the phase is left: act with what there is."""
        return (self.ends_at - self.now) * 3 < self.phase_seconds


def next_action(situation: Situation) -> Action:
    """The one most useful thing to do now: obligations with a deadline first, then what anyone may do, then rewards."""
    return _recover(situation) or _oblige(situation) or _serve(situation) or _collect(situation)


def _recover(seen: Situation) -> Action | None:
    if seen.suspended:
        return Resume()
    if seen.undisclosed is not None and (seen.undisclosed != seen.round or seen.phase != Phase.ATTEST):
        return Disclose(seen.undisclosed)
    return None


def _oblige(seen: Situation) -> Action | None:
    """What this member was drawn for, in the current phase."""
    match seen.phase:
        case Phase.COMMIT if seen.trainer is Progress.NONE:
            return Commit(seen.round) if seen.update_ready else Train(seen.round)
        case Phase.REVEAL if seen.trainer is Progress.COMMITTED and seen.update_ready:
            return Reveal(seen.round)
        case Phase.VOUCH if seen.validator is Progress.NONE:
            return Fetch(seen.round) if seen.held < seen.revealed and not seen.late else Vouch(seen.round)
        case Phase.ATTEST if seen.validator in (Progress.NONE, Progress.VOUCHED):
            return Attest(seen.round)
    return None


def _serve(seen: Situation) -> Action | None:
    """What anyone may do, when it is this node's turn."""
    if not seen.my_turn:
        return None
    if seen.phase is Phase.DISCLOSE and seen.agreed and seen.result_ready:
        return Finalise(seen.round)
    if not seen.ended:
        return None
    if seen.silent:
        account, role = seen.silent[0]
        return ReportSilence(seen.round, account, role)
    if seen.unsettled:
        return Settle(seen.unsettled[0])
    return Open() if seen.can_open and not seen.claimable else None


def _collect(seen: Situation) -> Action:
    if seen.claimable:
        return Claim()
    if seen.ended:
        return Wait("the round has ended; waiting for the next one" if seen.can_open else "too few members are seated")
    return Wait(f"waiting for {seen.phase.name} of round {seen.round} to end")
