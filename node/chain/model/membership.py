"""Membership: who takes part, with which roles, what they have at stake, and what faults cost.

A bond is a lock on the member's own tokens; a penalty burns from it and pays nobody.
"""

from collections.abc import Sequence
from dataclasses import replace

from node.chain.model import tokens
from node.chain.model.calls import Message, Reverted, emit
from node.chain.model.guidelines import parameters
from node.chain.model.rewards import proves
from node.chain.model.roster import ask_for, expected
from node.chain.model.state import Member, Members, World
from node.chain.views import Parameters
from node.chain.words import MemberStatus, Penalty, Role
from node.types import Address

__all__ = [
    "admit",
    "bond",
    "exit_",
    "expel",
    "is_eligible",
    "join",
    "join_founder",
    "member_of",
    "penalise",
    "request_unbond",
    "resume",
    "set_encryption_key",
    "withdraw_bond",
]

MEMBERSHIP = "Membership"
BOTH_ROLES = 3
MAX_FAULT_POINTS = 255


def member_of(world: World, account: Address) -> Member:
    """Everything known about an account."""
    return world.members.by_account.get(account, Member())


def is_eligible(world: World, account: Address) -> bool:
    """Whether an account may be drawn."""
    return _eligible(member_of(world, account), parameters(world))


def join_founder(
    world: World, message: Message, grant: int, encryption_key: bytes, roles: int, proof: Sequence[bytes]
) -> World:
    """Join as a founder: the grant is minted, the smaller of it and the airdrop bonded."""
    founder = member_of(world, message.sender)
    if founder.id or founder.status is MemberStatus.EXPELLED:
        raise Reverted("MembershipWrongStatus", message.sender, founder.status)
    if not proves(proof, world.setup.founders_root, message.sender, grant):
        raise Reverted("MembershipFalseProof", message.sender, grant)

    world = _enter(world, message, encryption_key, roles)
    world = tokens.mint_grant(world, message, message.sender, grant)
    world = tokens.reinstate(
        world, message, message.sender
    )  # it may have been voted out before it joined, and in again
    return _lock_up_to(world, message, parameters(world).airdrop)


def admit(world: World, account: Address) -> World:
    """Let an account join, or join again after it left. By vote only."""
    newcomer = member_of(world, account)
    if newcomer.status in (MemberStatus.ADMITTED, MemberStatus.ACTIVE):
        raise Reverted("MembershipWrongStatus", account, newcomer.status)
    world = _with(world, account, replace(newcomer, status=MemberStatus.ADMITTED))
    return emit(world, MEMBERSHIP, "MemberAdmitted", account=account)


def join(world: World, message: Message, encryption_key: bytes, roles: int) -> World:
    """Join once admitted; the first time this mints the airdrop."""
    newcomer = _require_status(world, message, MemberStatus.ADMITTED)
    airdrop = parameters(world).airdrop

    world = _enter(world, message, encryption_key, roles)
    if not newcomer.airdropped:
        world = tokens.mint_airdrop(world, message, message.sender, airdrop)
    world = tokens.reinstate(world, message, message.sender)
    return _lock_up_to(world, message, airdrop)


def bond(world: World, message: Message, amount: int) -> World:
    """Lock more of the caller's tokens."""
    me = _require_status(world, message, MemberStatus.ACTIVE)
    _require_available(message, amount, tokens.holding_of(world, message.sender).balance - me.bond)

    world = _with_bond(world, message.sender, replace(me, bond=me.bond + amount))
    return _list_if_eligible(world, message.sender)


def request_unbond(world: World, message: Message, amount: int) -> World:
    """Start to unlock; a second request restarts the delay for everything."""
    me = _require_status(world, message, MemberStatus.ACTIVE)
    _require_available(message, amount, me.bond - me.unbonding)

    world = _unbond(world, message, message.sender, me.unbonding + amount)
    return world if is_eligible(world, message.sender) else _unlist(world, message.sender)


def withdraw_bond(world: World, message: Message) -> World:
    """Unlock what was requested, once the delay is over."""
    me = member_of(world, message.sender)
    if me.unbonding == 0 or message.now < me.unbondable_at:
        raise Reverted("MembershipStillBonded", message.sender, me.unbondable_at)
    return _with_bond(world, message.sender, replace(me, bond=me.bond - me.unbonding, unbonding=0, unbondable_at=0))


def exit_(world: World, message: Message) -> World:
    """Leave: no more draws, no more votes, the whole bond starts to unlock."""
    _require_status(world, message, MemberStatus.ACTIVE)
    world = _leave(world, message, message.sender, MemberStatus.EXITED)
    return emit(world, MEMBERSHIP, "MemberExited", account=message.sender)


def resume(world: World, message: Message) -> World:
    """Clear the caller's fault points and list it if its bond suffices."""
    me = _require_status(world, message, MemberStatus.ACTIVE)
    if me.listed and me.fault_points < parameters(world).fault_point_limit:
        raise Reverted("MembershipNotSuspended", message.sender)
    return _list_if_eligible(_with(world, message.sender, replace(me, fault_points=0)), message.sender)


def set_encryption_key(world: World, message: Message, encryption_key: bytes) -> World:
    """Replace the caller's encryption key."""
    me = _require_status(world, message, MemberStatus.ACTIVE)
    world = _with(world, message.sender, replace(me, encryption_key=encryption_key))
    return emit(world, MEMBERSHIP, "EncryptionKeyChanged", account=message.sender, encryptionKey=encryption_key)


def expel(world: World, message: Message, account: Address) -> World:
    """Vote an account out. By vote only."""
    status = member_of(world, account).status
    if status not in (MemberStatus.ACTIVE, MemberStatus.ADMITTED):
        raise Reverted("MembershipWrongStatus", account, status)
    world = _leave(world, message, account, MemberStatus.EXPELLED)
    return emit(world, MEMBERSHIP, "MemberExpelled", account=account)


def penalise(world: World, message: Message, account: Address, penalty: Penalty) -> World:
    """Apply a penalty under the current guideline."""
    culprit, terms = member_of(world, account), parameters(world)
    burned = {Penalty.SILENT: 0, Penalty.SOFT: terms.soft_penalty, Penalty.HARD: terms.hard_penalty}[penalty]
    burned = min(burned, culprit.bond)
    left = culprit.bond - burned
    points = min(culprit.fault_points + (penalty is not Penalty.HARD), MAX_FAULT_POINTS)
    world = _with(
        world, account, replace(culprit, bond=left, unbonding=min(culprit.unbonding, left), fault_points=points)
    )

    world = emit(
        world, MEMBERSHIP, "MemberPenalised", account=account, penalty=penalty, burned=burned, faultPoints=points
    )

    if burned:
        world = tokens.burn(world, message, account, burned)
    return _suspend_if_due(world, account)


def _with(world: World, account: Address, member: Member) -> World:
    members = replace(world.members, by_account={**world.members.by_account, account: member})
    return replace(world, members=members)


def _with_bond(world: World, account: Address, member: Member) -> World:
    world = _with(world, account, member)
    return emit(world, MEMBERSHIP, "BondChanged", account=account, bond=member.bond, unbonding=member.unbonding)


def _require_status(world: World, message: Message, status: MemberStatus) -> Member:
    me = member_of(world, message.sender)
    if me.status is not status:
        raise Reverted("MembershipWrongStatus", message.sender, me.status)
    return me


def _require_available(message: Message, amount: int, available: int) -> None:
    if amount == 0:
        raise Reverted("MembershipZeroAmount")
    if amount > available:
        raise Reverted("MembershipInsufficientTokens", message.sender, amount, available)


def _enter(world: World, message: Message, encryption_key: bytes, roles: int) -> World:
    if not 1 <= roles <= BOTH_ROLES:
        raise Reverted("MembershipInvalidRoles", roles)
    newcomer, by_id = member_of(world, message.sender), world.members.by_id
    if newcomer.id == 0:
        by_id = (*by_id, message.sender)
        newcomer = replace(newcomer, id=len(by_id))
    # A founder's grant takes the place of the airdrop; whoever else enters has it from then on.
    newcomer = replace(
        newcomer, status=MemberStatus.ACTIVE, roles=roles, encryption_key=encryption_key, airdropped=True
    )
    world = replace(world, members=Members({**world.members.by_account, message.sender: newcomer}, by_id))
    return emit(
        world,
        MEMBERSHIP,
        "MemberJoined",
        account=message.sender,
        id=newcomer.id,
        roles=roles,
        encryptionKey=encryption_key,
    )


def _lock_up_to(world: World, message: Message, wanted: int) -> World:
    """Bond what the caller has, up to `wanted`; what was on its way out stays in."""
    me = member_of(world, message.sender)
    locked = max(me.bond, min(wanted, tokens.holding_of(world, message.sender).balance))
    world = _with_bond(world, message.sender, replace(me, bond=locked, unbonding=0, unbondable_at=0))
    return _list_if_eligible(world, message.sender)


def _leave(world: World, message: Message, account: Address, status: MemberStatus) -> World:
    leaver = replace(member_of(world, account), status=status)
    world = _with(world, account, leaver)
    if not leaver.id:  # only admitted: it has no bond and no seat, but a ledger may have paid it
        return tokens.retire(world, message, account)
    world = _unbond(world, message, account, leaver.bond)
    world = tokens.retire(world, message, account)
    return _unlist(world, account)


def _unbond(world: World, message: Message, account: Address, unbonding: int) -> World:
    until = message.now + parameters(world).unbond_delay
    leaver = replace(member_of(world, account), unbonding=unbonding, unbondable_at=until)
    return _with_bond(world, account, leaver)


def _suspend_if_due(world: World, account: Address) -> World:
    """Fault points never bring the roster below what a round needs; a missing bond may."""
    culprit, terms = member_of(world, account), parameters(world)
    if not culprit.listed or _eligible(culprit, terms):
        return world
    if _is_bonded(culprit, terms) and _is_needed(world, culprit.roles, terms):
        return emit(world, MEMBERSHIP, "SuspensionDeferred", account=account, faultPoints=culprit.fault_points)
    return _unlist(world, account)


def _list_if_eligible(world: World, account: Address) -> World:
    me = member_of(world, account)
    if me.listed or not is_eligible(world, account):
        return world
    world = _with(world, account, replace(me, listed=True))
    world = emit(world, MEMBERSHIP, "MemberListed", account=account, roles=me.roles)
    return ask_for(world, account, me.roles)


def _unlist(world: World, account: Address) -> World:
    leaver = member_of(world, account)
    if not leaver.listed:
        return world
    world = _with(world, account, replace(leaver, listed=False))
    world = emit(world, MEMBERSHIP, "MemberSuspended", account=account)
    return ask_for(world, account, 0)


def _eligible(member: Member, terms: Parameters) -> bool:
    active = member.status is MemberStatus.ACTIVE
    return active and member.fault_points < terms.fault_point_limit and _is_bonded(member, terms)


def _is_bonded(member: Member, terms: Parameters) -> bool:
    return member.bond - member.unbonding >= terms.minimum_bond


def _is_needed(world: World, roles: int, terms: Parameters) -> bool:
    as_trainer = bool(roles & 1) and expected(world, Role.TRAINER) <= terms.min_trainers
    return as_trainer or (bool(roles & 2) and expected(world, Role.VALIDATOR) <= terms.min_validators)
