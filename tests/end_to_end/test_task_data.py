"""From a git repository to a trained update: build, check, name the folder, train on its rows, measure on others."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from aggregator.delta import StateHeader, encode_state
from node.cli.main import cli
from node.config import load_config
from node.errors import DataError
from node.guideline import load_guideline
from node.learning.benchmark import encode_benchmark, mix
from node.learning.data import read_split
from node.learning.data.commitment import digests_of
from node.learning.job_runner import evaluate_job, train_job
from node.learning.jobs import EvaluateJob, TrainJob
from node.learning.models import genesis
from node.learning.tasks import find_task
from node.peer.compose import data_source
from tests.documented_code import module
from tests.git_repositories import GitRepository

ROOT = Path(__file__).parents[2]
GUIDELINES = {
    "code-search": ROOT / "node" / "research" / "code-search.toml",
    "code-completion": ROOT / "guideline.toml",
}
KEY = "AKIA" + "Q7ZR2XW9LK4BN8VT"
SMALL = {"local_steps": 2, "batch_size": 4, "block_length": 64}
NODE = {"chain.url": "http://127.0.0.1:8545", "chain.id": 31337, "keystore.path": "key.json"}


def fednode(*arguments, exit_code=0):
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exit_code == exit_code, result.output
    return result.stdout + result.stderr


@pytest.fixture(params=GUIDELINES)
def guideline(request, tmp_path, monkeypatch):
    """One that insists on cleared data, as a file for the check and as a value with a small round for training."""
    monkeypatch.chdir(tmp_path)
    text = GUIDELINES[request.param].read_text().replace("[data]\n", "[data]\ncleared_only = true\n", 1)
    (tmp_path / "guideline.toml").write_text(text)
    whole = load_guideline(tmp_path / "guideline.toml")
    return whole.model_copy(update={"update": whole.update.model_copy(update=SMALL)})


@pytest.fixture
def built(guideline, tmp_path):
    """What a repository gives, one of its functions with a key in it."""
    shop = GitRepository(tmp_path / "shop")
    files = {f"src/module_{number}.py": module(4, 4 * number) for number in range(16)}
    secret = module(1, 200).replace("return", f"password = '{KEY}'\n    return")
    shop.commit("Begin", files | {"src/module_4.py": files["src/module_4.py"] + "\n\n" + secret})
    fednode("data", "build", "--repo", shop.folder, "--task", guideline.data.task, "--out", "built")
    return tmp_path / "built"


def test_the_rows_of_a_repository_train_an_update(guideline, built):
    source = data_source(load_config(None, {}, NODE | {"data.built": str(built)}))
    fednode("data", "check", built, "--guideline", "guideline.toml", "--fix")

    split = read_split(source, guideline.data)
    cleared = {name: (built / "cleared" / f"{name}.jsonl").read_text() for name in ("train", "valid", "test")}
    rows = [json.loads(line) for line in cleared["train"].splitlines()]
    assert len(split.train) == len(rows) > 10
    assert not set(split.train) & set(split.held_out)
    assert KEY not in "".join(cleared.values())

    task = find_task(guideline.data.task)
    start = genesis(guideline.architecture, task.head)
    header = StateHeader(1, 0, guideline.architecture.step_exponent, start.length, "", start.layout)
    state = encode_state(header, np.zeros(start.length, np.int32))
    result = train_job(TrainJob(guideline, source, state, start.frozen, seed=1))
    assert result.examples > 5
    assert np.any(result.delta)
    assert result.digests == digests_of(split.train)  # what the update's data root commits to

    benchmark = encode_benchmark(mix([split.held_out], 50_000))
    measured = evaluate_job(EvaluateJob(guideline, benchmark, state, start.frozen))
    assert 0 < measured.headline <= 1


def test_a_guideline_that_insists_on_the_check_names_it(guideline, built):
    source = data_source(load_config(None, {}, NODE | {"data.built": str(built)}))
    with pytest.raises(DataError, match=rf"run `fednode data check {built} --fix`"):
        read_split(source, guideline.data)
