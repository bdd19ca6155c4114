"""Server optimisers: bit for bit what scalar IEEE arithmetic gives, and what the papers' formulas say."""

import hashlib
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ldexp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import aggregator
from aggregator.errors import BadParameter, StateOverflow, UnknownRule
from aggregator.optimiser import FIRST_LIMIT, MOMENT_TYPES, OPTIMISERS, FedAdam, FedAvgM, advance

GOLDEN = {
    "fedadagrad": {
        1: "d9eab382afe3ba5c2d24f17c6e366bf8",
        1023: "800c1d3f9c01f0ef118c88ad6604ab03",
        100000: "feb7a310170635f62ce851ce64c59fae",
    },
    "fedadam": {
        1: "04b377057c774d887ba9a3ec288325c1",
        1023: "63a1b8349fb04543894e0eb60e1f8ff3",
        100000: "b027e4905418194aea208fbe7487c4ed",
    },
    "fedavgm": {
        1: "3d7c0ac83e50a07758fb9bb1f6e9e8a5",
        1023: "dba6fc8a478b3a87af20c7eaaba5d495",
        100000: "4238f072f379f2d0bf188b9800266f95",
    },
    "feddyn": {
        1: "90dad6d8081394bdabc3827835087fc9",
        1023: "0edaea17f9a8d449324bfdfc44baa041",
        100000: "80bedc400f044e7f412ad8b8f6f51148",
    },
    "fedyogi": {
        1: "3f2ad99e5f1c83c6f0156cfa7d682da3",
        1023: "3901efb73436bb9ba38a4b2c153a3376",
        100000: "36f79635aae8e53f3440eae2a2a89b7e",
    },
    "plain": {
        1: "8fafe37ce93885b3eaf843e93014d8fd",
        1023: "4a4c22010d9dcc76bda459934b257d63",
        100000: "fcdfdc11e03c5b76b644acc9d52495d1",
    },
}
NAMES = sorted(OPTIMISERS)
TUNED = [name for name in NAMES if aggregator.optimiser(name).parameters]
KEEPING = [name for name in NAMES if OPTIMISERS[name].moments]
ADAPTIVE = ("fedadagrad", "fedadam", "fedyogi")
STEP = -16

aggregates = npst.arrays(np.int16, st.tuples(st.integers(1, 4), st.just(5)), elements=st.integers(-32767, 32767))
unit = st.decimals(0, "0.999", places=3)
choices = st.builds(
    lambda name, rate, beta1, beta2, tau: aggregator.optimiser(
        name,
        **{
            key: value
            for key, value in (("learning_rate", rate), ("beta1", beta1), ("beta2", beta2), ("tau", tau))
            if key in aggregator.optimiser(name).parameters
        },
    ),
    st.sampled_from(NAMES),
    st.decimals("0.001", 10, places=3),
    unit,
    unit,
    st.decimals("0.0001", "0.01", places=4),
)


def run(optimiser, rounds, step_exponent=STEP, **options):
    """States and moments after each of `rounds`, int16 of shape (T, d), from a state of zeros."""
    state = np.zeros(rounds.shape[1], np.int32)
    moments = optimiser.start(len(state), step_exponent)
    for aggregate in rounds:
        state, moments = advance(optimiser, state, aggregate, moments, step_exponent, **options)
        yield state, moments


def one_coordinate(optimiser, aggregate, moments, step_exponent):
    """The step and the new moments of one coordinate in Python's own floats, operation by operation."""
    given = {key: Fraction(value) for key, value in optimiser.parameters.items()}
    if optimiser.name == "plain":
        return aggregate, ()
    if optimiser.name == "feddyn":
        return aggregate + moments[0] + aggregate, (moments[0] + aggregate,)
    beta, rate = given["beta1"], given["learning_rate"]
    first = round(float(beta) * moments[0] + float(1 - beta) * 65536 * aggregate)
    if optimiser.name == "fedavgm":
        return round(float(rate / (1 - beta)) / 65536 * first), (first,)
    square, second = float(aggregate * aggregate), float(moments[1])
    if optimiser.name == "fedadagrad":
        second = second + 65536 * square
    elif optimiser.name == "fedadam":
        second = float(given["beta2"]) * second + float(1 - given["beta2"]) * 65536 * square
    else:
        sign = (second > 65536 * square) - (second < 65536 * square)
        second = second - float(1 - given["beta2"]) * 65536 * square * sign
    second = min(round(second), 2**53)
    numerator = ldexp(float(rate), -step_exponent - 8) * first
    return round(numerator / (sqrt(second) + ldexp(float(given["tau"]), 8 - step_exponent))), (first, second)


@given(choices, aggregates, st.integers(-20, -8))
def test_every_coordinate_is_what_scalar_arithmetic_gives(optimiser, rounds, step_exponent):
    state = [0] * 5
    moments = [tuple(int(one[place]) for one in optimiser.start(5, step_exponent)) for place in range(5)]
    for aggregate, (after, kept) in zip(rounds.tolist(), run(optimiser, rounds, step_exponent), strict=True):
        for place in range(5):
            step, moments[place] = one_coordinate(optimiser, aggregate[place], moments[place], step_exponent)
            state[place] += step
        assert after.tolist() == state
        assert [tuple(int(one[place]) for one in kept) for place in range(5)] == moments


@given(choices, aggregates, st.integers(1, 6))
def test_the_chunk_changes_no_byte(optimiser, rounds, chunk):
    for (one, kept), (other, also_kept) in zip(
        run(optimiser, rounds), run(optimiser, rounds, chunk=chunk), strict=True
    ):
        assert one.tobytes() == other.tobytes()
        assert [each.tobytes() for each in kept] == [each.tobytes() for each in also_kept]


def as_published(name, rounds, eta, beta1, beta2, tau):
    """The papers' formulas on one coordinate in model units, with fifty digits and nothing rounded."""
    x = m = Decimal(0)
    v = tau * tau
    for delta in rounds:
        m = beta1 * m + (delta if name == "fedavgm" else (1 - beta1) * delta)
        square = delta * delta
        if name == "fedadagrad":
            v += square
        elif name == "fedyogi":
            v -= (1 - beta2) * square * (0 if v == square else 1 if v > square else -1)
        else:
            v = beta2 * v + (1 - beta2) * square
        x += eta * m if name == "fedavgm" else eta * m / (v.sqrt() + tau)
    return x


@given(
    st.sampled_from(TUNED),
    st.lists(st.integers(-3000, 3000), min_size=1, max_size=12),
    st.sampled_from(["0", "0.9", "0.5"]),
    st.sampled_from(["0.9", "0.99"]),
    st.sampled_from(["0.1", "0.001", "0.0001"]),
)
def test_after_many_rounds_the_state_is_where_the_paper_puts_it(name, deltas, beta1, beta2, tau):
    offered = {"learning_rate": "0.02", "beta1": beta1, "beta2": beta2, "tau": tau}
    known = aggregator.optimiser(name).parameters
    optimiser = aggregator.optimiser(name, **{key: value for key, value in offered.items() if key in known})
    *_, (state, _) = run(optimiser, np.array(deltas, np.int16)[:, None])
    with localcontext(prec=50):
        grid = Decimal(2) ** STEP
        x = as_published(name, [delta * grid for delta in deltas], *map(Decimal, ("0.02", beta1, beta2, tau)))
        # Half a step a round, and what rounding the moments adds to that.
        assert abs(int(state[0]) - x / grid) <= len(deltas) * Decimal("0.51") + abs(x / grid) / 1000


def test_plain_adds_the_aggregate_and_keeps_nothing():
    *_, (state, moments) = run(aggregator.optimiser("plain"), np.array([[1, -32767], [2, -32767]], np.int16))
    assert state.tolist() == [3, -65534]
    assert moments == ()


def test_momentum_goes_on_after_the_aggregates_have_stopped():
    rounds = np.array([[1000], [0], [0], [0]], np.int16)
    states = [int(state[0]) for state, _ in run(FedAvgM(), rounds)]
    assert states == [1000, 1900, 2710, 3439]


def test_feddyn_adds_to_every_aggregate_the_sum_of_all_so_far():
    rounds = np.array([[10, -32767], [4, -32767], [-14, 32767], [0, 1]], np.int16)
    states, moments = zip(*run(aggregator.optimiser("feddyn"), rounds), strict=True)
    sums = rounds.cumsum(axis=0, dtype=int)
    assert [kept[0].tolist() for kept in moments] == sums.tolist()
    assert [state.tolist() for state in states] == (rounds + sums).cumsum(axis=0).tolist()


def test_feddyns_state_overflows_before_its_sum_leaves_what_a_file_may_hold():
    optimiser = aggregator.optimiser("feddyn")
    least, largest = np.array([-(2**31)], np.int32), np.array([32767], np.int16)
    state, moments = least, (np.array([FIRST_LIMIT - 2 * 32767], np.int32),)
    state, moments = advance(optimiser, state, largest, moments, STEP)
    assert moments[0].tolist() == [FIRST_LIMIT - 32767]
    state, moments = advance(optimiser, state, largest, moments, STEP)
    assert moments[0].tolist() == [FIRST_LIMIT]
    with pytest.raises(StateOverflow):
        advance(optimiser, state, largest, moments, STEP)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_adaptive_steps_depend_on_direction_more_than_on_size(name):
    rounds = np.array([[100, 10000, -10000, 0]] * 5, np.int16)
    *_, (state, _) = run(aggregator.optimiser(name, tau="0.0001"), rounds)
    small, large, negative, nothing = state.tolist()
    assert 1 < large / small < 5
    assert (negative, nothing) == (-large, 0)


def test_adagrads_sum_stays_where_float64_still_holds_every_integer():
    optimiser = aggregator.optimiser("fedadagrad")
    moments = (np.zeros(1, np.int32), np.array([2**53 - 1], np.int64))
    _, (_, second) = advance(optimiser, np.zeros(1, np.int32), np.array([32767], np.int16), moments, STEP)
    assert second.tolist() == [2**53]


@pytest.mark.parametrize("name", TUNED)
def test_no_step_wraps_the_state_round(name):
    optimiser = aggregator.optimiser(name, learning_rate=1000)
    rounds = np.full((3000, 1), 32767, np.int16)
    with pytest.raises(StateOverflow, match="within coordinates 0 to 0"):
        list(run(optimiser, rounds, -20))


def test_an_absurd_step_is_an_overflow_and_no_wrap():
    optimiser = aggregator.optimiser("fedadam", learning_rate=1000, tau="0.000000001", beta2="0.999999")
    state, aggregate = np.zeros(2, np.int32), np.array([0, 1], np.int16)
    with pytest.raises(StateOverflow, match="within coordinates 1 to 1"):
        advance(optimiser, state, aggregate, optimiser.start(2, -30), -30, chunk=1)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_plain_decimals_and_make_the_same_optimiser_again(name):
    optimiser = aggregator.optimiser(name)
    assert aggregator.optimiser(name, **optimiser.parameters) == optimiser
    assert all(isinstance(value, str) and "E" not in value for value in optimiser.parameters.values())


def test_spelling_does_not_matter():
    assert FedAdam(tau=Decimal("1e-3")).parameters["tau"] == "0.001"
    one, other = (aggregator.optimiser("fedavgm", learning_rate=value) for value in ("1.0", 1))
    assert one.parameters == other.parameters == {"learning_rate": "1", "beta1": "0.9"}


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("plain", {"tau": "1"}, "plain has no parameter 'tau': it takes none"),
        ("fedavgm", {"beta2": "0.9"}, "fedavgm has no parameter 'beta2': it takes learning_rate, beta1"),
        ("fedavgm", {"name": "0.9"}, "fedavgm has no parameter 'name'"),
        ("fedavgm", {"beta1": "fast"}, "fedavgm parameter beta1 is 'fast': give a decimal such as"),
        ("fedavgm", {"beta1": 0.9}, "fedavgm parameter beta1 is 0.9: give a decimal as a string"),
        ("fedavgm", {"beta1": True}, "fedavgm parameter beta1 is True: give a decimal as a string"),
        ("fedavgm", {"beta1": "1"}, "beta1 is '1': give a decimal from 0 to 0.999999"),
        ("fedavgm", {"beta1": "-0.1"}, "beta1 is '-0.1'"),
        ("fedavgm", {"beta1": "NaN"}, "beta1 is 'NaN'"),
        ("fedavgm", {"beta1": "0e-999999999"}, "beta1 is '0E-999999999'"),
        ("fedavgm", {"beta1": "0." + "1" * 29}, "of at most 28 digits"),
        ("fedavgm", {"learning_rate": 0}, "learning_rate is '0': give a decimal from 0.000000001 to 1000"),
        ("fedadam", {"tau": "Infinity"}, "tau is 'Infinity'"),
        ("fedadam", {"beta2": "1e-999999999"}, "beta2 is '1E-999999999'"),
    ],
)
def test_refuses_what_is_no_optimiser(name, parameters, sentence):
    with pytest.raises(BadParameter, match=sentence):
        aggregator.optimiser(name, **parameters)


def test_an_unknown_name_is_told_those_there_are():
    with pytest.raises(UnknownRule, match="no server optimiser is called 'adam': there are fedadagrad, fedadam, "):
        aggregator.optimiser("adam")


def test_refuses_a_tau_of_more_steps_than_the_second_moment_holds():
    optimiser = aggregator.optimiser("fedyogi", tau="0.000488")
    optimiser.start(1, -29)
    with pytest.raises(BadParameter, match=r"tau is 0.000488, too large .* 2\^-30: give at most 0.000244141"):
        optimiser.start(1, -30)


@pytest.mark.parametrize("name", KEEPING)
def test_refuses_moments_of_another_shape_or_kind(name):
    optimiser = aggregator.optimiser(name)
    state, aggregate, moments = np.zeros(3, np.int32), np.zeros(3, np.int16), optimiser.start(3, STEP)
    for wrong in (moments[1:], optimiser.start(2, STEP), tuple(one.astype(float) for one in moments)):
        with pytest.raises(BadParameter, match=rf"{name} moves a state of shape \(3,\) by an aggregate and"):
            advance(optimiser, state, aggregate, wrong, STEP)
    with pytest.raises(BadParameter, match=r"not by int16 \(2,\)"):
        advance(optimiser, state, aggregate[:2], moments, STEP)


def reproducible(seed, length):
    """int16 within ±32,767 out of SHA-256, which no release of any library changes."""
    blocks = (hashlib.sha256(f"{seed} {block}".encode()).digest() for block in range(-(-2 * length // 32)))
    return np.maximum(np.frombuffer(b"".join(blocks), "<i2", length), -32767).astype(np.int16)


@pytest.mark.parametrize("length", [1, 1023, 100_000])
@pytest.mark.parametrize("name", NAMES)
def test_not_one_bit_has_moved(name, length):
    """Five rounds, from large aggregates to small ones; state and moments against a digest taken once."""
    rounds = np.stack([reproducible(f"{name} {number}", length) >> 2 * number for number in range(5)])
    *_, (state, moments) = run(aggregator.optimiser(name), rounds)
    digest = hashlib.sha256(state.astype("<i4").tobytes())
    for array, dtype in zip(moments, MOMENT_TYPES, strict=False):
        digest.update(array.astype(dtype.newbyteorder("<")).tobytes())
    assert digest.hexdigest()[:32] == GOLDEN[name][length]
