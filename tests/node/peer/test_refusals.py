"""What the chain refuses by name, and what a restarted node does: three honest peers, one long-lived federation.

Every test ends its round with everybody's update included and nobody's bond or fault points changed.
"""

import pytest

from node.cid import cid_of
from node.errors import TransactionRefused
from node.peer.claims import look_up_claim
from node.peer.protocol import Attest, Commit, Disclose, Fetch, Reveal, Train, Vouch
from tests.living_federation import living_federation

PEERS = 3
EVERYBODY = 0b111


@pytest.fixture(scope="module")
def town():
    with living_federation(rounds=2) as one:
        yield one


def stepped(town, *kinds):
    """Open a round and let everybody do what is asked until the first is asked for one of `kinds`; gives the round."""
    number = town.ensemble.open_round()
    for _ in range(20):
        for participant in town.ensemble.participants:
            action = participant.peer.decide()
            if isinstance(action, kinds):
                return number
            participant.peer.perform(action)
    raise AssertionError("never came to that")


def refused(call, *arguments):
    with pytest.raises(TransactionRefused) as caught:
        call(*arguments)
    return caught.value.name


def test_commitments_are_final_bound_to_their_opening_and_in_time(town):
    number = stepped(town, Reveal)
    federation, journal = town.federation(0), town.peer(0).journal
    update, other = journal.update(number), cid_of(b"something better")
    before = town.standing()
    assert refused(federation.commit, number, other, 9, bytes(32)) == "RoundManagerWrongPhase"
    for opening in (
        (other, update.examples, update.salt),
        (update.cid, update.examples + 1, update.salt),
        (update.cid, update.examples, bytes(32)),
    ):
        assert refused(federation.reveal, number, *opening) == "RoundManagerRevealMismatch"
    town.ensemble.finish_round()
    assert town.history.rounds[number].finalisation.included == EVERYBODY
    assert town.standing() == before
    assert refused(federation.reveal, number, update.cid, 1, update.salt) == "RoundManagerWrongPhase"
    assert refused(federation.commit, number + 1, update.cid, 1, update.salt) == "RoundManagerWrongRound"


def test_a_second_commit_is_refused_and_the_first_stands(town):
    number = town.ensemble.open_round()
    peer = town.peer(0)
    for kind in (Train, Commit):
        assert isinstance(peer.step(), kind)
    assert (
        refused(town.federation(0).commit, number, cid_of(b"late thought"), 9, bytes(32)) == "RoundManagerAlreadyDone"
    )
    before = town.standing()
    town.ensemble.finish_round()
    past = town.history.rounds[number]
    assert (past.finalisation.included, town.standing()) == (EVERYBODY, before)
    assert peer.journal.update(number).cid in [one.cid for one in past.reveals]


def test_claims_with_a_false_proof_or_an_old_root_are_refused(town):
    federation, history = town.federation(1), town.history
    account, latest = town.address(1), federation.latest().ordinal
    claim = look_up_claim(history, federation, town.store, account, latest - 1)
    proof, cumulative = claim.proof, claim.cumulative
    false = [bytes(32), *proof[1:]]
    assert refused(federation.claim, account, cumulative + 1, proof, latest - 1) == "RoundManagerFalseProof"
    assert refused(federation.claim, account, cumulative, false, latest - 1) == "RoundManagerFalseProof"
    assert refused(federation.claim, town.address(2), cumulative, proof, latest - 1) == "RoundManagerFalseProof"
    assert refused(federation.claim, account, cumulative, proof, latest) == "RoundManagerNotYetClaimable"
    before = federation.tokens(account)
    federation.claim(account, cumulative, proof, latest - 1)
    assert federation.tokens(account) == before + claim.amount
    assert refused(federation.claim, account, cumulative, proof, latest - 1) == "RoundManagerNothingToClaim"


def test_an_old_root_is_kept_no_longer(town):
    federation = town.federation(2)
    account = town.address(2)
    old = look_up_claim(town.history, federation, town.store, account, 1)
    while federation.latest().ordinal < 10:
        town.run_rounds(1)
    assert refused(federation.claim, account, old.cumulative, old.proof, 1) == "RoundManagerOldRoot"


@pytest.mark.parametrize("next_kind", [Reveal, Attest, Disclose])
def test_a_restart_goes_on_from_the_journal(town, next_kind):
    number = stepped(town, next_kind)
    update, result = town.peer(0).journal.update(number), town.peer(0).journal.result(number)
    before = town.standing()
    peer = town.restart(0)
    assert (peer.journal.update(number), peer.journal.result(number)) == (update, result)
    done = peer.step()
    assert isinstance(done, next_kind)
    town.ensemble.finish_round()
    past = town.history.rounds[number]
    assert past.finalisation.included == EVERYBODY
    assert len(past.credited_validators()) == PEERS
    assert town.standing() == before


def test_a_restart_while_fetching_fetches_again(town):
    number = stepped(town, Fetch)
    peer = town.peer(1)
    while not isinstance(peer.decide(), Vouch):
        peer.step()
    before = town.standing()
    peer = town.restart(1)
    assert isinstance(peer.decide(), Fetch)
    town.ensemble.finish_round()
    assert (town.history.rounds[number].finalisation.included, town.standing()) == (EVERYBODY, before)
