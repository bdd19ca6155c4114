"""The validator's half of a node: what it holds, what it vouches for, and the result it stands by.

Sends no transaction; the conclusion itself is `conclude`'s.
"""

import secrets

from aggregator.delta import UPDATE_MAGIC
from aggregator.errors import StateOverflow
from node.chain.commitments import Result
from node.errors import GuidelineError, StoreError
from node.peer.conclude import Conclusion, conclude
from node.peer.history import History, RoundHistory
from node.peer.inclusion import bitmap_of
from node.peer.inputs import gather, load_state, update_limit
from node.peer.journal import Journal, PreparedResult
from node.ports import ContentStore
from node.types import Address, Cid, RoundId, Slot

__all__ = ["Validator"]


class Validator:
    """Holds revealed updates of the running round and concludes it."""

    def __init__(self, store: ContentStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._held: tuple[RoundId, set[Slot]] = (RoundId(0), set())

    def held(self, round_id: RoundId) -> int:
        """How many revealed updates of the round are held."""
        return len(self._slots(round_id))

    def fetch(self, past: RoundHistory) -> int:
        """Fetch and pin what was revealed and is not held, and say how many came.

        What cannot be had, is corrupted or larger than a well-formed update can be stays out.
        """
        limit, held = self._update_limit(past), self._slots(past.round)
        before = len(held)
        for reveal in past.reveals:
            if reveal.slot not in held and self._pinned(reveal.cid, limit):
                held.add(reveal.slot)
        return len(held) - before

    def bitmap(self, round_id: RoundId) -> int:
        """The bitmap to vouch for."""
        return bitmap_of(self._slots(round_id))

    def prepare(self, history: History, round_id: RoundId) -> PreparedResult:
        """Conclude the round, pin what the result names, and journal it with a fresh salt.

        Raises the store's errors when an included update cannot be had (yet).
        """
        conclusion = self.conclude(history, round_id)
        for content in conclusion.contents:
            self._store.put(content)
        prepared = PreparedResult(round_id, self.result_of(conclusion).to_bytes(), secrets.token_bytes(32))
        self._journal.remember_result(prepared)
        return self._journal.result(round_id) or prepared  # the first record is final, its salt too

    def conclude(self, history: History, round_id: RoundId) -> Conclusion:
        """What this validator believes the round comes to.

        Raises `GuidelineError` when the step would push the state out of int32: such a round fails, and a guideline
        under which it always does is given up.
        """
        try:
            return conclude(gather(history, round_id, self._store))
        except StateOverflow as error:
            raise GuidelineError(f"{error}: round {round_id} cannot end; vote for a smaller step") from error

    def result_of(self, conclusion: Conclusion) -> Result:
        """The result that this validator attests to."""
        return Result.of(conclusion)

    def release(self, past: RoundHistory, own: Address) -> None:
        """Unpin the updates of a round that has ended, but for our `own`: vouched content is served until then.

        Every trainer goes on serving what it revealed itself, so that the round can be audited for good.
        Whoever reveals the content id of a state or a record must not get the federation to drop it: only what starts
        like an update goes.
        """
        try:
            limit = self._update_limit(past)
        except StoreError:
            return  # without the base nothing was fetched
        pinned = set(self._store.pins())
        for reveal in past.reveals:
            if reveal.trainer != own and reveal.cid in pinned and self._is_update(reveal.cid, limit):
                self._store.unpin(reveal.cid)

    def _slots(self, round_id: RoundId) -> set[Slot]:
        if self._held[0] != round_id:
            self._held = (round_id, set())
        return self._held[1]

    def _update_limit(self, past: RoundHistory) -> int:
        header, _ = load_state(self._store, past.base)
        return update_limit(header)

    def _is_update(self, cid: Cid, limit: int) -> bool:
        try:
            return self._store.get(cid, limit).startswith(UPDATE_MAGIC)
        except StoreError:
            return False

    def _pinned(self, cid: Cid, limit: int) -> bool:
        try:
            self._store.pin(cid, limit)
        except StoreError:
            return False
        return True
