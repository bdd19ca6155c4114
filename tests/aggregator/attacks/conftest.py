"""A round as attackers see it: honest updates around a common signal, and a last aggregate."""

import numpy as np
import pytest

from aggregator import Context, rule
from aggregator.attacks import Knowledge, facing

HONEST, COLLUDERS, LENGTH = 8, 2, 300
STEP_EXPONENT = -16


@pytest.fixture
def honest():
    draw = np.random.default_rng(0)
    return (draw.normal(0, 0.01, LENGTH) + draw.normal(0, 0.01, (HONEST, LENGTH))).astype(np.float32)


@pytest.fixture
def previous():
    return np.random.default_rng(1).normal(0, 0.01, LENGTH).astype(np.float32)


@pytest.fixture
def scene(honest, previous):
    """Attackers who see everything but the rule."""
    return Knowledge(honest, COLLUDERS, own=honest[:COLLUDERS] / 2, previous=previous, seed=3)


@pytest.fixture
def scene_facing(honest, previous):
    """Attackers who see everything, and the rule of this name."""

    def known(name, **context):
        faced = facing(rule(name), Context(faults=COLLUDERS, **context))
        return Knowledge(honest, COLLUDERS, previous=previous, rule=faced, seed=3, step_exponent=STEP_EXPONENT)

    return known
