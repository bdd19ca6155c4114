"""The peer's own adapter: made of the last finalised state and of what its last finalised training left on its disk."""

from dataclasses import replace

import numpy as np
import pytest

from aggregator.delta import decode_state
from node.algorithms import PERSONAL
from node.errors import GuidelineError, JournalError
from node.peer.carried import Carried, carried_file, updates_folder
from node.peer.conclude import conclude
from node.peer.inputs import gather
from node.peer.personal import personal_adapter, personal_state
from tests.node.peer.conftest import LENGTH, STEP_EXPONENT

STEP = 2.0**STEP_EXPONENT
OWN = np.linspace(-1, 1, LENGTH, dtype=np.float32)


@pytest.fixture
def ditto(paper):
    paper.under(algorithm={"name": "ditto", "parameters": {}})
    return paper


def finalised(paper, *past):
    """The rounds, one after the other, each finalised."""
    rounds = []
    for one in past:
        conclusion = conclude(gather(paper.history(*rounds, one), one.round, paper.store))
        rounds.append(paper.finalised(one, conclusion, len(rounds) + 1))
    return rounds


@pytest.fixture
def remembers(tmp_path):
    folder = updates_folder(tmp_path)
    folder.mkdir()

    def write(round_id, vector, key=PERSONAL):
        Carried(None, {key: vector}).write(carried_file(folder, round_id), durable=False)

    return write


def test_it_is_a_state_of_the_lineage_on_the_federations_grid(ditto, remembers, tmp_path):
    remembers(1, OWN)
    rounds = finalised(ditto, ditto.past(1, ditto.honest()), ditto.past(2, ditto.honest(seed=20)))
    found = personal_adapter(ditto.history(*rounds), ditto.store, tmp_path)
    header, values = decode_state(found.state)
    expected, _ = decode_state(ditto.store.get(rounds[-1].finalisation.state, 1 << 20))
    assert header == expected
    assert values.tolist() == np.rint(OWN / STEP).tolist()
    assert (found.shared, found.own, found.frozen) == (2, 1, b"frozen tensors")
    assert found.guideline == ditto.guideline


def test_what_a_failed_round_left_is_not_used(ditto, remembers, tmp_path):
    remembers(1, OWN)
    remembers(2, -OWN)
    (first,) = finalised(ditto, ditto.past(1, ditto.honest()))
    failed = replace(ditto.past(2, ()), failed_in=1)
    found = personal_adapter(ditto.history(first, failed), ditto.store, tmp_path)
    assert (found.own, decode_state(found.state)[1][0]) == (1, round(float(OWN[0]) / STEP))


def test_tensors_that_stayed_are_put_into_the_federations_last_state(paper):
    """A layout of one tensor cannot be shared and kept; two can."""
    state = paper.store.get(paper.state(0), 1 << 20)
    paper.under(algorithm={"name": "fedper", "tensors": ["lora_B"]})
    with pytest.raises(GuidelineError, match="keeps every trained tensor"):
        personal_state(paper.guideline.update, state, {PERSONAL: OWN})


def test_without_a_personalising_algorithm_there_is_none(paper, remembers, tmp_path):
    remembers(1, OWN)
    rounds = finalised(paper, paper.past(1, paper.honest()))
    with pytest.raises(
        GuidelineError, match=r"update.algorithm is 'fedavg', which keeps no personal adapter; `fednode"
    ):
        personal_adapter(paper.history(*rounds), paper.store, tmp_path)


def test_without_a_finalised_round_there_is_none(ditto, remembers, tmp_path):
    remembers(1, OWN)
    with pytest.raises(JournalError, match="no round has finalised yet"):
        personal_adapter(ditto.history(ditto.past(1, ())), ditto.store, tmp_path)


def test_a_node_that_has_not_trained_in_this_lineage_has_none(ditto, remembers, tmp_path):
    remembers(1, OWN)
    (first,) = finalised(ditto, ditto.past(1, ditto.honest()))
    other = replace(first, round=2, lineage=2)
    for history in (ditto.history(other), ditto.history(first, other)):
        with pytest.raises(JournalError, match="no personal adapter yet"):
            personal_adapter(history, ditto.store, tmp_path)


def test_a_node_that_remembers_something_else_has_none(ditto, remembers, tmp_path):
    remembers(1, OWN, key="own")
    rounds = finalised(ditto, ditto.past(1, ditto.honest()))
    with pytest.raises(JournalError, match="no personal adapter yet"):
        personal_adapter(ditto.history(*rounds), ditto.store, tmp_path)


def test_values_beyond_the_grid_are_its_ends(ditto):
    state = ditto.store.get(ditto.state(0), 1 << 20)
    far = np.full(LENGTH, 1e9, np.float32)
    far[0] = -1e9
    values = decode_state(personal_state(ditto.guideline.update, state, {PERSONAL: far}))[1]
    assert (values[0], values[1]) == (-(2**31), 2**31 - 1)
