from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from aggregator.ledger import Ledger, credit, merkle_proof, merkle_root
from node.chain.commitments import Result
from node.chain.federation import Federation
from node.chain.in_memory import InMemoryChain
from node.chain.views import OutcomeView
from node.chain.words import MemberStatus, Phase, Progress, Role
from node.errors import ConfigError, TransactionRefused
from node.types import GuidelineVersion, RoundId, TokenWei
from tests.federations import (
    BOTH,
    PARAMETERS,
    PHASE_SECONDS,
    TOKEN,
    Backend,
    Small,
    account,
    addresses,
    content,
    plan_for,
    salt,
    small_federation,
)


@pytest.fixture
def small(backend: Backend) -> Small:
    return small_federation(backend)


def refused(name: str) -> "pytest.RaisesExc[TransactionRefused]":
    return pytest.raises(TransactionRefused, match=name)


def test_founders_have_their_grant_bonded_and_vote(small: Small) -> None:
    member = small.members[1]
    seen = member.member(member.account)

    assert (seen.id, seen.status, seen.roles) == (2, MemberStatus.ACTIVE, frozenset(BOTH))
    assert (seen.bond, seen.unbonding, seen.fault_points) == (120 * TOKEN, 0, 0)
    assert seen.encryption_key == bytes([2]) * 32
    assert member.tokens(member.account) == 1000 * TOKEN
    assert member.earned(member.account) == 0
    assert member.voting_units(member.account) == 31_622_776_601  # floor(sqrt(10^21))
    assert member.members() == tuple(one.account for one in small.members)


def test_a_stranger_is_nobody(small: Small) -> None:
    chain = small.backend.connect(small.deployment, account(9))
    stranger = Federation(chain, small.deployment, chain.account)
    assert stranger.member(stranger.account).status is MemberStatus.NONE
    with pytest.raises(ConfigError, match="not among the 3 founders"):
        stranger.join_founder(BOTH, b"\x01" * 32)
    with refused("MembershipWrongStatus"):
        stranger.join(BOTH, b"\x01" * 32)


def test_a_founder_joins_once(small: Small) -> None:
    with refused("MembershipWrongStatus"):
        small.members[0].join_founder(BOTH, b"\x01" * 32)


def test_a_bond_is_locked_and_unlocked(small: Small) -> None:
    member = small.members[0]
    member.bond(TokenWei(30 * TOKEN))
    assert member.member(member.account).bond == 150 * TOKEN

    member.request_unbond(TokenWei(50 * TOKEN))
    with refused("MembershipStillBonded"):
        member.withdraw_bond()
    small.backend.advance(PARAMETERS.unbond_delay + 1)
    member.withdraw_bond()
    assert member.member(member.account).bond == 100 * TOKEN
    with refused("MembershipInsufficientTokens"):
        member.bond(TokenWei(2000 * TOKEN))


def test_who_exits_is_seated_no_more(small: Small) -> None:
    leaver = small.members[2]
    leaver.exit()
    assert leaver.member(leaver.account).status is MemberStatus.EXITED
    assert leaver.voting_units(leaver.account) == 0
    assert not leaver.can_open()  # two are left and three are needed
    with refused("RoundManagerTooFewSeated"):
        leaver.open_round()


def test_before_the_first_round_there_is_nothing(small: Small) -> None:
    member = small.members[0]
    view = member.round()
    assert (view.number, view.phase, view.base, view.ended) == (0, Phase.NONE, None, True)
    assert (member.latest().round, member.latest().state) == (0, None)
    assert member.can_open()
    assert member.candidates() == ()
    assert member.releases() == ()


def test_a_round_shows_how_far_everybody_got(small: Small) -> None:
    number = small.commit_all(absent=1)
    member, absent = small.members[0], small.members[2]

    view = member.round()
    assert (view.number, view.phase, view.base) == (number, Phase.COMMIT, content("genesis"))
    assert (view.committed, view.drawn_trainers, view.drawn_validators) == (2, 3, 3)
    assert not view.ended
    assert member.drawn(Role.TRAINER) == member.seated(Role.TRAINER) == tuple(one.account for one in small.members)
    assert member.seat(member.account, Role.TRAINER).progress_in(number) is Progress.COMMITTED
    assert member.seat(absent.account, Role.TRAINER).progress_in(number) is Progress.NONE
    assert member.seat(member.account, Role.TRAINER).progress_in(RoundId(number + 1)) is Progress.NONE
    assert member.parameters(view.version).phase_seconds(view.phase) == PHASE_SECONDS
    assert member.parameters(view.version).phase_seconds(Phase.FAILED) == 0


def test_a_false_result_costs_its_validator(small: Small) -> None:
    number = small.commit_all()
    small.reveal_and_vouch(number)
    good, bad = small.result(number), replace(small.result(number), ledger_root=b"\x66" * 32)
    told: list[Result] = [good, good, bad]
    for place, (member, result) in enumerate(zip(small.members, told, strict=True)):
        member.attest(number, result, salt(("result", place)))
    for place, (member, result) in enumerate(zip(small.members, told, strict=True)):
        member.disclose(number, result, salt(("result", place)))
    with refused("RoundManagerNotAgreed"):
        small.members[0].finalise(number, bad)
    small.members[0].finalise(number, good)

    liar = small.members[2]
    assert small.members[0].round().phase is Phase.FINALISED
    assert isinstance(liar.outcome(number), OutcomeView)
    assert liar.disclosable_until(number) > liar.chain.now()
    receipt = small.members[0].settle(liar.account)
    (penalty,) = [event for event in receipt.events if event.name == "MemberPenalised"]
    assert penalty.arguments["burned"] == PARAMETERS.hard_penalty
    assert liar.member(liar.account).bond == 70 * TOKEN
    assert not liar.member(liar.account).listed


def test_rewards_are_claimed_one_round_later_with_a_proof(small: Small) -> None:
    member, other = small.members[0], small.members[1]
    ledger = credit(Ledger(), {member.account.lower(): 5 * TOKEN, other.account.lower(): 7 * TOKEN})
    proof = merkle_proof(ledger, member.account.lower(), keccak)
    small.run_round(merkle_root(ledger, keccak))
    with refused("RoundManagerNotYetClaimable"):
        member.claim(member.account, 5 * TOKEN, proof, 1)
    small.run_round()

    with refused("RoundManagerFalseProof"):
        member.claim(member.account, 6 * TOKEN, proof, 1)
    member.claim(member.account, 5 * TOKEN, proof, 1)
    assert member.earned(member.account) == 5 * TOKEN
    with refused("RoundManagerNothingToClaim"):
        member.claim(member.account, 5 * TOKEN, proof, 1)


def test_guideline_versions_are_read_once(small: Small) -> None:
    member = small.members[0]
    assert member.parameters(GuidelineVersion(1)) is member.parameters(GuidelineVersion(1))
    assert member.guideline(GuidelineVersion(1)) == member.guideline()
    with refused("GuidelineRegistryUnknownVersion"):
        member.guideline(GuidelineVersion(2))


def test_a_long_list_of_seats_is_read_in_pages(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.chain.federation.PAGE", 2)
    everybody = tuple(one.account for one in small.members)
    small.members[0].open_round()
    assert small.members[0].seated(Role.TRAINER) == everybody
    monkeypatch.setattr("node.chain.federation.PAGE", 3)
    assert small.members[0].seated(Role.VALIDATOR) == everybody


def test_more_changes_than_one_call_applies_are_all_applied() -> None:
    founders = 40
    chain = InMemoryChain(
        plan_for(founders, replace(PARAMETERS, min_trainers=35)), addresses(1)[0], addresses(founders)
    )
    members = [Federation(chain.connect(one), chain.deployment, one) for one in addresses(founders)]
    for member in members:
        member.join_founder(BOTH, bytes(32))
    assert not members[0].can_open()
    members[0].seat_everybody()
    assert len(members[0].seated(Role.TRAINER)) == founders
    members[0].open_round()
