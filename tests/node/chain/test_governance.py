from dataclasses import replace

import pytest

from node.chain.governance import Call, Governance, Support
from node.chain.words import ProposalState
from node.errors import ConfigError, TransactionRefused
from tests.federations import PARAMETERS, VOTING, Backend, Small, content, small_federation


@pytest.fixture(scope="module")
def small(backend: Backend) -> Small:
    return small_federation(backend)


def governance(small: Small, place: int = 0) -> Governance:
    return Governance(small.members[place].chain, small.deployment)


def carry(small: Small, call: Call, description: str) -> int:
    """Propose, vote, queue and execute; gives the proposal's id."""
    number = governance(small).propose(call, description)
    small.backend.advance(VOTING.voting_delay + 1)
    for place in range(len(small.members)):
        governance(small, place).vote(number, Support.FOR)
    small.backend.advance(VOTING.voting_period + 1)
    governance(small, 1).queue(number)
    small.backend.advance(VOTING.timelock_delay + 1)
    governance(small, 2).execute(number)
    return number


def test_a_state_is_released_by_vote(small: Small) -> None:
    round_id = small.run_round()
    member = small.members[0]
    state, record = content(("state", round_id)), content(("record", round_id))
    candidate = member.propose_release(round_id, state, record, content("notes"))
    with pytest.raises(TransactionRefused, match="ReleaseRegistryUnauthorized"):
        member.chain.transact("ReleaseRegistry", "publish", candidate)

    number = carry(small, Call.publish(candidate), "release it")

    assert governance(small).state(number) is ProposalState.EXECUTED
    (release,) = member.releases()
    assert (release.id, release.rollback_of) == (1, 0)
    assert release.candidate == member.candidate(candidate) == member.candidates()[0]
    assert (release.candidate.state, release.candidate.notes) == (state, content("notes"))
    assert release.candidate.proposer == member.account

    carry(small, Call.rollback(1), "the same again")
    assert [(one.id, one.rollback_of) for one in member.releases()] == [(1, 0), (2, 1)]


def test_a_new_guideline_is_adopted_by_vote(small: Small) -> None:
    member = small.members[0]
    before = member.guideline()
    changed = replace(PARAMETERS, min_updates=3)

    carry(small, Call.adopt(content("guideline 2"), None, changed), "stricter")

    after = member.guideline()
    assert (after.version, after.cid) == (before.version + 1, content("guideline 2"))
    assert (after.lineage, after.parameters) == (before.lineage, changed)

    carry(small, Call.adopt(content("guideline 3"), content("genesis 2"), changed), "start again")
    assert (member.guideline().lineage, member.guideline().genesis) == (before.lineage + 1, content("genesis 2"))


def test_a_member_is_voted_out(small: Small) -> None:
    newcomer = small.members[2].account
    number = governance(small).propose(Call.expel(newcomer), "out")
    small.backend.advance(VOTING.voting_delay + 1)
    governance(small, 0).vote(number, Support.AGAINST)
    governance(small, 1).vote(number, Support.ABSTAIN)
    small.backend.advance(VOTING.voting_period + 1)

    seen = governance(small).proposal(number)
    assert seen.state is ProposalState.DEFEATED
    assert (seen.in_favour, seen.against, seen.abstain) == (0, 31_622_776_601, 31_622_776_601)
    assert seen.description == "out"
    assert seen.targets == (small.deployment.addresses["Membership"],)
    assert seen.voting_until - seen.voting_from >= VOTING.voting_period
    assert seen in governance(small).proposals()
    with pytest.raises(TransactionRefused, match="GovernorUnexpectedProposalState"):
        governance(small).queue(number)


def test_votes_can_be_delegated(small: Small) -> None:
    mine, theirs = small.members[0].account, small.members[1].account
    voting = governance(small)
    before = voting.votes(theirs)
    voting.delegate(theirs)
    assert voting.votes(mine) == 0
    assert voting.votes(theirs) > before
    voting.delegate(mine)


def test_what_no_proposal_may_call_is_refused(small: Small) -> None:
    with pytest.raises(TransactionRefused, match="FederationGovernorForbiddenCall"):
        governance(small).propose(Call("Membership", "exit", ()), "no")


def test_an_unknown_proposal_is_said(small: Small) -> None:
    with pytest.raises(ConfigError, match="no proposal 5"):
        governance(small).execute(5)
