"""Attacks that need no accomplice and no secret: an attacker flips, drowns or enlarges the update it trained itself."""

from dataclasses import dataclass

import numpy as np

from aggregator.attacks.knowledge import Floats, Knowledge, Registered, register

__all__ = ["ModelReplacement", "Noise", "SignFlip"]


@register("sign_flip")
@dataclass(frozen=True)
class SignFlip(Registered):
    """−`scale` times what the attacker trained.

    Damaskinos et al. 2018, "Asynchronous Byzantine Machine Learning" (arXiv 1802.07928); Li et al. 2019, "RSA" (arXiv
    1811.03761).
    """

    scale: float = 4

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Flip every draft; draws nothing."""
        return knowledge.drafts.astype(np.float32) * np.float32(-self.scale)


@register("noise")
@dataclass(frozen=True)
class Noise(Registered):
    """Gaussian noise with `factor` times the norm of what the attacker trained.

    Blanchard et al. 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent" (NeurIPS), part 5.
    """

    factor: float = 10

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Draw once for each attacker, from the seed alone."""
        sizes = np.linalg.norm(knowledge.drafts, axis=1, keepdims=True) * self.factor
        return knowledge.gaussian(sizes)


@register("model_replacement")
@dataclass(frozen=True)
class ModelReplacement(Registered):
    """`scale` times what the attacker trained, so that its own model survives the averaging.

    Bagdasaryan et al. 2020, "How To Backdoor Federated Learning" (arXiv 1807.00459), equation 3: with a scale of n, one
    attacker replaces the model by its own. What makes it harmful is what it trained on, a backdoor for instance.
    """

    scale: float = 10

    def __call__(self, knowledge: Knowledge) -> Floats:
        """Enlarge every draft; draws nothing."""
        return knowledge.drafts.astype(np.float32) * np.float32(self.scale)
