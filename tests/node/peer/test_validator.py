"""The validator: what it holds, what it stands by, and what it drops again."""

from dataclasses import replace

import pytest

from node.chain.commitments import Result
from node.errors import ContentCorrupted, ContentNotFound
from node.peer.history import Reveal
from node.peer.journal import Journal
from node.peer.validator import Validator
from node.store.memory import MemoryStore

STRANGER = "0x" + "99" * 20


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite", 1, "federation", "account")
    yield opened
    opened.close()


@pytest.fixture
def validator(paper, journal):
    return Validator(paper.store, journal)


@pytest.fixture
def past(paper):
    return paper.past(1, paper.honest())


def test_it_vouches_for_what_it_fetched(validator, past):
    assert (validator.held(1), validator.bitmap(1)) == (0, 0)
    assert validator.fetch(past) == 9
    assert (validator.held(1), validator.bitmap(1)) == (9, 0b111111111)
    assert validator.fetch(past) == 0


def test_what_cannot_be_had_stays_out_and_may_come_later(paper, validator, past):
    cid = past.reveals[3].cid
    data = paper.store.contents.pop(cid)
    assert validator.fetch(past) == 8
    assert validator.bitmap(1) == 0b111110111
    paper.store.contents[cid] = data
    assert validator.fetch(past) == 1
    assert validator.bitmap(1) == 0b111111111


def test_falsified_and_oversized_updates_stay_out(paper, validator):
    updates = paper.honest()
    updates[1] = (paper.trainers[1], b"x" * 5000)
    past = paper.past(1, updates)
    paper.store.contents[past.reveals[0].cid] = b"something else"
    validator.fetch(past)
    assert validator.bitmap(1) == 0b111111100


def test_malformed_updates_are_held_so_that_all_can_see_what_is_wrong(paper, validator):
    updates = paper.honest()
    updates[0] = (paper.trainers[0], b"rubbish")
    validator.fetch(paper.past(1, updates))
    assert validator.bitmap(1) == 0b111111111


def test_a_new_round_starts_with_nothing(paper, validator, past):
    validator.fetch(past)
    assert validator.held(2) == 0


def test_what_is_held_is_pinned(paper, validator, past):
    for reveal in past.reveals:
        paper.store.unpin(reveal.cid)
    validator.fetch(past)
    assert {reveal.cid for reveal in past.reveals} <= set(paper.store.pins())


def test_the_result_is_journalled_and_what_it_names_is_served(paper, validator, journal, past):
    prepared = validator.prepare(paper.history(past), 1)
    assert journal.result(1) == prepared
    assert len(prepared.salt) == 32
    result = Result.from_bytes(prepared.result)
    assert result == Result.of(validator.conclude(paper.history(past), 1))
    assert {result.state, result.record} <= set(paper.store.pins())
    assert validator.conclude(paper.history(past), 1).report.ledger in set(paper.store.pins())


def test_preparing_again_stands_by_the_first_salt(paper, validator, past):
    first = validator.prepare(paper.history(past), 1)
    assert validator.prepare(paper.history(past), 1) == first


def test_two_validators_agree_and_their_salts_differ(paper, validator, tmp_path, past):
    journal = Journal(tmp_path / "other.sqlite", 1, "federation", "other")
    other = Validator(paper.store, journal).prepare(paper.history(past), 1)
    mine = validator.prepare(paper.history(past), 1)
    journal.close()
    assert other.result == mine.result
    assert other.salt != mine.salt


def test_nothing_is_journalled_while_an_included_update_is_missing(paper, validator, journal, past):
    del paper.store.contents[past.reveals[0].cid]
    with pytest.raises(ContentNotFound):
        validator.prepare(paper.history(past), 1)
    assert journal.result(1) is None


def test_a_base_that_is_no_state_is_said(paper, validator, past):
    with pytest.raises(ContentCorrupted, match="is not a state"):
        validator.fetch(replace(past, base=paper.store.put(b"rubbish")))


def test_updates_of_an_ended_round_are_dropped(paper, validator, past):
    validator.fetch(past)
    validator.release(past, STRANGER)
    assert not {reveal.cid for reveal in past.reveals} & set(paper.store.pins())


def test_a_trainer_goes_on_serving_its_own_update_for_audits(paper, validator, past):
    validator.fetch(past)
    own = past.reveals[0]
    validator.release(past, own.trainer)
    assert {reveal.cid for reveal in past.reveals} & set(paper.store.pins()) == {own.cid}


def test_nobody_gets_a_state_or_a_record_dropped_by_revealing_its_content_id(paper, validator, past):
    prepared = Result.from_bytes(validator.prepare(paper.history(past), 1).result)
    theirs = (prepared.record, prepared.state, paper.genesis, paper.adopted.guideline, paper.frozen)
    hostile = tuple(Reveal(slot, paper.trainers[slot], cid, 1) for slot, cid in enumerate(theirs))
    later = replace(past, round=2, reveals=hostile)
    validator.fetch(later)
    validator.release(later, STRANGER)
    assert set(theirs) <= set(paper.store.pins())


def test_releasing_fetches_nothing(paper, journal, past):
    store = MemoryStore()
    store.put(paper.store.get(paper.genesis, 1 << 20))
    Validator(store, journal).release(past, STRANGER)
    assert set(store.contents) == {paper.genesis}


def test_a_round_whose_base_was_never_to_be_had_is_released_all_the_same(paper, validator, past):
    del paper.store.contents[past.base]
    validator.release(past, STRANGER)
    assert {reveal.cid for reveal in past.reveals} <= set(paper.store.pins())
