"""A simulated federation put together: venue, store, task, members and the scene of those who collude.

Everything it needs to go on after having been killed lies in one directory. What a round came to is `results`'s.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from node.chain.federation import Federation
from node.chain.words import Role
from node.guideline import rule_of
from node.peer.founding import SealedGuideline, plan_founding
from node.peer.history import RoundHistory
from node.peer.inputs import previous_aggregate
from node.peer.keys import Keys
from node.peer.trainer import Learn
from node.research.assembly import Parts, assemble, enrol, founders_of
from node.research.ensemble import Ensemble, Participant
from node.research.simulation.peers import Chronicle, OpenTrainer, SharingObserver, SharingValidator
from node.research.simulation.scene import Scene, Values
from node.research.simulation.settings import Settings
from node.research.simulation.store import WorkStore
from node.research.simulation.tasks import SimulatedTask, open_task
from node.research.simulation.venue import LoggedVenue, open_venue
from node.types import RoundId

__all__ = ["SimulatedFederation", "open_federation"]


@dataclass(frozen=True)
class SimulatedFederation:
    """A federation ready to play rounds."""

    settings: Settings
    sealed: SealedGuideline
    task: SimulatedTask
    store: WorkStore
    keys: tuple[Keys, ...]
    ensemble: Ensemble
    chronicle: Chronicle

    def play(self) -> RoundId:
        """Play the running round to its end, or the next one; gives its number."""
        view = self.ensemble.participants[0].peer.federation.round()
        number = self.ensemble.open_round() if view.ended else view.number
        self.ensemble.finish_round()
        self.store.sweep()
        return number

    def past(self, number: int) -> RoundHistory | None:
        """What the chain tells of a round, None unless it has ended."""
        found = self.chronicle.read().rounds.get(RoundId(number))
        return found if found and (found.finalisation or found.failed_in is not None) else None


@contextmanager
def open_federation(settings: Settings, work: Path) -> Iterator[SimulatedFederation]:
    """Found it, or go on from what an earlier process left in `work`. Raises what founding and joining raise."""
    with ExitStack() as stack:
        task = open_task(settings)
        stack.callback(task.close)
        store = WorkStore(work / "store")
        sealed = task.pin(store)
        keys = _keys(settings)
        plan = plan_founding(sealed, founders_of(one.address for one in keys))
        venue = open_venue(settings.chain, plan, keys, work / "logbook.jsonl")
        stack.callback(venue.close)
        chronicle = Chronicle(venue.connect(0))
        town = _Town(settings, sealed, task, store, chronicle)
        participants = [town.settle(place, venue, keys[place], work) for place in range(settings.peers)]
        for one in participants:
            stack.callback(one.peer.journal.close)
        if chronicle.read().rounds == {}:
            participants[0].peer.federation.seat_everybody()
        town.show_again(participants)
        # Nothing here is out of anybody's reach for a while: whatever fails would fail again, and colluders would wait.
        ensemble = Ensemble(participants, venue, passing=())
        yield SimulatedFederation(settings, sealed, task, store, keys, ensemble, chronicle)


class _Town:
    """Makes the members."""

    def __init__(
        self, settings: Settings, sealed: SealedGuideline, task: SimulatedTask, store: WorkStore, chronicle: Chronicle
    ) -> None:
        self._settings = settings
        self._store = store
        self._chronicle = chronicle
        self._task = task
        self._scene = self._set_scene(sealed) if settings.byzantine and not settings.poisons_data else None

    def settle(self, place: int, venue: LoggedVenue, keys: Keys, work: Path) -> Participant:
        """Have the member in this place join, unless it has, and put its node together."""
        federation = Federation(venue.connect(place), venue.deployment, keys.address)
        roles = Role if place < self._settings.validators else (Role.TRAINER,)
        enrol(federation, roles, keys.encryption_public())
        parts = Parts(
            validator=partial(SharingValidator, chronicle=self._chronicle),
            trainer=OpenTrainer,
            observer=partial(SharingObserver, chronicle=self._chronicle),
            durable=False,
        )
        peer = assemble(federation, self._store, work / "peers" / str(place), self._learner(place), parts)
        if isinstance(peer.trainer, OpenTrainer) and place < self._settings.honest:
            peer.trainer.scene, peer.trainer.place = self._scene, place
        return Participant(f"peer {place}", peer)

    def show_again(self, participants: Sequence[Participant]) -> None:
        """What honest peers had decided on before the process was killed, colluders have still to see."""
        history = self._chronicle.read()
        newest = max(history.rounds, default=RoundId(0))
        for one in participants if newest else ():
            if isinstance(one.peer.trainer, OpenTrainer):
                one.peer.trainer.show(history, newest)

    def _learner(self, place: int) -> Learn:
        if self._scene is None or place < self._settings.honest:
            return self._task.learner(place)
        return self._scene.learner(place - self._settings.honest)

    def _set_scene(self, sealed: SealedGuideline) -> Scene:
        settings, update = self._settings, sealed.guideline.update
        return Scene(
            attack=settings.make_attack(),
            rule=rule_of(update),
            faults=update.faults,
            step_exponent=sealed.guideline.architecture.step_exponent,
            honest=settings.honest,
            learners=[self._task.learner(place) for place in range(settings.honest, settings.peers)],
            previous=self._previous,
            examples=self._task.examples(settings.honest),
        )

    def _previous(self, round_id: RoundId) -> Values | None:
        history = self._chronicle.read()
        return previous_aggregate(history, history.rounds[round_id], self._store)


def _keys(settings: Settings) -> tuple[Keys, ...]:
    """Accounts that follow from the seed: they guard nothing."""
    names = (f"fednode simulation {settings.seed} {place}" for place in range(settings.peers))
    return tuple(Keys.of(hashlib.sha256(name.encode()).digest()) for name in names)
