"""Putting a simulated federation together, also after having been killed while it was put together."""

from dataclasses import replace

import pytest

from node.chain.words import Role
from node.errors import StoreUnreachable
from node.research.simulation import federation as module
from node.research.simulation.federation import open_federation
from node.research.simulation.peers import OpenTrainer
from tests.node.research.simulation.conftest import SMALL, Killed


def test_everybody_has_joined_and_some_validate(tmp_path):
    with open_federation(SMALL, tmp_path) as town:
        one = town.ensemble.participants[0].peer.federation
        assert one.seated(Role.TRAINER) == tuple(key.address for key in town.keys)
        assert one.seated(Role.VALIDATOR) == tuple(key.address for key in town.keys[:3])
        assert town.past(1) is None


def test_founding_that_was_interrupted_goes_on(tmp_path, monkeypatch):
    made = []

    def assemble(*arguments):
        made.append(arguments)
        if len(made) == 5:
            raise Killed
        return real(*arguments)

    real = module.assemble
    monkeypatch.setattr(module, "assemble", assemble)
    with pytest.raises(Killed), open_federation(SMALL, tmp_path):
        pass
    with open_federation(SMALL, tmp_path) as town:
        events = [one.name for one in town.chronicle.chain.events(0)]
        assert events.count("MemberJoined") == SMALL.peers
        assert town.play() == 1
        assert town.past(1).finalisation


def test_updates_of_past_rounds_do_not_fill_the_store(tmp_path):
    with open_federation(SMALL, tmp_path) as town:
        sizes = []
        for _ in range(4):
            town.play()
            sizes.append(len(list(town.store.pins())))
    assert sizes[3] - sizes[2] == sizes[2] - sizes[1] == 3  # state, ledger, record


def test_a_fault_of_the_store_ends_the_run_and_is_not_waited_for(tmp_path, monkeypatch):
    with open_federation(replace(SMALL, attack="alie"), tmp_path) as town:

        def full(data):
            raise StoreUnreachable("disk full; make room")

        monkeypatch.setattr(town.store, "put", full)
        with pytest.raises(StoreUnreachable, match="disk full"):
            town.play()


def test_nobody_shows_anything_to_attackers_who_do_not_look(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(OpenTrainer, "_values", lambda self, past: shown.append(past.round))
    with open_federation(SMALL, tmp_path) as town:
        town.play()
    assert shown == []
