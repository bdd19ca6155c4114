"""The trainer's half of a node: from the base state to a committed and then revealed update.

Trains through a `Learn` function that somebody else provides, so that this file knows no torch; sends no transaction.
"""

import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import StateHeader, dequantise, encode_update, quantise
from node.algorithms import Memory
from node.cid import cid_of
from node.errors import JournalError
from node.files import write_atomically
from node.guideline import Guideline, algorithm_of
from node.learning.data.commitment import DataSet
from node.peer.carried import Carried, carried_file, carried_in, updates_folder
from node.peer.conclude import expected_header
from node.peer.history import History, RoundHistory
from node.peer.inputs import STATE_LIMIT, load_guideline_version, load_state, previous_aggregate
from node.peer.journal import Journal, PreparedUpdate
from node.ports import ContentStore
from node.types import Address, Cid, RoundId

__all__ = ["DATA_SETS", "FROZEN_LIMIT", "Learn", "Learned", "LearningTask", "Trainer"]

FROZEN_LIMIT = 1 << 30  # bytes
DATA_SETS = "data-sets"  # folder of the work directory


@dataclass(frozen=True)
class LearningTask:
    """One round's local training: everything but the private data, which the learner knows.

    `memory` is what the local algorithm kept, `previous` the last aggregate, float32 (d,), where the algorithm asks.
    """

    round: RoundId
    guideline: Guideline
    state: bytes
    frozen: bytes
    seed: int
    memory: Memory = field(default_factory=dict, repr=False)
    previous: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Learned:
    """What training gave: float32 delta of shape (d,), on how many private examples, and what to remember of it.

    `digests` are those of the texts, for the commitment that the update carries; with none it carries none.
    """

    delta: NDArray[np.float32]
    examples: int
    memory: Memory = field(default_factory=dict, repr=False)
    digests: tuple[bytes, ...] = field(default=(), repr=False)


Learn: TypeAlias = Callable[[LearningTask], "Future[Learned]"]


class Trainer:
    """Trains in the background, one round at a time; `prepare` is called again and again until the update is ready."""

    durable = True  # what is written survives a power cut; simulations need not

    def __init__(self, account: Address, store: ContentStore, journal: Journal, work: Path, learn: Learn) -> None:
        self._account = account
        self._store = store
        self._journal = journal
        self._updates = updates_folder(work)
        self._updates.mkdir(parents=True, exist_ok=True)
        self._data_sets = work / DATA_SETS
        self._learn = learn
        self._running: tuple[RoundId, Future[Learned]] | None = None

    @property
    def training(self) -> "Future[Learned] | None":
        """What was begun in the background and not yet taken up by `prepare`, None when nothing was."""
        return self._running[1] if self._running else None

    def prepare(self, history: History, round_id: RoundId) -> bool:
        """Start training for the round, or journal its update once training is done: True when it is ready.

        Raises what training raises, and the store's errors when the base cannot be had.
        """
        if self._journal.update(round_id) is not None:
            return True
        past = history.rounds[round_id]
        if self._running is None or self._running[0] != round_id:
            self._running = (round_id, self._learn(self._task(history, past)))
        learned = self._running[1]
        if not learned.done():
            return False
        self._running = None
        self._remember(history, past, learned.result())
        return True

    def update_bytes(self, round_id: RoundId) -> bytes:
        """The journalled update's file. Raises `JournalError` when the file is gone."""
        path = self._file(round_id, "update")
        try:
            return path.read_bytes()
        except OSError as error:
            raise JournalError(
                f"{path}: the update of round {round_id} cannot be read ({error.strerror}), so it cannot be revealed"
            ) from error

    def forget_before(self, history: History, round_id: RoundId) -> None:
        """Remove files of rounds that can matter no more; what would be carried on is kept, however old."""
        last = self._last_finalised(history)
        kept = carried_file(self._updates, last.round) if last else None
        for path in self._updates.glob("*.*"):
            if path.stem.isdigit() and int(path.stem) < round_id and path != kept:
                path.unlink(missing_ok=True)

    def _task(self, history: History, past: RoundHistory) -> LearningTask:
        header, _ = load_state(self._store, past.base)
        guideline = load_guideline_version(history, past.version, self._store)
        algorithm = algorithm_of(guideline.update)
        previous = previous_aggregate(history, past, self._store) if algorithm.hears_previous else None
        fits = not algorithm.tied_to_base or _goes_on(history, past)
        return LearningTask(
            round=past.round,
            guideline=guideline,
            state=self._store.get(past.base, STATE_LIMIT),
            frozen=self._store.get(Cid(header.frozen), FROZEN_LIMIT) if header.frozen else b"",
            seed=int(past.round),
            memory=self._carried(history, past, header).memory if fits else {},
            previous=None if previous is None else dequantise(previous, header.step_exponent),
        )

    def _remember(self, history: History, past: RoundHistory, learned: Learned) -> None:
        """Write the data set, the update and what is carried on, then journal content id and salt: in that order."""
        header, _ = load_state(self._store, past.base)
        data, residual = self._encode(history, past, header, learned, self._commit_to_data(past, learned))
        write_atomically(self._file(past.round, "update"), data, durable=self.durable)
        Carried(residual, learned.memory).write(carried_file(self._updates, past.round), durable=self.durable)
        self._journal.remember_update(
            PreparedUpdate(past.round, cid_of(data), learned.examples, secrets.token_bytes(32), past.lineage)
        )

    def _commit_to_data(self, past: RoundHistory, learned: Learned) -> bytes | None:
        """The root of the texts that trained; what proves things about them later is kept for good."""
        if not learned.digests:
            return None
        data_set = DataSet(secrets.token_bytes(32), learned.digests)
        self._data_sets.mkdir(mode=0o700, exist_ok=True)
        data_set.save(self._data_sets / f"{past.round}.json", durable=self.durable)
        return data_set.root

    def _encode(
        self, history: History, past: RoundHistory, header: StateHeader, learned: Learned, data_root: bytes | None
    ) -> tuple[bytes, NDArray[np.float32]]:
        values, residual = quantise(learned.delta, header.step_exponent, self._carried(history, past, header).residual)
        expected = expected_header(self._account, past.version, past.lineage, past.base, header)
        return encode_update(expected, values, data_root), residual

    def _carried(self, history: History, past: RoundHistory, header: StateHeader) -> Carried:
        """What the last own round that was finalised hands on, if it was of this lineage."""
        last = self._last_finalised(history)
        if last is None or last.lineage != past.lineage:
            return Carried()
        return Carried.read(carried_file(self._updates, last.round), header.length)

    def _last_finalised(self, history: History) -> PreparedUpdate | None:
        """The latest own update whose round was finalised and whose file of what is carried on is still there."""
        for number, _ in carried_in(self._updates):
            past, update = history.rounds.get(number), self._journal.update(number)
            if past and past.finalisation and update:
                return update
        return None

    def _file(self, round_id: RoundId, kind: str) -> Path:
        return self._updates / f"{round_id}.{kind}"


def _goes_on(history: History, past: RoundHistory) -> bool:
    """Whether the round starts where the last finalised one ended, rather than after a rollback."""
    last = history.last_finalised_before(past.round)
    return last is not None and last.finalisation is not None and last.finalisation.state == past.base
