import numpy as np
import pytest

from aggregator.attacks import Knowledge, attack


def test_sign_flip_is_minus_four_times_what_each_attacker_trained(scene):
    assert (attack("sign_flip")(scene) == -4 * scene.own).all()
    assert (attack("sign_flip", scale=1)(scene) == -scene.own).all()


def test_model_replacement_is_ten_times_what_each_attacker_trained(scene):
    assert (attack("model_replacement")(scene) == 10 * scene.own).all()
    assert (attack("model_replacement", scale=3)(scene) == 3 * scene.own).all()


def test_one_model_replacement_scaled_by_n_survives_the_mean():
    own = np.array([[1, 2]], np.float32)
    sent = attack("model_replacement", scale=5)(Knowledge(np.zeros((4, 2), np.float32), 1, own=own))
    assert (np.vstack([np.zeros((4, 2)), sent]).mean(axis=0) == own[0]).all()


def test_noise_has_ten_times_the_norm_and_no_other_tie_to_what_was_trained(scene):
    lengths = np.linalg.norm(scene.own, axis=1)
    sent = attack("noise")(scene)
    assert np.linalg.norm(sent, axis=1) == pytest.approx(10 * lengths, rel=1e-5)
    assert np.linalg.norm(attack("noise", factor=2)(scene), axis=1) == pytest.approx(2 * lengths, rel=1e-5)
    assert (np.abs((sent * scene.own).sum(axis=1)) < 0.2 * 10 * lengths**2).all()
    assert abs(sent[0] @ sent[1]) < 0.2 * np.linalg.norm(sent[0]) * np.linalg.norm(sent[1])


def test_noise_of_another_seed_is_another(honest):
    assert not np.array_equal(*(attack("noise")(Knowledge(honest, 2, seed=seed)) for seed in (1, 2)))
