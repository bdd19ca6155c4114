import numpy as np
import pytest

from node.errors import ModelError
from node.learning.benchmark import encode_benchmark
from node.learning.data import read_split
from node.learning.job_runner import evaluate_job, train_job
from node.learning.jobs import EvaluateJob, TrainJob


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


def test_what_was_learned_shows_in_the_measurement(guideline, repository, zeros, start, benchmark, write_state):
    delta = train_job(TrainJob(guideline, repository, zeros, start.frozen, seed=1)).delta
    learned = write_state(np.rint(delta * 2.0**16).astype(np.int32))
    before = evaluate_job(EvaluateJob(guideline, benchmark, zeros, start.frozen))
    after = evaluate_job(EvaluateJob(guideline, benchmark, learned, start.frozen))
    assert after.perplexity < before.perplexity
    assert after.tokens == before.tokens > 0


def test_the_zero_state_measures_like_the_bare_base(guideline, repository, zeros, start, benchmark):
    train_job(TrainJob(guideline, repository, zeros, start.frozen, seed=1))  # leaves its weights in the cached model
    bare = evaluate_job(EvaluateJob(guideline, benchmark))
    assert bare == evaluate_job(EvaluateJob(guideline, benchmark, zeros, start.frozen))


def test_a_state_without_its_frozen_tensors_is_refused(guideline, zeros, benchmark):
    with pytest.raises(ModelError, match="give both"):
        evaluate_job(EvaluateJob(guideline, benchmark, zeros))
