from dataclasses import replace

import pytest

from aggregator.ledger import Ledger
from node.errors import ContentCorrupted
from node.peer.claims import claimable_ordinal, look_up_claim
from node.peer.history import History
from node.peer.inputs import load_record
from tests.federations import account


def ledger_of(town, round_id):
    record = load_record(town.store, town.history.rounds[round_id].finalisation.record)
    return Ledger.from_bytes(town.store.get(record.ledger, 1 << 20))


def test_the_ledger_before_the_last_is_the_one_to_claim_from(town):
    assert claimable_ordinal(town.history) == 1
    assert claimable_ordinal(History()) == 0


def test_what_is_claimable_is_what_the_ledger_says_less_what_was_claimed(town):
    one = town.keys[2].address
    claimed = town.federation().earned(one)
    found = look_up_claim(town.history, town.federation(), town.store, one, 1)
    expected = ledger_of(town, 1).amount(one.lower())
    assert expected > 0
    if found is None:
        assert claimed == expected
    else:
        assert (found.ordinal, found.cumulative, found.amount) == (1, expected, expected - claimed)


def test_a_proof_of_the_next_ledger_is_ready_when_its_time_comes(town):
    one = town.keys[2].address
    found = look_up_claim(town.history, town.federation(), town.store, one, 2)
    assert found.cumulative == ledger_of(town, 2).amount(one.lower())
    assert found.amount == found.cumulative - town.federation().earned(one)


@pytest.mark.parametrize("ordinal", [0, 7])
def test_a_ledger_that_never_was_gives_nothing(town, ordinal):
    assert look_up_claim(town.history, town.federation(), town.store, town.keys[0].address, ordinal) is None


def test_a_stranger_has_nothing_to_claim(town):
    assert look_up_claim(town.history, town.federation(), town.store, account(5).address, 1) is None


def test_a_ledger_that_is_none_is_content_that_is_broken(town):
    past = town.history.rounds[1]
    record = load_record(town.store, past.finalisation.record)
    false = town.store.put(replace(record, ledger=town.store.put(b"not a ledger")).to_bytes())
    broken = replace(past, finalisation=replace(past.finalisation, record=false))
    history = replace(town.history, rounds={1: broken, 2: town.history.rounds[2]})
    with pytest.raises(ContentCorrupted, match="is not a ledger"):
        look_up_claim(history, town.federation(), town.store, town.keys[0].address, 1)
