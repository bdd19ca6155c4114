"""Poisoners and free-riders for experiments and demos: what faulty trainers send in place of honest float32 deltas.

One registry, `ATTACKS`, and one call for all of them: `attack(name)(knowledge)`. Every family has its module; attacks
on the *data* (flipped labels, backdoors) are not here, but what a peer trained on such data may be handed in as its
own update. Deterministic for a seed on one machine; nothing on a federation's exact path uses this package.
"""

from aggregator.attacks import collusion, distance, free_riding, scaling  # noqa: F401  (attacks register themselves)
from aggregator.attacks.knowledge import ATTACKS, Attack, FacedRule, Knowledge, attack, facing, poison_alone

__all__ = ["ATTACKS", "Attack", "FacedRule", "Knowledge", "attack", "facing", "poison_alone"]
