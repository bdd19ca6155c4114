"""The conclusion of a round, end to end on a small state: exact, complete, explained."""

from dataclasses import replace

import numpy as np
import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.delta import decode_state
from aggregator.ledger import Ledger, merkle_root
from aggregator.record import RoundRecord
from node.cid import cid_of
from node.peer.conclude import TOKEN, conclude
from node.peer.history import Vouch
from node.peer.inputs import gather, load_record

BUDGET = 900 * TOKEN
POISONERS = (3, 6)


@pytest.fixture
def updates(paper):
    """Seven honest updates, one −4 × an honest one, one of noise ten times as long."""
    made = paper.honest()
    noise = np.random.default_rng(9).integers(-2000, 2000, 24).astype(np.int16)
    for place, values in zip(POISONERS, (-4 * paper.values(3), noise), strict=True):
        made[place] = (paper.trainers[place], paper.update(paper.trainers[place], values))
    return made


def concluded(paper, past, *older):
    return conclude(gather(paper.history(*older, past), past.round, paper.store))


def by_trainer(conclusion):
    return {one.trainer: one for one in conclusion.report.updates}


def test_poisoners_are_dropped_and_the_rest_is_averaged(paper, updates):
    conclusion = concluded(paper, paper.past(1, updates))
    selected = [one.selected for one in conclusion.report.updates]
    assert selected == [place not in POISONERS for place in range(9)]
    assert (conclusion.included, conclusion.malformed, conclusion.false_vouchers) == (0b111111111, 0, 0)
    header, state = decode_state(conclusion.state)
    mean = np.mean([paper.values(place) for place in range(9) if place not in POISONERS], axis=0)
    assert np.array_equal(state, np.rint(mean).astype(np.int32))
    assert (header.lineage, header.round) == (1, 1)
    assert conclusion.report.squared_norm == int(state.astype(np.int64) @ state)
    assert (conclusion.report.status, conclusion.report.faults) == ("finalised", 2)


def test_examples_weigh_up_to_their_cap_where_the_guideline_says_so(paper):
    """Trainers say 10 to 18 examples, one lies; the median is 14, so the lie weighs 28."""
    paper.under(rule="mean", parameters={}, faults=0, examples_cap=2)
    honest = paper.past(1, paper.honest())
    reveals = (*honest.reveals[:8], replace(honest.reveals[8], examples=10**9))
    _, state = decode_state(concluded(paper, replace(honest, reveals=reveals)).state)
    values = np.array([paper.values(place) for place in range(9)], np.int64)
    weights = np.array([*range(10, 18), 28])
    assert np.array_equal(state, np.rint(weights @ values / weights.sum()).astype(np.int32))


def test_the_record_names_every_content_and_reads_back(paper, updates):
    past = paper.past(1, updates)
    conclusion = concluded(paper, past)
    record = RoundRecord.from_bytes(conclusion.record)
    assert record == conclusion.report
    assert (record.base, record.guideline) == (paper.genesis, paper.adopted.guideline)
    assert (record.state, record.ledger) == (cid_of(conclusion.state), cid_of(conclusion.ledger))
    assert (conclusion.state_cid, conclusion.record_cid) == (cid_of(conclusion.state), cid_of(conclusion.record))
    root = merkle_root(Ledger.from_bytes(conclusion.ledger), keccak)
    assert (conclusion.ledger_root, record.ledger_root) == (root, "0x" + root.hex())
    assert [(one.slot, one.cid, one.examples) for one in record.updates] == [
        (one.slot, one.cid, one.examples) for one in past.reveals
    ]
    assert record.previous_record == ""


def test_what_trainers_earn_sums_exactly_to_the_budget(paper, updates):
    conclusion = concluded(paper, paper.past(1, updates))
    shares = [one.contribution for one in conclusion.report.updates]
    assert sum(shares) == BUDGET
    assert all(share > 0 for place, share in enumerate(shares) if place not in POISONERS)
    assert all(shares[place] == 0 for place in POISONERS)
    ledger = Ledger.from_bytes(conclusion.ledger)
    assert {one.trainer: one.contribution for one in conclusion.report.updates if one.contribution} == dict(
        ledger.entries
    )


def test_every_update_has_its_reason_in_words(paper, updates):
    trainer = paper.trainers[0]
    updates[0] = (trainer, paper.update(trainer, paper.values(0), lineage=2))
    updates[1] = (paper.trainers[1], b"rubbish")
    conclusion = concluded(paper, paper.past(1, updates, left_out=(2,)))
    reasons = [one.reason for one in conclusion.report.updates]
    assert reasons[0].startswith("malformed: update header key 'lineage' is 2, expected 1")
    assert reasons[1].startswith("malformed: file of 7 bytes is truncated")
    assert reasons[2] == "not included: 0 of 4 drawn validators vouched for it, 3 are needed"
    assert "not used: 6 well-formed updates, the guideline asks for 7" in reasons[3:]
    assert (conclusion.included, conclusion.malformed) == (0b111111011, 0b11)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda paper, trainer: paper.update(trainer, paper.values(0), guideline=2),
        lambda paper, trainer: paper.update(trainer, paper.values(0), lineage=2),
        lambda paper, trainer: paper.update(trainer, paper.values(0), base=paper.state(7)),
        lambda paper, trainer: paper.update(trainer, paper.values(0), step_exponent=-15),
        lambda paper, trainer: paper.update(trainer, paper.values(0)[:-1], length=23),
        lambda paper, trainer: paper.update(paper.trainers[1], paper.values(1)),  # another trainer's
        lambda paper, trainer: paper.update(trainer, paper.values(0)) + b"\0",
        lambda paper, trainer: paper.update(trainer, paper.values(0))[:-1],
        lambda paper, trainer: paper.update(trainer, paper.values(0))[:-2] + b"\x00\x80",  # −32,768
        lambda paper, trainer: b"",
    ],
)
def test_a_malformed_update_harms_only_its_trainer(paper, updates, spoil):
    updates[0] = (paper.trainers[0], spoil(paper, paper.trainers[0]))
    conclusion = concluded(paper, paper.past(1, updates))
    first, *others = conclusion.report.updates
    assert (first.included, first.well_formed, first.selected, first.contribution) == (True, False, False, 0)
    assert first.reason.startswith("malformed: ")
    assert all(one.well_formed for one in others)
    assert conclusion.malformed == 0b1
    assert (conclusion.report.status, conclusion.report.faults) == ("finalised", 2)
    assert sum(one.contribution for one in others) == BUDGET


def test_an_update_that_is_not_included_is_neither_read_nor_paid(paper, updates):
    past = paper.past(1, updates, left_out=(0,))
    del paper.store.contents[past.reveals[0].cid]
    conclusion = concluded(paper, past)
    first = conclusion.report.updates[0]
    assert (first.included, first.well_formed, first.selected, first.contribution) == (False, False, False, 0)
    assert conclusion.included == 0b111111110
    assert conclusion.report.status == "finalised"


def test_too_few_updates_fail_the_round_and_change_nothing(paper):
    past = paper.past(1, paper.honest()[:6])
    conclusion = concluded(paper, past)
    assert conclusion.report.status == "failed"
    assert conclusion.state == paper.store.get(paper.genesis, 1 << 20)
    assert conclusion.report.state == paper.genesis
    assert (conclusion.report.validators, conclusion.report.squared_norm) == ((), None)
    assert Ledger.from_bytes(conclusion.ledger) == Ledger()
    assert {one.reason for one in conclusion.report.updates} == {
        "not used: 6 well-formed updates, the guideline asks for 7"
    }
    assert not any(one.selected or one.contribution for one in conclusion.report.updates)


def test_the_smallest_number_of_updates_is_enough(paper):
    conclusion = concluded(paper, paper.past(1, paper.honest()[:7]))
    assert (conclusion.report.status, conclusion.report.faults) == ("finalised", 2)


@pytest.mark.parametrize("step", [1, -1])
def test_equal_updates_are_told_apart_by_address_whatever_its_case(paper, step):
    paper.under(rule="multi_krum")  # of equals it keeps only so many
    paper.trainers = (f"0xAc{'0' * 38}", f"0xaB{'0' * 38}", *paper.trainers[2:])
    equal = [(trainer, paper.update(trainer, paper.values(0))) for trainer in paper.trainers]
    conclusion = concluded(paper, paper.past(1, equal[::step]))
    dropped = [one.trainer for one in conclusion.report.updates if not one.selected]
    assert sorted(dropped) == sorted(trainer.lower() for trainer in paper.trainers)[-2:]
    assert max(trainer for trainer in by_trainer(conclusion)) in dropped


def test_fewer_updates_lower_the_faults(paper, updates):
    paper.under(rule="multi_krum")  # needs 2f + 3 updates
    update = paper.guideline.update.model_copy(update={"min_updates": 3})
    guideline = paper.guideline.model_copy(update={"update": update})
    inputs = gather(paper.history(paper.past(1, paper.honest()[:5])), 1, paper.store)
    assert conclude(replace(inputs, guideline=guideline)).report.faults == 1


def test_repeating_gives_the_same_bytes(paper, updates):
    past = paper.past(1, updates)
    assert concluded(paper, past) == concluded(paper, past)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(9)))
def test_order_of_reveal_changes_neither_state_nor_pay(paper, updates, order):
    one = concluded(paper, paper.past(1, updates))
    other = concluded(paper, paper.past(1, [updates[place] for place in order]))
    assert (other.state, other.ledger, other.ledger_root) == (one.state, one.ledger, one.ledger_root)
    unslotted = [
        {trainer: replace(update, slot=0, examples=0) for trainer, update in by_trainer(conclusion).items()}
        for conclusion in (one, other)
    ]
    assert unslotted[0] == unslotted[1]


def test_who_vouches_alone_is_named(paper, updates):
    past = paper.past(1, updates, left_out=(4,))
    liar = Vouch(2, paper.validators[2], 0b111111111)
    conclusion = concluded(paper, replace(past, vouches=(*past.vouches[:2], liar, *past.vouches[3:])))
    assert conclusion.false_vouchers == 0b100
    assert conclusion.report.updates[4].reason.startswith("not included: 1 of 4 drawn validators")


@pytest.fixture
def first(paper, updates):
    past = paper.past(1, updates)
    return paper.finalised(past, concluded(paper, past), 1, by=paper.validators[:3])


def test_validators_are_paid_a_round_later_and_the_whole_stays_the_budget(paper, first):
    base = first.finalisation.state
    conclusion = concluded(paper, paper.past(2, paper.honest(base, seed=20), base), first)
    credits_ = {one.validator: one.amount for one in conclusion.report.validators}
    assert credits_ == {one.lower(): 30 * TOKEN for one in paper.validators[:3]}
    assert sum(credits_.values()) + sum(one.contribution for one in conclusion.report.updates) == BUDGET
    after = Ledger.from_bytes(conclusion.ledger)
    old = Ledger.from_bytes(paper.store.get(load_record(paper.store, first.finalisation.record).ledger, 9999))
    assert sum(amount for _, amount in after.entries) - sum(amount for _, amount in old.entries) == BUDGET
    assert all(after.amount(account) >= amount for account, amount in old.entries)
    assert conclusion.report.previous_record == first.finalisation.record


def test_what_does_not_divide_among_validators_goes_to_the_trainers(paper, first):
    base = first.finalisation.state
    inputs = gather(paper.history(first, paper.past(2, paper.honest(base, seed=20), base)), 2, paper.store)
    conclusion = conclude(replace(inputs, credited=(*paper.validators, *paper.trainers[:3])))
    amounts = {one.amount for one in conclusion.report.validators}
    assert amounts == {90 * TOKEN // 7}
    assert sum(one.contribution for one in conclusion.report.updates) == BUDGET - 7 * (90 * TOKEN // 7)


def test_neither_an_echo_of_the_base_nor_of_the_previous_aggregate_earns_anything(paper, first):
    base = first.finalisation.state
    _, aggregate = decode_state(paper.store.get(base, 1 << 20))
    updates = paper.honest(base, seed=20)
    updates[0] = (paper.trainers[0], paper.update(paper.trainers[0], aggregate.astype(np.int16), base))
    inputs = gather(paper.history(first, paper.past(2, updates, base)), 2, paper.store)
    assert np.array_equal(inputs.previous.aggregate, aggregate), "after one round the base is the aggregate"

    def earned(place, **previous):
        conclusion = conclude(replace(inputs, previous=replace(inputs.previous, **previous)))
        record = by_trainer(conclusion)[paper.trainers[place].lower()]
        assert record.selected
        return record.contribution

    assert earned(0) == 0
    assert earned(0, aggregate=None) == 0, "the base alone tells"
    assert earned(1) > 0
    assert earned(1, aggregate=paper.values(21)) == 0, "as if the last round had come to the second trainer's update"


def test_states_add_up(paper, first):
    base = first.finalisation.state
    conclusion = concluded(paper, paper.past(2, paper.honest(base, seed=20), base), first)
    _, before = decode_state(paper.store.get(base, 1 << 20))
    _, after = decode_state(conclusion.state)
    assert int(((after - before).astype(np.int64) ** 2).sum()) == conclusion.report.squared_norm
    assert (after - before).mean() == pytest.approx(100, abs=10)


def test_a_failed_round_keeps_the_ledger(paper, first):
    base = first.finalisation.state
    failed = concluded(paper, paper.past(2, paper.honest(base)[:2], base), first)
    assert failed.ledger_root == first.finalisation.ledger_root
    assert failed.report.validators == ()
