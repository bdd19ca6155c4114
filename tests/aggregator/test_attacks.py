import numpy as np
import pytest

from aggregator.attacks import ATTACKS, noise, sign_flip

HONEST = np.random.default_rng(0).normal(0, 0.01, 500).astype(np.float32)


def test_sign_flip_is_minus_four_times_the_honest_update():
    assert (sign_flip(HONEST) == -4 * HONEST).all()
    assert (sign_flip(HONEST, scale=1) == -HONEST).all()


def test_noise_has_ten_times_the_honest_norm_and_no_other_tie_to_it():
    sent = noise(HONEST, 5)
    assert np.linalg.norm(sent) == pytest.approx(10 * np.linalg.norm(HONEST), rel=1e-5)
    assert np.linalg.norm(noise(HONEST, 5, factor=2)) == pytest.approx(2 * np.linalg.norm(HONEST), rel=1e-5)
    assert abs(np.dot(sent, HONEST)) < 0.2 * np.linalg.norm(sent) * np.linalg.norm(HONEST)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_attacks_keep_shape_dtype_and_input_and_depend_on_the_seed_alone(name):
    before = HONEST.copy()
    sent = ATTACKS[name](HONEST, 1)
    assert sent.shape == HONEST.shape
    assert sent.dtype == np.float32
    assert (sent == ATTACKS[name](HONEST, 1)).all()
    assert (before == HONEST).all()


def test_noise_of_another_seed_is_another():
    assert not np.array_equal(noise(HONEST, 1), noise(HONEST, 2))
