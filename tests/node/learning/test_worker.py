import pickle
import subprocess
import sys

import numpy as np
import pytest

from node.errors import DataError
from node.learning.benchmark import encode_benchmark
from node.learning.data import DataSource
from node.learning.jobs import EvaluateJob, TrainJob
from node.learning.worker import LocalTrainer, PoolTrainer


@pytest.fixture
def job(guideline, repository, write_state, start):
    return TrainJob(guideline, repository, write_state(np.zeros(start.length, np.int32)), start.frozen, seed=1)


def test_handing_out_jobs_needs_no_torch():
    program = "import sys, node.learning.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_jobs_are_picklable_and_their_bytes_are_not_printed(job):
    assert pickle.loads(pickle.dumps(job)) == job  # noqa: S301 (our own bytes)
    assert "FEDNODES" not in repr(job)


def test_a_local_trainer_trains_and_measures(job, guideline):
    told = []
    with LocalTrainer() as trainer:
        result = trainer.train(job, lambda *report: told.append(report))
        metrics = trainer.evaluate(EvaluateJob(guideline, encode_benchmark(["x = 1\n" * 200])))
    assert [done for done, _, _ in told] == [1, 2, 3]
    assert result.delta.any()
    assert 0 <= metrics["accuracy"] <= 1


def test_errors_arrive_where_the_result_is_awaited(job, tmp_path):
    broken = TrainJob(job.guideline, DataSource(directories=(tmp_path / "gone",)), job.state, job.frozen, seed=1)
    with LocalTrainer() as trainer:
        started = trainer.start(broken)
        with pytest.raises(DataError, match="gone"):
            started.result()


def test_a_pool_does_the_same_as_a_local_trainer(job, tmp_path):
    told = []
    broken = TrainJob(job.guideline, DataSource(directories=(tmp_path / "gone",)), job.state, job.frozen, seed=1)
    with LocalTrainer() as trainer:
        expected = trainer.train(job)
    with PoolTrainer(workers=1) as pool:
        result = pool.train(job, lambda *report: told.append(report))
        refused = pool.start(broken).exception()
    assert isinstance(refused, DataError)
    assert [done for done, _, _ in told] == [1, 2, 3]  # closing the pool waits for every report
    np.testing.assert_array_equal(result.delta, expected.delta)
