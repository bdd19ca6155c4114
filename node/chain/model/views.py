"""The contracts' view functions: what can be asked of a world, by contract and function.

The names and the order of members are those of the contracts' interfaces. What is not listed is not modelled.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from node.chain.model import (
    clock,
    governor,
    guidelines,
    membership,
    releases,
    rewards,
    roster,
    rounds,
    settlement,
    tokens,
)
from node.chain.model.calls import Message
from node.chain.model.state import Content, Finalised, World
from node.chain.words import MemberStatus
from node.types import NOBODY, Address

__all__ = ["VIEWS", "View", "answer"]

View = Callable[..., Any]  # of the world, the message and the function's arguments


_PLAIN = {int, bool, str, bytes}


def answer(value: Any) -> Any:
    """A value of the model as the ABI decodes it: structs are mappings, enumerations integers, lists tuples."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Content):
        return value._asdict()
    if is_dataclass(value):
        value = {camel: getattr(value, name) for name, camel in _members(value.__class__)}
    if isinstance(value, Mapping):
        return {name: answer(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(answer, value))
    return int(value) if isinstance(value, IntEnum) else value


@cache
def _members(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, _camel(field.name)) for field in fields(kind))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _address(name: str) -> View:
    return lambda world, _: world.setup.addresses[name]


def _round(world: World, message: Message) -> Mapping[str, Any]:
    now = clock.as_of(world, message)
    return {
        "number": now.number,
        "phase": now.phase,
        "endedIn": now.ended_in,
        "endsAt": now.ends_at,
        "version": now.version,
        "lineage": now.lineage,
        "base": now.base,
        "drawKey": now.draw_key,
        "seatedTrainers": now.seated_trainers,
        "seatedValidators": now.seated_validators,
        "drawnTrainers": now.drawn_trainers,
        "drawnValidators": now.drawn_validators,
        "minUpdates": now.terms.min_updates,
        "budget": now.terms.budget,
        "committed": now.committed,
        "revealed": now.revealed,
        "vouched": now.vouched,
        "attested": now.attested,
        "disclosed": now.disclosed,
        "agreed": now.agreed,
    }


def _latest(world: World, _: Message) -> Mapping[str, Any]:
    results = world.results
    return {"round": results.round, "ordinal": results.ordinal, "state": results.state, "record": results.record}


def _finalised(world: World, _: Message, number: int) -> tuple[Any, ...]:
    finalised = world.results.finalised.get(number, Finalised())
    return finalised.content_hash, finalised.version


def _account_of(world: World, _: Message, number: int) -> Address:
    known = world.members.by_id
    return known[number - 1] if 1 <= number <= len(known) else NOBODY


def _latest_release(world: World, _: Message) -> tuple[Any, ...]:
    number = len(world.releases.releases)
    release = releases.release_of(world, number)
    return number, release, releases.candidate_of(world, release.candidate_id)


def _is_active(world: World, _: Message, account: Address) -> bool:
    return membership.member_of(world, account).status is MemberStatus.ACTIVE


_TOKEN: Mapping[str, View] = {
    "name": lambda world, _: world.setup.token_name,
    "symbol": lambda world, _: world.setup.token_symbol,
    "decimals": lambda *_: 18,
    "CLOCK_MODE": lambda *_: "mode=timestamp",
    "clock": lambda _, message: message.now,
    "totalSupply": lambda world, _: world.token.supply,
    "balanceOf": lambda world, _, account: tokens.holding_of(world, account).balance,
    "earnedOf": lambda world, _, account: tokens.holding_of(world, account).earned,
    "votingTokensOf": lambda world, _, account: tokens.holding_of(world, account).voting,
    "votingUnitsOf": lambda world, _, account: tokens.voting_units(world, account),
    "delegates": lambda world, _, account: tokens.holding_of(world, account).delegate,
    "getVotes": lambda world, _, account: tokens.votes_of(world, account),
    "getPastVotes": tokens.past_votes,
    "getPastTotalSupply": tokens.past_total,
    "roundManager": _address("RoundManager"),
    "membership": _address("Membership"),
}
_MEMBERSHIP: Mapping[str, View] = {
    "member": lambda world, _, account: membership.member_of(world, account),
    "accountOf": _account_of,
    "memberCount": lambda world, _: len(world.members.by_id),
    "bondOf": lambda world, _, account: membership.member_of(world, account).bond,
    "isActive": _is_active,
    "isEligible": lambda world, _, account: membership.is_eligible(world, account),
    "foundersRoot": lambda world, _: world.setup.founders_root,
    "token": _address("ContributionToken"),
    "guidelines": _address("GuidelineRegistry"),
    "roundManager": _address("RoundManager"),
    "timelock": _address("TimelockController"),
}
_GUIDELINES: Mapping[str, View] = {
    "currentVersion": lambda world, _: world.guidelines.current,
    "versionCount": lambda world, _: len(world.guidelines.versions),
    "guidelineOf": lambda world, _, version: guidelines.guideline_of(world, version),
    "parametersOf": lambda world, _, version: guidelines.parameters_of(world, version),
    "parameters": lambda world, _: guidelines.parameters(world),
    "timelock": _address("TimelockController"),
    "roundManager": _address("RoundManager"),
}
_ROUNDS: Mapping[str, View] = {
    "phase": lambda world, message: clock.as_of(world, message).phase,
    "round": _round,
    "latest": _latest,
    "isDrawn": lambda world, _, account, role: clock.is_drawn(world, account, role),
    "outcomeOf": lambda world, _, number: settlement.outcome_of(world, number),
    "finalisedOf": _finalised,
    "rootOf": lambda world, _, ordinal: rewards.root_of(world, ordinal),
    "minting": lambda world, _: (world.rewards.mintable, world.rewards.minted),
    "updateCommitment": lambda world, _, *given: rounds.update_commitment(world, *given),
    "resultCommitment": lambda world, _, *given: rounds.result_commitment(world, *given),
    "updateDomain": lambda world, _: world.setup.update_domain,
    "resultDomain": lambda world, _: world.setup.result_domain,
    "expectedCount": lambda world, _, role: roster.expected(world, role),
    "seatedCount": lambda world, _, role: len(roster.seated(world, role)),
    "seated": lambda world, _, role, offset, limit: roster.seated(world, role)[offset : offset + limit],
    "queuedChanges": lambda world, _: len(world.roster.queue),
    "seatOf": lambda world, _, account, role: roster.seat_of(world, account, role),
    "token": _address("ContributionToken"),
    "membership": _address("Membership"),
    "guidelines": _address("GuidelineRegistry"),
    "releases": _address("ReleaseRegistry"),
}
_RELEASES: Mapping[str, View] = {
    "candidateOf": lambda world, _, number: releases.candidate_of(world, number),
    "releaseOf": lambda world, _, number: releases.release_of(world, number),
    "candidateCount": lambda world, _: len(world.releases.candidates),
    "releaseCount": lambda world, _: len(world.releases.releases),
    "latest": _latest_release,
    "timelock": _address("TimelockController"),
    "roundManager": _address("RoundManager"),
    "membership": _address("Membership"),
    "guidelines": _address("GuidelineRegistry"),
}
_GOVERNOR: Mapping[str, View] = {
    "state": governor.state_of,
    "proposalVotes": lambda world, _, number: governor.proposal_of(world, number).counts,
    "proposalSnapshot": lambda world, _, number: governor.proposal_of(world, number).starts,
    "proposalDeadline": lambda world, _, number: governor.deadline(world, number),
    "proposalEta": lambda world, _, number: governor.proposal_of(world, number).eta,
    "proposalProposer": lambda world, _, number: governor.proposal_of(world, number).proposer,
    "hasVoted": lambda world, _, number, account: account in governor.proposal_of(world, number).voters,
    "hashProposal": lambda _, __, *given: governor.proposal_id(*given),
    "isAllowed": lambda world, _, target, selector: governor.is_allowed(world, target, selector),
    "quorum": governor.quorum,
    "votingDelay": lambda world, _: world.setup.voting.voting_delay,
    "votingPeriod": lambda world, _: world.setup.voting.voting_period,
    "proposalThreshold": lambda world, _: world.setup.voting.proposal_threshold,
    "token": _address("ContributionToken"),
    "timelock": _address("TimelockController"),
}
_TIMELOCK: Mapping[str, View] = {
    "getMinDelay": lambda world, _: world.setup.voting.timelock_delay,
    "getTimestamp": lambda world, _, operation: world.governor.operations.get(operation, 0),
}

VIEWS: Mapping[tuple[str, str], View] = {
    (contract, function): view
    for contract, views in {
        "ContributionToken": _TOKEN,
        "Membership": _MEMBERSHIP,
        "GuidelineRegistry": _GUIDELINES,
        "RoundManager": _ROUNDS,
        "ReleaseRegistry": _RELEASES,
        "FederationGovernor": _GOVERNOR,
        "TimelockController": _TIMELOCK,
    }.items()
    for function, view in views.items()
}
