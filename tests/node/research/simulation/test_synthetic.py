"""Learning without a model: steps towards an optimum."""

from dataclasses import replace

import numpy as np
import pytest

from aggregator.delta import apply, decode_state, encode_state, quantise
from node.peer.trainer import LearningTask
from node.research.simulation.settings import Settings
from node.research.simulation.synthetic import SyntheticTask
from node.store.memory import MemoryStore
from node.types import RoundId

SETTINGS = Settings(peers=8, dimension=3000, seed=5)


def begun(settings=SETTINGS):
    task, store = SyntheticTask(settings), MemoryStore()
    sealed = task.pin(store)
    return task, sealed, store.get(sealed.genesis, 1 << 20)


def learn(task, sealed, state, place, number=1):
    return task.learner(place)(LearningTask(RoundId(number), sealed.guideline, state, b"", number)).result()


def moved(state, deltas, exponent=-16):
    header, values = decode_state(state)
    mean = np.mean(deltas, axis=0)
    return encode_state(header, apply(values, quantise(mean, exponent)[0]))


def test_the_genesis_is_the_same_every_time():
    assert begun()[1] == begun()[1]
    assert begun(replace(SETTINGS, dimension=3001))[1].genesis != begun()[1].genesis


def test_nothing_is_learned_at_first_and_all_of_it_in_the_end():
    task, sealed, state = begun()
    assert task.measure(state, sealed.guideline).values == {"progress": 0.0, "alignment": 0.0, "loss": 1.0}
    found = []
    for number in range(1, 15):
        state = moved(state, [learn(task, sealed, state, place, number).delta for place in range(8)])
        found.append(task.measure(state, sealed.guideline)["progress"])
    assert found[:6] == sorted(found[:6])
    assert found[0] == pytest.approx(0.3, abs=0.05)
    assert found[-1] > 0.85
    assert task.measure(state, sealed.guideline)["alignment"] > 0.98


def test_a_peer_alone_learns_less_where_it_holds_something_peculiar():
    def reached(partition):
        task, sealed, state = begun(replace(SETTINGS, partition=partition))
        for number in range(1, 15):
            state = moved(state, [learn(task, sealed, state, 0, number).delta])
        return task.measure(state, sealed.guideline)["progress"]

    assert reached("by_repository") < reached("uniform") - 0.2


def test_everything_follows_from_the_seed():
    task, sealed, state = begun()
    again, _, _ = begun()
    other, _, _ = begun(replace(SETTINGS, seed=6))
    one = learn(task, sealed, state, 3)
    assert np.array_equal(one.delta, learn(again, sealed, state, 3).delta)
    assert not np.array_equal(one.delta, learn(other, sealed, state, 3).delta)
    assert not np.array_equal(one.delta, learn(task, sealed, state, 3, 2).delta)
    assert not np.array_equal(one.delta, learn(task, sealed, state, 4).delta)
    assert (one.delta.dtype, one.delta.shape) == (np.float32, (3000,))
    assert one.examples == task.examples(3) > 0


def test_who_holds_less_steps_less_surely():
    task, sealed, state = begun(replace(SETTINGS, partition="dirichlet_quantity"))
    places = sorted(range(8), key=task.examples)

    def noise(place):
        first, second = (learn(task, sealed, state, place, number).delta for number in (1, 2))
        return float(np.std(first - second))

    assert noise(places[0]) > 1.5 * noise(places[-1])
