from concurrent.futures import Future
from dataclasses import replace

import numpy as np

from aggregator.attacks import attack
from aggregator.delta import LayoutEntry, StateHeader, encode_state
from node.peer.trainer import Learned, LearningTask
from node.research.adversaries import moved_between, poisoned
from tests.living_federation import GUIDELINE

HEADER = StateHeader(1, 0, -2, 4, "", (LayoutEntry("x", 2, 2),))


def state(*values, lineage=1):
    return encode_state(replace(HEADER, lineage=lineage), np.array(values, np.int32))


def task(number, base):
    return LearningTask(number, GUIDELINE, base, b"", number)


def honest(task):
    done = Future()
    done.set_result(Learned(np.array([1, 2, 3, 4], np.float32), 7))
    return done


def test_a_poisoner_trains_and_sends_something_else():
    learned = poisoned(honest, attack("sign_flip"))(task(1, state(0, 0, 0, 0))).result()
    assert learned.delta.tolist() == [-4, -8, -12, -16]
    assert learned.examples == 7


def test_an_echo_repeats_how_the_last_state_became_this_one():
    learn = poisoned(honest, attack("echo"))
    bases = [state(0, 0, 0, 0), state(4, 8, 0, -2), state(4, 8, 0, -2), state(4, 8, 0, 0)]
    sent = [learn(task(number, base)).result().delta.tolist() for number, base in enumerate(bases)]
    assert sent == [[0, 0, 0, 0], [1, 2, 0, -0.5], [1, 2, 0, -0.5], [0, 0, 0, 0.5]]


def test_states_of_two_lineages_have_no_step_between_them():
    assert moved_between(state(0, 0, 0, 0), state(1, 1, 1, 1, lineage=2)) is None
    assert moved_between(state(1, 1, 1, 1), state(1, 1, 1, 1)) is None
