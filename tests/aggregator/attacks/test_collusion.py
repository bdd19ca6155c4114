import numpy as np
import pytest
from scipy.stats import norm

from aggregator.attacks import Knowledge, attack
from aggregator.attacks.strength import deviation


def angle(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def test_alie_stays_within_z_standard_deviations(scene):
    mean, spread = scene.honest.mean(axis=0), scene.honest.std(axis=0)
    sent = attack("alie", z=1.5)(scene)
    assert sent == pytest.approx(np.stack([mean - 1.5 * spread] * 2), abs=1e-7)


@pytest.mark.parametrize(("honest_count", "colluders"), [(26, 24), (18, 12), (7, 3)])
def test_the_published_z_leaves_a_majority_of_supporters(honest_count, colluders):
    n = honest_count + colluders
    supporters = n // 2 + 1 - colluders
    expected = norm.ppf((n - colluders - supporters) / (n - colluders))
    rows = np.random.default_rng(0).normal(size=(honest_count, 40)).astype(np.float32)
    known = Knowledge(rows, colluders)
    z = (known.mean - attack("alie")(known)[0]) / known.seen.std(axis=0)
    assert z == pytest.approx([expected] * 40, abs=1e-4)


def test_a_majority_of_attackers_needs_no_supporter():
    known = Knowledge(np.array([[0], [2]], np.float32), 9)
    assert attack("alie")(known)[0, 0] == pytest.approx(1 - norm.ppf(0.75))


def test_ipm_turns_the_inner_product_with_the_mean(scene):
    assert attack("ipm")(scene) == pytest.approx(np.stack([-0.5 * scene.mean] * 2), abs=1e-8)
    assert attack("ipm", epsilon=3)(scene) == pytest.approx(np.stack([-3 * scene.mean] * 2), abs=1e-8)
    strong = attack("ipm", epsilon=5)(scene)
    assert np.vstack([scene.honest, strong]).mean(axis=0) @ scene.mean < 0


def test_mimic_copies_the_update_that_lies_farthest_where_the_honest_vary_most():
    rows = np.array([[1, 0, 0], [-1, 0.1, 0], [5, 0, 0.1], [-2, 0, -0.1]], np.float32)
    assert (attack("mimic")(Knowledge(rows, 3)) == rows[2]).all()


def test_mimic_copies_whom_it_hurts_the_rule_most_to_hear_again(scene_facing):
    known = scene_facing("median")
    sent = attack("mimic")(known)
    worst = max(deviation(known, known.rule, known.alike(row)) for row in known.honest)
    assert any((sent == row).all() for row in known.honest)
    assert deviation(known, known.rule, sent) == worst


def test_rop_steps_from_the_last_aggregate_sideways(scene):
    sent = attack("rop")(scene)[0].astype(np.float64)
    reach = np.median(np.linalg.norm(scene.honest - scene.previous, axis=1))
    assert np.linalg.norm(sent - scene.previous) == pytest.approx(reach, rel=1e-5)
    reference = 0.9 * scene.previous + 0.1 * scene.mean
    assert angle(sent - scene.previous, reference) == pytest.approx(0, abs=1e-6)
    assert angle(sent - scene.previous, np.ones(scene.length)) > 0.9
    double = attack("rop", radius=2)(scene)[0]
    assert np.linalg.norm(double - scene.previous) == pytest.approx(2 * reach, rel=1e-5)


def test_rop_without_a_last_aggregate_steps_sideways_from_the_base(honest):
    known = Knowledge(honest, 2)
    assert angle(attack("rop")(known)[0].astype(np.float64), known.mean) == pytest.approx(0, abs=1e-6)


def test_where_the_reference_is_all_ones_there_is_no_sideways(honest):
    known = Knowledge(honest, 2, previous=np.ones(honest.shape[1], np.float32))
    assert (attack("rop", history=1)(known) == 1).all()
