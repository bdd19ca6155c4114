"""Two processes train as one node, started as an operator starts them: with `accelerate launch`."""

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np

from node.learning import cluster
from node.learning.data import DataSource
from node.learning.job_runner import train_job
from node.learning.jobs import TrainJob

ROOT = Path(__file__).parents[3]
PROCESS = """
import pickle, sys
from pathlib import Path

import torch

from node.errors import FednodeError
from node.learning import cluster
from node.learning.job_runner import train_job
from node.learning.worker import LocalTrainer

def attempt(trainer, job):
    try:
        return trainer.train(job)
    except FednodeError as error:
        return str(error)

torch.set_num_threads(1)
folder = Path(sys.argv[1])
assert cluster.is_launched()
if cluster.join():
    with LocalTrainer() as trainer:
        results = [attempt(trainer, job) for job in pickle.loads((folder / "jobs").read_bytes())]
    cluster.dismiss()
    (folder / "first").write_bytes(pickle.dumps(results))
else:
    results = []
    cluster.follow(lambda job: results.append(train_job(job)))
    (folder / "second").write_bytes(pickle.dumps(results))
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def launched(folder, jobs):
    """What came of the jobs in the first of two processes, and in the second."""
    (folder / "process.py").write_text(PROCESS)
    (folder / "jobs").write_bytes(pickle.dumps(jobs))
    options = {"num_processes": 2, "num_machines": 1, "mixed_precision": "no", "dynamo_backend": "no"}
    options |= {"main_process_port": free_port(), "num_cpu_threads_per_process": 1}
    flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", *flags]
    command += [str(folder / "process.py"), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL, env=environment)
    return [pickle.loads((folder / name).read_bytes()) for name in ("first", "second")]  # noqa: S301 (our own)


def test_two_processes_take_the_steps_of_one(guideline, repository, write_state, start, tmp_path):
    def job(accumulate, source=repository):
        update = guideline.update.model_copy(update={"accumulate": accumulate})
        ours = guideline.model_copy(update={"update": update})
        return TrainJob(ours, source, write_state(np.zeros(start.length, np.int32)), start.frozen, seed=1)

    without_code = job(2, DataSource(texts=("x = 1\n",)))
    (refused, shared, unshared), done = launched(tmp_path, [without_code, job(2), job(1)])
    assert "add more code" in refused  # and both went on
    assert [one.delta.tolist() for one in done] == [one.delta.tolist() for one in (shared, unshared)]
    for number, result in ((2, shared), (1, unshared)):
        alone = train_job(job(number))
        assert result.examples == alone.examples
        np.testing.assert_allclose(result.losses, alone.losses, rtol=1e-5)
        np.testing.assert_allclose(result.delta, alone.delta, rtol=0, atol=2e-4)


def test_alone_there_is_nothing_to_share():
    assert not cluster.is_launched()
    assert all(cluster.mine(part) for part in range(3))
    assert cluster.add_up((), 1.5) == 1.5
    assert cluster.agreed(lambda: "abc", len) == "abc"
    cluster.announce("nobody listens")
