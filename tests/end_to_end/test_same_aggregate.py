"""A round through the real contracts comes to the state that the same updates come to in an experiment's process."""

from dataclasses import replace

import pytest

from aggregator.delta import decode_state, decode_update, encode_state
from node.guideline import optimiser_of, rule_of
from node.peer.conclude import expected_header
from node.peer.inputs import STATE_LIMIT, gather
from node.research.federated_run import Server
from node.research.simulation.federation import open_federation
from node.research.simulation.settings import Settings

ROUNDS = 2
SETTINGS = Settings(peers=6, rounds=ROUNDS, validators=3, dimension=200, chain="eth-tester")


def updates_of(inputs):
    """What trainers sent, int16, in the order of their addresses."""
    state, _ = decode_state(inputs.base)
    in_order = sorted(inputs.reveals, key=lambda one: one.trainer.lower())
    headers = [expected_header(one.trainer, inputs.version, inputs.lineage, inputs.base_cid, state) for one in in_order]
    return [decode_update(inputs.updates[one.slot], header) for one, header in zip(in_order, headers, strict=True)]


@pytest.mark.parametrize(
    ("rule", "optimiser"),
    [("mean", "plain"), ("trimmed_mean", "plain"), ("median", "fedavgm:beta1=0.5"), ("caf", "plain")],
)
def test_the_same_updates_come_to_the_same_state(tmp_path, monkeypatch, rule, optimiser):
    with open_federation(replace(SETTINGS, rule=rule, optimiser=optimiser), tmp_path) as town:
        monkeypatch.setattr(town.store, "sweep", lambda: None)  # the updates are wanted once more
        update = town.sealed.guideline.update
        genesis = town.store.get(town.sealed.genesis, STATE_LIMIT)
        server = Server(genesis, rule_of(update), optimiser_of(update))
        for number in range(1, ROUNDS + 1):
            town.play()
            inputs = gather(town.chronicle.read(), number, town.store)
            updates = updates_of(inputs)
            assert len(updates) == SETTINGS.peers
            server.conclude(updates, server.context(update.faults, number))
            attested = town.store.get(town.past(number).finalisation.state, STATE_LIMIT)
            header, values = decode_state(server.state)
            assert encode_state(replace(header, round=number), values) == attested
            assert values.any()
