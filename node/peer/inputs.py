"""Gathering what a round's conclusion depends on, from the chain's past and the content store.

Shared by the validator, the trainer and the auditor; computes nothing itself.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aggregator.delta import StateHeader, decode_state, direction
from aggregator.errors import AggregatorError
from aggregator.ledger import Ledger
from aggregator.optimiser import Moments
from aggregator.optimiser_state import OptimiserHeader, decode_optimiser_state, optimiser_limit
from aggregator.record import RoundRecord
from node.errors import ContentCorrupted
from node.guideline import GUIDELINE_LIMIT, Guideline, parse_guideline
from node.peer.conclude import Previous, RoundInputs
from node.peer.history import History, RoundHistory
from node.peer.inclusion import included_slots
from node.ports import ContentStore
from node.types import Cid, GuidelineVersion, RoundId, Slot

__all__ = [
    "LEDGER_LIMIT",
    "RECORD_LIMIT",
    "STATE_LIMIT",
    "gather",
    "load_guideline_version",
    "load_optimiser_state",
    "load_record",
    "load_state",
    "previous_aggregate",
    "update_limit",
]

STATE_LIMIT = 1 << 30  # bytes
RECORD_LIMIT = 1 << 20  # bytes
LEDGER_LIMIT = 64 << 20  # bytes
UPDATE_OVERHEAD = 12 + 4096  # bytes: magic, header length and the largest header


def update_limit(state: StateHeader) -> int:
    """The most bytes a well-formed update on this state can have."""
    return UPDATE_OVERHEAD + 2 * state.length


def load_guideline_version(history: History, version: GuidelineVersion, store: ContentStore) -> Guideline:
    """The guideline a round ran under, from the store."""
    return _parsed(store.get(history.guidelines[version].guideline, GUIDELINE_LIMIT))


@lru_cache(maxsize=4)
def _parsed(document: bytes) -> Guideline:
    """Read once for all that is done with a version in one process."""
    return parse_guideline(document)


def load_state(store: ContentStore, cid: Cid) -> tuple[StateHeader, NDArray[np.int32]]:
    """Fetch and decode a state. Raises `ContentCorrupted` when it is not one, and the store's errors."""
    try:
        return decode_state(store.get(cid, STATE_LIMIT))
    except AggregatorError as error:
        raise ContentCorrupted(f"{cid} is not a state: {error}; the federation's content is broken") from error


def load_record(store: ContentStore, cid: Cid) -> RoundRecord:
    """Fetch and decode a round record. Raises `ContentCorrupted` when it is not one, and the store's errors."""
    try:
        return RoundRecord.from_bytes(store.get(cid, RECORD_LIMIT))
    except AggregatorError as error:
        raise ContentCorrupted(f"{cid} is not a round record: {error}; the federation's content is broken") from error


def load_optimiser_state(
    store: ContentStore, record: RoundRecord, header: StateHeader
) -> tuple[NDArray[np.int16], Moments]:
    """Fetch and decode what a record names: the round's aggregate and the optimiser's moments.

    `header` is that of the record's base. Raises `ContentCorrupted` when it is something else, and the
    store's errors.
    """
    cid = Cid(record.optimiser_state)
    expected = OptimiserHeader(record.lineage, record.round, record.optimiser, header.step_exponent, header.length)
    try:
        return decode_optimiser_state(store.get(cid, optimiser_limit(header.length)), expected)
    except AggregatorError as error:
        raise ContentCorrupted(
            f"{cid} is not an optimiser state: {error}; the federation's content is broken"
        ) from error


def gather(history: History, round_id: RoundId, store: ContentStore) -> RoundInputs:
    """Everything `conclude` needs for a round whose VOUCH has closed.

    Raises the store's errors when something included cannot be had (yet).
    """
    past, last = history.rounds[round_id], history.last_finalised_before(round_id)
    guideline = load_guideline_version(history, past.version, store)
    header, _ = load_state(store, past.base)
    included = included_slots(past.vouches, len(past.reveals), past.drawn_validators)
    wanted = [reveal for reveal in past.reveals if included >> reveal.slot & 1]
    return RoundInputs(
        round=round_id,
        guideline=guideline,
        guideline_cid=history.guidelines[past.version].guideline,
        version=past.version,
        lineage=past.lineage,
        base_cid=past.base,
        base=store.get(past.base, STATE_LIMIT),
        reveals=past.reveals,
        vouches=past.vouches,
        drawn_validators=past.drawn_validators,
        updates={Slot(one.slot): store.get(one.cid, update_limit(header)) for one in wanted},
        credited=last.credited_validators() if last else (),
        previous=_previous(last, past, guideline.update.optimiser.name, store),
    )


def previous_aggregate(history: History, past: RoundHistory, store: ContentStore) -> NDArray[np.int16] | None:
    """The last aggregate as the rule of the round `past` gets it: None before there is one in the round's lineage.

    Raises the store's errors.
    """
    last = history.last_finalised_before(past.round)
    if last is None or last.finalisation is None:
        return None
    record = load_record(store, last.finalisation.record)
    return _moves_of(record, store)[0] if record.lineage == past.lineage else None


def _previous(last: RoundHistory | None, past: RoundHistory, optimiser: str, store: ContentStore) -> Previous | None:
    """What the last finalised round hands on to the round `past`, which runs under the server optimiser named."""
    if last is None or last.finalisation is None:
        return None
    record = load_record(store, last.finalisation.record)
    try:
        ledger = Ledger.from_bytes(store.get(Cid(record.ledger), LEDGER_LIMIT))
    except AggregatorError as error:
        raise ContentCorrupted(
            f"{record.ledger} is not a ledger: {error}; the federation's content is broken"
        ) from error
    if record.lineage != past.lineage:
        return Previous(last.finalisation.record, ledger, None)
    aggregate, step, moments = _moves_of(record, store)
    goes_on = last.finalisation.state == past.base and record.optimiser == optimiser
    return Previous(last.finalisation.record, ledger, aggregate, step, moments if goes_on else None)


def _moves_of(record: RoundRecord, store: ContentStore) -> tuple[NDArray[np.int16], NDArray[np.int16] | None, Moments]:
    """The aggregate that a round's rule made; with an optimiser that keeps something, its step and what it kept."""
    header, before = load_state(store, Cid(record.base))
    _, after = load_state(store, Cid(record.state))
    moved = direction(before, after)
    if not record.optimiser_state:
        return moved, None, ()
    aggregate, moments = load_optimiser_state(store, record, header)
    return aggregate, moved, moments
