import numpy as np
import pytest

from aggregator.attacks import Knowledge, attack


def test_zero_is_nothing(scene):
    assert not attack("zero")(scene).any()


def test_free_rider_noise_is_as_long_as_an_honest_update(scene):
    typical = np.median(np.linalg.norm(scene.honest, axis=1))
    sent = attack("free_rider_noise")(scene)
    assert np.linalg.norm(sent, axis=1) == pytest.approx([typical] * 2, rel=1e-5)
    assert not np.array_equal(sent[0], sent[1])
    assert np.linalg.norm(attack("free_rider_noise", factor=0.5)(scene), axis=1) == pytest.approx([typical / 2] * 2)


def test_echo_is_the_last_aggregate_and_nothing_before_there_is_one(scene):
    assert (attack("echo")(scene) == scene.previous).all()
    assert (attack("echo", factor=2)(scene) == 2 * scene.previous).all()
    assert not attack("echo")(Knowledge(scene.honest, 2)).any()
