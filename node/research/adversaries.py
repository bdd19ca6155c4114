"""Peers that cheat, for demos and experiments: what a trainer poisons and how a validator lies or stays silent.

Built from the node's own parts with one behaviour replaced; nothing here is on an honest node's path.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aggregator.attacks import Attack, poison_alone
from aggregator.delta import decode_state, dequantise
from node.chain.commitments import Result
from node.peer.conclude import Conclusion
from node.peer.learn import then
from node.peer.protocol import Action, Attest, Disclose, Fetch, Vouch
from node.peer.trainer import Learn, Learned, LearningTask
from node.peer.validator import Validator
from node.types import Cid

__all__ = ["VALIDATOR_DUTIES", "LyingValidator", "moved_between", "poisoned", "refuses"]

VALIDATOR_DUTIES = (Fetch, Vouch, Attest, Disclose)


def poisoned(learn: Learn, attack: Attack) -> Learn:
    """Train honestly, then send what `attack` makes of the delta and of how the last state became this one."""
    states: list[bytes] = []  # the last two bases that differ

    def learn_and_poison(task: LearningTask) -> "Future[Learned]":
        if states[-1:] != [task.state]:
            states[:] = [*states[-1:], task.state]
        previous = moved_between(states[0], task.state)
        return then(learn(task), lambda one: replace(one, delta=poison_alone(attack, one.delta, task.seed, previous)))

    return learn_and_poison


def moved_between(before: bytes, after: bytes) -> NDArray[np.float32] | None:
    """The step, shape (d,), from one state file to the next; None when nothing moved or the lineages differ."""
    (there, old), (here, new) = decode_state(before), decode_state(after)
    if there.lineage != here.lineage or np.array_equal(old, new):
        return None
    return dequantise(new - old, here.step_exponent)


class LyingValidator(Validator):
    """Stands by a false state: the unchanged base, as if nothing had been learned."""

    def result_of(self, conclusion: Conclusion) -> Result:
        """The true result with the base in place of the new state."""
        return replace(super().result_of(conclusion), state=Cid(conclusion.report.base))


def refuses(kinds: tuple[type[object], ...]) -> Callable[[Action], bool]:
    """A filter for members who never do certain things."""
    return lambda action: not isinstance(action, kinds)
