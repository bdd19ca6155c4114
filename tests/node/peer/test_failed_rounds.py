"""Rounds that cannot succeed, what comes after them, and members who come late.

Every test founds its own federation: failing changes where the next round starts and under which guideline.
"""

import pytest

from node.chain.deploy import enforced
from node.chain.governance import Call, Governance, Support
from node.chain.words import Phase
from node.peer.audit import audit
from node.peer.inputs import load_record
from node.peer.protocol import Commit, Reveal
from node.research.adversaries import VALIDATOR_DUTIES, refuses
from node.types import Address
from tests.federations import TOKEN, account
from tests.living_federation import GUIDELINE, HONEST, Friend, living_federation

BOND = 120 * TOKEN


@pytest.fixture
def town():
    with living_federation(rounds=1) as one:
        yield one


def all_refuse(town, places, *kinds):
    for place in places:
        town.ensemble.participants[place].willing = refuses(kinds)


def all_willing(town):
    for one in town.ensemble.participants:
        one.willing = lambda action: True


@pytest.mark.parametrize(
    ("kind", "ends_in", "bond", "points"),
    [(Commit, Phase.COMMIT, BOND, 1), (Reveal, Phase.REVEAL, BOND - 2 * TOKEN, 1)],
)
def test_too_few_updates_fail_the_round_and_the_next_starts_from_the_same_base(town, kind, ends_in, bond, points):
    base = town.history.rounds[1].finalisation.state
    all_refuse(town, (1, 2), kind)
    failed = town.run_round()
    assert (failed.finalisation, failed.base) == (None, base)
    assert town.federation().round().phase is Phase.FAILED
    assert town.federation().round().ended_in is ends_in
    assert town.standing()[0] == (BOND, 0)
    all_willing(town)
    assert town.run_round().base == base
    assert town.history.rounds[3].finalisation is not None
    # What a failed round costs is settled at the latest when the next one is entered.
    assert town.standing() == [(BOND, 0), (bond, points), (bond, points)]
    assert town.federation().latest().ordinal == 2


def test_too_few_validators_fail_the_round_and_nobody_who_worked_pays(town):
    base = town.history.rounds[1].finalisation.state
    all_refuse(town, (1, 2), *VALIDATOR_DUTIES)
    failed = town.run_round()
    assert failed.finalisation is None
    assert town.federation().round().ended_in is Phase.VOUCH
    all_willing(town)
    again = town.run_round()
    assert (again.base, again.finalisation.ordinal) == (base, 2)
    assert [bond for bond, _ in town.standing()] == [BOND] * 3
    assert town.standing()[0] == (BOND, 0)


def test_too_few_well_formed_updates_are_an_agreed_failure_and_the_base_stays():
    friends = [HONEST, Friend(lambda data: data[:-2]), Friend(lambda data: data + b"\0\0")]
    with living_federation(friends=friends) as town:
        failed = town.run_round()
        assert failed.failed_in == Phase.DISCLOSE
        assert len(failed.agreed_hash) == 24
        assert town.standing() == [(BOND, 0), (BOND - 50 * TOKEN, 0), (BOND - 50 * TOKEN, 0)]
        assert town.federation().latest().ordinal == 0


def pass_vote(town, call):
    """From proposal to execution, everybody in favour."""
    members = [Governance(town.federation(place).chain, town.deployment) for place in range(len(town.keys))]
    number = members[0].propose(call, "why not")
    voting = GUIDELINE.version_control.voting
    town.chain.advance(voting.delay + 1)
    for one in members:
        one.vote(number, Support.FOR)
    town.chain.advance(voting.period + 1)
    members[0].queue(number)
    town.chain.advance(voting.timelock + 1)
    members[0].execute(number)


def test_a_guideline_that_cannot_run_falls_back_to_the_one_that_could(town):
    base = town.history.rounds[1].finalisation.state
    update = town.sealed.guideline.update.model_copy(update={"rule": "no such rule"})
    broken = town.sealed.guideline.model_copy(update={"update": update})
    pass_vote(town, Call.adopt(town.store.put(broken.canonical()), None, enforced(broken)))
    versions = [town.run_round().version for _ in range(3)]
    assert (versions, town.federation().latest().ordinal) == ([2, 2, 2], 1)
    again = town.run_round()
    assert (again.version, again.base, again.finalisation.ordinal) == (1, base, 2)
    # Nobody could train, which looks like silence: a fault point a round, and no token.
    assert town.standing() == [(BOND, 3)] * 3


def test_a_late_joiner_trains_from_the_chain_and_the_store_alone(town):
    town.run_rounds(1)
    pass_vote(town, Call.admit(Address(str(account(3).address))))
    place = town.welcome(3)
    past = town.run_round()
    assert past.base == town.history.rounds[2].finalisation.state
    record = load_record(town.store, past.finalisation.record)
    (own,) = [one for one in record.updates if one.trainer == town.address(place).lower()]
    assert (own.well_formed, own.selected, own.contribution > 0) == (True, True, True)
    assert town.address(place) in past.credited_validators()
    assert all(one.confirmed for one in audit(town.history, town.store))
