"""What a federated training without a chain adds up to; the trainer is made up, but for one real run."""

import json
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

import aggregator
from aggregator import canonical
from aggregator.attacks import attack
from aggregator.delta import LayoutEntry, StateHeader, decode_state, encode_state
from aggregator.errors import TooFewUpdates
from node.errors import GuidelineError
from node.guideline import parse_guideline
from node.learning.data import DataSource
from node.learning.data.partition import by_repository
from node.learning.jobs import TrainResult
from node.learning.worker import LocalTrainer
from node.ports import Metrics
from node.research.corpus import Amounts, read_corpus, search_guideline, sources
from node.research.federated_run import (
    Conditions,
    Setting,
    alone,
    centralised,
    measured,
    new_setting,
    personal_states,
    run_federated,
)

GUIDELINE = search_guideline()
STEP = 2.0**GUIDELINE.architecture.step_exponent
LENGTH = 4
PEERS = tuple(DataSource(texts=(str(10 * number),)) for number in range(1, 6))
MEAN = aggregator.rule("mean")


class FakeTrainer:
    """Moves every value by the number in the peer's text, or against it; the metric is the mean of the state."""

    def __init__(self):
        self.jobs = []
        self.keeps = "own"

    def start(self, job, progress=None):
        self.jobs.append(job)
        size = sum(map(int, job.source.texts)) * (-1 if job.source.attack else 1)
        done = Future()
        memory = {self.keeps: np.full(LENGTH, size, np.float32)}
        done.set_result(TrainResult(np.full(LENGTH, size * STEP, np.float32), 9, (1.0,), memory))
        return done

    def train(self, job):
        return self.start(job).result()

    def evaluate(self, job):
        values = {"mean": float(decode_state(job.state)[1].mean())}
        return Metrics(values | ({"attack_success": 0.5} if job.attack == "backdoor" else {}))


@pytest.fixture
def setting():
    header = StateHeader(1, 0, GUIDELINE.architecture.step_exponent, LENGTH, "", (LayoutEntry("x", 2, 2),))
    genesis = encode_state(header, np.zeros(LENGTH, np.int32))
    return Setting(GUIDELINE, genesis, b"frozen", b"benchmark", 2, FakeTrainer())


def headlines(setting, **conditions):
    return [one.headline for one in run_federated(setting, PEERS, Conditions(**({"rule": MEAN} | conditions)))]


def test_metrics_before_the_first_round_and_after_each(setting):
    told = []
    found = run_federated(setting, PEERS, Conditions(MEAN), lambda *report: told.append(report))
    assert [one.headline for one in found] == [0, 30, 60]
    assert told == list(enumerate(found))


def test_peers_train_every_round_from_the_same_state_with_the_runs_seed(setting):
    run_federated(setting, PEERS, Conditions(MEAN, seed=3))
    jobs = setting.trainer.jobs
    assert [job.source for job in jobs] == list(PEERS) * 2
    assert {job.seed for job in jobs[:5]} == {3001}
    assert {job.seed for job in jobs[5:]} == {3002}
    assert len({job.state for job in jobs[:5]}) == len({job.state for job in jobs[5:]}) == 1


def test_the_last_peers_poison_their_data(setting):
    assert headlines(setting, byzantine=1, data_attack="label_flip")[1] == (10 + 20 + 30 + 40 - 50) / 5
    assert [job.source.attack for job in setting.trainer.jobs[:5]] == [None] * 4 + ["label_flip"]


def test_how_well_a_backdoor_works_is_measured_beside_the_metric(setting):
    found = run_federated(setting, PEERS, Conditions(MEAN, byzantine=1, data_attack="backdoor"))
    assert {one["attack_success"] for one in found} == {0.5}


def test_attackers_send_what_an_attack_makes_of_their_own_updates(setting):
    assert headlines(setting, byzantine=2, attack=attack("sign_flip", scale=1))[1] == (10 + 20 + 30 - 40 - 50) / 5


def test_what_was_trained_falsely_may_be_sent_many_times_over(setting):
    boosted = {"attack": attack("model_replacement", scale=4), "data_attack": "label_flip"}
    assert headlines(setting, byzantine=1, **boosted)[1] == (10 + 20 + 30 + 40 - 4 * 50) / 5


def test_attackers_who_collude_see_the_honest_updates_and_need_not_train(setting):
    assert headlines(setting, byzantine=2, attack=attack("ipm", epsilon=1.5))[1] == (60 - 2 * 1.5 * 20) / 5
    assert len(setting.trainer.jobs) == 2 * 3


def test_attackers_know_the_rule_and_the_last_aggregate(setting):
    seen = []

    class Spy:
        least_seen = 1

        def __call__(self, knowledge):
            seen.append(knowledge)
            return knowledge.honest[:1]

    median = aggregator.rule("median")
    run_federated(setting, PEERS, Conditions(median, faults=1, byzantine=1, attack=Spy()))
    assert [one.previous is None for one in seen] == [True, False]
    np.testing.assert_array_equal(seen[1].previous, np.full(LENGTH, 20 * STEP, np.float32))
    assert (seen[0].rule(seen[0].honest_rows) == 25).all()


def test_byzantine_peers_without_an_attack_are_honest(setting):
    assert headlines(setting, byzantine=2) == [0, 30, 60]


def test_a_rule_is_told_the_faults_and_may_refuse(setting):
    trimmed = aggregator.rule("trimmed_mean")
    assert headlines(setting, rule=trimmed, faults=2, byzantine=1, data_attack="label_flip")[1] == 20
    with pytest.raises(TooFewUpdates):
        headlines(setting, rule=trimmed, faults=3)


def test_the_server_optimiser_moves_the_state_and_remembers(setting):
    momentum = aggregator.optimiser("fedavgm", beta1="0.5")
    assert headlines(setting, optimiser=momentum) == [0, 30, 30 + 45]


def under(setting, **update):
    document = json.loads(setting.guideline.canonical())
    guideline = parse_guideline(canonical.dumps(document | {"update": document["update"] | update}))
    return replace(setting, guideline=guideline)


def test_every_peer_remembers_its_own_rounds(setting):
    run_federated(setting, PEERS, Conditions(MEAN, byzantine=1, data_attack="label_flip"))
    jobs = setting.trainer.jobs
    assert [job.memory for job in jobs[:5]] == [{}] * 5
    assert [job.memory["own"][0] for job in jobs[5:]] == [10, 20, 30, 40, -50]


def test_the_last_aggregate_is_told_to_an_algorithm_that_asks(setting):
    run_federated(setting, PEERS, Conditions(MEAN))
    run_federated(
        under(setting, algorithm={"name": "scaffold", "parameters": {}}, local_optimiser="sgd"), PEERS, Conditions(MEAN)
    )
    before, asked = setting.trainer.jobs[5:10], setting.trainer.jobs[10:]
    assert {job.previous is None for job in (*before, *asked[:5])} == {True}
    assert [job.previous.tolist() for job in asked[5:]] == [[30 * STEP] * LENGTH] * 5


def test_everybodys_own_state_is_there_to_be_measured(setting):
    setting.trainer.keeps = "personal"
    ditto = under(setting, algorithm={"name": "ditto", "parameters": {}})
    own = personal_states(ditto, PEERS, Conditions(MEAN))
    assert [measured(ditto, state).headline for state in own] == [one / STEP for one in (10, 20, 30, 40, 50)]
    with pytest.raises(GuidelineError, match="keeps no personal adapter"):
        personal_states(setting, PEERS, Conditions(MEAN))


def test_those_who_have_nobody_to_agree_with_train_plainly(setting):
    proximal = under(setting, algorithm={"name": "fedprox", "parameters": {"mu": "0.5"}})
    run_federated(proximal, PEERS, Conditions(MEAN))
    assert {job.guideline.update.algorithm.name for job in setting.trainer.jobs} == {"fedprox"}
    setting.trainer.jobs.clear()
    alone(proximal, PEERS)
    centralised(proximal, PEERS)
    assert {job.guideline.update.algorithm.name for job in setting.trainer.jobs} == {"fedavg"}
    assert not any(job.memory for job in setting.trainer.jobs)


def test_alone_everybody_trains_from_its_own_state(setting):
    assert [decode_state(state)[1].mean() for state in alone(setting, PEERS)] == [20, 40, 60, 80, 100]


def test_centralised_training_pools_all_texts_for_as_many_steps(setting):
    assert decode_state(centralised(setting, PEERS))[1].mean() == 150
    (job,) = setting.trainer.jobs
    assert job.source.texts == ("10", "20", "30", "40", "50")
    assert job.guideline.update.local_steps == GUIDELINE.update.local_steps * 2 * 5


def test_code_search_is_learned_by_averaging():
    """The real trainer on functions of three real packages."""
    corpus = read_corpus(("rich", "networkx", "pydantic"), GUIDELINE, Amounts(600_000, 60, 30, 200_000))
    with LocalTrainer() as trainer:
        setting = new_setting(GUIDELINE, corpus.benchmark, 2, trainer)
        found = run_federated(setting, sources(corpus, by_repository, 3, seed=0), Conditions(MEAN))
    assert found[2].headline > found[0].headline + 0.01
    assert found[2]["queries"] > 60
