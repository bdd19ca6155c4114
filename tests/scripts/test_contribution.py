"""The bars that the contribution formula was chosen by, on the made-up rounds of its benchmark."""

import numpy as np
import pytest

from scripts.benchmarks.contribution import FORMULAS, Round, columns, made_up, trained

ROUNDS = {one.label: one for one in made_up()}


@pytest.mark.parametrize("label", ROUNDS)
def test_the_formula_in_use_meets_its_bars(label):
    earned = columns(ROUNDS[label], FORMULAS["in_use"])
    assert earned["honest at 0"] == 0
    assert earned["noise"] <= 0.05
    assert earned["echo"] <= 0.05
    assert earned["sign-flipped"] <= 0.05
    assert all(earned[f"copies {k}"] == pytest.approx(1, abs=0.1) for k in (2, 4))


def test_the_bars_tell_formulas_apart():
    """Copies triple what the formula before would have paid; projection pays an echo like everybody else."""
    assert columns(ROUNDS["weak signal, n = 9"], FORMULAS["angle"])["copies 2"] > 2
    assert columns(ROUNDS["own data, n = 9"], FORMULAS["projection"])["echo"] == 1


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_shares_everything(name):
    for one in ROUNDS.values():
        shares = FORMULAS[name](one.honest, one.known)
        assert shares.sum() == pytest.approx(1)
        assert shares.min() >= 0


def test_saved_rounds_are_read_back(tmp_path):
    rows = np.arange(12, dtype=np.int16).reshape(3, 4)
    saved = {"rounds": 2, "split": '["parts 2"]'}
    for number in (1, 2):
        saved |= {f"{number}/honest": rows * number, f"{number}/parts 2": rows[:2], f"{number}/aggregate": rows[number]}
    np.savez(tmp_path / "updates.npz", **saved)
    first, second = trained(tmp_path / "updates.npz")
    assert isinstance(first, Round)
    assert (first.known, first.older, second.older) == ((), None, None)
    assert [one.tolist() for one in second.known] == [rows[1].tolist()] * 2, "after one round the base is the aggregate"
    assert second.honest.tolist() == (rows * 2).tolist()
    assert second.split["parts 2"].tolist() == rows[:2].tolist()
