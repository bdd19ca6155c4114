"""RoundManager: the steps of a round, from `open` to `finalise`.

Phases are `clock`'s, penalties `settlement`'s, claims `rewards`'s, what a finalised round leaves behind `results`'s.
"""

from dataclasses import replace

from eth_utils.crypto import keccak

from node.chain.model import results
from node.chain.model.calls import Message, Reverted, emit, hash_words, require_valid
from node.chain.model.clock import as_of, end_early, in_phase, is_running, is_two_thirds, require_drawn
from node.chain.model.guidelines import guideline_of, parameters_of
from node.chain.model.roster import apply_changes, seat_of, seated, with_seat
from node.chain.model.settlement import close, keep_outcome, outcome_at, record_if_failed, require_disclosed
from node.chain.model.state import REMEMBERED, Content, CurrentRound, Outcome, Result, Seat, World
from node.chain.words import Phase, Progress, Role
from node.types import Address

__all__ = [
    "attest",
    "commit",
    "disclose",
    "finalise",
    "open_",
    "result_commitment",
    "reveal",
    "update_commitment",
    "vouch",
]

MANAGER = "RoundManager"
COMMITMENT_BYTES = 24
KEY_MASK = (1 << 64) - 1


def open_(world: World, message: Message) -> World:
    """Open the next round under the current guideline, once the last one has ended. Anyone."""
    last = as_of(world, message)
    if is_running(last.phase):
        raise Reverted("RoundManagerRunning", last.number, last.phase)

    world = apply_changes(record_if_failed(world, last))
    world, version = results.version_to_run(world)
    opened = _opened(world, message, last, version)
    world, base = results.next_base(world, version)
    opened = replace(opened, base=base)
    world = replace(world, round=opened)

    return emit(
        world,
        MANAGER,
        "RoundOpened",
        round=opened.number,
        version=version,
        lineage=opened.lineage,
        base=base,
        drawKey=opened.draw_key,
        seatedTrainers=opened.seated_trainers,
        seatedValidators=opened.seated_validators,
        drawnTrainers=opened.drawn_trainers,
        drawnValidators=opened.drawn_validators,
    )


def commit(world: World, message: Message, number: int, hash_: bytes) -> World:
    """Commit to an update that stays unknown until COMMIT is over."""
    current = in_phase(world, message, number, Phase.COMMIT)
    seat = require_drawn(world, message, Role.TRAINER)
    if seat.round == number:
        raise Reverted("RoundManagerAlreadyDone", number, message.sender)

    world = _enter(world, message, Role.TRAINER, Seat(seat.index, number, Progress.COMMITTED, 0, hash_))
    current = replace(current, committed=current.committed + 1)
    world = _advance(world, message, current, current.committed == current.drawn_trainers)

    world = emit(world, MANAGER, "UpdateCommitted", round=number, trainer=message.sender, hash=hash_)

    return close(world, message, message.sender, seat, number)


def reveal(world: World, message: Message, number: int, cid: Content, examples: int, salt: bytes) -> World:
    """Reveal the committed update."""
    current, seat = in_phase(world, message, number, Phase.REVEAL), seat_of(world, message.sender, Role.TRAINER)
    if seat.round != number or seat.progress is not Progress.COMMITTED:
        raise Reverted("RoundManagerNothingCommitted", number, message.sender)
    if seat.hash != update_commitment(world, number, message.sender, cid, examples, salt):
        raise Reverted("RoundManagerRevealMismatch", number, message.sender)
    require_valid(cid)

    slot = current.revealed
    world = _enter(world, message, Role.TRAINER, replace(seat, progress=Progress.REVEALED, slot=slot))
    salts = int.from_bytes(hash_words(current.salts, salt)) & KEY_MASK
    current = replace(current, revealed=current.revealed + 1, salts=salts)
    world = _advance(world, message, current, current.revealed == current.committed)

    return emit(
        world, MANAGER, "UpdateRevealed", round=number, trainer=message.sender, slot=slot, cid=cid, examples=examples
    )


def vouch(world: World, message: Message, number: int, bitmap: int) -> World:
    """Vouch for revealed updates: the caller holds them and serves them until the round ends."""
    current = in_phase(world, message, number, Phase.VOUCH)
    seat = require_drawn(world, message, Role.VALIDATOR)
    if seat.round == number:
        raise Reverted("RoundManagerAlreadyDone", number, message.sender)
    if bitmap >> current.revealed:
        raise Reverted("RoundManagerUnknownSlots", bitmap, current.revealed)
    require_disclosed(world, message, seat)

    slot = current.entered
    world = _enter(world, message, Role.VALIDATOR, Seat(seat.index, number, Progress.VOUCHED, slot))
    current = replace(current, entered=current.entered + 1, vouched=current.vouched + 1)
    world = _advance(world, message, current, current.vouched == current.drawn_validators)

    world = emit(world, MANAGER, "UpdatesVouched", round=number, validator=message.sender, slot=slot, bitmap=bitmap)

    return close(world, message, message.sender, seat, number)


def attest(world: World, message: Message, number: int, hash_: bytes) -> World:
    """Commit to a result."""
    current = in_phase(world, message, number, Phase.ATTEST)
    seat = require_drawn(world, message, Role.VALIDATOR)
    entered = seat.round == number
    if entered and seat.progress is not Progress.VOUCHED:
        raise Reverted("RoundManagerAlreadyDone", number, message.sender)
    require_disclosed(world, message, seat)

    slot = seat.slot if entered else current.entered
    world = _enter(world, message, Role.VALIDATOR, Seat(seat.index, number, Progress.ATTESTED, slot, hash_))
    current = replace(current, entered=current.entered + (not entered), attested=current.attested + 1)
    world = _advance(world, message, current, current.attested == current.drawn_validators)

    world = emit(world, MANAGER, "ResultAttested", round=number, validator=message.sender, slot=slot, hash=hash_)

    return world if entered else close(world, message, message.sender, seat, number)


def disclose(world: World, message: Message, number: int, result: Result, salt: bytes) -> World:
    """Disclose the attested result, until DISCLOSE would end by the clock, however early the round ended."""
    current, seat = as_of(world, message), seat_of(world, message.sender, Role.VALIDATOR)
    if number == current.number and current.phase < Phase.DISCLOSE:
        raise Reverted("RoundManagerWrongPhase", number, current.phase, Phase.DISCLOSE)
    if seat.round != number or seat.progress is not Progress.ATTESTED:
        raise Reverted("RoundManagerNothingCommitted", number, message.sender)
    if seat.hash != result_commitment(world, number, message.sender, result, salt):
        raise Reverted("RoundManagerRevealMismatch", number, message.sender)
    require_valid(result.record)
    require_valid(result.state)
    until = _disclosable_until(world, current, number)
    if message.now >= until:
        raise Reverted("RoundManagerTooLate", number, until)

    hash_ = _short_hash(result)
    world = _enter(world, message, Role.VALIDATOR, replace(seat, progress=Progress.DISCLOSED, hash=hash_))
    if number == current.number and current.phase is Phase.DISCLOSE:
        world = replace(world, round=_counted(current, message, hash_))

    # The ledger of a round is fixed when its validators start to attest, so later disclosures are not paid.
    credited = number == current.number or (number + 1 == current.number and current.phase < Phase.ATTEST)
    return emit(
        world,
        MANAGER,
        "ResultDisclosed",
        round=number,
        validator=message.sender,
        resultHash=hash_,
        credited=credited,
    )


def finalise(world: World, message: Message, number: int, result: Result) -> World:
    """End the round with a result on which two thirds of the drawn validators agree. Anyone."""
    current = world.round  # as stored: if anybody disclosed, DISCLOSE is written down
    if current.number != number:
        raise Reverted("RoundManagerWrongRound", number, current.number)
    hash_ = _short_hash(result)
    supporters = current.tallies.get(hash_, 0)
    agreed = current.agreed and is_two_thirds(supporters, current.drawn_validators)
    if current.phase is not Phase.DISCLOSE or not agreed:
        raise Reverted("RoundManagerNotAgreed", number, hash_)

    sound = result.included & ~result.malformed
    enough = sound.bit_count() >= current.terms.min_updates
    outcome = Outcome(hash_, result.false_vouchers, current.ends_at, sound, result.malformed)
    world = keep_outcome(world, number, outcome)
    if enough:
        ended = replace(current, phase=Phase.FINALISED, ended_in=Phase.NONE)
        return results.keep_result(replace(world, round=ended), hash_, result)
    ended = replace(current, phase=Phase.FAILED, ended_in=Phase.DISCLOSE)
    world = results.count_failure(replace(world, round=ended))
    return emit(world, MANAGER, "RoundFailed", round=number, endedIn=Phase.DISCLOSE, resultHash=hash_)


def update_commitment(world: World, number: int, trainer: Address, cid: Content, examples: int, salt: bytes) -> bytes:
    """What a trainer commits to: 24 bytes."""
    words = (world.setup.update_domain, number, int(trainer, 16), *cid, examples, salt)
    return hash_words(*words)[:COMMITMENT_BYTES]


def result_commitment(world: World, number: int, validator: Address, result: Result, salt: bytes) -> bytes:
    """What a validator commits to: 24 bytes."""
    hash_ = keccak(results.encoded(result))
    return hash_words(world.setup.result_domain, number, int(validator, 16), hash_, salt)[:COMMITMENT_BYTES]


def _opened(world: World, message: Message, last: CurrentRound, version: int) -> CurrentRound:
    """The next round, but for its base."""
    terms = parameters_of(world, version)
    trainers, validators = len(seated(world, Role.TRAINER)), len(seated(world, Role.VALIDATOR))
    if trainers < terms.min_trainers:
        raise Reverted("RoundManagerTooFewSeated", Role.TRAINER, trainers, terms.min_trainers)
    if validators < terms.min_validators:
        raise Reverted("RoundManagerTooFewSeated", Role.VALIDATOR, validators, terms.min_validators)
    return CurrentRound(
        number=last.number + 1,
        phase=Phase.COMMIT,
        ends_at=message.now + terms.commit_seconds,
        drawn_trainers=min(trainers, terms.trainers),
        drawn_validators=min(validators, terms.validators),
        seated_trainers=trainers,
        seated_validators=validators,
        salts=last.salts,
        version=version,
        lineage=guideline_of(world, version).lineage,
        # On every salt revealed so far, and on the round, so that a round without reveals is drawn anew.
        draw_key=int.from_bytes(hash_words(last.salts, last.number + 1)) & KEY_MASK,
        terms=terms,
        roster_version=world.roster.applied,
    )


def _enter(world: World, message: Message, role: Role, seat: Seat) -> World:
    return with_seat(world, message.sender, role, seat)


def _advance(world: World, message: Message, current: CurrentRound, everybody: bool) -> World:
    """Store the round; its phase ends early once everybody has acted."""
    return replace(world, round=end_early(current, message) if everybody else current)


def _counted(current: CurrentRound, message: Message, hash_: bytes) -> CurrentRound:
    """A result disclosed in time; when all who attested have disclosed without agreement, the round is over."""
    supporters = current.tallies.get(hash_, 0) + 1
    current = replace(
        current,
        disclosed=current.disclosed + 1,
        tallies={**current.tallies, hash_: supporters},
        agreed=current.agreed or is_two_thirds(supporters, current.drawn_validators),
    )
    hopeless = current.disclosed == current.attested and not current.agreed
    return replace(current, ends_at=message.now) if hopeless else current


def _disclosable_until(world: World, current: CurrentRound, number: int) -> int:
    if number == current.number:
        if current.phase is Phase.DISCLOSE:
            return current.ends_at
        if current.phase is not world.round.phase:
            return 0  # failed by the clock
    return outcome_at(world, number).disclosable_until if current.number - number < REMEMBERED else 0


def _short_hash(result: Result) -> bytes:
    """A result is known by the first 24 bytes of its hash."""
    return keccak(results.encoded(result))[:COMMITMENT_BYTES]
