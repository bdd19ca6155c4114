import numpy as np
import pytest

from aggregator.attacks import Knowledge, attack
from aggregator.attacks.strength import STRENGTHS, deviation, most_harmful, strongest

RULES = ("median", "trimmed_mean", "multi_krum", "krum", "mean")


def test_deviation_is_the_squared_distance_to_the_honest_mean_in_steps():
    known = Knowledge(np.array([[1, 0], [3, 0]], np.float32), 1, step_exponent=-1, rule=lambda rows: rows[-1])
    assert deviation(known, known.rule, np.array([[2, 1.5]], np.float32)) == 9
    assert deviation(known, known.rule, np.array([[5, 0]], np.float32)) == 36


def test_the_first_of_equally_harmful_candidates_is_taken():
    known = Knowledge(np.zeros((2, 1), np.float32), 1, step_exponent=0, rule=lambda rows: rows[-1])
    candidates = [np.full((1, 1), value, np.float32) for value in (1, 3, -3)]
    assert most_harmful(known, known.rule, candidates)[0, 0] == 3


@pytest.mark.parametrize(("limit", "reached"), [(5, 4.9), (0.01, 0), (9999, 64)])
def test_the_search_finds_the_largest_strength_that_a_rule_lets_through(limit, reached):
    """A rule that takes what is within its limit, and nothing else."""
    known = Knowledge(
        np.zeros((3, 1), np.float32), 1, step_exponent=0, rule=lambda rows: rows[-1] * (abs(rows[-1]) <= 100 * limit)
    )
    found = strongest(known, known.rule, lambda strength: np.array([100 * strength]))[0, 0] / 100
    if reached:
        assert reached * 0.9 <= found <= limit
    else:
        assert found == min(STRENGTHS), "every strength is refused, the first is taken"


@pytest.mark.parametrize("faced", RULES)
@pytest.mark.parametrize(("name", "fixed"), [("alie", {"z": 1.0}), ("ipm", {"epsilon": 0.5}), ("rop", {"radius": 1.0})])
def test_a_searched_strength_harms_no_less_than_a_fixed_one(scene_facing, faced, name, fixed):
    known = scene_facing(faced)
    searched = deviation(known, known.rule, attack(name)(known))
    assert searched >= deviation(known, known.rule, attack(name, **fixed)(known))


def test_what_fools_the_mean_does_not_fool_multi_krum(scene_facing):
    for_mean, for_krum = (attack("ipm")(scene_facing(name)) for name in ("mean", "multi_krum"))
    known = scene_facing("multi_krum")
    assert not np.array_equal(for_mean, for_krum)
    assert deviation(known, known.rule, for_krum) > deviation(known, known.rule, for_mean)
