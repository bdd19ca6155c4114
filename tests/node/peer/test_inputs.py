"""Gathering what a round's conclusion depends on, from a history and a store that may lack or falsify things."""

from dataclasses import replace

import numpy as np
import pytest

from aggregator.delta import decode_state
from aggregator.ledger import Ledger
from node.errors import ContentCorrupted, ContentNotFound, ContentTooLarge, GuidelineError
from node.peer.conclude import conclude
from node.peer.inputs import (
    UPDATE_OVERHEAD,
    gather,
    load_guideline_version,
    load_record,
    load_state,
    previous_aggregate,
    update_limit,
)


@pytest.fixture
def past(paper):
    return paper.past(1, paper.honest())


@pytest.fixture
def first(paper, past):
    return paper.finalised(past, conclude(gather(paper.history(past), 1, paper.store)), 1)


def test_the_first_round_has_no_previous_and_nobody_to_credit(paper, past):
    inputs = gather(paper.history(past), 1, paper.store)
    assert (inputs.previous, inputs.credited) == (None, ())
    assert (inputs.guideline, inputs.guideline_cid) == (paper.guideline, paper.adopted.guideline)
    assert (inputs.base_cid, inputs.base) == (paper.genesis, paper.store.get(paper.genesis, 1 << 20))
    assert [inputs.updates[slot] for slot in range(9)] == [data for _, data in paper.honest()]


def test_only_what_is_included_is_fetched(paper):
    past = paper.past(1, paper.honest(), left_out=(2, 5))
    for slot in (2, 5):
        del paper.store.contents[past.reveals[slot].cid]
    assert sorted(gather(paper.history(past), 1, paper.store).updates) == [0, 1, 3, 4, 6, 7, 8]


def test_an_included_update_that_cannot_be_had_is_an_error(paper, past):
    del paper.store.contents[past.reveals[0].cid]
    with pytest.raises(ContentNotFound):
        gather(paper.history(past), 1, paper.store)


def test_an_included_update_that_was_falsified_is_an_error(paper, past):
    paper.store.contents[past.reveals[0].cid] = b"something else"
    with pytest.raises(ContentCorrupted):
        gather(paper.history(past), 1, paper.store)


def test_later_rounds_build_on_the_last_finalised_one(paper, first):
    failed = replace(paper.past(2, ()), failed_in=1)
    third = paper.past(3, paper.honest(first.finalisation.state), first.finalisation.state)
    inputs = gather(paper.history(first, failed, third), 3, paper.store)
    assert inputs.previous.record == first.finalisation.record
    assert inputs.credited == paper.validators
    record = load_record(paper.store, first.finalisation.record)
    assert inputs.previous.ledger == Ledger.from_bytes(paper.store.get(record.ledger, 9999))
    _, state = decode_state(paper.store.get(first.finalisation.state, 1 << 20))
    assert np.array_equal(inputs.previous.aggregate, state)
    assert inputs.previous.aggregate.dtype == np.int16


def test_a_new_lineage_keeps_the_ledger_and_drops_the_direction(paper, first):
    base = paper.state(0, lineage=2)
    second = paper.past(2, paper.honest(base), base, lineage=2)
    previous = gather(paper.history(first, second), 2, paper.store).previous
    assert previous.aggregate is None
    assert sum(amount for _, amount in previous.ledger.entries) == 900 * 10**18


def test_the_largest_well_formed_update_fits_the_limit_and_its_double_does_not(paper):
    header, _ = load_state(paper.store, paper.genesis)
    (_, data), *_ = paper.honest()
    assert len(data) <= update_limit(header) == UPDATE_OVERHEAD + 48
    past = paper.past(1, [(paper.trainers[0], data + bytes(update_limit(header)))])
    with pytest.raises(ContentTooLarge):
        gather(paper.history(past), 1, paper.store)


def test_content_that_is_not_what_it_should_be_says_so(paper, past):
    rubbish = paper.store.put(b"rubbish")
    with pytest.raises(ContentCorrupted, match=f"{rubbish} is not a state"):
        gather(paper.history(replace(past, base=rubbish)), 1, paper.store)
    with pytest.raises(ContentCorrupted, match=f"{rubbish} is not a round record"):
        load_record(paper.store, rubbish)
    history = paper.history(past)
    broken = replace(history, guidelines={1: replace(paper.adopted, guideline=rubbish)})
    with pytest.raises(GuidelineError, match="pinned guideline"):
        load_guideline_version(broken, 1, paper.store)


def test_a_record_whose_ledger_is_none_says_so(paper, first):
    record = load_record(paper.store, first.finalisation.record)
    broken = paper.store.put(replace(record, ledger=paper.store.put(b"[]")).to_bytes())
    bad = replace(first, finalisation=replace(first.finalisation, record=broken))
    second = paper.past(2, paper.honest(first.finalisation.state), first.finalisation.state)
    with pytest.raises(ContentCorrupted, match="is not a ledger"):
        gather(paper.history(bad, second), 2, paper.store)


def test_the_last_aggregate_is_what_the_next_rule_gets(paper, first):
    second = paper.past(2, (), first.finalisation.state)
    history = paper.history(first, second)
    assert previous_aggregate(history, first, paper.store) is None
    aggregate = previous_aggregate(history, second, paper.store)
    assert np.array_equal(aggregate, gather(history, 2, paper.store).previous.aggregate)
    other = paper.past(2, (), paper.state(0, lineage=2), lineage=2)
    assert previous_aggregate(paper.history(first, other), other, paper.store) is None
