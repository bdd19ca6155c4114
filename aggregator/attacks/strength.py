"""How attacks tune themselves: the search for what moves the rule they face farthest from the honest mean.

Only the searching is here; what is tried comes from the attacks.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from aggregator.attacks.knowledge import Doubles, FacedRule, Floats, Knowledge

__all__ = ["STRENGTHS", "deviation", "most_harmful", "strongest"]

STRENGTHS = tuple(2.0**power for power in range(-4, 7))  # in an attack's own unit, coarse to fine
REFINEMENTS = 2


def most_harmful(knowledge: Knowledge, rule: FacedRule, candidates: Iterable[Floats]) -> Floats:
    """Choose among what the attackers could send, float32 of shape (f, d) each; the first of equals."""
    return max(candidates, key=lambda sent: deviation(knowledge, rule, sent))


def strongest(knowledge: Knowledge, rule: FacedRule, update_of: Callable[[float], Doubles]) -> Floats:
    """Search the strength at which one update, shape (d,), sent by all attackers, does most harm.

    A line search over powers of two, then twice between the neighbours of the best so far, as is usual for attacks that
    know the rule (Allouah et al. 2023, "Fixing by Mixing", arXiv 2302.01772, search ALIE and IPM the same way).
    """
    tried = {strength: _harm(knowledge, rule, update_of(strength)) for strength in STRENGTHS}
    for _ in range(REFINEMENTS):
        for strength in _between_neighbours(sorted(tried), max(tried, key=tried.__getitem__)):
            tried[strength] = _harm(knowledge, rule, update_of(strength))
    return knowledge.alike(update_of(max(tried, key=tried.__getitem__)))


def deviation(knowledge: Knowledge, rule: FacedRule, sent: Floats) -> float:
    """Squared distance of the rule's aggregate to the mean of the honest updates, in quantisation steps."""
    rows = np.concatenate([knowledge.honest_rows, knowledge.quantised(sent)])
    away = rule(rows) - np.ldexp(knowledge.mean, -knowledge.step_exponent)
    return float(away @ away)


def _harm(knowledge: Knowledge, rule: FacedRule, update: Doubles) -> float:
    return deviation(knowledge, rule, knowledge.alike(update))


def _between_neighbours(tried: Sequence[float], best: float) -> list[float]:
    """Two strengths between the best one and each neighbour that it has."""
    place = tried.index(best)
    ends = tried[max(place - 1, 0) : place + 2]
    return [best + (end - best) * part / 3 for end in ends if end != best for part in (1, 2)]
