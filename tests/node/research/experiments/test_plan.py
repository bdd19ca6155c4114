"""A plan has every cell once, told apart by everything that can change its outcome."""

import json
from collections import Counter

import pytest

from node.errors import GuidelineError
from node.pins import Pin
from node.research.experiments.plan import guideline_for, plan, unpinned


def version(choice):
    return "version"


def test_what_a_study_has_in_common_is_planned_once(tiny):
    planned = plan(tiny, version, unpinned)
    assert Counter(one.name for one in planned) == {
        "base": 1,
        "centralised": 2,  # seeds
        **dict.fromkeys(("single", "FedAvg", "FedTrimmedAvg", "FedProx"), 4),  # seeds and distributions
    }
    assert len({json.dumps(dict(one.cell), sort_keys=True) for one in planned}) == len(planned)


def test_a_cell_holds_scalars_only_and_the_same_plain_guideline_for_all_of_a_study(tiny):
    planned = plan(tiny, version, unpinned)
    assert all(isinstance(value, int | str) for one in planned for value in one.cell.values())
    assert len({one.cell["guideline"] for one in planned}) == 1


def test_a_method_changes_the_guideline_and_nothing_else_does(tiny):
    found = {one.name: one.guideline.update for one in plan(tiny, version, unpinned)}
    assert (found["single"].rule, found["centralised"].rule, found["base"].rule) == ("mean", "mean", "mean")
    assert (found["FedTrimmedAvg"].rule, found["FedTrimmedAvg"].faults) == ("trimmed_mean", 1)
    assert found["FedAvg"].examples_cap == 1000
    assert found["FedProx"].algorithm.name == "fedprox"
    assert len({(one.local_steps, one.learning_rate, one.batch_size) for one in found.values()}) == 1


@pytest.mark.parametrize(("effort", "steps"), [(2.0, 8), (0.5, 2), (0.01, 1)])
def test_effort_is_the_one_knob_of_size(tiny, effort, steps):
    larger = tiny.model_copy(update={"effort": effort})
    assert guideline_for(larger, larger.studies[0], unpinned).update.local_steps == steps


def test_other_data_or_effort_make_other_cells(tiny):
    cells = [one.cell for one in plan(tiny, version, unpinned)]
    assert all(one.cell not in cells for one in plan(tiny, lambda choice: "another version", unpinned))
    assert all(one.cell not in cells for one in plan(tiny.model_copy(update={"effort": 2.0}), version, unpinned))


def test_weights_that_are_left_open_are_found_when_it_runs(tiny):
    open_weights = {**tiny.studies[0].guideline, "architecture": {"weights_sha256": "unpinned"}}
    study = tiny.studies[0].model_copy(update={"template": "codebert-search", "guideline": open_weights})
    found = guideline_for(tiny, study, lambda architecture: Pin("c" * 40, "d" * 64)).architecture
    assert (found.model, found.revision, found.weights_sha256) == ("microsoft/codebert-base", "c" * 40, "d" * 64)
    assert guideline_for(tiny, study, unpinned).architecture.weights_sha256 == "0" * 64


def test_a_method_replaces_the_rule_of_a_ready_guideline_with_all_that_belongs_to_it(tiny):
    study = tiny.studies[0].model_copy(update={"template": "codebert-search", "guideline": {}})
    experiment = tiny.model_copy(update={"studies": (study,)})
    found = {one.name: one.guideline.update for one in plan(experiment, version, unpinned)}
    assert (found["single"].rule, found["FedAvg"].rule, found["FedAvg"].faults) == ("caf", "mean", 0)


def test_a_guideline_that_is_none_is_refused_with_the_study(tiny_file):
    from node.research.experiments.design import load_experiment

    tiny_file.write_text(tiny_file.read_text().replace("batch_size = 16", "batch_size = 0"))
    with pytest.raises(GuidelineError, match=r"bag of words, table 3: update\.batch_size"):
        plan(load_experiment(tiny_file), version, unpinned)


def test_a_cell_is_described_in_one_line(tiny):
    assert plan(tiny, version, unpinned)[-1].describe() == (
        "table 3: code-search, bag of words, label_imbalanced, FedProx, seed 2, 3 clients, 2 rounds"
    )
