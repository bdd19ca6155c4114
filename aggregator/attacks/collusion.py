"""Attackers who see the honest updates and agree on one vector that hides among them: ALIE, IPM, mimic, ROP.

Where the rule is known and the strength was left open, they search the strength that moves this rule most.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from aggregator.attacks.knowledge import Doubles, Floats, Knowledge, Registered, register
from aggregator.attacks.strength import most_harmful, strongest

__all__ = ["Alie", "Ipm", "Mimic", "Rop"]

MIMICKED = 8  # honest updates that a mimic tries against the rule


@register("alie", least_seen=2)
@dataclass(frozen=True)
class Alie(Registered):
    """The mean of the honest updates less `z` standard deviations in every coordinate: "a little is enough".

    Baruch et al. 2019, "A Little Is Enough: Circumventing Defenses For Distributed Learning" (arXiv 1902.06156). With
    neither `z` nor a rule to search against, z is theirs: the largest at which enough honest updates lie farther out.
    """

    z: float | None = None

    def __call__(self, knowledge: Knowledge) -> Floats:
        """All attackers send the same."""
        spread: Doubles = knowledge.seen.std(axis=0)

        def update(z: float) -> Doubles:
            return knowledge.mean - z * spread

        if self.z is None and knowledge.rule is not None:
            return strongest(knowledge, knowledge.rule, update)
        return knowledge.alike(update(_published_z(knowledge) if self.z is None else self.z))


def _published_z(knowledge: Knowledge) -> float:
    """The quantile of n − f − s honest updates among n − f, where s honest supporters make a majority of n."""
    honest, n = len(knowledge.seen), len(knowledge.seen) + knowledge.colluders
    supporters = n // 2 + 1 - knowledge.colluders
    share = (honest - supporters) / honest
    return NormalDist().inv_cdf(min(max(share, 0.5), 1 - 1 / (2 * honest)))


@register("ipm", least_seen=1)
@dataclass(frozen=True)
class Ipm(Registered):
    """−`epsilon` times the mean of the honest updates, so that the aggregate's inner product with it turns negative.

    Xie et al. 2020, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation" (arXiv
    1903.03936). With neither `epsilon` nor a rule to search against, epsilon is 0.5.
    """

    epsilon: float | None = None

    def __call__(self, knowledge: Knowledge) -> Floats:
        """All attackers send the same."""

        def update(epsilon: float) -> Doubles:
            return -epsilon * knowledge.mean

        if self.epsilon is None and knowledge.rule is not None:
            return strongest(knowledge, knowledge.rule, update)
        return knowledge.alike(update(0.5 if self.epsilon is None else self.epsilon))


@register("mimic", least_seen=2)
@dataclass(frozen=True)
class Mimic(Registered):
    """A copy of one honest update, which thereby outweighs the others.

    Karimireddy et al. 2022, "Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing" (arXiv 2006.09365),
    section 3.2: the one that lies farthest along the direction in which the honest vary most. Facing a known rule, the
    worst of the farthest eight.
    """

    def __call__(self, knowledge: Knowledge) -> Floats:
        """All attackers copy the same update."""
        farthest = _farthest(knowledge)
        if knowledge.rule is None:
            return knowledge.alike(knowledge.seen[farthest[0]])
        copies = (knowledge.alike(knowledge.seen[row]) for row in farthest[:MIMICKED])
        return most_harmful(knowledge, knowledge.rule, copies)


def _farthest(knowledge: Knowledge) -> list[int]:
    """The honest rows by the size of their part along the first principal direction, largest first.

    That direction is a combination of the centred rows, so that an eigenvector of their h x h Gram matrix gives it.
    """
    centred = knowledge.seen - knowledge.mean
    _, vectors = np.linalg.eigh(centred @ centred.T)
    along = knowledge.seen @ (vectors[:, -1] @ centred)
    return [int(row) for row in np.argsort(-np.abs(along), kind="stable")]


@register("rop", least_seen=1)
@dataclass(frozen=True)
class Rop(Registered):
    """A step sideways from where centred clipping starts: relocated orthogonal perturbation.

    Özfatura et al. 2023, "Byzantines Can Also Learn From History: Fall of Centered Clipping in Federated Learning"
    (arXiv 2208.09894). Clipping looks only at the distance to its centre, the last aggregate, so the attackers go
    there, and from there in a direction orthogonal to λ = `history` parts of that centre and 1 − λ parts of the honest
    mean. `radius` is the step's length in units of the median distance of an honest update to the centre; left open, it
    is searched against the rule, or 1. Without a last aggregate the centre is 0 and the reference the honest mean.
    """

    history: float = 0.9
    radius: float | None = None

    def __call__(self, knowledge: Knowledge) -> Floats:
        """All attackers send the same."""
        centre = np.zeros(knowledge.length) if knowledge.previous is None else knowledge.previous.astype(np.float64)
        history = 0.0 if knowledge.previous is None else self.history
        aside = _orthogonal(history * centre + (1 - history) * knowledge.mean)
        reach = float(np.median(np.linalg.norm(knowledge.seen - centre, axis=1)))

        def update(radius: float) -> Doubles:
            return centre + radius * reach * aside

        if self.radius is None and knowledge.rule is not None:
            return strongest(knowledge, knowledge.rule, update)
        return knowledge.alike(update(1 if self.radius is None else self.radius))


def _orthogonal(reference: Doubles) -> Doubles:
    """What is left of the all-ones direction without its part along `reference`, as a unit vector; 0 if nothing is."""
    square = float(reference @ reference)
    ones = np.ones_like(reference)
    aside = ones - reference * (float(reference.sum()) / square) if square else ones
    norm = float(np.linalg.norm(aside))
    return aside / norm if norm > 1e-9 * len(aside) ** 0.5 else np.zeros_like(aside)
