"""Many peers of one federation, stepped in turn by one process; where the chain makes its own time, it moves it on.

The peers are the node's own; this file only decides who steps next and when to wait.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Protocol

from node.chain.views import RoundView
from node.chain.words import Phase
from node.errors import ChainUnreachable, GuidelineError, StoreError, TransactionRefused
from node.peer.peer import Peer
from node.peer.protocol import Action, Open, Wait
from node.peer.trainer import Learned
from node.types import RoundId

__all__ = ["Clockwork", "Ensemble", "Participant"]

log = logging.getLogger("fednode")

# What a node's own loop lives through, but for diverged training: no time passes here until it has succeeded.
PASSING_FAULTS = (ChainUnreachable, GuidelineError, StoreError, TransactionRefused)


class Clockwork(Protocol):
    """A chain whose time moves only when told to."""

    def advance(self, seconds: int) -> object:
        """Let at least `seconds` pass."""
        ...


@dataclass
class Participant:
    """A peer with a name, and what it is willing to do (`willing` is how silence is played)."""

    name: str
    peer: Peer
    willing: Callable[[Action], bool] = field(default=lambda action: True)

    @property
    def training(self) -> "Future[Learned] | None":
        """Its training in the background, done or not, until it is taken up; if any."""
        return self.peer.trainer.training if self.peer.trainer else None


@dataclass
class Ensemble:
    """Steps `participants` through rounds. `watch` is told every action as it was done, for progress displays.

    `passing` are the faults that are only logged and tried again.
    """

    participants: Sequence[Participant]
    clockwork: Clockwork
    watch: Callable[[Participant, Action], None] = lambda participant, action: None
    phase_seconds: dict[Phase, float] = field(default_factory=dict)
    passing: tuple[type[Exception], ...] = PASSING_FAULTS

    def open_round(self, absent: Collection[str] = ()) -> RoundId:
        """Have somebody who is not `absent` open the next round, and return its number."""
        for participant in self.participants:
            if participant.name in absent:
                continue
            action = participant.peer.decide()
            if isinstance(action, Open):
                participant.peer.perform(action)
                return participant.peer.federation.round().number
        raise RuntimeError("nobody can open a round")

    def finish_round(self, absent: Collection[str] = ()) -> Phase:
        """Step everybody who is not `absent` until the running round has ended and its aftermath is settled."""
        self.phase_seconds = {}
        present = [one for one in self.participants if one.name not in absent]
        while True:
            phase = present[0].peer.federation.round().phase
            started = time.monotonic()
            done_before = {future for future in _trainings(present) if future.done()}
            acted = [self._step(participant) for participant in present]
            if not any(acted):
                if self._view().ended:
                    return self._view().phase
                # What was done before the step and is still not taken up is wanted by nobody.
                self._let_time_pass([future for future in _trainings(present) if future not in done_before])
            spent = time.monotonic() - started
            self.phase_seconds[phase] = self.phase_seconds.get(phase, 0.0) + spent

    def _step(self, participant: Participant) -> bool:
        """Whether the participant did something; a passing fault is none, as in a node's own loop."""
        training = participant.training
        if training is not None and not training.done():
            return False
        try:
            return self._act(participant)
        except self.passing as error:
            log.warning("%s: %s: %s; trying again", participant.name, type(error).__name__, error)
            return False

    def _act(self, participant: Participant) -> bool:
        action = participant.peer.decide()
        if isinstance(action, Open | Wait) or not participant.willing(action):
            return False
        done = participant.peer.perform(action)
        if isinstance(done, Wait):
            return False
        self.watch(participant, done)
        return True

    def _let_time_pass(self, training: "Sequence[Future[Learned]]") -> None:
        if training:
            wait(training, return_when=FIRST_COMPLETED)
            return
        federation, view = self.participants[0].peer.federation, self._view()
        left = view.ends_at - federation.chain.now()
        last_third = federation.parameters(view.version).phase_seconds(view.phase) // 3
        # Stop in the last third: that is when validators no longer wait for what they cannot fetch.
        self.clockwork.advance(left - last_third + 1 if left >= last_third else max(1, left + 1))

    def _view(self) -> RoundView:
        return self.participants[0].peer.federation.round()


def _trainings(present: Sequence[Participant]) -> "list[Future[Learned]]":
    return [future for one in present if (future := one.training) is not None]
