"""From the last state to a release in force: propose a candidate, vote, queue, execute, moving time on in between."""

from collections.abc import Sequence

from aggregator import canonical
from node.chain.governance import Call, Governance, Support
from node.chain.words import ProposalState
from node.peer.history import RoundHistory
from node.research.stage import Stage
from node.types import UnixSeconds

__all__ = ["publish_release"]


def publish_release(stage: Stage, past: RoundHistory, notes: dict[str, canonical.Json], voters: Sequence[int]) -> int:
    """Have the `voters` (places in the cast) release the state of a finalised round; gives the release's id."""
    if past.finalisation is None:
        raise ValueError(f"round {past.round} is not finalised")
    proposer = stage.federation(voters[0])
    pinned = stage.store.put(canonical.dumps(notes))
    candidate = proposer.propose_release(past.round, past.finalisation.state, past.finalisation.record, pinned)
    title = f"Release candidate {candidate}: {notes['title']}"
    parliament = [_governance(stage, place) for place in voters]
    proposal = parliament[0].propose(Call.publish(candidate), title)
    _wait_until(stage, parliament[0].proposal(proposal).voting_from + 1)
    for member in parliament:
        member.vote(proposal, Support.FOR)
    _wait_until(stage, parliament[0].proposal(proposal).voting_until + 1)
    parliament[0].queue(proposal)
    _wait_until(stage, parliament[0].proposal(proposal).eta + 1)
    parliament[0].execute(proposal)
    if parliament[0].state(proposal) is not ProposalState.EXECUTED:
        raise RuntimeError(f"proposal {proposal} was not executed")
    return proposer.releases()[-1].id


def _governance(stage: Stage, place: int) -> Governance:
    federation = stage.federation(place)
    return Governance(federation.chain, stage.deployment)


def _wait_until(stage: Stage, moment: int) -> None:
    now: UnixSeconds = stage.federation().chain.now()
    if moment > now:
        stage.chain.advance(moment - now)
