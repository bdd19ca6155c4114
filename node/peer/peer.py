"""One node: look, decide, act, again and again. Boring on purpose; every decision is `protocol`'s."""

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from node.chain.commitments import Result
from node.chain.federation import Federation
from node.errors import (
    ChainUnreachable,
    GuidelineError,
    JournalError,
    StoreError,
    TrainingDiverged,
    TransactionRefused,
)
from node.peer.journal import Journal
from node.peer.observe import Observer
from node.peer.protocol import (
    Action,
    Attest,
    Claim,
    Commit,
    Disclose,
    Fetch,
    Finalise,
    Open,
    ReportSilence,
    Resume,
    Reveal,
    Settle,
    Train,
    Vouch,
    Wait,
    next_action,
)
from node.peer.trainer import Trainer
from node.peer.validator import Validator
from node.ports import ContentStore
from node.types import RoundId

__all__ = ["Peer"]

log = logging.getLogger("fednode")

T = TypeVar("T")
KEPT_ROUNDS = 8  # as many as the contracts remember for settling
# A guideline that cannot run is one of them: after three failed rounds the contracts fall back to one that could.
PASSING_FAULTS = (ChainUnreachable, StoreError, TransactionRefused, GuidelineError, TrainingDiverged)
SHARED_WORK = (Open, Finalise, ReportSilence, Settle)  # somebody else may have been faster


class Peer:
    """One member's node, over any chain and store.

    `trainer` may be None for a member that only validates. `observer` looks on behalf of the same account.
    """

    def __init__(
        self,
        federation: Federation,
        store: ContentStore,
        journal: Journal,
        observer: Observer,
        trainer: Trainer | None,
        validator: Validator,
    ) -> None:
        self.federation = federation
        self.store = store
        self.journal = journal
        self.observer = observer
        self.trainer = trainer
        self.validator = validator
        self._newest = RoundId(0)  # rounds before this one are cleaned up

    def step(self) -> Action:
        """Do the one next thing and say what it was. Raises as `perform`, and what looking raises."""
        return self.perform(self.decide())

    def decide(self) -> Action:
        """What to do now. Raises the chain's and the store's errors."""
        action = next_action(self.observer.look())
        if isinstance(action, Train) and self.trainer is None:
            return Wait("this node only validates")
        return action

    def perform(self, action: Action) -> Action:
        """Do it and say what was done.

        Raises the chain's and the store's errors; a refusal of work that anyone may do is not one.
        """
        self._clean_up()
        try:
            return self._perform(action)
        except TransactionRefused as refused:
            if not isinstance(action, SHARED_WORK):
                raise
            log.info("%s: somebody else was faster (%s)", type(action).__name__.lower(), refused.name)
            return Wait(f"somebody else was faster: {refused.name}")

    def run(self, stop: Event, poll_seconds: float, watch: Callable[[Action], None] = lambda action: None) -> None:
        """Step until `stop` is set, telling `watch` of each; passing faults of chain and store are tried again."""
        while not stop.is_set():
            action = self._step_or_log()
            watch(action)
            if isinstance(action, Wait | Fetch):
                stop.wait(poll_seconds)

    def _step_or_log(self) -> Action:
        try:
            action = self.step()
        except PASSING_FAULTS as error:
            log.warning("%s: %s; trying again", type(error).__name__, error)
            return Wait(str(error))
        if not isinstance(action, Wait | Fetch):
            log.info("did: %s", action)
        return action

    def _perform(self, action: Action) -> Action:  # noqa: PLR0912 (one arm an action)
        match action:
            case Train(round=round_id):
                return action if self._trained(action) else Wait(f"training for round {round_id}")
            case Commit(round=round_id):
                self._commit(round_id)
            case Reveal(round=round_id):
                self._reveal(round_id)
            case Fetch(round=round_id):
                if not self.validator.fetch(self.observer.history.rounds[round_id]):
                    return Wait(f"some updates of round {round_id} cannot be had yet")
            case Vouch(round=round_id):
                self.federation.vouch(round_id, self.validator.bitmap(round_id))
            case Attest(round=round_id):
                self._attest(round_id)
            case Disclose(round=round_id):
                self._disclose(round_id)
            case Finalise(round=round_id):
                self._finalise(round_id)
            case Open():
                self.federation.open_round()
            case ReportSilence(round=round_id, account=account, role=role):
                self.federation.report_silence(round_id, account, role)
            case Settle(account=account):
                self.observer.mark_settled(account)
                self.federation.settle(account)
            case Resume():
                self.federation.resume()
            case Claim():
                self._claim()
        return action

    def _trained(self, action: Train) -> bool:
        return self.trainer is not None and self.trainer.prepare(self.observer.history, action.round)

    def _commit(self, round_id: RoundId) -> None:
        update = self._journalled(self.journal.update(round_id), round_id)
        self.federation.commit(round_id, update.cid, update.examples, update.salt)

    def _reveal(self, round_id: RoundId) -> None:
        update = self._journalled(self.journal.update(round_id), round_id)
        if self.trainer is not None:
            self.store.put(self.trainer.update_bytes(round_id))
        self.federation.reveal(round_id, update.cid, update.examples, update.salt)

    def _attest(self, round_id: RoundId) -> None:
        prepared = self.journal.result(round_id) or self.validator.prepare(self.observer.history, round_id)
        self.federation.attest(round_id, Result.from_bytes(prepared.result), prepared.salt)

    def _disclose(self, round_id: RoundId) -> None:
        prepared = self._journalled(self.journal.result(round_id), round_id)
        self.federation.disclose(round_id, Result.from_bytes(prepared.result), prepared.salt)

    def _finalise(self, round_id: RoundId) -> None:
        prepared = self._journalled(self.journal.result(round_id), round_id)
        self.federation.finalise(round_id, Result.from_bytes(prepared.result))

    def _claim(self) -> None:
        claim = self.observer.claimable()
        if claim is not None:
            self.federation.claim(self.observer.account, claim.cumulative, claim.proof, claim.ordinal)
            self.observer.forget_claim()

    def _clean_up(self) -> None:
        """Once a new round runs, drop what older ones needed; updates are served until then."""
        rounds = self.observer.history.rounds
        newest = max(rounds, default=RoundId(0))
        if newest == self._newest:
            return
        for number in range(max(self._newest, newest - KEPT_ROUNDS), newest):
            if number in rounds:
                self.validator.release(rounds[RoundId(number)], self.observer.account)
        if self.trainer is not None:
            self.trainer.forget_before(self.observer.history, RoundId(newest - KEPT_ROUNDS))
        self._newest = newest

    def _journalled(self, prepared: T | None, round_id: RoundId) -> T:
        if prepared is None:
            raise JournalError(f"nothing is journalled for round {round_id}; was the work directory replaced?")
        return prepared
