"""Whoever computes the cells of a grid, the outcomes are the same."""

import sys
from pathlib import Path

import pytest

from node.errors import ConfigError
from node.research.engines import engine_named
from node.research.grid import SECONDS, processes, run_grid
from tests.node.research.grid_work import square


def test_engines_have_names():
    assert engine_named("processes") is processes
    with pytest.raises(ConfigError, match="there are processes, ray"):
        engine_named("slurm")


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"install fednode\[ray\]"):
        engine_named("ray")


@pytest.mark.filterwarnings("ignore")  # Ray's own, about its next versions
def test_ray_gives_what_processes_give(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra fednode[ray] is not installed")
    cells = [{"number": number, "marks": str(tmp_path)} for number in (3, 1, 2)]
    ours = run_grid(cells, square, tmp_path / "processes", 1)
    theirs = run_grid(cells, square, tmp_path / "ray", 2, engine=engine_named("ray"))
    same = [{key: value for key, value in one.items() if key in {"square", "threads"}} for one in ours]
    assert [{key: value for key, value in one.items() if key in {"square", "threads"}} for one in theirs] == same
    assert all(SECONDS in one for one in theirs)


@pytest.mark.filterwarnings("ignore")
def test_what_a_cell_raises_on_ray_ends_the_grid(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra fednode[ray] is not installed")
    with pytest.raises(ValueError, match="negative"):
        run_grid([{"number": -1, "marks": str(tmp_path)}], square, tmp_path, 1, engine=engine_named("ray"))
