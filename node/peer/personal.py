"""The adapter that a peer keeps for itself: made of what it carries on and of the federation's last state.

It is a state file like the federation's, so that it is measured and written out in the same way. Which algorithms keep
one is `node.algorithms`'.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import StateHeader, decode_state, dequantise, encode_state
from node.algorithms import PERSONAL, Memory
from node.errors import GuidelineError, JournalError
from node.guideline import Guideline, UpdateProtocol, algorithm_of
from node.peer.carried import Carried, carried_in, updates_folder
from node.peer.history import History
from node.peer.inputs import STATE_LIMIT, load_guideline_version
from node.peer.trainer import FROZEN_LIMIT
from node.ports import ContentStore
from node.types import Cid, RoundId

__all__ = ["PersonalAdapter", "personal_adapter", "personal_state"]

NEWEST = RoundId(1 << 40)


@dataclass(frozen=True)
class PersonalAdapter:
    """A peer's own adapter as a state file, with what is needed to write it out.

    `shared` is the round of the federation's state in it, `own` the last round that this peer trained it in.
    """

    shared: RoundId
    own: RoundId
    guideline: Guideline
    state: bytes = field(repr=False)
    frozen: bytes = field(repr=False)


def personal_adapter(history: History, store: ContentStore, work: Path) -> PersonalAdapter:
    """The adapter of the peer with this work directory, as of the last finalised round.

    Raises `GuidelineError` when the guideline's algorithm keeps none, `JournalError` when this peer has not trained one
    yet, and the store's errors.
    """
    last = history.last_finalised_before(NEWEST)
    if last is None or last.finalisation is None:
        raise JournalError("no round has finalised yet, so there is no personal adapter; see `fednode status`")
    guideline = load_guideline_version(history, last.version, store)
    shared = store.get(last.finalisation.state, STATE_LIMIT)
    header, _ = decode_state(shared)
    folder = updates_folder(work)
    for number, path in carried_in(folder):
        past = history.rounds.get(number)
        if past is None or past.finalisation is None or past.lineage != last.lineage:
            continue
        memory = Carried.read(path, header.length).memory
        state = personal_state(guideline.update, shared, memory)
        if PERSONAL not in memory:
            break
        frozen = store.get(Cid(header.frozen), FROZEN_LIMIT) if header.frozen else b""
        return PersonalAdapter(last.round, number, guideline, state, frozen)
    raise JournalError(
        f"{folder}: no personal adapter yet; there will be one once a round this node trained in is final"
    )


def personal_state(update: UpdateProtocol, shared: bytes, memory: Memory) -> bytes:
    """A peer's own state file beside the federation's, rounded to the same grid.

    Raises `GuidelineError` when the algorithm keeps nothing to make one of.
    """
    header, values = decode_state(shared)
    algorithm = algorithm_of(update)
    vector = algorithm.personal(dequantise(values, header.step_exponent), memory, header.layout)
    if vector is None:
        raise GuidelineError(
            f"update.algorithm is {algorithm.name!r}, which keeps no personal adapter; `fednode release get` writes "
            "the federation's"
        )
    return encode_state(header, _on_grid(vector, header))


def _on_grid(vector: NDArray[np.float32], header: StateHeader) -> NDArray[np.int32]:
    steps = np.rint(np.ldexp(vector.astype(np.float64), -header.step_exponent))
    limits = np.iinfo(np.int32)
    return np.clip(steps, limits.min, limits.max).astype(np.int32)
