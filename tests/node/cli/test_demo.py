from pathlib import Path

import pytest
from click.testing import CliRunner

from node.cli.main import cli

GUIDELINE = Path(__file__).parents[3] / "guideline.toml"


def test_flags_become_the_demos_settings(monkeypatch, here):
    seen = []
    monkeypatch.setattr("node.research.demo.run_demo", lambda settings, narrator: seen.append(settings))
    result = CliRunner().invoke(
        cli, ["demo", "--guideline", str(GUIDELINE), "--rounds", "4", "--compare", "--out", "x"]
    )
    assert result.exit_code == 0, result.output
    assert (seen[0].rounds, seen[0].compare, seen[0].out) == (4, True, Path("x"))
    assert seen[0].guideline.update.rule == "caf"


@pytest.mark.parametrize("rounds", ["2", "0", "x"])
def test_fewer_than_three_rounds_are_no_demo(rounds):
    assert CliRunner().invoke(cli, ["demo", "--rounds", rounds]).exit_code == 2


def test_a_missing_guideline_is_said():
    result = CliRunner().invoke(cli, ["demo", "--guideline", "nowhere.toml"])
    assert result.exit_code == 3
    assert "nowhere.toml: cannot be read" in result.stderr
