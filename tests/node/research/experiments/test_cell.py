"""One cell is one training and its measurement, whatever the way to train."""

import json

import pytest

from node.research.experiments.cell import run_cell
from node.research.experiments.plan import plan, unpinned


@pytest.fixture(scope="module")
def kept():
    """Outcomes by method, each computed once."""
    return {}


@pytest.fixture
def cells(tiny):
    """One cell of each method: uniform where there is a choice."""
    planned = plan(tiny, lambda choice: "version", unpinned)
    return {one.name: one.cell for one in reversed(planned) if one.cell["seed"] == 1}


@pytest.fixture
def outcome(cells, kept):
    def of(method):
        if method not in kept:
            kept[method] = run_cell(cells[method], "")
        return kept[method]

    return of


def test_the_headline_is_the_sum_of_what_test_samples_add(outcome):
    found = outcome("FedAvg")
    (above,), (below,) = json.loads(found["numerators"]), json.loads(found["denominators"])
    assert found["metric"] == "mrr"
    assert found["value"] == pytest.approx(sum(above) / sum(below), abs=1e-5)
    assert json.loads(found["metrics"])[0]["queries"] == len(above)


def test_clients_alone_are_measured_one_by_one_and_say_what_they_hold(outcome):
    found = outcome("single")
    values = [one["mrr"] for one in json.loads(found["metrics"])]
    assert len(values) == len(json.loads(found["numerators"])) == 3
    assert found["value"] == pytest.approx(sum(values) / 3)
    held = json.loads(found["holdings"])
    assert sum(sum(one.values()) for one in held) == 80
    assert {label for one in held for label in one} == {"rich", "pydantic"}


def test_other_ways_to_train_come_to_something_else_on_the_same_samples(outcome):
    found = [outcome(method) for method in ("base", "centralised", "FedAvg", "FedTrimmedAvg")]
    assert len({one["value"] for one in found}) == 4
    assert len({one["denominators"] for one in found}) == 1
    assert all(one["holdings"] == "[]" for one in found)


def test_a_cell_comes_to_the_same_again(outcome, cells):
    assert run_cell(cells["FedAvg"], "")["value"] == outcome("FedAvg")["value"]
