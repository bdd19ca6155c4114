"""Colluders: when they choose, what they see, and what each of them sends."""

from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import pytest

import aggregator
from aggregator.attacks import attack
from node.peer.trainer import Learned, LearningTask
from node.research.simulation.guideline import SYNTHETIC
from node.research.simulation.scene import Scene
from node.types import RoundId

LENGTH, STEP = 50, 2.0**-16
ONE = RoundId(1)


@dataclass
class Looking:
    """An attack that keeps what it was told; all colluders send their number."""

    least_seen: int
    seen: list = field(default_factory=list)
    name = "looking"

    def __call__(self, knowledge):
        self.seen.append(knowledge)
        rows = np.arange(1, knowledge.colluders + 1, dtype=np.float32)
        return np.repeat(rows[:, None], knowledge.length, axis=1)


def own(value):
    def learn(task):
        done = Future()
        done.set_result(Learned(np.full(LENGTH, value, np.float32), 10))
        return done

    return learn


def scene(chosen, honest=3, previous=None):
    rule = aggregator.rule("trimmed_mean")
    return Scene(chosen, rule, 2, -16, honest, [own(0.5), own(0.25)], lambda _: previous, examples=7)


def task(number=ONE):
    return LearningTask(number, SYNTHETIC, b"", b"", 11)


def update(value):
    return np.full(LENGTH, value, np.int16)


def test_who_wants_to_see_waits_for_every_honest_update():
    looking = Looking(least_seen=1)
    town = scene(looking)
    first, second = town.learner(0)(task()), town.learner(1)(task())
    for place, value in ((2, 30), (0, 10)):
        town.show(ONE, place, update(value))
    assert not (first.done() or second.done() or looking.seen)
    town.show(ONE, 1, update(20))
    assert [one.result().delta[0] for one in (first, second)] == [1, 2]
    assert first.result().examples == 7
    (knowledge,) = looking.seen
    assert knowledge.honest[:, 0].tolist() == [10 * STEP, 20 * STEP, 30 * STEP]  # in order of place
    assert (knowledge.own, knowledge.previous, knowledge.seed) == (None, None, 11)


def test_updates_shown_before_anybody_asked_count():
    looking = Looking(least_seen=1)
    town = scene(looking)
    for place in range(3):
        town.show(ONE, place, update(place))
    assert town.learner(1)(task()).result().delta[0] == 2
    assert town.learner(0)(task()).result().delta[0] == 1
    assert len(looking.seen) == 1


def test_they_know_the_rule_and_the_last_aggregate():
    looking = Looking(least_seen=1)
    town = scene(looking, previous=update(4))
    town.learner(0)(task())
    for place in range(3):
        town.show(ONE, place, update(10 * place))
    (knowledge,) = looking.seen
    assert knowledge.previous[0] == 4 * STEP
    rows = np.stack([update(value) for value in (0, 10, 20, 1000, -1000)])
    assert knowledge.rule(rows)[0] == 10  # two trimmed on both sides


def test_who_needs_to_see_nobody_is_told_what_it_would_honestly_send():
    looking = Looking(least_seen=0)
    town = scene(looking)
    assert not town.looks
    town.show(ONE, 0, update(10))
    assert town.learner(1)(task()).result().delta[0] == 2
    (knowledge,) = looking.seen
    assert knowledge.own[:, 0].tolist() == [0.5, 0.25]
    assert (len(knowledge.honest), knowledge.rule) == (0, None)


def test_every_round_is_a_new_choice():
    looking = Looking(least_seen=1)
    town = scene(looking, honest=1)
    for number in (1, 2):
        town.show(RoundId(number), 0, update(number))
        assert town.learner(0)(task(RoundId(number))).done()
    assert [one.honest[0, 0] for one in looking.seen] == [STEP, 2 * STEP]


@pytest.mark.parametrize("name", ["alie", "ipm", "min_max", "mimic", "rop", "sign_flip", "noise", "echo", "zero"])
def test_real_attacks_find_what_they_need(name):
    town = scene(attack(name), honest=5)
    rows = np.random.default_rng(1).integers(-900, 900, (5, LENGTH)).astype(np.int16)
    for place in range(5):
        town.show(ONE, place, rows[place])
    sent = [town.learner(colluder)(task()).result() for colluder in range(2)]
    assert all(one.delta.shape == (LENGTH,) and one.delta.dtype == np.float32 for one in sent)
