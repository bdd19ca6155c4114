"""What the benchmarks of growth and memory make of their readings."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.benchmarks.scaling import Curve, picture, show, steepness


def test_a_power_law_has_its_exponent_as_steepness():
    assert steepness({d: 3 * d**2 for d in (10, 20, 40)}) == pytest.approx(2)


def test_coordinate_rules_are_held_to_a_sorting_bound_and_others_to_a_quadratic_one(tmp_path, capsys):
    times = {n: float(n**2) for n in (16, 32, 64)}
    krum, median = (Curve(rule, {1000: 1.0, 2000: 2.0}, times) for rule in ("krum", "median"))
    assert (krum.bound, median.bound) == ("n²", "n log² n")
    assert krum.exponent_of_d == pytest.approx(1)
    assert krum.against_bound == pytest.approx(0)
    assert median.against_bound > 0.2
    show([krum, median])
    assert "n log² n" in capsys.readouterr().out
    picture([krum, median], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


GROWTH = """
import sys
import numpy as np
from scripts.benchmarks.memory import peak_growth

path, size, held = sys.argv[1], int(sys.argv[2]), []
print(peak_growth(lambda: np.memmap(path, np.uint8, "r").sum()))
print(peak_growth(lambda: held.append(np.ones(size, np.uint8))))
"""


def test_memory_that_is_held_is_seen_and_files_do_not_count(tmp_path):
    """In a process of its own, as the benchmark: here others let go of memory at any time."""
    mebibytes = 64
    (tmp_path / "file").write_bytes(bytes(mebibytes << 20))
    command = [sys.executable, "-c", GROWTH, str(tmp_path / "file"), str(mebibytes << 20)]
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    read, held = map(float, said.split())
    assert read < 0.5 * mebibytes
    assert held > 0.9 * mebibytes
