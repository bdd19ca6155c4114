"""The table of code search without an attack, from a corpus of two packages."""

import pytest

from node.learning.worker import LocalTrainer
from node.research.corpus import Amounts, read_corpus, search_guideline
from node.research.federated_run import new_setting
from scripts.benchmarks.code_search import measure, summary


def test_every_way_to_train_is_measured():
    guideline = search_guideline()
    corpus = read_corpus(("rich", "networkx"), guideline, Amounts(300_000, 30, 20, 200_000))
    with LocalTrainer() as trainer:
        row = measure(new_setting(guideline, corpus.benchmark, 1, trainer), corpus, "by_repository", 2, seed=0)
    assert set(row) == {"start", "single", "fedavg", "centralised", "cpu_seconds"}
    assert all(value > 0 for value in row.values())
    assert row["centralised"] != row["fedavg"] != row["start"]


def test_a_summary_is_over_seeds():
    rows = [{"start": 0.1, "fedavg": 0.2}, {"start": 0.1, "fedavg": 0.3}]
    assert summary(rows) == {"start": 0.1, "fedavg": 0.25, "fedavg_deviation": pytest.approx(0.0707)}
    assert summary(rows[:1])["fedavg_deviation"] == 0
