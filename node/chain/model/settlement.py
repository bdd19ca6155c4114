"""Settlement: what an entry of an ended round costs its owner, and who was silent.

A seat is reused in every round, so an entry is settled by the call that overwrites it, or by anybody before that. Only
the last eight rounds are remembered; older entries cost nothing.
"""

from dataclasses import replace
from typing import TypeVar

from node.chain.model.calls import Message, Reverted, emit
from node.chain.model.clock import as_of, is_drawn, is_running
from node.chain.model.membership import penalise
from node.chain.model.results import count_failure
from node.chain.model.roster import seat_of, with_seat
from node.chain.model.state import ALL_SLOTS, REMEMBERED, CurrentRound, Outcome, Past, Seat, World
from node.chain.words import Penalty, Phase, Progress, Role
from node.types import Address

__all__ = [
    "close",
    "keep_outcome",
    "outcome_at",
    "outcome_of",
    "record_if_failed",
    "report_silence",
    "require_disclosed",
    "settle",
]

MANAGER = "RoundManager"
T = TypeVar("T")


def settle(world: World, message: Message, account: Address) -> World:
    """Settle the entries of an account whose rounds have ended. Anyone."""
    current = as_of(world, message)
    world = record_if_failed(world, current)

    settled = False
    for role in Role:
        if _is_open(world, message, current, seat_of(world, account, role)):
            world, settled = _settle(world, message, current, account, role), True
    if not settled:
        raise Reverted("RoundManagerNothingToSettle", account)
    return world


def report_silence(world: World, message: Message, number: int, account: Address, role: Role) -> World:
    """Report that an account was drawn in the latest round and did nothing. Anyone, until the next round."""
    current, seat = as_of(world, message), seat_of(world, account, role)
    if number != current.number:
        raise Reverted("RoundManagerWrongRound", number, current.number)
    same_lists = current.roster_version == world.roster.applied
    over, drawn = _is_silence_over(current, role), is_drawn(world, account, role)
    if not (same_lists and over and seat.round != number and drawn):
        raise Reverted("RoundManagerNotSilent", number, account, role)
    _require_disclosed(world, message, account, seat)

    world = record_if_failed(world, current)
    world = _mark_settled(world, account, role, number)

    world = emit(world, MANAGER, "SilenceReported", round=number, account=account, role=role)

    world = close(world, message, account, seat, number)
    return penalise(world, message, account, Penalty.SILENT)


def outcome_of(world: World, number: int) -> Outcome:
    """What is remembered of an ended round; nothing for rounds more than seven before the current one."""
    current = world.round
    ended = number < current.number or (number == current.number and not is_running(current.phase))
    remembered = number != 0 and ended and current.number - number < REMEMBERED
    return outcome_at(world, number) if remembered else Outcome()


def outcome_at(world: World, number: int) -> Outcome:
    """The outcome in the place of a round, which is its own once it has ended."""
    return world.past.outcomes[number % REMEMBERED]


def keep_outcome(world: World, number: int, outcome: Outcome) -> World:
    """Remember an outcome in the place of the round eight before."""
    outcomes = _placed(world.past.outcomes, number, outcome)
    return replace(world, past=Past(outcomes, world.past.ended_in))


def record_if_failed(world: World, current: CurrentRound) -> World:
    """Write down a failure that until now only the clock knows of."""
    if current.phase is not Phase.FAILED or world.round.phase is Phase.FAILED:
        return world
    number, ended_in = current.number, current.ended_in
    world = keep_outcome(replace(world, round=current), number, Outcome(sound=ALL_SLOTS))
    world = replace(world, past=Past(world.past.outcomes, _placed(world.past.ended_in, number, ended_in)))
    return emit(count_failure(world), MANAGER, "RoundFailed", round=number, endedIn=ended_in, resultHash=bytes(24))


def close(world: World, message: Message, account: Address, seat: Seat, current: int) -> World:
    """Apply the penalty due for a seat's entry of an ended round. The seat itself is the caller's to overwrite."""
    if seat.progress in (Progress.NONE, Progress.SETTLED) or current - seat.round >= REMEMBERED:
        return world
    is_update = seat.progress in (Progress.COMMITTED, Progress.REVEALED)
    due = _due_of_trainer(world, seat) if is_update else _due_of_validator(world, seat)
    return world if due is None else penalise(world, message, account, due)


def require_disclosed(world: World, message: Message, seat: Seat) -> None:
    """Refuse to start a new entry over the caller's attested result that can still be disclosed."""
    _require_disclosed(world, message, message.sender, seat)


def _require_disclosed(world: World, message: Message, account: Address, seat: Seat) -> None:
    if _can_disclose(world, message, seat):
        until = outcome_at(world, seat.round).disclosable_until
        raise Reverted("RoundManagerDiscloseFirst", seat.round, account, until)


def _is_open(world: World, message: Message, current: CurrentRound, seat: Seat) -> bool:
    if seat.progress in (Progress.NONE, Progress.SETTLED):
        return False
    if seat.round == current.number and is_running(current.phase):
        return False
    return not _can_disclose(world, message, seat)


def _settle(world: World, message: Message, current: CurrentRound, account: Address, role: Role) -> World:
    seat = seat_of(world, account, role)
    world = _mark_settled(world, account, role, seat.round)
    return close(world, message, account, seat, current.number)


def _mark_settled(world: World, account: Address, role: Role, number: int) -> World:
    seat = replace(seat_of(world, account, role), round=number, progress=Progress.SETTLED)
    return with_seat(world, account, role, seat)


def _due_of_trainer(world: World, seat: Seat) -> Penalty | None:
    if seat.progress is Progress.COMMITTED:
        return Penalty.SOFT if _has_passed(world, seat.round, Phase.COMMIT) else None
    outcome = outcome_at(world, seat.round)
    if outcome.sound >> seat.slot & 1:
        return None
    return Penalty.HARD if outcome.malformed >> seat.slot & 1 else Penalty.SOFT


def _due_of_validator(world: World, seat: Seat) -> Penalty | None:
    if seat.progress is not Progress.DISCLOSED:
        return Penalty.SOFT if _has_passed(world, seat.round, Phase.ATTEST) else None
    outcome = outcome_at(world, seat.round)
    if not any(outcome.result_hash):
        return None
    if seat.hash != outcome.result_hash:
        return Penalty.HARD
    return Penalty.SOFT if outcome.false_vouchers >> seat.slot & 1 else None


def _has_passed(world: World, number: int, phase: Phase) -> bool:
    """Whether an ended round got further than `phase`."""
    return any(outcome_at(world, number).result_hash) or world.past.ended_in[number % REMEMBERED] > phase


def _can_disclose(world: World, message: Message, seat: Seat) -> bool:
    if seat.progress is not Progress.ATTESTED or world.round.number - seat.round >= REMEMBERED:
        return False
    return message.now < outcome_at(world, seat.round).disclosable_until


def _is_silence_over(current: CurrentRound, role: Role) -> bool:
    """Whether a member drawn in `role` must have acted by now."""
    if role is Role.TRAINER:
        return current.phase > Phase.COMMIT
    return current.ended_in >= Phase.VOUCH if current.phase is Phase.FAILED else current.phase > Phase.ATTEST


def _placed(ring: tuple[T, ...], number: int, value: T) -> tuple[T, ...]:
    place = number % REMEMBERED
    return (*ring[:place], value, *ring[place + 1 :])
