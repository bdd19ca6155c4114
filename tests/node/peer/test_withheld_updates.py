"""Updates that some validators cannot have in time: each has a store of its own, on a network with holes in it.

Six peers; the last trainer serves its update to some only, until VOUCH is over. Four of six make two thirds.
"""

import pytest

from node.chain.words import Penalty
from node.peer.audit import replay
from node.peer.inputs import load_record
from tests.federations import TOKEN
from tests.living_federation import HONEST, living_federation
from tests.swarm import Swarm

PEERS = 6
BAD = PEERS - 1
BOND = 120 * TOKEN
EVERYBODY = (1 << PEERS) - 1


@pytest.fixture
def swarm():
    return Swarm(PEERS)


@pytest.fixture
def town(swarm):
    with living_federation(friends=[HONEST] * PEERS, stores=swarm.stores) as one:
        yield one


def slot_of(past, account):
    return next(one.slot for one in past.reveals if one.trainer == account)


def withhold(town, swarm, served, for_good=False):
    """The last peer's update reaches the `served` places only; later everybody, unless withheld for good."""

    def withheld(place, cid):
        view = town.federation(None).round()
        update = town.peer(BAD).journal.update(view.number)
        hidden = for_good or view.vouched < view.drawn_validators
        return update is not None and cid == update.cid and place not in served and hidden

    swarm.withheld = withheld


def test_served_to_half_is_not_included_and_only_its_trainer_pays(town, swarm):
    withhold(town, swarm, served=(0, 1, BAD), for_good=True)
    past = town.run_round()
    slot = slot_of(past, town.address(BAD))
    final = past.finalisation
    assert (final.included, final.malformed, final.false_vouchers) == (EVERYBODY ^ 1 << slot, 0, 0)
    reason = load_record(swarm.stores[0], final.record).updates[slot].reason
    assert reason == "not included: 3 of 6 drawn validators vouched for it, 4 are needed"
    assert town.standing() == [(BOND, 0)] * BAD + [(BOND - 2 * TOKEN, 1)]
    assert [(one.account, one.kind) for one in town.history.penalties] == [(town.address(BAD), Penalty.SOFT)]
    assert len(past.credited_validators()) == PEERS


def test_served_to_two_thirds_is_fetched_by_the_others_from_those_who_vouched(town, swarm):
    withhold(town, swarm, served=(0, 1, 2, BAD))
    past = town.run_round()
    bitmaps = {one.validator: one.bitmap for one in past.vouches}
    without = EVERYBODY ^ 1 << slot_of(past, town.address(BAD))
    assert [bitmaps[town.address(place)] for place in range(PEERS)] == [EVERYBODY] * 3 + [without] * 2 + [EVERYBODY]
    assert (past.finalisation.included, past.finalisation.false_vouchers) == (EVERYBODY, 0)
    assert len(past.credited_validators()) == PEERS
    assert town.standing() == [(BOND, 0)] * PEERS
    assert replay(town.history, past.round, swarm.stores[3]).confirmed


def test_one_whom_an_included_update_never_reaches_cannot_attest_and_the_round_ends_without_it(town, swarm):
    withhold(town, swarm, served=(0, 1, 2, 4, BAD), for_good=True)
    past = town.run_round()
    assert past.finalisation.included == EVERYBODY
    assert town.address(3) not in past.attesters
    assert len(past.credited_validators()) == PEERS - 1
    # The one case in which an honest node pays, a little: whoever vouched for the update had to serve it to this one.
    town.federation().settle(town.address(3))
    assert town.standing() == [(BOND, 0)] * 3 + [(BOND - 2 * TOKEN, 1)] + [(BOND, 0)] * 2
