"""Members who lie, withhold or fall silent in a running federation: the round ends, and only they pay for it.

One federation of five; each test plays one more round in it with one member misbehaving, so bonds are compared with
what they were before. Four of five validators make two thirds.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from node.chain.commitments import Result
from node.chain.federation import Federation
from node.chain.words import Penalty, Role
from node.peer.audit import replay
from node.peer.inputs import load_record
from node.peer.protocol import Commit, Disclose, Reveal, Train
from node.research.adversaries import VALIDATOR_DUTIES, refuses
from node.types import TokenWei
from tests.federations import TOKEN
from tests.living_federation import HONEST, living_federation

PEERS = 5
BAD = PEERS - 1


@pytest.fixture(scope="module")
def town():
    with living_federation(rounds=1, friends=[HONEST] * PEERS) as one:
        one.federation(BAD).bond(TokenWei(500 * TOKEN))  # stays eligible for the next test's misdeed
        yield one


@dataclass
class Aftermath:
    """A round that was played, and what it cost whom: (kind, tokens burned) by place."""

    past: object
    costs: dict

    def reward_of(self, town, place):
        record = load_record(town.store, self.past.finalisation.record)
        found = [one.contribution for one in record.updates if one.trainer == town.address(place).lower()]
        return found[0] if found else 0


def played(town, honest=range(BAD)):
    """Play a round; the honest must come out of it with bond and fault points as before."""
    before, penalties = town.standing(), len(town.history.penalties)
    past = town.run_round()
    assert past.finalisation or past.failed_in is not None
    after = town.standing()
    assert [after[place] for place in honest] == [before[place] for place in honest]
    places = {town.address(place): place for place in range(len(town.keys))}
    costs = {}
    for one in town.history.penalties[penalties:]:
        costs.setdefault(places[one.account], []).append((Penalty(one.kind), one.burned // TOKEN))
    return Aftermath(past, costs)


@contextmanager
def unwilling(town, *kinds, place=BAD):
    """The member never does these things."""
    participant = town.ensemble.participants[place]
    usual = participant.willing
    participant.willing = lambda action: usual(action) and refuses(kinds)(action)
    yield
    participant.willing = usual


def test_a_trainer_that_never_reveals_pays_a_little(town):
    with unwilling(town, Reveal):
        aftermath = played(town)
    assert aftermath.past.finalisation.included == 0b1111
    assert aftermath.costs == {BAD: [(Penalty.SOFT, 2)]}
    assert all(aftermath.reward_of(town, place) > 0 for place in range(BAD))


def test_an_absent_trainer_pays_a_fault_point(town):
    with unwilling(town, Train, Commit):
        aftermath = played(town)
    assert len(aftermath.past.commits) == BAD
    assert aftermath.costs == {BAD: [(Penalty.SILENT, 0)]}
    assert aftermath.past.silences == ((town.address(BAD), Role.TRAINER),)


def test_a_silent_validator_pays_a_fault_point_and_keeps_its_reward_as_a_trainer(town):
    with unwilling(town, *VALIDATOR_DUTIES):
        aftermath = played(town)
    assert aftermath.costs == {BAD: [(Penalty.SILENT, 0)]}
    assert aftermath.reward_of(town, BAD) > 0
    assert town.address(BAD) not in aftermath.past.credited_validators()


def test_a_validator_that_attests_and_does_not_disclose_pays_a_little(town):
    with unwilling(town, Disclose):
        aftermath = played(town)
        # Until the time to disclose is over nobody can tell, so the next round settles it.
        assert aftermath.costs == {}
        town.chain.advance(61)
        before = town.standing()
        town.federation().settle(town.address(BAD))
    bond, points = before[BAD]
    assert town.standing() == [*before[:BAD], (bond - 2 * TOKEN, points + 1)]


def test_a_validator_that_lies_about_the_result_pays_much(town, monkeypatch):
    def lie(conclusion):
        return replace(Result.of(conclusion), state=conclusion.report.base)

    monkeypatch.setattr(town.peer(BAD).validator, "result_of", lie)
    aftermath = played(town)
    assert aftermath.costs == {BAD: [(Penalty.HARD, 50)]}
    lied = {one.validator: one.result_hash for one in aftermath.past.disclosures}
    assert lied[town.address(BAD)] != aftermath.past.agreed_hash
    assert replay(town.history, aftermath.past.round, town.store).confirmed


def test_who_reveals_what_nobody_can_have_is_not_included_and_who_vouches_for_it_pays(town, monkeypatch):
    """The trainer keeps its file to itself and, as a validator, says that it serves it."""
    bad = town.peer(BAD)

    def reveal_only(round_id):
        update = bad.journal.update(round_id)
        bad.federation.reveal(round_id, update.cid, update.examples, update.salt)

    monkeypatch.setattr(bad, "_reveal", reveal_only)
    monkeypatch.setattr(bad.validator, "bitmap", lambda round_id: 0b11111)
    aftermath = played(town)
    assert sorted(aftermath.costs) == [BAD]
    assert aftermath.costs[BAD] == [(Penalty.SOFT, 2), (Penalty.SOFT, 2)]
    final = aftermath.past.finalisation
    (slot,) = [one.slot for one in aftermath.past.reveals if one.trainer == town.address(BAD)]
    (position,) = [one.position for one in aftermath.past.vouches if one.validator == town.address(BAD)]
    assert (final.included, final.false_vouchers) == (0b11111 ^ 1 << slot, 1 << position)
    reason = load_record(town.store, final.record).updates[slot].reason
    assert reason == "not included: 1 of 5 drawn validators vouched for it, 4 are needed"


def test_one_report_is_enough_nobody_settles_what_is_settled(town, monkeypatch):
    settled = []
    settle = Federation.settle
    monkeypatch.setattr(Federation, "settle", lambda self, one: settled.append(one) or settle(self, one))
    with unwilling(town, Reveal):
        played(town)
    assert settled == [town.address(BAD)]
