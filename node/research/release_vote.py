"""From a proposal to what it decides: vote, queue, execute, moving time on in between; and so to a release in force."""

from collections.abc import Sequence

from node.chain.governance import Governance, Support
from node.chain.words import ProposalState
from node.peer.history import History
from node.peer.releases import DraftNotes, propose_release
from node.research.stage import Stage
from node.types import UnixSeconds

__all__ = ["carry", "publish_release"]


def publish_release(stage: Stage, history: History, draft: DraftNotes, voters: Sequence[int]) -> int:
    """Have the `voters` (places in the cast) release the last finalised round's state; gives the release's id.

    Raises `ChainError` when no round has finalised.
    """
    proposer = stage.federation(voters[0])
    carry(stage, propose_release(proposer, stage.store, history, draft).proposal, voters)
    return proposer.releases()[-1].id


def carry(stage: Stage, proposal: int, voters: Sequence[int]) -> None:
    """Have the `voters` (places in the cast) vote for the proposal, queue it and execute it."""
    parliament = [_governance(stage, place) for place in voters]
    _wait_until(stage, parliament[0].proposal(proposal).voting_from + 1)
    for member in parliament:
        member.vote(proposal, Support.FOR)
    _wait_until(stage, parliament[0].proposal(proposal).voting_until + 1)
    parliament[0].queue(proposal)
    _wait_until(stage, parliament[0].proposal(proposal).eta + 1)
    parliament[0].execute(proposal)
    if parliament[0].state(proposal) is not ProposalState.EXECUTED:
        raise RuntimeError(f"proposal {proposal} was not executed")


def _governance(stage: Stage, place: int) -> Governance:
    federation = stage.federation(place)
    return Governance(federation.chain, stage.deployment)


def _wait_until(stage: Stage, moment: int) -> None:
    now: UnixSeconds = stage.federation().chain.now()
    if moment > now:
        stage.chain.advance(moment - now)
