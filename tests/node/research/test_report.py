"""The report that scripts read: exactly the promised keys."""

import json
from dataclasses import replace

import pytest

from node.research.report import write_report

TOP = {"seconds", "peak_rss_mb", "base", "release", "poisoners", "rounds"}
ROUND = {"round", "status", "state", "record", "accuracy", "gas", "bytes", "updates"}
UPDATE = {"trainer", "included", "well_formed", "selected", "reason", "contribution", "cid"}


@pytest.fixture
def written(report, tmp_path):
    write_report(report, tmp_path / "report.json")
    return json.loads((tmp_path / "report.json").read_bytes())


def test_what_was_promised_is_there(written):
    assert set(written) >= TOP
    assert "accuracy" in written["base"]
    assert "accuracy" in written["release"]
    for one in written["rounds"]:
        assert set(one) >= ROUND
        assert "total" in one["gas"]
        assert "by_function" in one["gas"]
        assert all(set(row) >= UPDATE for row in one["updates"])


def test_and_nothing_else_but_what_is_known(written):
    assert set(written) - TOP == {"members", "tokens", "release_id", "audit"}
    assert set(written["rounds"][0]) - ROUND == {"perplexity", "seconds", "penalties", "absent"}
    assert set(written["rounds"][0]["updates"][0]) - UPDATE == {"name"}


def test_a_failed_round_has_no_accuracy(written):
    assert [(one["status"], one["accuracy"]) for one in written["rounds"]] == [
        ("finalised", 0.21),
        ("failed", None),
        ("finalised", 0.25),
    ]


def test_a_comparison_is_there_only_when_it_was_made(report, written, tmp_path):
    assert "compare" not in written
    write_report(replace(report, compare={"centralised": 0.3}), tmp_path / "compared.json")
    assert json.loads((tmp_path / "compared.json").read_bytes())["compare"] == {"centralised": 0.3}
