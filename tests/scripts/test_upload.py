"""Uploads of both ways, from a corpus of two packages."""

import zlib
from pathlib import Path

import numpy as np
import pytest

from node.guideline import load_guideline
from node.learning.data.partition import by_repository
from node.research.corpus import Amounts, read_corpus, sources
from scripts.benchmarks.upload import FloatFederation, Side, compressed, verdict


def test_both_matrices_train_and_travel_as_floats():
    guideline = load_guideline(Path("guideline.toml"))
    short = guideline.model_copy(update={"update": guideline.update.model_copy(update={"local_steps": 1})})
    corpus = read_corpus(("rich", "networkx"), guideline, Amounts(60_000, 30, 2, 1_000))
    both = FloatFederation(short, corpus)
    before = both.task.evaluate(both.model, both.held_out)
    after, size = both.run(sources(corpus, by_repository, 2, 0), 1, seed=0)
    assert size == 4 * sum(one.numel() for name, one in both.model.named_parameters() if "lora_" in name)
    assert after["perplexity"] != before["perplexity"]


def test_products_are_averaged_and_not_factors():
    guideline = load_guideline(Path("guideline.toml"))
    both = FloatFederation(guideline, read_corpus(("rich",), guideline, Amounts(60_000, 30, 2, 1_000)), products=True)
    draw = np.random.default_rng(0)
    vectors = [draw.normal(0, 0.1, len(both.starts)).astype(np.float32) for _ in range(2)]
    joined = both._matrices(both._joined(vectors) + both.starts)
    everybody = [both._matrices(one + both.starts) for one in vectors]
    for name in (name for name in joined if "lora_A" in name):
        b_name = name.replace("lora_A", "lora_B")
        wanted = np.mean([one[b_name] @ one[name] for one in everybody], axis=0)
        rest = np.linalg.svd(wanted, compute_uv=False)[guideline.architecture.rank :]
        assert np.linalg.norm(wanted - joined[b_name] @ joined[name]) == pytest.approx(np.linalg.norm(rest), rel=1e-3)


def test_compression_is_measured_as_it_is_and_by_planes():
    small = np.random.default_rng(0).integers(-100, 100, 10_000).astype("<i2").tobytes()
    found = compressed(small)
    assert found["zlib"] == pytest.approx(len(zlib.compress(small, 9)) / len(small), abs=1e-4)
    assert found["zlib_of_byte_planes"] < found["zlib"] < 1


def test_the_verdict_is_on_bytes_and_on_the_metric():
    ours, theirs = Side(28, (0.20, 0.22)), Side(100, (0.21, 0.23))
    found = verdict(ours, theirs)
    assert (found["share"], found["below_bar"], found["not_worse_by_a_deviation"]) == (0.28, True, True)
    assert verdict(Side(31, (0.10, 0.12)), theirs)["below_bar"] is False
    assert verdict(Side(31, (0.10, 0.12)), theirs)["not_worse_by_a_deviation"] is False
