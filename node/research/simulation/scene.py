"""The scene of colluding poisoners: they see the round's honest updates before they choose their own, together.

On a real network nobody does: content ids are secret until everybody has committed. A simulation assumes the worst.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import aggregator
from aggregator.attacks import Attack, Knowledge, facing
from aggregator.delta import dequantise
from node.peer.trainer import Learn, Learned, LearningTask
from node.types import RoundId

__all__ = ["Scene"]

Floats = NDArray[np.float32]
Values = NDArray[np.int16]


@dataclass
class Scene:
    """What the colluders of one federation share.

    `honest` counts the peers whose updates they wait for, `learners` train as the colluders would if they were honest,
    `previous` gives the last aggregate before a round, `examples` is what they say they trained on.
    """

    attack: Attack
    rule: aggregator.Rule
    faults: int
    step_exponent: int
    honest: int
    learners: Sequence[Learn]
    previous: Callable[[RoundId], Values | None]
    examples: int
    _seen: dict[RoundId, dict[int, Values]] = field(default_factory=dict)
    _sent: dict[RoundId, Sequence["Future[Learned]"]] = field(default_factory=dict)
    _tasks: dict[RoundId, LearningTask] = field(default_factory=dict)

    @property
    def looks(self) -> bool:
        """Whether the attack wants to see honest updates at all."""
        return self.attack.least_seen > 0

    def show(self, round_id: RoundId, place: int, update: Values) -> None:
        """An honest peer has decided on its update, int16 of shape (d,)."""
        if self.looks:
            self._seen.setdefault(round_id, {})[place] = update
            self._choose(round_id)

    def learner(self, colluder: int) -> Learn:
        """How the colluder with this number trains: it waits until all have seen enough, and takes its part."""

        def learn(task: LearningTask) -> "Future[Learned]":
            if task.round not in self._sent:
                self._begin(task)
            return self._sent[task.round][colluder]

        return learn

    def _begin(self, task: LearningTask) -> None:
        self._sent = {task.round: [Future() for _ in self.learners]}
        self._seen = {known: seen for known, seen in self._seen.items() if known >= task.round}
        self._tasks = {task.round: task}
        self._choose(task.round)

    def _choose(self, round_id: RoundId) -> None:
        """Once everybody who is honest has been seen: what each colluder sends."""
        task, seen = self._tasks.get(round_id), self._seen.get(round_id, {})
        if task is None or (self.looks and len(seen) < self.honest):
            return
        rows = [seen[place] for place in sorted(seen)]
        for sent, delta in zip(self._sent[round_id], self.attack(self._knowledge(task, rows)), strict=True):
            if not sent.done():
                sent.set_result(Learned(delta, self.examples))

    def _knowledge(self, task: LearningTask, rows: Sequence[Values]) -> Knowledge:
        started = [] if self.looks else [learn(task) for learn in self.learners]
        own = np.stack([one.result().delta for one in started]) if started else None
        previous = self.previous(task.round)
        honest = np.stack([self._floats(row) for row in rows]) if rows else np.empty((0, _length(own)), np.float32)
        return Knowledge(
            honest=honest,
            colluders=len(self.learners),
            own=own,
            previous=None if previous is None else self._floats(previous),
            rule=facing(self.rule, self._context(task, previous)) if rows else None,
            step_exponent=self.step_exponent,
            seed=task.seed,
        )

    def _context(self, task: LearningTask, previous: Values | None) -> aggregator.Context:
        faults = aggregator.effective_faults(self.rule, self.faults, self.honest + len(self.learners))
        return aggregator.Context(faults=faults, seed=task.seed, previous=previous)

    def _floats(self, update: Values) -> Floats:
        return dequantise(update, self.step_exponent)


def _length(own: Floats | None) -> int:
    return 0 if own is None else own.shape[1]
