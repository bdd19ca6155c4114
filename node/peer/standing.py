"""Where a member stands, as one value: round, seats, bond, fault points, tokens, votes, what can be claimed."""

from dataclasses import dataclass

from node.chain.federation import Federation
from node.chain.governance import Governance
from node.chain.words import Role
from node.peer.claims import claimable_ordinal, look_up_claim
from node.peer.history import History
from node.ports import ContentStore
from node.types import Address

__all__ = ["Seat", "Standing", "standing_of"]


@dataclass(frozen=True)
class Seat:
    """A member's place in the current round in one role: whether it is drawn, and how far it got."""

    role: str
    drawn: bool
    progress: str


@dataclass(frozen=True)
class Standing:
    """The current round and one member's part in it; amounts in token wei, times in unix seconds, gas money in wei.

    `votes` counts voting units, delegated ones included.
    """

    account: str
    member: str
    round: int
    phase: str
    ends_at: int
    seconds_left: int
    seats: tuple[Seat, ...]
    finalised_rounds: int
    bond: int
    fault_points: int
    listed: bool
    tokens: int
    claimable: int
    votes: int
    gas_money: int


def standing_of(account: Address, federation: Federation, history: History, store: ContentStore) -> Standing:
    """Ask chain and store. Raises their errors."""
    view, member = federation.round(), federation.member(account)
    claim = look_up_claim(history, federation, store, account, claimable_ordinal(history))
    return Standing(
        account=account,
        member=member.status.name.lower(),
        round=view.number,
        phase=view.phase.name,
        ends_at=view.ends_at,
        seconds_left=0 if view.ended else max(view.ends_at - federation.chain.now(), 0),
        seats=tuple(_seat(account, federation, role) for role in Role if role in member.roles),
        finalised_rounds=federation.latest().ordinal,
        bond=member.bond,
        fault_points=member.fault_points,
        listed=member.listed,
        tokens=federation.tokens(account),
        claimable=claim.amount if claim else 0,
        votes=Governance(federation.chain, federation.deployment).votes(account),
        gas_money=federation.chain.balance(account),
    )


def _seat(account: Address, federation: Federation, role: Role) -> Seat:
    current = federation.round().number
    drawn = bool(current) and account in federation.drawn(role)
    progress = federation.seat(account, role).progress_in(current)
    return Seat(role.name.lower(), drawn, progress.name.lower())
