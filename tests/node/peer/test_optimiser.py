"""Server optimisers and preaggregations in a round's conclusion: what is carried on, and when it starts afresh."""

from dataclasses import replace

import numpy as np
import pytest

import aggregator
from aggregator.delta import decode_state, encode_state
from aggregator.errors import StateOverflow
from aggregator.optimiser import OPTIMISERS
from aggregator.optimiser_state import OptimiserHeader, decode_optimiser_state, encode_optimiser_state, optimiser_limit
from aggregator.record import PreaggregationRecord
from node.algorithms import ALGORITHMS
from node.cid import cid_of
from node.errors import ContentCorrupted, ContentNotFound, ContentTooLarge, GuidelineError
from node.guideline import rule_of
from node.peer.conclude import conclude
from node.peer.inputs import gather, load_record
from node.peer.journal import Journal
from node.peer.seed import round_seed
from node.peer.validator import Validator
from tests.node.peer.conftest import LENGTH, STEP_EXPONENT

KEEPING = sorted(set(OPTIMISERS) - {"plain"})


def after(paper, past, *older):
    """The round's conclusion, and the round as finalised with it."""
    conclusion = conclude(gather(paper.history(*older, past), past.round, paper.store))
    return conclusion, paper.finalised(past, conclusion, 1 + len(older))


def values_of(state):
    return decode_state(state)[1]


def kept(conclusion):
    """The aggregate and the moments in the optimiser's state of a conclusion."""
    report = conclusion.report
    header = OptimiserHeader(report.lineage, report.round, report.optimiser, STEP_EXPONENT, LENGTH)
    return decode_optimiser_state(conclusion.optimiser_state, header)


def average(paper, *places):
    """What Multi-Krum makes of honest updates with these seeds, from the formula and not from the package."""
    return np.rint(np.mean([paper.values(place) for place in places], axis=0)).astype(np.int16)


@pytest.fixture
def adam(paper):
    paper.under(rule="mean", optimiser={"name": "fedadam", "parameters": {"learning_rate": "0.02", "tau": "0.0005"}})
    return paper


@pytest.mark.parametrize("name", KEEPING)
def test_a_round_starts_the_optimiser_and_the_next_goes_on_with_what_it_kept(paper, name):
    parameters = {"learning_rate": "0.5", "beta1": "0.75"} if aggregator.optimiser(name).parameters else {}
    paper.under(
        rule="mean",
        optimiser={"name": name, "parameters": parameters},
        algorithm={"name": name if name in ALGORITHMS else "fedavg", "parameters": {}},
    )
    optimiser = aggregator.optimiser(name, **parameters)
    first, was = after(paper, paper.past(1, paper.honest()))
    zeros, made = np.zeros(LENGTH, np.int32), average(paper, *range(9))
    state, moments = aggregator.advance(optimiser, zeros, made, optimiser.start(LENGTH, STEP_EXPONENT), STEP_EXPONENT)
    assert values_of(first.state).tolist() == state.tolist()
    assert kept(first)[0].tolist() == made.tolist()
    assert [one.tolist() for one in kept(first)[1]] == [one.tolist() for one in moments]

    base = was.finalisation.state
    second, _ = after(paper, paper.past(2, paper.honest(base, seed=20), base), was)
    again, _ = aggregator.advance(optimiser, state, average(paper, *range(20, 29)), moments, STEP_EXPONENT)
    assert values_of(second.state).tolist() == again.tolist()


def test_the_record_says_how_the_state_moved(adam):
    conclusion, _ = after(adam, adam.past(1, adam.honest()))
    report = conclusion.report
    assert report.optimiser_state == cid_of(conclusion.optimiser_state)
    assert (report.optimiser, report.optimiser_parameters) == (
        "fedadam",
        {"learning_rate": "0.02", "beta1": "0.9", "tau": "0.0005", "beta2": "0.99"},
    )
    assert len(conclusion.optimiser_state) <= optimiser_limit(LENGTH)
    assert report.squared_norm == int(kept(conclusion)[0].astype(np.int64) @ kept(conclusion)[0])


def test_without_an_optimiser_there_is_nothing_beside_the_state(paper):
    conclusion, _ = after(paper, paper.past(1, paper.honest()))
    report = conclusion.report
    assert (conclusion.optimiser_state, report.optimiser_state) == (b"", "")
    assert (report.optimiser, report.optimiser_parameters) == ("plain", {})
    assert conclusion.contents == (conclusion.state, conclusion.ledger, conclusion.record)


def test_a_failed_round_keeps_nothing_and_the_next_one_goes_on_where_the_last_finalised_was(adam):
    first, was = after(adam, adam.past(1, adam.honest()))
    base = was.finalisation.state
    failed = adam.past(2, adam.honest(base)[:3], base)
    outcome, _ = after(adam, failed, was)
    assert (outcome.report.status, outcome.optimiser_state, outcome.report.optimiser_state) == ("failed", b"", "")
    third = gather(adam.history(was, replace(failed, failed_in=1), adam.past(3, (), base)), 3, adam.store)
    assert [one.tolist() for one in third.previous.moments] == [one.tolist() for one in kept(first)[1]]


def test_after_a_rollback_it_starts_afresh(adam):
    _, first = after(adam, adam.past(1, adam.honest()))
    _, second = after(adam, adam.past(2, adam.honest(first.finalisation.state), first.finalisation.state), first)
    base = first.finalisation.state
    inputs = gather(adam.history(first, second, adam.past(3, adam.honest(base), base)), 3, adam.store)
    assert inputs.previous.moments is None
    assert inputs.previous.aggregate is not None  # an echo still earns nothing
    fresh = conclude(replace(inputs, previous=None))
    assert conclude(inputs).optimiser_state == fresh.optimiser_state


def test_a_rollback_to_the_last_state_itself_changes_nothing(adam):
    _, first = after(adam, adam.past(1, adam.honest()))
    base = first.finalisation.state
    assert gather(adam.history(first, adam.past(2, (), base)), 2, adam.store).previous.moments is not None


def test_another_optimiser_starts_afresh_and_other_parameters_do_not(adam):
    _, first = after(adam, adam.past(1, adam.honest()))
    base = first.finalisation.state
    past = adam.past(2, adam.honest(base), base)
    adam.under(optimiser={"name": "fedadam", "parameters": {"learning_rate": "0.001"}})
    assert gather(adam.history(first, past), 2, adam.store).previous.moments is not None
    adam.under(optimiser={"name": "fedyogi", "parameters": {}})
    assert gather(adam.history(first, past), 2, adam.store).previous.moments is None
    adam.under(optimiser={"name": "plain", "parameters": {}})
    inputs = gather(adam.history(first, past), 2, adam.store)
    assert inputs.previous.moments is None
    assert conclude(inputs).optimiser_state == b""


def test_an_optimiser_after_none_starts_afresh(paper):
    _, first = after(paper, paper.past(1, paper.honest()))
    base = first.finalisation.state
    paper.under(optimiser={"name": "fedavgm", "parameters": {}})
    conclusion, _ = after(paper, paper.past(2, paper.honest(base), base), first)
    assert conclusion.report.status == "finalised"
    assert len(kept(conclusion)[1]) == 1


def test_a_new_lineage_starts_afresh(adam):
    _, first = after(adam, adam.past(1, adam.honest()))
    base = adam.state(0, lineage=2)
    inputs = gather(adam.history(first, adam.past(2, adam.honest(base), base, lineage=2)), 2, adam.store)
    assert (inputs.previous.aggregate, inputs.previous.moments) == (None, None)


def test_neither_an_echo_of_the_aggregate_nor_one_of_the_step_earns_anything(adam):
    _, first = after(adam, adam.past(1, adam.honest()))
    base = first.finalisation.state
    made, step = average(adam, *range(9)), values_of(adam.store.get(base, 9999)).astype(np.int16)
    assert not np.array_equal(made, step)
    updates = adam.honest(base, seed=20)
    for place, echo in enumerate((made, step, 2 * made - 3 * step)):
        updates[place] = (adam.trainers[place], adam.update(adam.trainers[place], echo, base))
    inputs = gather(adam.history(first, adam.past(2, updates, base)), 2, adam.store)
    assert inputs.previous.aggregate.tolist() == made.tolist()
    assert inputs.previous.step.tolist() == step.tolist()
    paid = [one.contribution for one in conclude(inputs).report.updates]
    assert paid[:3] == [0, 0, 0]
    assert min(paid[3:]) > 0


def test_without_an_optimiser_the_step_is_the_aggregate(paper):
    _, first = after(paper, paper.past(1, paper.honest()))
    previous = gather(paper.history(first, paper.past(2, (), first.finalisation.state)), 2, paper.store).previous
    assert previous.aggregate.tolist() == values_of(paper.store.get(first.finalisation.state, 9999)).tolist()
    assert previous.step is None


def test_a_step_may_be_longer_than_an_update(paper):
    paper.under(rule="mean", optimiser={"name": "fedadagrad", "parameters": {"learning_rate": "10"}})
    first, was = after(paper, paper.past(1, paper.honest()))
    assert values_of(first.state).min() > 32767
    base = was.finalisation.state
    second, _ = after(paper, paper.past(2, paper.honest(base), base), was)
    assert second.report.status == "finalised"


def spoilt(adam, data):
    """The inputs of a second round after a first whose optimiser state is `data`."""
    _, first = after(adam, adam.past(1, adam.honest()))
    record = load_record(adam.store, first.finalisation.record)
    broken = adam.store.put(replace(record, optimiser_state=adam.store.put(data)).to_bytes())
    first = replace(first, finalisation=replace(first.finalisation, record=broken))
    return gather(adam.history(first, adam.past(2, (), first.finalisation.state)), 2, adam.store)


def test_an_optimiser_state_that_is_none_says_so(adam):
    with pytest.raises(ContentCorrupted, match="is not an optimiser state: file does not start with FEDNODEO"):
        spoilt(adam, b"rubbish that is long enough")
    with pytest.raises(ContentTooLarge):
        spoilt(adam, bytes(optimiser_limit(LENGTH) + 1))


def test_the_state_of_another_round_is_none_either(adam):
    header = OptimiserHeader(1, 8, "fedadam", STEP_EXPONENT, LENGTH)
    moments = aggregator.optimiser("fedadam").start(LENGTH, STEP_EXPONENT)
    with pytest.raises(ContentCorrupted, match="key 'round' is 8, expected 1"):
        spoilt(adam, encode_optimiser_state(header, np.zeros(LENGTH, np.int16), moments))


def test_a_missing_optimiser_state_is_an_error(adam):
    conclusion, first = after(adam, adam.past(1, adam.honest()))
    del adam.store.contents[conclusion.report.optimiser_state]
    with pytest.raises(ContentNotFound):
        gather(adam.history(first, adam.past(2, (), first.finalisation.state)), 2, adam.store)


@pytest.fixture
def validator(paper, tmp_path):
    journal = Journal(tmp_path / "journal.sqlite", 1, "federation", "account")
    yield Validator(paper.store, journal)
    journal.close()


def test_a_validator_serves_the_optimiser_state_it_stands_by(adam, validator):
    history = adam.history(adam.past(1, adam.honest()))
    validator.prepare(history, 1)
    assert validator.conclude(history, 1).report.optimiser_state in set(adam.store.pins())


def test_a_step_out_of_int32_is_the_guidelines_fault_and_no_crash(paper, validator):
    header, values = decode_state(paper.store.get(paper.genesis, 9999))
    base = paper.store.put(encode_state(header, values + np.int32(2**31 - 1)))
    history = paper.history(paper.past(1, paper.honest(base), base))
    with pytest.raises(StateOverflow):
        conclude(gather(history, 1, paper.store))
    with pytest.raises(GuidelineError, match=r"state leaves int32 .* vote for a smaller step"):
        validator.prepare(history, 1)


@pytest.mark.parametrize(
    "behind",
    [
        [{"name": "nnm", "parameters": {}}],
        [{"name": "bucketing", "parameters": {"size": 2}}],
        [{"name": "clipping", "parameters": {"percent": 40}}, {"name": "nnm", "parameters": {}}],
    ],
)
def test_preaggregations_stand_in_front_of_the_rule(paper, behind):
    paper.under(rule="trimmed_mean", faults=1, preaggregations=behind)
    past = paper.past(1, paper.honest())
    conclusion, _ = after(paper, past)
    context = aggregator.Context(faults=1, seed=round_seed(1, past.reveals))
    rows = [paper.values(place) for place in range(9)]
    assert (
        values_of(conclusion.state).tolist()
        == aggregator.aggregate(rows, rule_of(paper.guideline.update), context).tolist()
    )
    assert conclusion.report.preaggregations == tuple(PreaggregationRecord(**one) for one in behind)
    assert (conclusion.report.rule, conclusion.report.faults) == ("trimmed_mean", 1)


def test_buckets_are_drawn_anew_when_any_update_is_another(paper):
    """Bucketing draws from the seed: what one trainer reveals decides with whom all others share a bucket."""
    paper.under(rule="median", faults=0, preaggregations=[{"name": "bucketing", "parameters": {"size": 3}}])
    rows = [paper.values(place) for place in range(9)]
    rule = rule_of(paper.guideline.update)
    past = paper.past(1, paper.honest())
    seeds = [round_seed(1, past.reveals[:count]) for count in range(5, 10)]
    drawn = {aggregator.aggregate(rows, rule, aggregator.Context(faults=0, seed=one)).tobytes() for one in seeds}
    assert len(drawn) > 1


def test_rules_that_have_a_centre_get_the_previous_aggregate(adam, monkeypatch):
    seen = []

    def spy(updates, rule, context):
        seen.append(context)
        return aggregate(updates, rule, context)

    aggregate = aggregator.aggregate_with_reasons
    monkeypatch.setattr(aggregator, "aggregate_with_reasons", spy)
    _, first = after(adam, adam.past(1, adam.honest()))
    base = first.finalisation.state
    after(adam, adam.past(2, adam.honest(base), base), first)
    assert seen[0].previous is None
    assert seen[1].previous.tolist() == average(adam, *range(9)).tolist()
    assert len({one.seed for one in seen}) == 2
