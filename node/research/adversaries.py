"""Peers that cheat, for demos and experiments: what a trainer poisons and how a validator lies or stays silent.

Built from the node's own parts with one behaviour replaced; nothing here is on an honest node's path.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from aggregator.attacks import Attack
from node.chain.commitments import Result
from node.peer.conclude import Conclusion
from node.peer.learn import then
from node.peer.protocol import Action, Attest, Disclose, Fetch, Vouch
from node.peer.trainer import Learn, Learned, LearningTask
from node.peer.validator import Validator
from node.types import Cid

__all__ = ["VALIDATOR_DUTIES", "LyingValidator", "poisoned", "refuses"]

VALIDATOR_DUTIES = (Fetch, Vouch, Attest, Disclose)


def poisoned(learn: Learn, attack: Attack) -> Learn:
    """Train honestly, then send what `attack` makes of the delta."""

    def learn_and_poison(task: LearningTask) -> "Future[Learned]":
        return then(learn(task), lambda learned: replace(learned, delta=attack(learned.delta, task.seed)))

    return learn_and_poison


class LyingValidator(Validator):
    """Stands by a false state: the unchanged base, as if nothing had been learned."""

    def result_of(self, conclusion: Conclusion) -> Result:
        """The true result with the base in place of the new state."""
        return replace(super().result_of(conclusion), state=Cid(conclusion.report.base))


def refuses(kinds: tuple[type[object], ...]) -> Callable[[Action], bool]:
    """A filter for members who never do certain things."""
    return lambda action: not isinstance(action, kinds)
