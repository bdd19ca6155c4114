"""Code tasks in simulations: whose data is where, who is poisoned, and what is measured. No model is loaded here."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from node.errors import ConfigError
from node.guideline import load_guideline
from node.learning.jobs import TrainResult
from node.peer.founding import SealedGuideline
from node.peer.trainer import LearningTask
from node.ports import Metrics
from node.research.corpus import Corpus
from node.research.simulation import code_task
from node.research.simulation.code_task import CodeTask
from node.research.simulation.settings import Settings
from node.store.memory import MemoryStore
from node.types import RoundId

SETTINGS = Settings(peers=7, byzantine=2, task="code-search", partition="by_repository", seed=3, validators=2)
PACKAGES = [f"package{number}" for number in range(7)]


class FakePool:
    """Trains to a constant and measures a constant, and keeps the jobs."""

    def __init__(self, workers):
        self.workers, self.trained, self.measured, self.closed = workers, [], [], False

    def start(self, job, progress=None):
        self.trained.append(job)
        done = Future()
        done.set_result(TrainResult(np.ones(4, np.float32), 12, (0.5,)))
        return done

    def evaluate(self, job):
        self.measured.append(job)
        return Metrics({"mrr": 0.25, "queries": 9.0})

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    pieces = tuple(f"{package} {piece}" for package in PACKAGES for piece in range(4))
    corpus = Corpus(pieces, tuple(piece.split()[0] for piece in pieces), b"benchmark")
    monkeypatch.setattr(code_task, "read_corpus", lambda packages, guideline: corpus)
    monkeypatch.setattr(code_task, "PoolTrainer", FakePool)
    monkeypatch.setattr(code_task, "pin_guideline", pin)


def pin(guideline, store):
    frozen = store.put(b"frozen")
    architecture = guideline.architecture.model_copy(update={"frozen": frozen})
    sealed = guideline.model_copy(update={"architecture": architecture})
    return SealedGuideline(sealed, store.put(sealed.canonical()), store.put(b"genesis"))


def opened(**changes):
    task = CodeTask(replace(SETTINGS, **changes))
    return task, task.pin(MemoryStore()), task._trainer


def test_everybody_trains_on_its_own_part_with_a_seed_of_its_own_run():
    task, sealed, pool = opened()
    learned = task.learner(2)(LearningTask(RoundId(4), sealed.guideline, b"state", b"frozen", 4)).result()
    (job,) = pool.trained
    assert (job.seed, job.state, job.source.attack) == (300_004, b"state", None)
    assert len({text.split()[0] for text in job.source.texts}) == 1
    assert (task.examples(2), learned.examples) == (4, 12)


def test_an_attack_on_data_is_the_attackers_own():
    task, sealed, pool = opened(attack="label_flip")
    for place in range(7):
        task.learner(place)(LearningTask(RoundId(1), sealed.guideline, b"", b"", 1))
    assert [job.source.attack for job in pool.trained] == [None] * 5 + ["label_flip"] * 2
    task.measure(b"state", sealed.guideline)
    assert pool.measured[0].attack == "label_flip"


def test_a_state_is_measured_on_everybodys_held_out_code():
    task, sealed, pool = opened()
    assert task.measure(b"state", sealed.guideline).values == {"mrr": 0.25, "queries": 9.0}
    (job,) = pool.measured
    assert (job.benchmark, job.state, job.frozen, job.attack) == (b"benchmark", b"state", b"frozen", None)


def test_the_guideline_is_the_tasks_own_with_the_rule_of_the_run():
    _, sealed, _ = opened(rule="median")
    assert sealed.guideline.data.task == "code-search"
    assert (sealed.guideline.update.rule, sealed.guideline.update.trainers) == ("median", 7)


def test_a_task_without_a_template_asks_for_one(guideline_file):
    with pytest.raises(ConfigError, match="--guideline: code-completion needs one"):
        opened(task="code-completion")
    template = load_guideline(guideline_file).canonical().decode()
    _, sealed, _ = opened(task="code-completion", template=template)
    assert sealed.guideline.name == "fednode demo"


@pytest.fixture
def guideline_file(request):
    return request.config.rootpath / "guideline.toml"


def test_closing_ends_the_workers():
    task, _, pool = opened()
    task.close()
    assert pool.closed
