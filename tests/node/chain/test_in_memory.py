"""What is particular to the chain in memory; what it has in common with others is in `tests.conformance.chain`."""

from dataclasses import replace

import pytest

from node.chain.federation import Federation
from node.chain.in_memory import GENESIS_TIME, InMemoryChain
from node.chain.words import Phase
from node.errors import TransactionRefused
from node.types import UnixSeconds
from tests.federations import BOTH, PARAMETERS, PHASE_SECONDS, addresses, content, plan_for, salt

FOUNDERS = 3


@pytest.fixture
def chain() -> InMemoryChain:
    return InMemoryChain(plan_for(FOUNDERS), addresses(1)[0], addresses(FOUNDERS))


@pytest.fixture
def members(chain: InMemoryChain) -> list[Federation]:
    found = [Federation(chain.connect(one), chain.deployment, one) for one in addresses(FOUNDERS)]
    for place, member in enumerate(found):
        member.join_founder(BOTH, bytes([place]) * 32)
    return found


def test_time_stands_still_until_told_to_pass(chain: InMemoryChain, members: list[Federation]) -> None:
    members[0].open_round()
    members[0].commit(members[0].round().number, content("update"), 1, salt("update"))
    assert chain.now() == members[0].chain.now() == GENESIS_TIME
    assert chain.advance(5) == GENESIS_TIME + 5
    assert members[1].round().ends_at == GENESIS_TIME + PHASE_SECONDS


def test_it_begins_when_it_is_told_to() -> None:
    chain = InMemoryChain(plan_for(1), addresses(1)[0], now=UnixSeconds(77))
    assert chain.now() == 77
    assert {one.timestamp for one in chain.events(0)} == {77}


def test_a_refused_transaction_leaves_no_trace(chain: InMemoryChain, members: list[Federation]) -> None:
    me = members[0]
    before = (chain.world, chain.nonce(me.account), chain.balance(me.account), chain.events(0))
    with pytest.raises(TransactionRefused, match="MembershipNotSuspended"):
        me.resume()
    assert (chain.world, chain.nonce(me.account), chain.balance(me.account), chain.events(0)) == before


def test_every_transaction_is_a_block_and_has_a_name(members: list[Federation]) -> None:
    receipts = [members[0].set_encryption_key(bytes([turn]) * 32) for turn in range(3)]
    assert [one.block - receipts[0].block for one in receipts] == [0, 1, 2]
    assert len({one.transaction for one in receipts}) == 3


def test_a_world_that_was_kept_can_be_returned_to(chain: InMemoryChain, members: list[Federation]) -> None:
    kept = chain.world
    members[0].open_round()
    assert members[1].round().phase is Phase.COMMIT
    chain.world = kept
    assert members[1].round().phase is Phase.NONE


def test_a_guideline_that_the_contracts_refuse_founds_nothing() -> None:
    hopeless = replace(PARAMETERS, trainers=257)
    with pytest.raises(TransactionRefused, match=r"OutOfBounds\(trainers, 257, 1, 256\); change this value"):
        InMemoryChain(plan_for(1, hopeless), addresses(1)[0])
