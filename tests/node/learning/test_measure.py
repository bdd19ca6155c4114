import numpy as np
import pytest

from node.learning.benchmark import encode_benchmark
from node.learning.job_runner import evaluate_job
from node.learning.jobs import EvaluateJob
from node.learning.measure import measure_folder
from node.learning.release import write_release


def test_a_released_folder_measures_like_its_state(guideline, start, write_state, tmp_path):
    state = write_state(np.random.default_rng(0).integers(-4000, 4000, start.length, dtype=np.int32))
    benchmark = encode_benchmark(["def add(left, right):\n    return left + right\n" * 40])
    write_release(state, start.frozen, guideline, tmp_path / "adapter")
    folder = measure_folder(tmp_path / "adapter", guideline, benchmark)
    ours = evaluate_job(EvaluateJob(guideline, benchmark, state, start.frozen))
    assert folder["accuracy"] == ours["accuracy"]
    assert folder["perplexity"] == pytest.approx(ours["perplexity"])
