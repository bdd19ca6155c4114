import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from aggregator import Context, aggregate, aggregate_with_reasons, compiler, rule
from aggregator.coordinate import capped_weights
from aggregator.errors import BadParameter

ROWS = npst.arrays(np.int16, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9))


@given(ROWS, st.integers(0, 4))
def test_trimmed_mean_equals_scipy(rows, f):
    n = len(rows)
    f = min(f, (n - 1) // 2)
    expected = np.rint(stats.trim_mean(rows.astype(np.float64), f / n + 1e-9, axis=0))
    assert (aggregate(rows, rule("trimmed_mean", f=f)) == expected).all()


@given(ROWS)
def test_median_equals_numpy(rows):
    assert (aggregate(rows, rule("median")) == np.rint(np.median(rows.astype(np.float64), axis=0))).all()


def test_halves_go_to_the_even_neighbour():
    rows = np.array([[0, 1, 2, -1, -2], [1, 2, 3, -2, -3]], np.int16)
    for name in ("mean", "meamed", "median", "trimmed_mean"):
        assert aggregate(rows, rule(name)).tolist() == [0, 2, 2, -2, -2]


def test_one_outlier_moves_the_mean_alone():
    rows = np.array([[1], [2], [3], [4], [-32767]], np.int16)
    outcomes = {name: aggregate(rows, rule(name, **f)).tolist() for name, f in TOLERANT.items()}
    assert outcomes == {"mean": [-6551], "meamed": [2], "median": [2], "trimmed_mean": [2]}


TOLERANT = {"mean": {}, "meamed": {"f": 1}, "median": {"f": 1}, "trimmed_mean": {"f": 1}}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(-32768, 32767)), min_size=1, max_size=9))
def test_a_weight_counts_like_as_many_equal_updates(weighted):
    weights = tuple(weight for weight, _ in weighted)
    rows = np.array([[value] for _, value in weighted], np.int16)
    repeated = np.repeat(rows, weights, axis=0)
    assert aggregate(rows, rule("mean"), Context(weights=weights)) == aggregate(repeated, rule("mean"))


@pytest.mark.parametrize("weights", [(1,), (1, 0), (1, -1), (1, 2**46), ()])
def test_refuses_weights_that_do_not_fit(weights):
    with pytest.raises(BadParameter, match="for 2 updates: give one positive integer for each"):
        aggregate(np.zeros((2, 3), np.int16), rule("mean"), Context(weights=weights))


@pytest.mark.parametrize("name", sorted(TOLERANT))
def test_coordinate_rules_select_all(name):
    outcome = aggregate_with_reasons(np.zeros((3, 2), np.int16), rule(name))
    assert outcome.selected == (True, True, True)
    assert outcome.reasons == ("kept: coordinate rules select all",) * 3


def test_meamed_drops_the_values_farthest_from_the_median_on_whichever_side():
    rows = np.array([[1], [2], [3], [50], [60]], np.int16)
    assert aggregate(rows, rule("meamed", f=2)).tolist() == [2]
    assert aggregate(-rows, rule("meamed", f=2)).tolist() == [-2]
    assert aggregate(rows, rule("trimmed_mean", f=2)).tolist() == [3]


def test_an_inflated_count_weighs_no_more_than_a_multiple_of_the_median():
    assert capped_weights([100, 10**9, 300, 200], 3) == (100, 600, 300, 200)
    assert capped_weights([100, 120, 90], 10) == (100, 120, 90)


def test_half_the_trainers_cannot_raise_the_cap():
    assert capped_weights([100, 100, 10**9, 10**9], 2) == (100, 100, 200, 200)


def test_a_count_of_zero_still_weighs_one():
    assert capped_weights([0, 0, 5], 2) == (1, 1, 1)
    assert capped_weights([0, 5, 5], 2) == (1, 5, 5)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=256), st.integers(1, 100))
def test_capped_counts_are_weights_that_the_mean_takes(examples, multiple):
    weights = capped_weights(examples, multiple)
    rows = np.full((len(examples), 1), -32768, np.int16)
    assert aggregate(rows, rule("mean"), Context(weights=weights)) == -32768
    assert max(weights) <= max(1, multiple * sorted(examples)[(len(examples) - 1) // 2])


@pytest.mark.parametrize(("examples", "multiple"), [((), 1), ((5, -1), 1), ((5,), 0)])
def test_refuses_counts_that_cannot_be(examples, multiple):
    with pytest.raises(BadParameter, match=f"cannot cap {len(examples)} example counts"):
        capped_weights(examples, multiple)


@pytest.mark.parametrize("name", sorted(TOLERANT))
@pytest.mark.parametrize("threads", [1, 2])
def test_large_chunks_are_compiled_and_give_the_same_bytes(name, threads, monkeypatch):
    rows = np.random.default_rng(1).integers(-32768, 32768, (12, 200_001), dtype=np.int16)
    compiled = aggregate(rows, rule(name), Context(faults=3, threads=threads))
    monkeypatch.setattr(compiler, "_has_compiler", lambda: False)
    assert (aggregate(rows, rule(name), Context(faults=3, threads=threads)) == compiled).all()
