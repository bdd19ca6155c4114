"""Roster: the members who can be drawn, the draw, and the queue of changes that waits for a round to end.

A `Seat` is reused in every round; what its entry costs is `settlement`'s, when the lists are frozen `clock`'s.
"""

from dataclasses import replace

from node.chain.draw import draw_seed, permute
from node.chain.model.calls import Reverted, emit
from node.chain.model.state import Roster, Seat, Wish, World
from node.chain.words import Role
from node.types import Address

__all__ = ["apply_changes", "ask_for", "expected", "is_drawn_by_lot", "seat_of", "seated", "with_seat"]

MANAGER = "RoundManager"
CHANGES_PER_CALL = 32
MAX_SEATS = (1 << 16) - 1


def seat_of(world: World, account: Address, role: Role) -> Seat:
    """Seat and latest entry of a member in a role."""
    return world.roster.seats.get((role, account), Seat())


def seated(world: World, role: Role) -> tuple[Address, ...]:
    """Everybody on the list of a role, in seat order."""
    return world.roster.seated[role]


def expected(world: World, role: Role) -> int:
    """Members of a role once every queued change is applied."""
    return world.roster.expected[role]


def with_seat(world: World, account: Address, role: Role, seat: Seat) -> World:
    """The world with this seat."""
    return _with(world, seats={**world.roster.seats, (role, account): seat})


def is_drawn_by_lot(index: int, count: int, drawn: int, key: int, role: Role) -> bool:
    """Whether the 1-based seat `index` of `count` is among the `drawn` ones under this key."""
    return permute(index - 1, count, draw_seed(key, role)) < drawn


def ask_for(world: World, account: Address, roles: int) -> World:
    """Membership's wish: seats in these roles (bits) and no others, from the next round on."""
    wish = world.roster.wishes.get(account, Wish())
    counts = tuple(_expecting(world, role, wish.roles, roles) for role in Role)
    world = _with(world, expected=counts, wishes={**world.roster.wishes, account: Wish(roles, queued=True)})
    return world if wish.queued else _with(world, queue=(*world.roster.queue, account))


def apply_changes(world: World) -> World:
    """Give seats and take them away, up to 32 accounts, in the order in which it was asked."""
    for account in world.roster.queue[:CHANGES_PER_CALL]:
        wish = world.roster.wishes[account]
        world = _with(
            world,
            queue=world.roster.queue[1:],
            applied=world.roster.applied + 1,
            wishes={**world.roster.wishes, account: replace(wish, queued=False)},
        )
        for role in Role:
            world = _place(world, account, role, _wants(wish.roles, role))
    return world


def _with(world: World, **changes: object) -> World:
    roster: Roster = replace(world.roster, **changes)  # type: ignore[arg-type]
    return replace(world, roster=roster)


def _expecting(world: World, role: Role, before: int, afterwards: int) -> int:
    count = world.roster.expected[role] + _wants(afterwards, role) - _wants(before, role)
    if count > MAX_SEATS:
        raise Reverted("RosterFull", role)
    return count


def _place(world: World, account: Address, role: Role, wanted: bool) -> World:
    index = seat_of(world, account, role).index
    if wanted == (index != 0):
        return world
    return _sit(world, account, role) if wanted else _stand(world, account, role, index)


def _sit(world: World, account: Address, role: Role) -> World:
    listed = (*world.roster.seated[role], account)
    return _set_index(_with_list(world, role, listed), account, role, len(listed))


def _stand(world: World, account: Address, role: Role, gap: int) -> World:
    """The last on the list moves into the gap."""
    listed = list(world.roster.seated[role])
    last = listed[gap - 1] = listed[-1]
    world = _set_index(_with_list(world, role, tuple(listed[:-1])), account, role, 0)
    return world if last == account else _set_index(world, last, role, gap)


def _with_list(world: World, role: Role, listed: tuple[Address, ...]) -> World:
    trainers, validators = world.roster.seated
    return _with(world, seated=(listed, validators) if role is Role.TRAINER else (trainers, listed))


def _set_index(world: World, account: Address, role: Role, index: int) -> World:
    world = with_seat(world, account, role, replace(seat_of(world, account, role), index=index))
    return emit(world, MANAGER, "SeatChanged", account=account, role=role, index=index)


def _wants(roles: int, role: Role) -> bool:
    return bool(roles >> role & 1)
