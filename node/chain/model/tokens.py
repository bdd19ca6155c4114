"""ContributionToken: tokens that cannot be moved, and votes that are the square root of those earned or granted.

Minting and burning are for the other contracts; an account can only delegate. Allowances are not modelled.
"""

from bisect import bisect_right
from dataclasses import replace
from math import isqrt

from node.chain.model.calls import Message, Reverted, emit
from node.chain.model.state import Checkpoints, Holding, Token, World
from node.types import NOBODY, Address

__all__ = [
    "burn",
    "delegate",
    "holding_of",
    "mint_airdrop",
    "mint_earned",
    "mint_grant",
    "past_total",
    "past_votes",
    "reinstate",
    "retire",
    "transfer",
    "votes_of",
    "voting_units",
]

CONTRACT = "ContributionToken"


def holding_of(world: World, account: Address) -> Holding:
    """What an account holds."""
    return world.token.holdings.get(account, Holding())


def voting_units(world: World, account: Address) -> int:
    """Voting units of an account, whomever they are delegated to."""
    holding = holding_of(world, account)
    return 0 if holding.retired else isqrt(holding.voting)


def votes_of(world: World, account: Address) -> int:
    """Voting units that an account casts, delegated ones included."""
    return _latest(world.token.votes.get(account, ()))


def past_votes(world: World, message: Message, account: Address, moment: int) -> int:
    """As `votes_of`, at a moment that has passed."""
    return _at(world.token.votes.get(account, ()), moment, message)


def past_total(world: World, message: Message, moment: int) -> int:
    """All voting units, at a moment that has passed."""
    return _at(world.token.total_votes, moment, message)


def delegate(world: World, message: Message, delegatee: Address) -> World:
    """Let another account cast the caller's votes."""
    return _delegate(world, message, message.sender, delegatee)


def transfer(world: World, message: Message, to: Address, value: int) -> World:
    """Always refused."""
    if to == NOBODY:
        raise Reverted("ERC20InvalidReceiver", NOBODY)
    raise Reverted("ContributionTokenNonTransferable", message.sender, to, value)


def mint_earned(world: World, message: Message, account: Address, amount: int) -> World:
    """Mint what a round has paid."""
    holding = holding_of(world, account)
    world = _hold(world, account, replace(holding, earned=holding.earned + amount))
    return mint_grant(world, message, account, amount)


def mint_grant(world: World, message: Message, account: Address, amount: int) -> World:
    """Mint tokens that vote but were not earned."""
    world = _delegate_once(world, message, account)
    before, holding = voting_units(world, account), holding_of(world, account)
    world = _hold(world, account, replace(holding, voting=holding.voting + amount))
    world = _change_balance(world, account, amount)
    return _add_units(world, message, account, voting_units(world, account) - before)


def mint_airdrop(world: World, message: Message, account: Address, amount: int) -> World:
    """Mint tokens that do not vote."""
    return _change_balance(_delegate_once(world, message, account), account, amount)


def burn(world: World, message: Message, account: Address, amount: int) -> World:
    """Burn tokens, voting ones first."""
    before, holding = voting_units(world, account), holding_of(world, account)
    world = _hold(world, account, replace(holding, voting=holding.voting - min(amount, holding.voting)))
    world = _change_balance(world, account, -amount)
    return _remove_units(world, message, account, before - voting_units(world, account))


def retire(world: World, message: Message, account: Address) -> World:
    """Take an account's units out of the total."""
    holding, units = holding_of(world, account), voting_units(world, account)
    if holding.retired:
        return world
    world = _hold(world, account, replace(holding, retired=True))
    world = _remove_units(world, message, account, units)
    return emit(world, CONTRACT, "AccountRetired", account=account, units=units)


def reinstate(world: World, message: Message, account: Address) -> World:
    """Put an account's units back into the total."""
    holding = holding_of(world, account)
    if not holding.retired:
        return world
    world = _hold(world, account, replace(holding, retired=False))
    units = voting_units(world, account)
    world = _add_units(world, message, account, units)
    return emit(world, CONTRACT, "AccountReinstated", account=account, units=units)


def _hold(world: World, account: Address, holding: Holding) -> World:
    return _with(world, holdings={**world.token.holdings, account: holding})


def _with(world: World, **changes: object) -> World:
    token: Token = replace(world.token, **changes)  # type: ignore[arg-type]
    return replace(world, token=token)


def _change_balance(world: World, account: Address, amount: int) -> World:
    holding = holding_of(world, account)
    world = _hold(world, account, replace(holding, balance=holding.balance + amount))
    world = _with(world, supply=world.token.supply + amount)
    source, target = (NOBODY, account) if amount >= 0 else (account, NOBODY)
    return emit(world, CONTRACT, "Transfer", **{"from": source, "to": target, "value": abs(amount)})


def _delegate_once(world: World, message: Message, account: Address) -> World:
    """Votes count without any action of the holder, who may delegate elsewhere afterwards."""
    holding = holding_of(world, account)
    if holding.known:
        return world
    world = _hold(world, account, replace(holding, known=True))
    return _delegate(world, message, account, account)


def _delegate(world: World, message: Message, account: Address, delegatee: Address) -> World:
    holding = holding_of(world, account)
    world = _hold(world, account, replace(holding, delegate=delegatee))
    world = emit(
        world, CONTRACT, "DelegateChanged", delegator=account, fromDelegate=holding.delegate, toDelegate=delegatee
    )
    return _move_votes(world, message, holding.delegate, delegatee, voting_units(world, account))


def _add_units(world: World, message: Message, account: Address, units: int) -> World:
    total = world.token.total_votes
    world = _with(world, total_votes=_pushed(total, message.now, _latest(total) + units))
    return _move_votes(world, message, NOBODY, holding_of(world, account).delegate, units)


def _remove_units(world: World, message: Message, account: Address, units: int) -> World:
    total = world.token.total_votes
    world = _with(world, total_votes=_pushed(total, message.now, _latest(total) - units))
    return _move_votes(world, message, holding_of(world, account).delegate, NOBODY, units)


def _move_votes(world: World, message: Message, source: Address, target: Address, units: int) -> World:
    if source == target or units == 0:
        return world
    if source != NOBODY:
        world = _set_votes(world, message, source, votes_of(world, source) - units)
    if target != NOBODY:
        world = _set_votes(world, message, target, votes_of(world, target) + units)
    return world


def _set_votes(world: World, message: Message, account: Address, units: int) -> World:
    before = world.token.votes.get(account, ())
    world = _with(world, votes={**world.token.votes, account: _pushed(before, message.now, units)})
    return emit(
        world, CONTRACT, "DelegateVotesChanged", delegate=account, previousVotes=_latest(before), newVotes=units
    )


def _latest(checkpoints: Checkpoints) -> int:
    return checkpoints[-1][1] if checkpoints else 0


def _pushed(checkpoints: Checkpoints, now: int, value: int) -> Checkpoints:
    """A value that holds from now on; within a second the last one counts."""
    kept = checkpoints[:-1] if checkpoints and checkpoints[-1][0] == now else checkpoints
    return (*kept, (now, value))


def _at(checkpoints: Checkpoints, moment: int, message: Message) -> int:
    if moment >= message.now:
        raise Reverted("ERC5805FutureLookup", moment, message.now)
    place = bisect_right(checkpoints, moment, key=lambda one: one[0])
    return checkpoints[place - 1][1] if place else 0
