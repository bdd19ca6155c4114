"""A grid computes each cell once, whoever kills it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.errors import ConfigError
from node.research.grid import SECONDS, Cell, kept_cells, run_grid
from tests.node.research.grid_work import square


def cells(marks: Path, *numbers: int) -> list[Cell]:
    return [{"number": number, "marks": str(marks)} for number in numbers]


def calls(marks: Path) -> list[str]:
    path = marks / "calls"
    return sorted(path.read_text().split()) if path.exists() else []


def test_every_cell_once_in_order_and_never_again(tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []

    def hear(done: int, total: int, _: float) -> None:
        said.append((done, total))

    outcomes = run_grid(cells(tmp_path, 3, 1, 3), square, tmp_path / "kept", 1, hear)
    assert [one["square"] for one in outcomes] == [9.0, 1.0, 9.0]
    assert outcomes[0]["threads"] == "1"
    assert calls(tmp_path) == ["1", "3"]
    assert said[-1] == (3, 3)
    assert kept_cells(cells(tmp_path, 3, 1, 4), tmp_path / "kept") == 2

    more = run_grid(cells(tmp_path, 1, 2, 3), square, tmp_path / "kept", 2)
    assert [one["square"] for one in more] == [1.0, 4.0, 9.0]
    assert calls(tmp_path) == ["1", "2", "3"]


def test_what_a_cell_took_is_the_same_when_it_is_read_back(tmp_path: Path) -> None:
    first, again = (run_grid(cells(tmp_path, 2), square, tmp_path / "kept", 1) for _ in range(2))
    assert first == again
    assert float(first[0][SECONDS]) >= 0


def test_workers_inherit_one_thread_and_this_process_keeps_its_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    (outcome,) = run_grid(cells(tmp_path, 2), square, tmp_path / "kept", 1)
    assert outcome["born_with"] == "OMP_NUM_THREADS=1"
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "MKL_NUM_THREADS" not in os.environ


def test_cells_are_computed_by_whatever_engine_is_given(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    (outcome,) = run_grid(cells(tmp_path, 2), square, tmp_path / "kept", 1, engine=ThreadPoolExecutor)
    assert outcome["threads"] == "7"


def test_what_was_finished_before_a_failure_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="negative"):
        run_grid(cells(tmp_path, 2, -1), square, tmp_path / "kept", 1)
    assert len(list((tmp_path / "kept").glob("*.json"))) == 1


def test_a_file_that_is_no_outcome_is_named(tmp_path: Path) -> None:
    run_grid(cells(tmp_path, 2), square, tmp_path / "kept", 1)
    (kept,) = (tmp_path / "kept").glob("*.json")
    kept.write_text("{}")
    with pytest.raises(ConfigError, match=f"{kept.name}.*remove the file"):
        run_grid(cells(tmp_path, 2), square, tmp_path / "kept", 1)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="name another folder"):
        run_grid([], square, tmp_path / "file")
