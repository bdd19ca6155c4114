"""`fednode personal export` on a federation whose guideline personalises."""

import numpy as np
import pytest

from aggregator.delta import decode_state
from node.algorithms import PERSONAL
from node.guideline import Algorithm
from node.peer.carried import Carried, carried_file, updates_folder
from tests.living_federation import GUIDELINE, LENGTH, living_federation


@pytest.fixture(scope="module")
def town():
    update = GUIDELINE.update.model_copy(update={"algorithm": Algorithm(name="ditto")})
    with living_federation(rounds=1, guideline=GUIDELINE.model_copy(update={"update": update})) as one:
        yield one


def test_the_personal_adapter_is_written_without_a_password(
    node, done, shown, refused, here, password_file, monkeypatch
):
    node(0)
    password_file.unlink()
    assert "no personal adapter yet" in refused(9, "personal", "export", "mine")

    folder = updates_folder(here / "work")
    folder.mkdir(parents=True)
    Carried(None, {PERSONAL: np.ones(LENGTH, np.float32)}).write(carried_file(folder, 1), durable=False)
    written = []
    monkeypatch.setattr("node.learning.release.write_release", lambda *of, personal: written.append((*of, personal)))
    said = done("personal", "export", "mine")
    assert said == "wrote mine: trained in round 1, beside the federation's state of round 1\n"
    assert shown("personal", "export", "mine") == {"directory": "mine", "shared": 1, "own": 1}
    state, frozen, guideline, directory, personal = written[0]
    assert personal
    header, values = decode_state(state)
    assert set(values.tolist()) == {2**-header.step_exponent}
    assert (frozen, str(directory), guideline.update.algorithm.name) == (b"frozen tensors", "mine", "ditto")
