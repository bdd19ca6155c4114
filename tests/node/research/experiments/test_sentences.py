"""Sentences say what the numbers say."""

from dataclasses import replace

import pytest

from node.research.experiments.results import findings
from node.research.experiments.sentences import answer, bars, sentences, shown


@pytest.fixture
def found(results):
    (one,) = findings(results)
    return one


def test_gain_and_recovered_share_are_stated_for_every_method(found):
    told = list(sentences(found))
    assert len(told) == 3 * 2 + 3
    assert told[0].startswith("FedAvg, uniform: 0.500 above the mean single client (95 % interval +")
    assert "; it recovers 88 % (" in told[0]
    assert told[2].startswith("FedProx, uniform: no different from the mean single client (95 % interval")
    assert "which includes zero" in told[2]


def test_label_imbalance_is_answered_either_way(found):
    cost = [one for one in sentences(found) if "label-imbalanced data" in one]
    assert cost[0].startswith("FedAvg: label-imbalanced data comes to 0.400 below uniform data (95 % interval -")
    assert "which includes zero" not in cost[0]
    assert "which includes zero" in cost[2]


def test_without_both_distributions_nothing_is_said_of_imbalance(found):
    study = found.study.model_copy(update={"distributions": ("uniform",)})
    told = list(sentences(replace(found, study=study)))
    assert len(told) == 3
    assert told[0].startswith("FedAvg: ")


def test_nothing_to_recover_is_said(found):
    told = next(sentences(replace(found, central=found.base)))
    assert "; centralised training itself is no different from the base (95 % interval +0.000 to +0.000" in told
    assert told.endswith("which includes zero), so there is nothing to recover.")


def test_bars_count_tasks_and_name_those_that_miss(found):
    worse = replace(
        found,
        by_distribution={
            **found.by_distribution,
            "uniform": {
                **found.by_distribution["uniform"],
                "FedAvg": found.base,
                "FedProx": found.base,
            },
        },
        study=found.study.model_copy(update={"model": "another", "table": "5"}),
    )
    better, near = bars([found, worse, replace(worse)])
    assert "on 1 of 2 tasks (aim: 4 of 6); not on table 5, another." in better
    assert "on 1 of 2 tasks (aim: 3 of 6); not on table 5, another." in near


def test_an_answer_holds_its_numbers(found):
    one = answer(found, "uniform", "FedAvg")
    assert one.gain.value == pytest.approx(0.5)
    assert one.share is not None
    assert one.share.value == pytest.approx(0.875)


@pytest.mark.parametrize(("value", "text"), [(0.0123, "0.0123"), (-0.5, "-0.500"), (12.3456, "12.35"), (0.0, "0.000")])
def test_numbers_are_rounded_for_people(value, text):
    assert shown(value) == text
