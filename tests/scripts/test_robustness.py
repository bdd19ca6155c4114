"""The committed robustness of every rule still holds: what is measured again is the part that takes seconds."""

import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from aggregator.robustness import least_kappa
from scripts.benchmarks.robustness import CASES, SCENES, UNIT, measure, noise, rules_to_measure, snapshot

COMMITTED = json.loads((Path(__file__).parents[1] / "snapshots" / "robustness.json").read_text())
CELLS = {(cell["rule"], cell["n"], cell["f"]): cell for cell in COMMITTED}
GROWTH = 1.05
QUICK = [case for case in CASES if case[0] <= 10]


def as_number(kappa):
    return inf if kappa is None else kappa


@pytest.mark.parametrize(("name", "n", "f"), [key for key in CELLS if key[1:] in QUICK])
def test_no_rule_has_become_less_robust(name, n, f):
    """If a change makes a rule weaker on purpose, commit what `scripts/bench robustness --update` writes."""
    committed = CELLS[name, n, f]
    measured = measure(name, rules_to_measure()[name], n, f)
    assert bool(measured.refused) == ("refused" in committed)
    for scene, kappa in measured.by_scene.items():
        assert as_number(kappa) <= GROWTH * as_number(committed["by_scene"][scene]), scene


def test_every_rule_is_committed_in_every_case():
    """After adding a rule: `scripts/bench robustness --update`."""
    assert CELLS.keys() == {(name, n, f) for name in rules_to_measure() for n, f in CASES}


def test_a_snapshot_holds_what_was_measured():
    cells = [measure("mean", rules_to_measure()["mean"], 3, 1), measure("krum", rules_to_measure()["krum"], 4, 1)]
    mean, krum = json.loads(snapshot(cells))
    assert (mean["rule"], mean["n"], mean["f"], mean["kappa"]) == ("mean", 3, 1, None)
    assert mean["by_scene"].keys() == SCENES.keys()
    assert "krum needs n >= 2f + 3" in krum["refused"]


def test_no_rule_beats_the_lower_bound_and_the_mean_is_not_robust():
    for (name, n, f), cell in CELLS.items():
        if "refused" not in cell:
            assert cell["kappa"] is None or cell["kappa"] >= round(float(least_kappa(n, f)), 4), name
        if name == "mean":
            assert cell["kappa"] is None


PROVED = {  # upper bounds by Allouah et al. 2023, table 1, with r = f / (n - 2f)
    "trimmed_mean": lambda r: 6 * r * (1 + r),
    "krum": lambda r: 6 * (1 + r),
    "median": lambda r: 4 * (1 + r) ** 2,
    "geometric_median": lambda r: 4 * (1 + r) ** 2,
}


@pytest.mark.parametrize("name", PROVED)
@pytest.mark.parametrize(("n", "f"), CASES)
def test_no_attack_went_beyond_what_is_proved_and_mixing_keeps_its_promise(name, n, f):
    bound = PROVED[name](f / (n - 2 * f))
    assert CELLS[name, n, f]["kappa"] <= bound
    assert CELLS[f"nnm+{name}", n, f]["kappa"] <= 8 * f / (n - f) * (1 + bound), "lemma 1 of the same paper"


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize(("n", "f"), CASES)
def test_scenes_are_the_same_int16_every_time(scene, n, f):
    rows = SCENES[scene](n - f, f)
    assert len(rows) == n - f
    assert np.abs(rows).max() <= 1 << 14
    assert (rows == SCENES[scene](n - f, f)).all()


def test_noise_is_centred_with_the_promised_size():
    drawn = noise("any", 100, 100)
    assert abs(drawn.mean()) < 2
    assert abs(drawn.std() - UNIT) < 2
    assert drawn[0, :4].tolist() == noise("any", 100, 100)[0, :4].tolist()
