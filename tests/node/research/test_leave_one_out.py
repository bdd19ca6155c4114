"""What a metric loses without each update; results are numbers or states, the trainer is made up."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from aggregator import Context, aggregate, rule
from aggregator.delta import decode_state
from node.errors import ConfigError
from node.guideline import Benchmark
from node.learning.benchmark import decode_benchmark, encode_benchmark
from node.peer.inputs import gather, load_guideline_version
from node.ports import Metrics
from node.research.leave_one_out import (
    Effect,
    aggregates_without,
    benchmark_metric,
    cut,
    leave_one_out,
    round_effects,
    states_without,
)

TEXTS = ("first text", "second text", "third text")


class FakeTrainer:
    """A text's score is the mean of the state times the text's length."""

    def measure(self, job):
        assert job.frozen == b"frozen tensors"
        done = Future()
        (text,) = decode_benchmark(job.benchmark)
        done.set_result(Metrics({"accuracy": float(decode_state(job.state)[1].mean()) * len(text), "tokens": 3}))
        return done


@pytest.fixture
def benchmarked(town):
    """The town's history, as if its guideline had named a benchmark of three texts."""
    history, store = town.history, town.store
    (version,) = history.guidelines
    guideline = load_guideline_version(history, version, store)
    named = Benchmark(name="three texts", cid=store.put(encode_benchmark(TEXTS)), metric="accuracy")
    control = guideline.version_control.model_copy(update={"benchmarks": (named,)})
    cid = store.put(guideline.model_copy(update={"version_control": control}).canonical())
    return replace(history, guidelines={version: replace(history.guidelines[version], guideline=cid)})


def test_an_effect_is_what_the_mean_score_loses():
    scores = {"all": [3.0, 5.0, 4.0], "without a": [1.0, 4.0, 1.0], "without b": [3.0, 5.0, 4.0]}
    found = leave_one_out("all", {"a": "without a", "b": "without b"}, lambda result: np.array(scores[result]))
    assert found["a"].value == 2
    assert 1 <= found["a"].low < 2 < found["a"].high <= 3, "the pieces lost 2, 1 and 3"
    assert found["b"] == Effect(0, 0, 0), "no piece tells the results apart, however much pieces differ"
    assert found == leave_one_out("all", {"a": "without a", "b": "without b"}, lambda result: np.array(scores[result]))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(1)
    covered = 0
    for seed in range(100):
        gained = draw.normal(0.3, 1, 40)
        effect = leave_one_out(1, {0: 0}, lambda result, gained=gained: gained * result, seed)[0]
        covered += effect.low <= 0.3 <= effect.high
    assert 88 <= covered <= 99


def test_aggregates_without_each_update_are_those_of_the_others():
    rows = np.random.default_rng(0).integers(-50, 50, (7, 9)).astype(np.int16)
    multi_krum = rule("multi_krum")
    whole, without = aggregates_without(rows, multi_krum, Context(faults=2))
    assert (whole == aggregate(rows, multi_krum, Context(faults=2))).all()
    for place, delta in without.items():
        fewer = np.delete(rows, place, 0)
        assert (delta == aggregate(fewer, multi_krum, Context(faults=1))).all(), "six updates allow one fault"


def test_a_weight_goes_with_its_update():
    rows = np.array([[0], [6], [9]], np.int16)
    whole, without = aggregates_without(rows, rule("mean"), Context(weights=(1, 1, 2)))
    assert (whole.tolist(), [delta.tolist() for delta in without.values()]) == ([6], [[8], [6], [3]])


def test_states_without_each_update_are_those_of_rounds_in_which_it_was_malformed(town):
    inputs = gather(town.history, 1, town.store)
    sent = [decode_values(inputs.updates[slot]) for slot in range(3)]
    for slot, state in states_without(inputs).items():
        others = [values for place, values in enumerate(sent) if place != slot]
        assert (decode_state(state)[1] == aggregate(others, rule("mean"))).all()


def test_too_few_for_the_guideline_are_enough_for_the_question(town):
    inputs = gather(town.history, 1, town.store)
    strict = inputs.guideline.update.model_copy(update={"min_updates": 3})
    strict = replace(inputs, guideline=inputs.guideline.model_copy(update={"update": strict}))
    assert states_without(strict) == states_without(inputs)


def test_effects_of_a_round_come_from_chain_and_store(town, benchmarked):
    found = round_effects(benchmarked, 2, town.store, FakeTrainer())
    state = decode_state(town.store.get(benchmarked.rounds[2].finalisation.state, 1 << 20))[1]
    length = np.mean([len(text) for text in TEXTS])
    assert (found.round, found.metric) == (2, "accuracy")
    assert found.measured == pytest.approx(state.mean() * length)
    left = states_without(gather(benchmarked, 2, town.store))
    expected = {
        one.trainer.lower(): (state.mean() - decode_state(left[one.slot])[1].mean()) * length
        for one in benchmarked.rounds[2].reveals
    }
    assert {key: effect.value for key, effect in found.by_trainer.items()} == pytest.approx(expected)


def test_without_a_benchmark_there_is_nothing_to_measure(town):
    with pytest.raises(ConfigError, match="round 1 names no benchmark"):
        round_effects(town.history, 1, town.store, FakeTrainer())


def test_a_benchmark_is_cut_into_pieces_of_about_one_length():
    texts = [letter * 10 for letter in "abcdefgh"]
    assert [len(group) for group in cut(texts, 4)] == [2, 2, 2, 2]
    assert [len(group) for group in cut(texts, 3)] == [3, 5], "a short rest joins the piece before it"
    assert [len(group) for group in cut(texts, 100)] == [1] * 8
    assert cut(["a"], 4) == [("a",)]
    assert sum(cut(texts, 3), ()) == tuple(texts)


def test_pieces_are_measured_one_by_one(town):
    state = town.store.get(town.history.rounds[1].finalisation.state, 1 << 20)
    scores = benchmark_metric(FakeTrainer(), None, encode_benchmark(TEXTS), b"frozen tensors")(state)
    assert scores == pytest.approx([decode_state(state)[1].mean() * len(text) for text in TEXTS])


def decode_values(update):
    """The int16 payload: the file's last 48 bytes, for 24 values."""
    return np.frombuffer(update[-48:], "<i2")
