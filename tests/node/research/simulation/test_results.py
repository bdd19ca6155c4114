"""What a simulation came to, written and read back."""

import json
from dataclasses import replace

import pytest

from node.errors import ConfigError
from node.research.simulation.results import read_results, read_rounds, write_results


def test_scripts_find_the_same_fields_always(results):
    document = results.to_json()
    assert set(document) == {
        "config",
        "final",
        "headline",
        "initial",
        "peers",
        "poisoners_selected_fraction",
        "rounds",
        "seconds",
    }
    assert set(document["rounds"][0]) == {
        "effects",
        "faults",
        "metric",
        "metrics",
        "record",
        "round",
        "seconds",
        "selected",
        "selected_poisoners",
        "state",
        "status",
        "updates",
    }
    assert document["config"]["key"] == results.config.key
    assert (document["headline"], document["final"]["metric"], document["seconds"]) == ("progress", 0.5, 4.5)
    assert document["poisoners_selected_fraction"] == 0.5  # one of one in two rounds that finalised
    assert json.loads(json.dumps(document)) == json.loads(json.dumps(document))


def test_without_poisoners_none_is_selected(results):
    assert replace(results, config=replace(results.config, byzantine=0)).to_json()["poisoners_selected_fraction"] == 0


def test_results_are_read_as_they_were_written(results, tmp_path):
    path = tmp_path / "results.json"
    write_results(results, path)
    assert read_results(results.config, path) == results
    with pytest.raises(ConfigError, match=r"results.json: .*\(other settings\); remove it"):
        read_results(replace(results.config, seed=1), path)
    path.write_bytes(b"{}")
    with pytest.raises(ConfigError, match="does not hold the results"):
        read_results(results.config, path)


def test_rounds_are_read_line_by_line(results, tmp_path):
    path = tmp_path / "rounds.jsonl"
    assert read_rounds(path) == []
    lines = [json.dumps(one) for one in results.to_json()["rounds"]]
    path.write_text("\n".join(lines) + '\n{"round": 4, ')
    assert read_rounds(path) == list(results.rounds)
    path.write_text('{"round": 4}\n')
    with pytest.raises(ConfigError, match="not a round"):
        read_rounds(path)
