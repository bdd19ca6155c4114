"""From plan to report in worker processes, and again from what was kept."""

import json

import pytest

from node.errors import ConfigError
from node.research.experiments.run import Options, cells_of, kept, outline, run_experiment


@pytest.fixture
def small(tiny):
    """Seven trainings of a second each."""
    study = tiny.studies[0].model_copy(update={"distributions": ("by_repository",), "clients": 2})
    return tiny.model_copy(update={"studies": (study,), "seeds": (1,)})


def test_an_experiment_is_run_once_and_reported_as_often_as_asked(small, tmp_path):
    options = Options(tmp_path, workers=1)
    assert kept(cells_of(small, options), options) == 0
    first = run_experiment(small, options)
    planned = cells_of(small, options)
    assert kept(planned, options) == len(planned) == len(outline(small)) == 6
    (found,) = first
    assert found.metric == "mrr"
    assert found.central.mean != found.base.mean
    assert [one.samples for one in found.held["by_repository"]] == [40, 40]
    assert sorted(path.name for path in (tmp_path / "tiny").iterdir()) == [
        *("holdings-3.png", "report.md", "results.csv", "results.json", "results.parquet", "table-3.png")
    ]
    assert (tmp_path / "tiny" / "table-3.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "tiny" / "results.json").read_text())["studies"][0]["metric"] == "mrr"

    def hear(done, total, left):
        raise AssertionError("nothing is left to compute")

    (again,) = run_experiment(small, options, hear)
    assert (
        again.by_distribution["by_repository"]["FedAvg"].by_seed
        == found.by_distribution["by_repository"]["FedAvg"].by_seed
    )


def test_a_folder_that_cannot_be_written_is_said(small, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="name another folder"):
        run_experiment(small, Options(tmp_path / "file"))
