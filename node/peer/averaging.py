"""The average of the last k states of a lineage, for releases: which states those are, and the file they make.

A candidate names the state and the record of one finalised round, which the chain checks, and its notes say over how
many states to average. The others follow from the record: every record names its base and the record before it. So
the file is the same wherever it is made, and needs no attestation of its own. Rounds never go on from an average.
"""

import numpy as np
from numpy.typing import NDArray

from aggregator import average_states
from aggregator.delta import StateHeader, encode_state
from node.errors import ChainError
from node.peer.inputs import load_record, load_state
from node.ports import ContentStore
from node.types import Cid

__all__ = ["averaged_state", "states_leading_to"]


def states_leading_to(store: ContentStore, record: Cid, count: int) -> tuple[Cid, ...]:
    """The state of a finalised round and those it was built on, newest first, at most `count`, without the genesis.

    Rounds that a rollback undid are not among them. `record` is the round's. Raises the store's errors.
    """
    newest = load_record(store, record)
    found, base, before = [Cid(newest.state)], newest.base, newest.previous_record
    while len(found) < count and before:
        older = load_record(store, Cid(before))
        before = older.previous_record
        if older.state == base:
            found.append(Cid(older.state))
            base = older.base
    return tuple(found)


def averaged_state(store: ContentStore, record: Cid, count: int) -> bytes:
    """The file of the exact mean of a round's state and the `count` − 1 states before it, under that state's header.

    Raises `ChainError` when there are fewer, and the store's errors.
    """
    states = states_leading_to(store, record, count)
    if len(states) < count:
        raise ChainError(f"{count} states cannot be averaged: the round's state and those before it are {len(states)}")
    decoded: list[tuple[StateHeader, NDArray[np.int32]]] = [load_state(store, one) for one in states]
    return encode_state(decoded[0][0], average_states([values for _, values in decoded]))
