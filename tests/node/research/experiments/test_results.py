"""Outcomes become one tidy table and the measurements of each study."""

import csv
import sys

import pyarrow.parquet
import pytest

from node.errors import ConfigError
from node.research.experiments.results import findings, tidy, write_csv, write_parquet


def test_measurements_are_put_together_over_seeds(results):
    (found,) = findings(results)
    assert (found.metric, found.samples, found.base.by_seed) == ("mrr", 10, (0.1,))
    assert found.central.by_seed == (0.9, 0.9)
    assert found.single("uniform").numerators.shape == (6, 10)  # three clients, two seeds
    assert list(found.federated("uniform")) == ["FedAvg", "FedTrimmedAvg", "FedProx"]
    assert found.by_distribution["uniform"]["FedTrimmedAvg"].by_seed == (0.5, 0.6)
    assert found.modelless == {"copy_mrr": 0.25}
    assert found.cpu_seconds == 60 * len(results)


def test_who_holds_what_is_of_the_first_seed(results):
    (found,) = findings(results)
    assert [one.samples for one in found.held["uniform"]] == [10, 10]
    assert found.held["uniform"][0].skew == pytest.approx(0.4)


def test_a_row_is_one_metric_of_one_measured_model(results):
    rows = tidy("tiny", results)
    federated = [row for row in rows if row["method"] == "FedTrimmedAvg" and row["seed"] == 2]
    assert {(row["distribution"], row["metric"], row["value"], row["client"]) for row in federated} == {
        (where, metric, value, None)
        for where in ("uniform", "label_imbalanced")
        for metric, value in (("mrr", 0.6), ("copy_mrr", 0.25), ("queries", 10.0))
    }
    assert {(row["rule"], row["algorithm"], row["faults"]) for row in federated} == {("trimmed_mean", "fedavg", 1)}
    assert {row["client"] for row in rows if row["method"] == "single"} == {0, 1, 2}
    assert {row["rule"] for row in rows if row["method"] == "centralised"} == {None}


def test_csv_and_parquet_hold_the_same(results, tmp_path):
    rows = tidy("tiny", results)
    write_csv(rows, tmp_path / "results.csv")
    write_parquet(rows, tmp_path / "results.parquet")
    read = pyarrow.parquet.read_table(tmp_path / "results.parquet").to_pylist()
    assert read == rows
    with (tmp_path / "results.csv").open() as file:
        text = list(csv.DictReader(file))
    assert text == [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]


def test_parquet_says_what_is_missing(results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"results.parquet.*install fednode\[experiments\]"):
        write_parquet(tidy("tiny", results), tmp_path / "results.parquet")
