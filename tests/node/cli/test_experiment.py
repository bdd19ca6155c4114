"""`fednode experiment`: plans, runs and what it says when something is wrong."""

import json

import pytest
from click.testing import CliRunner

from node.cli.main import cli
from tests.node.research.experiments.conftest import TINY

SMALL = TINY.replace('"uniform", "label_imbalanced"', '"uniform"').replace("clients = 3", "clients = 2")
SMALL = SMALL.replace("seeds = [1, 2]", "seeds = [1]").replace("rounds = 2", 'rounds = 1\nmethods = ["FedAvg"]')


@pytest.fixture
def fednode(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL)

    def run(*arguments):
        return CliRunner().invoke(cli, ["experiment", *arguments, "--out", str(tmp_path / "out")])

    return run


def test_a_plan_is_listed_without_running(fednode, tmp_path):
    found = fednode("run", str(tmp_path / "small.toml"), "--plan")
    assert found.exit_code == 0
    lines = found.output.splitlines()
    assert lines[0] == "table 3: code-search, bag of words, centralised, base, seed 1, 2 clients, 1 rounds"
    assert lines[-1] == "4 cells"
    assert not (tmp_path / "out").exists()


def test_a_plan_for_scripts_is_its_cells(fednode, tmp_path):
    cells = json.loads(fednode("run", str(tmp_path / "small.toml"), "--plan", "--json").stdout)
    assert [cell["method"] for cell in cells] == ["base", "centralised", "single", "FedAvg"]


def test_a_run_prints_its_report_and_for_scripts_its_findings(fednode, tmp_path):
    found = fednode("run", str(tmp_path / "small.toml"), "--workers", "1")
    assert found.exit_code == 0
    assert "| model | base | centralised | single | FedAvg |" in found.stdout
    assert "4 of 4 cells, about 0 minutes left" in found.stderr
    assert found.stdout.endswith(f"kept in {tmp_path / 'out' / 'tiny'}\n")
    again = fednode("run", str(tmp_path / "small.toml"), "--json")
    assert "4 cells, 4 of them kept from before" in again.stderr
    assert json.loads(again.stdout)["studies"][0]["study"] == "table 3, bag of words"


def test_a_table_of_a_template_is_planned(fednode):
    found = fednode("table", "3", "--plan")
    assert found.output.splitlines()[-1] == "19 cells"
    assert fednode("table", "all", "--plan", "--template", "paper-huge").exit_code == 2


def test_the_papers_own_models_are_planned_without_them(fednode):
    found = fednode("table", "all", "--template", "paper-full", "--plan", "--json")
    models = {json.loads(cell["guideline"])["architecture"]["model"] for cell in json.loads(found.stdout)}
    assert {"microsoft/codebert-base", "Salesforce/codet5-base", "codellama/CodeLlama-7b-hf"} <= models


def test_a_missing_file_is_a_sentence(fednode, tmp_path):
    found = fednode("run", str(tmp_path / "none.toml"))
    assert found.exit_code == 2
    assert "cannot be read" in found.output
