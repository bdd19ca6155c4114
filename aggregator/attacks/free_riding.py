"""Free-riders: they train nothing, want to be paid, and would rather not be noticed."""

from dataclasses import dataclass

import numpy as np

from aggregator.attacks.knowledge import Floats, Knowledge, Registered, register

__all__ = ["Echo", "FreeRiderNoise", "Zero"]


@register("zero")
@dataclass(frozen=True)
class Zero(Registered):
    """Nothing: the base model as it came.

    Fraboni et al. 2021, "Free-rider Attacks on Model Aggregation in Federated Learning" (arXiv 2006.11901), plain.
    """

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Send zeros."""
        return np.zeros((knowledge.colluders, knowledge.length), np.float32)


@register("free_rider_noise")
@dataclass(frozen=True)
class FreeRiderNoise(Registered):
    """Gaussian noise as long as an honest update, times `factor`.

    Fraboni et al. 2021, "Free-rider Attacks on Model Aggregation in Federated Learning" (arXiv 2006.11901), disguised;
    Lin et al. 2019, "Free-riders in Federated Learning" (arXiv 1911.12560), random weights.
    """

    factor: float = 1

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Draw once for each attacker, from the seed alone."""
        return knowledge.gaussian(knowledge.typical_norm * self.factor)


@register("echo")
@dataclass(frozen=True)
class Echo(Registered):
    """The last aggregate again, times `factor`; zeros while there is none.

    Lin et al. 2019, "Free-riders in Federated Learning: Attacks and Defenses" (arXiv 1911.12560), delta weights.
    """

    factor: float = 1

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Repeat the last aggregate; draws nothing."""
        previous = np.zeros(knowledge.length) if knowledge.previous is None else knowledge.previous
        return knowledge.alike(previous * np.float64(self.factor))
