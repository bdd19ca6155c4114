"""RoundClock: where the current round stands, as a function of counts and time.

`World.round` is how the last transaction left it; `as_of` walks it forward with the clock, and a round that cannot
succeed any more has failed without anybody saying so.
"""

from dataclasses import replace

from node.chain.model.calls import Message, Reverted
from node.chain.model.roster import apply_changes, is_drawn_by_lot, seat_of
from node.chain.model.state import CurrentRound, Seat, World
from node.chain.words import Phase, Role
from node.types import Address

__all__ = [
    "apply_roster_changes",
    "as_of",
    "end_early",
    "in_phase",
    "is_drawn",
    "is_running",
    "is_two_thirds",
    "require_drawn",
]


def as_of(world: World, message: Message) -> CurrentRound:
    """The current round now."""
    current = world.round
    while is_running(current.phase) and message.now >= current.ends_at:
        if not _has_succeeded(current):
            return replace(current, phase=Phase.FAILED, ended_in=current.phase)
        if current.phase is Phase.DISCLOSE:
            return current  # agreed: waits for `finalise`
        current = _enter_next(current, current.ends_at)
    return current


def in_phase(world: World, message: Message, number: int, needed: Phase) -> CurrentRound:
    """The current round now, for a call that needs round `number` to be in this phase."""
    current = as_of(world, message)
    if current.number != number:
        raise Reverted("RoundManagerWrongRound", number, current.number)
    if current.phase is not needed:
        raise Reverted("RoundManagerWrongPhase", number, current.phase, needed)
    return current


def end_early(current: CurrentRound, message: Message) -> CurrentRound:
    """The next phase, because everybody has acted."""
    return _enter_next(current, message.now)


def is_drawn(world: World, account: Address, role: Role) -> bool:
    """Whether an account is drawn for the current round in a role."""
    current, index = world.round, seat_of(world, account, role).index
    if index == 0:
        return False
    trains = role is Role.TRAINER
    count = current.seated_trainers if trains else current.seated_validators
    drawn = current.drawn_trainers if trains else current.drawn_validators
    return count <= drawn or is_drawn_by_lot(index, count, drawn, current.draw_key, role)


def require_drawn(world: World, message: Message, role: Role) -> Seat:
    """The caller's seat, if it is drawn."""
    if not is_drawn(world, message.sender, role):
        raise Reverted("RoundManagerNotDrawn", world.round.number, message.sender, role)
    return seat_of(world, message.sender, role)


def apply_roster_changes(world: World, message: Message) -> World:
    """Apply up to 32 queued changes while no round runs. Anyone."""
    current = as_of(world, message)
    if is_running(current.phase):
        raise Reverted("RosterFrozen", current.number)
    return apply_changes(world)


def is_running(phase: Phase) -> bool:
    """Whether a round in this phase has begun and not ended."""
    return Phase.NONE < phase < Phase.FINALISED


def is_two_thirds(part: int, whole: int) -> bool:
    """Whether the part is at least two thirds of the whole."""
    return 3 * part >= 2 * whole


def _has_succeeded(current: CurrentRound) -> bool:
    """Whether the phase, now over, leaves a round that can still be finalised."""
    match current.phase:
        case Phase.COMMIT:
            return current.committed >= current.terms.min_updates
        case Phase.REVEAL:
            return current.revealed >= current.terms.min_updates
        case Phase.VOUCH:
            return is_two_thirds(current.vouched, current.drawn_validators)
        case Phase.ATTEST:
            return is_two_thirds(current.attested, current.drawn_validators)
    return current.agreed


def _enter_next(current: CurrentRound, moment: int) -> CurrentRound:
    phase = Phase(current.phase + 1)
    return replace(current, phase=phase, ends_at=moment + current.terms.phase_seconds(phase))
