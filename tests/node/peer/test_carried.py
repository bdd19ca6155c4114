"""What is carried from round to round comes back as it was, or not at all."""

import numpy as np
import pytest
import safetensors.numpy

from node.peer.carried import Carried

LENGTH = 5
OWN = np.linspace(-1, 1, LENGTH, dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "7.carried"


def test_what_was_written_comes_back(path):
    Carried(OWN / 2, {"own": OWN, "residual": -OWN}).write(path, durable=False)
    found = Carried.read(path, LENGTH)
    assert found.residual.tolist() == (OWN / 2).tolist()
    assert {key: array.tolist() for key, array in found.memory.items()} == {
        "own": OWN.tolist(),
        "residual": (-OWN).tolist(),
    }


def test_nothing_may_be_carried(path):
    Carried().write(path, durable=False)
    found = Carried.read(path, LENGTH)
    assert (found.residual, found.memory) == (None, {})


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: b"", "header"),
        (lambda data: data[:-1], "incomplete"),
        (lambda data: data + bytes(1 << 17), "at most"),
        (lambda data: safetensors.numpy.save({"memory.own": OWN[1:]}), "memory.own is not 5 finite"),
        (lambda data: safetensors.numpy.save({"memory.own": OWN.astype(np.float64)}), "memory.own is not 5 finite"),
        (lambda data: safetensors.numpy.save({"residual": OWN / 0}), "residual is not 5 finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_cannot_be_read_is_lost_with_a_warning(path, caplog, spoil, reason):
    Carried(OWN, {"own": OWN}).write(path, durable=False)
    path.write_bytes(spoil(path.read_bytes()))
    found = Carried.read(path, LENGTH)
    assert (found.residual, found.memory) == (None, {})
    assert "starting afresh" in caplog.text
    assert reason in caplog.text.lower()


def test_a_file_that_is_gone_is_nothing(path, caplog):
    assert Carried.read(path, LENGTH).memory == {}
    assert "7.carried" in caplog.text
