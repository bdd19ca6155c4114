"""Poisoners for experiments and demos: what a faulty trainer sends in place of its honest float32 delta.

Fixed as published, not tuned against a rule. Nothing on a federation's exact path uses this module.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATTACKS", "Attack", "noise", "sign_flip"]

Floats = NDArray[np.float32]


class Attack(Protocol):
    """Make a poisoned float32 delta of the honest one, both of shape (d,); `seed` is for attacks that draw."""

    def __call__(self, update: Floats, seed: int = 0) -> Floats:
        """Poison `update`."""


def sign_flip(update: Floats, seed: int = 0, *, scale: float = 4) -> Floats:
    """Send −`scale` times the honest update (Damaskinos et al. 2018, Li et al. 2019); draws nothing."""
    return update * np.float32(-scale)


def noise(update: Floats, seed: int = 0, *, factor: float = 10) -> Floats:
    """Send Gaussian noise with `factor` times the norm of the honest update (Blanchard et al. 2017, section 5)."""
    drawn = np.random.default_rng(seed).standard_normal(update.shape)
    size = factor * np.linalg.norm(update.astype(np.float64)) / np.linalg.norm(drawn)
    return (drawn * size).astype(np.float32)


ATTACKS: dict[str, Attack] = {"noise": noise, "sign_flip": sign_flip}
