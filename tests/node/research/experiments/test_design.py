"""An experiment is a TOML file that says all it asks, and whatever is wrong in it is named."""

import pytest

from node.errors import ConfigError
from node.research.experiments.design import TABLES, TEMPLATES, load_experiment, template_path


def test_a_method_says_its_changes_in_the_words_of_the_guideline(tiny):
    trimmed, prox = tiny.methods[1:]
    assert trimmed.changes(10) == {
        "rule": "trimmed_mean",
        "faults": 3,
        **{"parameters": {}, "preaggregations": [], "examples_cap": 0},  # whatever a study's guideline has there
    }
    assert trimmed.changes(2)["faults"] == 0
    assert prox.changes(10)["algorithm"] == {"name": "fedprox", "parameters": {"mu": "0.001"}}


def test_a_study_compares_the_methods_it_names_or_all(tiny):
    (study,) = tiny.studies
    assert [one.name for one in tiny.methods_of(study)] == ["FedAvg", "FedTrimmedAvg", "FedProx"]
    fewer = study.model_copy(update={"methods": ("FedProx",)})
    assert [one.name for one in tiny.methods_of(fewer)] == ["FedProx"]


def test_one_table_can_be_taken_out(tiny):
    assert tiny.of_tables(["3"]).studies == tiny.studies
    with pytest.raises(ConfigError, match="no study belongs to table 5"):
        tiny.of_tables(["5"])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"uniform"', '"unifrom"', "studies.0.distributions.*there is no distribution 'unifrom'"),
        ("clients = 3", "clients = 1", "studies.0.clients"),
        ("rounds = 2", "round = 2", "studies.0.round"),
        ("seeds = [1, 2]", "seeds = []", "seeds"),
        ("rounds = 2", 'rounds = 2\nmethods = ["FedMedian"]', "there is no method 'FedMedian'"),
        ('name = "FedProx"', 'name = "FedAvg"', "a name comes twice"),
        ("[[methods]]", "[[methods", "not valid TOML"),
        ('name = "packages"', 'name = "parcels"', "there is no data set 'parcels'"),
        ('name = "packages"', 'name = "clones"', "reads the files solutions; name those"),
        ('packages = ["rich", "pydantic"]', "", "name packages for the data set"),
    ],
)
def test_what_is_wrong_is_named(tiny_file, before, after, told):
    tiny_file.write_text(tiny_file.read_text().replace(before, after, 1))
    with pytest.raises(ConfigError, match=told):
        load_experiment(tiny_file)


def test_a_file_that_is_missing_or_huge_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_experiment(tmp_path / "none.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(ConfigError, match="an experiment has at most"):
        load_experiment(tmp_path / "huge.toml")


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_that_ship_can_be_read(name):
    experiment = load_experiment(template_path(name))
    assert experiment.name == name
    assert {study.table for study in experiment.studies} <= set(TABLES)
    with pytest.raises(ConfigError, match="paper-small"):
        template_path("paper-huge")
