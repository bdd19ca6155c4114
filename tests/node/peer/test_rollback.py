"""A vote rolls a federation back to an older release: rounds go on from that state, and the optimiser starts afresh."""

from types import SimpleNamespace

import pytest

import aggregator
from node.chain.governance import Call, Governance
from node.guideline import ServerOptimiser
from node.peer.audit import audit
from node.peer.averaging import states_leading_to
from node.peer.inputs import load_optimiser_state, load_record, load_state
from node.peer.releases import DraftNotes
from node.research.release_vote import carry, publish_release
from tests.living_federation import GUIDELINE, HONEST, living_federation

EVERYBODY = (0, 1, 2)


@pytest.fixture(scope="module")
def town():
    """Round 1 is released; round 2 is rolled back; rounds 3 and 4 go on from round 1."""
    update = GUIDELINE.update.model_copy(update={"optimiser": ServerOptimiser(name="fedavgm")})
    with living_federation(1, (HONEST,) * 3, GUIDELINE.model_copy(update={"update": update})) as made:
        shared = {"chain": made.chain, "deployment": made.deployment, "store": made.store}
        stage = SimpleNamespace(federation=made.federation, **shared)
        publish_release(stage, made.history, DraftNotes(title="first"), EVERYBODY)
        made.run_rounds(1)
        governance = Governance(made.federation().chain, made.deployment)
        carry(stage, governance.propose(Call.rollback(1), "back to the first"), EVERYBODY)
        made.run_rounds(2)
        yield made


def records(town):
    return [load_record(town.store, one.finalisation.record) for one in town.history.rounds.values()]


def moments(town, record):
    header, _ = load_state(town.store, record.base)
    return load_optimiser_state(town.store, record, header)


def test_rounds_go_on_from_the_released_state(town):
    first, second, third, fourth = records(town)
    assert (second.base, third.base, fourth.base) == (first.state, first.state, third.state)


def test_the_optimiser_starts_afresh_and_then_goes_on(town):
    _, _, third, fourth = records(town)
    optimiser = aggregator.optimiser("fedavgm")
    header, base = load_state(town.store, third.base)
    aggregate, after = moments(town, third)
    fresh = optimiser.start(header.length, header.step_exponent)
    state, kept = aggregator.advance(optimiser, base, aggregate, fresh, header.step_exponent)
    assert load_state(town.store, third.state)[1].tolist() == state.tolist()
    assert after[0].tolist() == kept[0].tolist()

    aggregate, _ = moments(town, fourth)
    state, _ = aggregator.advance(optimiser, state, aggregate, kept, header.step_exponent)
    assert load_state(town.store, fourth.state)[1].tolist() == state.tolist()


def test_an_audit_confirms_all_of_it(town):
    assert [one.differences for one in audit(town.history, town.store)] == [()] * 4


def test_an_average_leaves_out_what_was_rolled_back(town):
    first, _, third, fourth = records(town)
    last = town.history.rounds[4].finalisation.record
    assert states_leading_to(town.store, last, 9) == (fourth.state, third.state, first.state)
