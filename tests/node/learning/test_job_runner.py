import numpy as np
import pytest

from node.algorithms import PERSONAL
from node.errors import GuidelineError, ModelError
from node.guideline import Algorithm
from node.learning.benchmark import encode_benchmark
from node.learning.data import DATA_ATTACKS, DataSource, read_split
from node.learning.data.commitment import digests_of
from node.learning.job_runner import evaluate_job, train_job
from node.learning.jobs import EvaluateJob, TrainJob
from node.learning.models import genesis
from node.learning.tasks.search import CodeSearch
from tests.documented_code import module


@pytest.fixture
def zeros(write_state, start):
    return write_state(np.zeros(start.length, np.int32))


@pytest.fixture
def benchmark(repository, guideline):
    return encode_benchmark(read_split(repository, guideline.data).held_out)


def test_training_depends_on_state_data_and_seed_alone(guideline, repository, zeros, start):
    job = TrainJob(guideline, repository, zeros, start.frozen, seed=1)
    first = train_job(job)
    train_job(TrainJob(guideline, repository, zeros, start.frozen, seed=2))
    again = train_job(job)
    np.testing.assert_array_equal(first.delta, again.delta)
    assert first.losses == again.losses
    assert first.delta.shape == (start.length,)
    assert first.examples > guideline.update.batch_size
    assert first.digests == digests_of(read_split(repository, guideline.data).train)


@pytest.fixture
def trained(guideline, repository, zeros, start):
    """Train one round under a local algorithm."""

    def run(algorithm, memory=None, previous=None, progress=None, **update):
        changed = guideline.update.model_copy(update={"algorithm": Algorithm.model_validate(algorithm)} | update)
        other = guideline.model_copy(update={"update": changed})
        job = TrainJob(other, repository, zeros, start.frozen, seed=1, memory=memory or {}, previous=previous)
        return train_job(job, progress)

    return run


def test_the_guidelines_algorithm_pulls_and_remembers(trained):
    plain, first = (trained({"name": name}, local_optimiser="sgd") for name in ("fedavg", "scaffold"))
    np.testing.assert_array_equal(first.delta, plain.delta)
    assert plain.memory == {}
    np.testing.assert_allclose(first.memory["own"], -first.delta / 0.03, rtol=1e-5)
    second = trained({"name": "scaffold"}, first.memory, first.delta, local_optimiser="sgd")
    np.testing.assert_allclose(second.delta, plain.delta, atol=1e-7)  # alone, one's own drift is everybody's
    others = first.delta + np.float32(0.003)
    third = trained({"name": "scaffold"}, first.memory, others, local_optimiser="sgd")
    np.testing.assert_allclose(third.delta, plain.delta + 0.003, atol=1e-3)
    assert not np.allclose(third.delta, plain.delta, atol=1e-3)


def test_ditto_trains_a_vector_of_its_own_and_sends_what_fedavg_sends(trained, guideline):
    told = []
    result = trained({"name": "ditto", "parameters": {"strength": 1}}, progress=lambda *report: told.append(report[:2]))
    np.testing.assert_array_equal(result.delta, trained({"name": "fedavg"}).delta)
    own = result.memory[PERSONAL]
    assert own.shape == result.delta.shape
    assert own.any()
    assert not np.array_equal(own, result.delta)  # the batches went on
    again = trained({"name": "ditto", "parameters": {"strength": 1}}, result.memory)
    assert not np.array_equal(again.memory[PERSONAL], own)
    steps = 2 * guideline.update.local_steps
    assert told == [(step + 1, steps) for step in range(steps)]
    assert len(result.losses) == steps


def test_pfedme_moves_a_part_of_the_way_to_its_personal_vector(trained):
    chosen = {"name": "pfedme", "parameters": {"strength": 2, "rate": "0.25", "inner_steps": 3}}
    result = trained(chosen, local_optimiser="sgd")
    np.testing.assert_allclose(result.delta, 0.5 * result.memory[PERSONAL], rtol=1e-5)
    assert result.delta.any()


def test_fedper_sends_zeros_where_its_tensors_stay(trained, start):
    result = trained({"name": "fedper", "tensors": ("h.0",)})
    stays = np.concatenate([np.full(one.rows * one.cols, ".h.0." in one.name) for one in start.layout])
    assert not result.delta[stays].any()
    assert not result.memory[PERSONAL][~stays].any()
    whole = trained({"name": "fedavg"}).delta
    np.testing.assert_array_equal(result.delta[~stays], whole[~stays])
    np.testing.assert_array_equal(result.memory[PERSONAL][stays], whole[stays])
    again = trained({"name": "fedper", "tensors": ("h.0",)}, result.memory)
    assert again.losses[0] < result.losses[0]  # it goes on from what it kept


def test_tensors_that_do_not_train_cannot_stay(trained):
    with pytest.raises(GuidelineError, match="fedper keeps 'h99', which names no trained tensor"):
        trained({"name": "fedper", "tensors": ("h99",)})


def test_what_was_learned_shows_in_the_measurement(guideline, repository, zeros, start, benchmark, write_state):
    delta = train_job(TrainJob(guideline, repository, zeros, start.frozen, seed=1)).delta
    learned = write_state(np.rint(delta * 2.0**16).astype(np.int32))
    before = evaluate_job(EvaluateJob(guideline, benchmark, zeros, start.frozen))
    after = evaluate_job(EvaluateJob(guideline, benchmark, learned, start.frozen))
    assert after["perplexity"] < before["perplexity"]
    assert after["tokens"] == before["tokens"] > 0


def test_the_zero_state_measures_like_the_bare_base(guideline, repository, zeros, start, benchmark):
    train_job(TrainJob(guideline, repository, zeros, start.frozen, seed=1))  # leaves its weights in the cached model
    bare = evaluate_job(EvaluateJob(guideline, benchmark))
    assert bare == evaluate_job(EvaluateJob(guideline, benchmark, zeros, start.frozen))


@pytest.fixture
def searching(search_guideline):
    """Train on texts in memory, and measure what came out: with or without an attack on the data."""
    start = genesis(search_guideline.architecture, "encoder")
    zeros = start.state(search_guideline.architecture.step_exponent, "")
    texts, benchmark = (module(40),), encode_benchmark([module(20, first=40)])

    def run(attack=None):
        source = DataSource(texts=texts, attack=attack)
        result = train_job(TrainJob(search_guideline, source, zeros, start.frozen, seed=1))
        return result, evaluate_job(EvaluateJob(search_guideline, benchmark, zeros, start.frozen, attack))

    return run


def test_code_search_trains_on_texts_in_memory(searching):
    result, metrics = searching()
    assert result.examples == 40
    assert result.delta.any()
    assert metrics["queries"] == 20
    assert metrics.headline == metrics["mrr"]


def test_a_poisoner_trains_otherwise_on_the_same_samples(searching):
    honest, metrics = searching()
    for attack in DATA_ATTACKS:
        poisoned, measured = searching(attack)
        assert poisoned.examples == honest.examples
        assert not np.array_equal(poisoned.delta, honest.delta)
        assert ("attack_success" in measured.values) == (attack == "backdoor")
        assert measured.headline == metrics.headline


def test_the_same_texts_are_turned_into_samples_once(searching, monkeypatch):
    searching()
    monkeypatch.setattr(CodeSearch, "samples", lambda *_: pytest.fail("made again"))
    searching()


def test_blocks_longer_than_the_model_reads_are_refused(guideline, repository, zeros, start):
    update = guideline.update.model_copy(update={"block_length": 257})
    longer = guideline.model_copy(update={"update": update})
    with pytest.raises(ModelError, match="block_length is 257; fednode-base reads at most 256 tokens"):
        train_job(TrainJob(longer, repository, zeros, start.frozen, seed=1))


def test_a_state_without_its_frozen_tensors_is_refused(guideline, zeros, benchmark):
    with pytest.raises(ModelError, match="give both"):
        evaluate_job(EvaluateJob(guideline, benchmark, zeros))
