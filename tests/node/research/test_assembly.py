"""What every federation in one process begins with."""

import pytest

from node.chain.federation import Federation
from node.chain.in_memory import InMemoryChain
from node.chain.words import Role
from node.peer.observe import Observer
from node.peer.trainer import Trainer
from node.peer.validator import Validator
from node.research.adversaries import LyingValidator
from node.research.assembly import FOUNDER_BOND, Parts, assemble, enrol, founders_of
from node.store.memory import MemoryStore
from tests.federations import PARAMETERS, VOTING, DeployPlan, addresses, content


@pytest.fixture
def federation():
    accounts = addresses(2)
    plan = DeployPlan(content("guideline"), content("genesis"), PARAMETERS, founders_of(accounts), VOTING)
    chain = InMemoryChain(plan, accounts[0], accounts)
    return Federation(chain.connect(accounts[1]), chain.deployment, accounts[1])


def test_a_founder_joins_and_bonds_once(federation):
    enrol(federation, (Role.TRAINER,), bytes(32))
    member, events = federation.member(federation.account), federation.chain.events(0)
    assert (member.bond, member.roles) == (FOUNDER_BOND, {Role.TRAINER})
    enrol(federation, (Role.TRAINER,), bytes(32))
    assert federation.chain.events(0) == events


def test_a_founder_who_was_interrupted_bonds_what_is_missing(federation):
    federation.join_founder((Role.TRAINER,), bytes(32))
    enrol(federation, (Role.TRAINER,), bytes(32))
    assert federation.member(federation.account).bond == FOUNDER_BOND


def test_a_peer_is_made_of_the_nodes_parts_but_for_those_exchanged(federation, tmp_path):
    def assembled(folder, parts=None):
        peer = assemble(federation, MemoryStore(), tmp_path / folder, lambda task: None, parts)
        peer.journal.close()
        return peer

    peer = assembled("ordinary")
    assert (type(peer.validator), type(peer.trainer), type(peer.observer)) == (Validator, Trainer, Observer)
    assert peer.observer.account == federation.account
    liar = assembled("liar", Parts(validator=LyingValidator))
    assert (type(liar.validator), type(liar.trainer)) == (LyingValidator, Trainer)
    assert (tmp_path / "liar" / "journal.db").exists()
