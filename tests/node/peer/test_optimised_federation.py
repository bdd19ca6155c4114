"""Rounds of a living federation behind nearest-neighbour mixing, under every server optimiser, and their audit."""

import pytest

from aggregator.optimiser import OPTIMISERS
from node.errors import ContentNotFound
from node.guideline import Algorithm, Preaggregation, ServerOptimiser
from node.peer.archive import read_archive, write_archive
from node.peer.audit import audit, history_of, replay
from node.peer.inputs import load_record, load_state
from tests.living_federation import GUIDELINE, HONEST, living_federation

PEERS = 5
ROUNDS = 2


def under(optimiser):
    """Five trainers of whom one may poison."""
    changes = {
        "rule": "trimmed_mean",
        "preaggregations": (Preaggregation(name="nnm"),),
        "optimiser": ServerOptimiser(name=optimiser),
        "algorithm": Algorithm(name="feddyn" if optimiser == "feddyn" else "fedavg"),
        "faults": 1,
        "min_updates": 3,
        "min_trainers": PEERS,
    }
    return GUIDELINE.model_copy(update={"update": GUIDELINE.update.model_copy(update=changes)})


@pytest.fixture(scope="module", params=sorted(OPTIMISERS))
def town(request):
    with living_federation(ROUNDS, (HONEST,) * PEERS, under(request.param)) as made:
        made.optimiser = request.param
        yield made


def records(town):
    return [load_record(town.store, one.finalisation.record) for one in town.history.rounds.values()]


def test_every_round_is_finalised_on_one_result_and_says_how(town):
    assert [one.status for one in records(town)] == ["finalised"] * ROUNDS
    for record in records(town):
        assert (record.rule, record.faults, record.optimiser) == ("trimmed_mean", 1, town.optimiser)
        assert [one.name for one in record.preaggregations] == ["nnm"]
        assert all(one.reason.endswith("judged as the mean of the 4 updates nearest to it") for one in record.updates)
    assert all(len({one.result_hash for one in past.disclosures}) == 1 for past in town.history.rounds.values())


def test_states_follow_each_other_and_the_optimiser_remembers(town):
    first, *later = records(town)
    assert [one.base for one in later] == [one.state for one in (first, *later)][:-1]
    names = {one.optimiser_state for one in (first, *later)}
    assert names == {""} if town.optimiser == "plain" else len(names) == ROUNDS
    _, before = load_state(town.store, first.base)
    _, after = load_state(town.store, later[-1].state)
    assert (after > before).all()  # everybody learns by going up


def test_the_archive_alone_confirms_every_round(town, tmp_path):
    write_archive(tmp_path / "archive", town.deployment, town.events, town.store)
    found = read_archive(tmp_path / "archive")
    assert [one.differences for one in audit(history_of(found.events), found.store)] == [()] * ROUNDS


def test_without_the_optimisers_state_no_round_that_names_it_is_confirmed(town):
    class Forgetful:
        def get(self, cid, limit):
            if cid == records(town)[0].optimiser_state:
                raise ContentNotFound("gone")
            return town.store.get(cid, limit)

    replays = [replay(town.history, number, Forgetful()) for number in sorted(town.history.rounds)]
    differences = [one.differences for one in replays]
    if town.optimiser == "plain":
        assert differences == [(), ()]
    else:
        assert differences == [("cannot be checked: gone",), ("cannot be executed again: gone",)]
