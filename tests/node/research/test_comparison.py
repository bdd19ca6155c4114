"""What each row of the comparison trains on, for how long and from where; the trainer is made up."""

from concurrent.futures import Future

import numpy as np
import pytest

from aggregator.delta import LayoutEntry, StateHeader, decode_state, encode_state
from node.guideline import Preaggregation, ServerOptimiser
from node.learning.jobs import TrainResult
from node.ports import Metrics
from node.research.comparison import compare
from node.research.federated_run import Setting
from node.research.stage import Character
from tests.living_federation import GUIDELINE

LENGTH = 4
ROUNDS = 3
STEP = 2.0**-16
CAST = (
    Character("one"),
    Character("two"),
    Character("three", absent_in=(2,)),
    Character("four", attack="sign_flip"),
)
VALUES = {"one": 10, "two": 20, "three": 30, "four": 40}


class FakeTrainer:
    """Moves every value by the package's number; accuracy is the mean of the state."""

    def __init__(self):
        self.jobs = []

    def start(self, job, progress=None):
        self.jobs.append(job)
        done = Future()
        delta = np.full(LENGTH, VALUES[job.source.package] * STEP, np.float32)
        done.set_result(TrainResult(delta, 9, (1.0,)))
        return done

    def train(self, job):
        return self.start(job).result()

    def evaluate(self, job):
        assert (job.benchmark, job.frozen) == (b"benchmark", b"frozen")
        return Metrics({"accuracy": float(decode_state(job.state)[1].mean())})


def run(guideline):
    trainer, told = FakeTrainer(), []
    header = StateHeader(1, 0, -16, LENGTH, "", (LayoutEntry("x", 2, 2),))
    genesis = encode_state(header, np.zeros(LENGTH, np.int32))
    setting = Setting(guideline, genesis, b"frozen", b"benchmark", ROUNDS, trainer)
    rows = compare(setting, CAST, lambda name, accuracy: told.append((name, accuracy)))
    return rows, told, trainer.jobs


@pytest.fixture(scope="module")
def compared():
    return run(GUIDELINE)


def test_every_row_is_there_and_told_as_it_is_known(compared):
    rows, told, _ = compared
    assert list(rows) == [
        "fedavg_under_attack",
        "without_poisoners",
        "single_one",
        "single_two",
        "single_three",
        "single_mean",
        "centralised",
    ]
    assert told == list(rows.items())


def test_plain_averaging_takes_the_poison(compared):
    # −4 × 40 beside 10, 20 and 30; in round 2 the 30 is missing. Means are rounded half to even.
    whole, without_three = round((60 - 160) / 4), round((30 - 160) / 3)
    assert compared[0]["fedavg_under_attack"] == 2 * whole + without_three


def test_without_poisoners_the_same_members_train_honestly(compared):
    assert compared[0]["without_poisoners"] == 2 * 25 + round((10 + 20 + 40) / 3)


def test_preaggregations_and_optimiser_are_the_guidelines_but_for_plain_averaging(compared):
    chosen = {
        "preaggregations": (Preaggregation(name="clipping", parameters={"percent": 1}),),
        "optimiser": ServerOptimiser(name="fedavgm", parameters={"beta1": "0.5"}),
    }
    update = GUIDELINE.update.model_copy(update=chosen)
    rows, *_ = run(GUIDELINE.model_copy(update={"update": update}))
    # Everything is clipped to the shortest update, 10; momentum adds half of the step before.
    assert rows["without_poisoners"] == pytest.approx(10 + 15 + 17.5, abs=1)
    assert rows["fedavg_under_attack"] == compared[0]["fedavg_under_attack"]


def test_honest_peers_alone_train_every_round_on_their_own(compared):
    rows = compared[0]
    assert [rows[f"single_{name}"] for name in ("one", "two", "three")] == [30, 60, 90]
    assert rows["single_mean"] == 60


def test_centralised_training_pools_everything_for_as_many_steps_in_all(compared):
    rows, _, jobs = compared
    job = jobs[-1]
    assert (job.source.package, job.source.pooled) == ("one", ("two", "three", "four"))
    assert job.guideline.update.local_steps == GUIDELINE.update.local_steps * ROUNDS * len(CAST)
    assert rows["centralised"] == VALUES["one"]


def test_nothing_else_is_tuned_for_any_row(compared):
    _, _, jobs = compared
    assert all(job.guideline == GUIDELINE for job in jobs[:-1])
    update = jobs[-1].guideline.update.model_copy(update={"local_steps": GUIDELINE.update.local_steps})
    assert jobs[-1].guideline.model_copy(update={"update": update}) == GUIDELINE
    assert {job.frozen for job in jobs} == {b"frozen"}
