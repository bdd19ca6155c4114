import numpy as np
import pytest

from aggregator.attacks import Knowledge, attack
from aggregator.attacks.distance import DIRECTIONS
from aggregator.attacks.strength import deviation


def squared(rows, point):
    return np.square(rows.astype(np.float64) - point).sum(axis=1)


def pairs(rows):
    return np.array([squared(rows, row) for row in rows])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_min_max_is_as_far_from_an_honest_update_as_two_are_from_each_other(scene, direction):
    sent = attack("min_max", direction=direction)(scene)[0]
    assert squared(scene.honest, sent).max() == pytest.approx(pairs(scene.honest).max(), rel=1e-5)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_min_sum_is_as_far_from_all_as_the_loneliest_honest_update(scene, direction):
    sent = attack("min_sum", direction=direction)(scene)[0]
    assert squared(scene.honest, sent).sum() == pytest.approx(pairs(scene.honest).sum(axis=1).max(), rel=1e-5)


@pytest.mark.parametrize("name", ["min_max", "min_sum"])
def test_directions_point_away_from_the_mean(scene, name):
    away = {key: attack(name, direction=key)(scene)[0] - scene.mean for key in DIRECTIONS}
    spread = scene.seen.std(axis=0)
    for key, expected in (("std", -spread), ("sign", -np.sign(scene.mean)), ("unit", -scene.mean)):
        step = away[key] @ expected / (expected @ expected)
        assert step > 0
        assert away[key] == pytest.approx(step * expected, abs=1e-6)
    assert (attack(name)(scene) == attack(name, direction="std")(scene)).all()


@pytest.mark.parametrize("name", ["min_max", "min_sum"])
def test_facing_a_rule_they_take_the_direction_that_moves_it_most(scene_facing, name):
    known = scene_facing("trimmed_mean")
    moved = [deviation(known, known.rule, attack(name, direction=key)(known)) for key in DIRECTIONS]
    assert deviation(known, known.rule, attack(name)(known)) == max(moved)


def test_a_mean_of_zero_has_no_direction():
    known = Knowledge(np.array([[1, 2], [-1, -2]], np.float32), 1)
    assert not attack("min_max", direction="unit")(known).any()
