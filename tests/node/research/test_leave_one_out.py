"""What a metric loses without each update; results are states, the trainer is made up."""

from dataclasses import replace

import numpy as np
import pytest

from aggregator import aggregate, rule
from aggregator.delta import decode_state
from node.errors import ConfigError
from node.guideline import Benchmark
from node.learning.benchmark import decode_benchmark, encode_benchmark
from node.peer.inputs import gather
from node.ports import Metrics
from node.research.leave_one_out import benchmark_measure, leave_one_out, round_effects, states_without
from node.research.resampling import Interval

TEXTS = ("first text", "second text", "third text")


def measured(*samples):
    """The mean of what each test sample says."""
    return Metrics({"accuracy": float(np.mean(samples))}, [(one, 1.0) for one in samples])


class FakeTrainer:
    """A text's score is the mean of the state times the text's length."""

    def evaluate(self, job):
        assert job.frozen == b"frozen tensors"
        mean = float(decode_state(job.state)[1].mean())
        return measured(*(mean * len(text) for text in decode_benchmark(job.benchmark)))


@pytest.fixture
def inputs(town):
    """The second round of the town, as if its guideline had named a benchmark of three texts."""
    found = gather(town.history, 2, town.store)
    named = Benchmark(name="three texts", cid=town.store.put(encode_benchmark(TEXTS)), metric="accuracy")
    control = found.guideline.version_control.model_copy(update={"benchmarks": (named,)})
    return replace(found, guideline=found.guideline.model_copy(update={"version_control": control}))


def test_an_effect_is_what_the_headline_loses():
    whole, without = measured(3.0, 5.0, 4.0), {"a": measured(1.0, 4.0, 1.0), "b": measured(3.0, 5.0, 4.0)}
    found = leave_one_out(whole, without)
    assert found["a"].value == 2
    assert 1 <= found["a"].low < 2 < found["a"].high <= 3, "the samples lost 2, 1 and 3"
    assert found["b"] == Interval(0, 0, 0), "no sample tells the results apart, however much samples differ"
    assert found == leave_one_out(whole, without)


def test_a_metric_that_says_nothing_of_its_samples_has_an_interval_of_no_width():
    assert leave_one_out(Metrics({"progress": 0.5}), {0: Metrics({"progress": 0.25})}) == {
        0: Interval(0.25, 0.25, 0.25)
    }


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(1)
    covered = 0
    for seed in range(100):
        effect = leave_one_out(measured(*draw.normal(0.3, 1, 40)), {0: measured(*np.zeros(40))}, seed)[0]
        covered += effect.low <= 0.3 <= effect.high
    assert 88 <= covered <= 99


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


def test_effects_of_a_round_come_from_chain_and_store(town, inputs):
    found = round_effects(inputs, benchmark_measure(inputs, town.store, FakeTrainer()))
    state = decode_state(town.store.get(town.history.rounds[2].finalisation.state, 1 << 20))[1]
    length = np.mean([len(text) for text in TEXTS])
    assert (found.round, found.metric) == (2, "accuracy")
    assert found.measured == pytest.approx(state.mean() * length)
    left = states_without(inputs)
    expected = {
        one.trainer.lower(): (state.mean() - decode_state(left[one.slot])[1].mean()) * length for one in inputs.reveals
    }
    assert {key: effect.value for key, effect in found.by_trainer.items()} == pytest.approx(expected)


def test_without_a_benchmark_there_is_nothing_to_measure(town):
    with pytest.raises(ConfigError, match="round 1 names no benchmark"):
        benchmark_measure(gather(town.history, 1, town.store), town.store, FakeTrainer())


def decode_values(update):
    """The int16 payload: the file's last 48 bytes, for 24 values."""
    return np.frombuffer(update[-48:], "<i2")
