"""`fednode simulate` from the command line, small."""

import json

import pytest
from click.testing import CliRunner

from node.cli.main import cli

SMALL = ("--peers", 8, "--byzantine", 1, "--validators", 3, "--rounds", 2, "--dimension", 100)


@pytest.fixture
def simulate(here):
    """Run it; gives exit code, what it printed, and what it said beside."""

    def run(*arguments):
        result = CliRunner().invoke(cli, ["simulate", *map(str, arguments)])
        return result.exit_code, result.stdout, result.stderr

    return run


def test_a_table_a_picture_and_results(simulate, here):
    code, printed, said = simulate(*SMALL)
    assert code == 0
    assert "progress" in printed
    assert "0 of 1" in printed
    assert said.splitlines()[-1].startswith("round 2 of 2 finalised: ")
    (folder,) = (here / "simulations").iterdir()
    assert folder.name in printed
    assert {"results.json", "simulation.png"} <= {one.name for one in folder.iterdir()}


def test_json_is_all_that_is_printed_and_the_same_when_read_back(simulate):
    code, printed, _ = simulate(*SMALL, "--json", "--out", "runs")
    document = json.loads(printed)
    assert code == 0
    assert (document["headline"], len(document["rounds"]), document["config"]["peers"]) == ("progress", 2, 8)
    again, reprinted, said = simulate(*SMALL, "--json", "--out", "runs")
    assert (again, json.loads(reprinted)) == (0, document)
    assert "2 of 2 rounds were finished before" in said


def test_rule_attack_and_what_stands_in_front_are_passed_on(simulate):
    flags = (
        "--rule",
        "trimmed_mean",
        "--preaggregation",
        "nnm",
        "--preaggregation",
        "arc",
        "--attack",
        "ipm:epsilon=2",
    )
    code, printed, _ = simulate(*SMALL, *flags, "--optimiser", "fedavgm", "--partition", "dirichlet_label", "--json")
    config = json.loads(printed)["config"]
    assert code == 0
    assert (config["rule"], config["preaggregations"]) == ("trimmed_mean", ["nnm", "arc"])
    assert (config["attack"], config["optimiser"], config["partition"]) == (
        "ipm:epsilon=2",
        "fedavgm",
        "dirichlet_label",
    )


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--rule", "magic"), "no rule is called 'magic'"),
        (("--byzantine", 8), "--byzantine: 8 is not from 0 to 7"),
        (("--faults", 3), "--peers: caf with 3 faults needs 7 updates"),
        (("--partition", "odd"), "--partition: there is no 'odd'"),
    ],
)
def test_what_cannot_be_simulated_is_one_sentence_and_code_2(simulate, flags, says):
    code, printed, said = simulate(*SMALL, *flags)
    assert (code, printed) == (2, "")
    assert said.startswith("fednode: ")
    assert says in said


def test_a_guideline_file_that_is_none_is_code_3(simulate, here):
    (here / "bad.toml").write_text("name = 3")
    code, _, said = simulate(*SMALL, "--guideline", "bad.toml")
    assert (code, "bad.toml" in said) == (3, True)
