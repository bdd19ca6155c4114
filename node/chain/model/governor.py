"""FederationGovernor and its TimelockController: proposals, votes, and the calls that they may make.

What is modelled: propose, cast a vote, queue, execute, and admissions, expulsions, guidelines and releases as what a
proposal does. Changing how the federation votes, signatures, cancelling and roles are not: such calls are refused with
`NotModelled`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from node.chain.abi import decode_call, function_name
from node.chain.model import guidelines, membership, releases, tokens
from node.chain.model.arguments import fitted
from node.chain.model.calls import Message, Reverted, emit
from node.chain.model.state import Proposal, World
from node.chain.words import ProposalState
from node.errors import NotModelled
from node.types import NOBODY, Address

__all__ = [
    "cast_vote",
    "deadline",
    "execute",
    "is_allowed",
    "proposal_id",
    "proposal_of",
    "propose",
    "queue",
    "quorum",
    "state_of",
]

GOVERNOR, TIMELOCK = "FederationGovernor", "TimelockController"
DONE = 1  # as the time of an operation
AGAINST, FOR, ABSTAIN = range(3)

Executed = Callable[[World, Message, Sequence[Any]], World]

_EXECUTED: Mapping[tuple[str, str], Executed] = {
    ("Membership", "admit"): lambda world, message, given: membership.admit(world, *given),
    ("Membership", "expel"): lambda world, message, given: membership.expel(world, message, *given),
    ("GuidelineRegistry", "adopt"): lambda world, message, given: guidelines.adopt(world, *given),
    ("ReleaseRegistry", "publish"): lambda world, message, given: releases.publish(world, message, *given),
    ("ReleaseRegistry", "rollback"): lambda world, message, given: releases.rollback(world, message, *given),
}
_SETTINGS = (
    "setVotingDelay",
    "setVotingPeriod",
    "setProposalThreshold",
    "updateQuorumNumerator",
    "setLateQuorumVoteExtension",
)  # that a proposal may call on the governor itself
_RESERVED = re.compile(r"#proposer=0x[0-9a-fA-F]{40}$")


class Operation(NamedTuple):
    """What a proposal does: `calls` (call data) to `targets`; the hash of its description makes it unique."""

    targets: Sequence[Address]
    values: Sequence[int]
    calls: Sequence[bytes]
    description_hash: bytes

    @property
    def steps(self) -> Iterator[tuple[int, Address, int, bytes]]:
        """Place, target, value and call data of each call."""
        return zip(range(len(self.targets)), self.targets, self.values, self.calls, strict=False)


def propose(
    world: World,
    message: Message,
    targets: Sequence[Address],
    values: Sequence[int],
    calls: Sequence[bytes],
    description: str,
) -> World:
    """Propose calls, with one description."""
    operation = Operation(targets, values, calls, keccak(text=description))
    if _RESERVED.search(description):
        raise NotModelled(
            "descriptions that name the only proposer are not part of the in-memory chain; leave that out"
        )
    _require_enough_votes(world, message)
    for _, target, value, call in operation.steps:
        if not is_allowed(world, target, call[:4]):
            raise Reverted("FederationGovernorForbiddenCall", target, call[:4].ljust(4, b"\0"))
        if value:
            raise Reverted("FederationGovernorForbiddenValue", target, value)
    if not len(targets) == len(values) == len(calls) or not targets:
        raise Reverted("GovernorInvalidProposalLength", len(targets), len(calls), len(values))
    number = proposal_id(*operation)
    if number in world.governor.proposals:
        raise Reverted("GovernorUnexpectedProposalState", number, state_of(world, message, number), bytes(32))

    voting = world.setup.voting
    starts = message.now + voting.voting_delay
    world = _with(world, number, Proposal(message.sender, starts, starts + voting.voting_period))

    return emit(
        world,
        GOVERNOR,
        "ProposalCreated",
        proposalId=number,
        proposer=message.sender,
        targets=targets,
        values=values,
        signatures=("",) * len(targets),
        calldatas=calls,
        voteStart=starts,
        voteEnd=starts + voting.voting_period,
        description=description,
    )


def cast_vote(world: World, message: Message, number: int, support: int) -> World:
    """Cast all of the caller's votes: 0 against, 1 for, 2 abstain."""
    _require_state(world, message, number, ProposalState.ACTIVE)
    proposal = world.governor.proposals[number]
    weight = tokens.past_votes(world, message, message.sender, proposal.starts)
    if message.sender in proposal.voters:
        raise Reverted("GovernorAlreadyCastVote", message.sender)
    if support > ABSTAIN:
        raise Reverted("GovernorInvalidVoteType")

    counts = [count + weight * (kind == support) for kind, count in enumerate(proposal.counts)]
    proposal = replace(
        proposal, voters=proposal.voters | {message.sender}, counts=(counts[AGAINST], counts[FOR], counts[ABSTAIN])
    )
    world = _with(world, number, proposal)

    world = emit(
        world,
        GOVERNOR,
        "VoteCast",
        voter=message.sender,
        proposalId=number,
        support=support,
        weight=weight,
        reason="",
    )

    return _extended(world, message, number)


def queue(world: World, message: Message, *given: Any) -> World:
    """Put a proposal that has succeeded into the timelock."""
    operation = Operation(*given)
    number = proposal_id(*operation)
    _require_state(world, message, number, ProposalState.SUCCEEDED)

    delay, salt, scheduled = world.setup.voting.timelock_delay, *_scheduled(world, operation)
    eta = message.now + delay
    world = _with_operation(world, scheduled, eta)
    for place, target, value, call in operation.steps:
        world = emit(
            world,
            TIMELOCK,
            "CallScheduled",
            id=scheduled,
            index=place,
            target=target,
            value=value,
            data=call,
            predecessor=bytes(32),
            delay=delay,
        )
    world = emit(world, TIMELOCK, "CallSalt", id=scheduled, salt=salt)
    world = _with(world, number, replace(world.governor.proposals[number], eta=eta))
    return emit(world, GOVERNOR, "ProposalQueued", proposalId=number, etaSeconds=eta)


def execute(world: World, message: Message, *given: Any) -> World:
    """Execute a queued proposal whose delay is over. Anyone."""
    operation = Operation(*given)
    number = proposal_id(*operation)
    _require_state(world, message, number, ProposalState.QUEUED)
    _, scheduled = _scheduled(world, operation)
    if message.now < world.governor.operations[scheduled]:
        raise Reverted("TimelockUnexpectedOperationState", scheduled, _bitmap(_READY))

    world = _with(world, number, replace(world.governor.proposals[number], executed=True))
    for place, target, value, call in operation.steps:
        world = _executed(world, message, target, call)
        world = emit(world, TIMELOCK, "CallExecuted", id=scheduled, index=place, target=target, value=value, data=call)
    world = _with_operation(world, scheduled, DONE)
    return emit(world, GOVERNOR, "ProposalExecuted", proposalId=number)


def is_allowed(world: World, target: Address, selector: bytes) -> bool:
    """Whether a proposal may call this function."""
    contract = _contract_at(world, target)
    function = function_name(contract, selector) if contract else None
    return (contract, function) in _EXECUTED or (contract == GOVERNOR and function in _SETTINGS)


def proposal_id(*operation: Any) -> int:
    """The id of a proposal: a hash of what it does and of its description."""
    from eth_abi.abi import encode

    kinds = ["address[]", "uint256[]", "bytes[]", "bytes32"]
    return int.from_bytes(keccak(encode(kinds, operation)))


def proposal_of(world: World, number: int) -> Proposal:
    """A proposal; all zero for an unknown id."""
    return world.governor.proposals.get(number, Proposal(NOBODY, 0, 0))


def deadline(world: World, number: int) -> int:
    """When voting ends: later than announced when the quorum was reached late."""
    proposal = proposal_of(world, number)
    return max(proposal.ends, proposal.extended)


def quorum(world: World, message: Message, moment: int) -> int:
    """The votes, for or abstaining, that a proposal whose voting began at this moment needs."""
    return tokens.past_total(world, message, moment) * world.setup.voting.quorum_percent // 100


def state_of(world: World, message: Message, number: int) -> ProposalState:
    """Where a proposal stands."""
    proposal = world.governor.proposals.get(number)
    if proposal is None:
        raise Reverted("GovernorNonexistentProposal", number)
    if proposal.executed:
        return ProposalState.EXECUTED
    if proposal.starts >= message.now:
        return ProposalState.PENDING
    if deadline(world, number) >= message.now:
        return ProposalState.ACTIVE
    against, in_favour, _ = proposal.counts
    if not _quorum_reached(world, message, proposal) or in_favour <= against:
        return ProposalState.DEFEATED
    return ProposalState.QUEUED if proposal.eta else ProposalState.SUCCEEDED


_READY = 2  # `OperationState.Ready`


def _with(world: World, number: int, proposal: Proposal) -> World:
    proposals = {**world.governor.proposals, number: proposal}
    return replace(world, governor=replace(world.governor, proposals=proposals))


def _with_operation(world: World, operation: bytes, moment: int) -> World:
    operations = {**world.governor.operations, operation: moment}
    return replace(world, governor=replace(world.governor, operations=operations))


def _require_enough_votes(world: World, message: Message) -> None:
    threshold = world.setup.voting.proposal_threshold
    votes = tokens.past_votes(world, message, message.sender, message.now - 1) if threshold else 0
    if votes < threshold:
        raise Reverted("GovernorInsufficientProposerVotes", message.sender, votes, threshold)


def _require_state(world: World, message: Message, number: int, needed: ProposalState) -> None:
    state = state_of(world, message, number)
    if state is not needed:
        raise Reverted("GovernorUnexpectedProposalState", number, state, _bitmap(needed))


def _bitmap(state: int) -> bytes:
    return (1 << state).to_bytes(32)


def _quorum_reached(world: World, message: Message, proposal: Proposal) -> bool:
    _, in_favour, abstaining = proposal.counts
    return quorum(world, message, proposal.starts) <= in_favour + abstaining


def _extended(world: World, message: Message, number: int) -> World:
    """From when the quorum is reached, voting goes on for a while at least."""
    proposal = world.governor.proposals[number]
    if proposal.extended or not _quorum_reached(world, message, proposal):
        return world
    extended = message.now + world.setup.voting.late_quorum_extension
    if extended > deadline(world, number):
        world = emit(world, GOVERNOR, "ProposalExtended", proposalId=number, extendedDeadline=extended)
    return _with(world, number, replace(proposal, extended=extended))


def _scheduled(world: World, operation: Operation) -> tuple[bytes, bytes]:
    """Salt and id of the operation in the timelock: the governor's address in the upper 20 bytes, xor the hash."""
    from eth_abi.abi import encode

    address = int.from_bytes(bytes.fromhex(world.setup.addresses[GOVERNOR][2:]).ljust(32, b"\0"))
    salt = (address ^ int.from_bytes(operation.description_hash)).to_bytes(32)
    kinds = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"]
    return salt, keccak(encode(kinds, [*operation[:3], bytes(32), salt]))


def _executed(world: World, message: Message, target: Address, call: bytes) -> World:
    contract = _contract_at(world, target)
    function, given = decode_call(contract, call)
    if (contract, function) not in _EXECUTED:
        raise NotModelled(
            f"the in-memory chain does not execute {contract}.{function}; use the real contracts for that"
        )
    return _EXECUTED[contract, function](world, message, fitted(contract, function, given))


def _contract_at(world: World, target: Address) -> str:
    return next((name for name, address in world.setup.addresses.items() if address == target), "")
