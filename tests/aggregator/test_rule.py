"""Every rule against a plain big-integer reference, under every order of peers, chunk size and number of threads."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import aggregator
from aggregator import RULES, Context, aggregate, aggregate_with_reasons, effective_faults, rule
from aggregator.errors import BadParameter, TooFewUpdates, UnknownRule
from tests.aggregator.reference import AGGREGATED

NAMES = sorted(RULES)
INT16 = st.integers(-32768, 32767) | st.sampled_from([-32768, -32767, -1, 0, 1, 32767])  # ties and extremes are likely


@st.composite
def rounds(draw, name):
    """A number of faults and updates enough for the rule."""
    faults = draw(st.integers(0, 3))
    least = max(RULES[name].needs(faults), faults + 1)
    rows = draw(npst.arrays(np.int16, (least + draw(st.integers(0, 3)), draw(st.integers(1, 9))), elements=INT16))
    return rows, faults


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_equals_the_reference_in_python_integers(name, data):
    rows, faults = data.draw(rounds(name))
    delta = aggregate(rows, rule(name), Context(faults=faults))
    assert delta.dtype == np.int16
    assert delta.tolist() == AGGREGATED[name](rows.tolist(), faults)


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_order_of_peers_threads_and_chunks_never_change_a_byte(name, data):
    rows, faults = data.draw(rounds(name))
    order = data.draw(st.permutations(range(len(rows))))
    context = Context(faults=faults, threads=data.draw(st.integers(1, 3)), chunk=data.draw(st.integers(1, 10)))
    plain = aggregate_with_reasons(rows, rule(name), Context(faults=faults))
    other = aggregate_with_reasons(rows[order], rule(name), context)
    assert plain.delta.tobytes() == other.delta.tobytes()
    if len(np.unique(rows, axis=0)) == len(rows):
        assert [plain.reasons[row] for row in order] == list(other.reasons)
        assert [plain.selected[row] for row in order] == list(other.selected)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_its_input_alone_and_reads_memory_maps(name, tmp_path):
    rows = fixed_rows(9, 50)
    before = rows.copy()
    rows.tofile(tmp_path / "rows")
    maps = [np.memmap(tmp_path / "rows", np.int16, "r", offset=100 * row, shape=(50,)) for row in range(9)]
    assert (aggregate(rows, rule(name)) == aggregate(maps, rule(name))).all()
    assert (rows == before).all()


def fixed_rows(n, d):
    """The same int16 values on every machine and with every version of numpy."""
    return np.frombuffer(hashlib.shake_128(b"fednode fixed rows").digest(2 * n * d), "<i2").reshape(n, d)


@pytest.mark.parametrize("name", NAMES)
def test_refuses_below_its_condition(name):
    cls = RULES[name]
    for faults in range(4):
        least = cls.needs(faults)
        rows = fixed_rows(least, 3)
        assert aggregate(rows, rule(name), Context(faults=faults)).shape == (3,)
        with pytest.raises(TooFewUpdates):
            aggregate(rows[1:], rule(name), Context(faults=faults))


@pytest.mark.parametrize("name", sorted(set(RULES) - {"mean"}))
@given(n=st.integers(3, 300))
def test_the_largest_f_is_the_last_that_is_accepted(name, n):
    cls = RULES[name]
    n = min(n, cls.most or n)
    largest = cls.largest_faults(n)
    assert cls.needs(largest) <= n < cls.needs(largest + 1)


@pytest.mark.parametrize(
    ("name", "wanted", "n", "effective"),
    [
        ("krum", 2, 9, 2),
        ("krum", 4, 9, 3),
        ("multi_krum", 2, 6, 1),
        ("multi_krum", 2, 3, 0),
        ("trimmed_mean", 2, 4, 1),
        ("median", 5, 9, 4),
        ("mean", 2, 9, 0),
    ],
)
def test_f_follows_the_turnout(name, wanted, n, effective):
    assert effective_faults(RULES[name], wanted, n) == effective_faults(rule(name), wanted, n) == effective


def test_f_cannot_follow_below_what_the_rule_needs_without_faults():
    with pytest.raises(TooFewUpdates, match="krum needs n >= 2f \\+ 3: with f = 0 at least 3 updates, not 2"):
        effective_faults(RULES["krum"], 2, 2)
    with pytest.raises(TooFewUpdates, match="mean needs n >= 1"):
        effective_faults(RULES["mean"], 2, 0)


def test_the_rounds_f_goes_before_the_rules_own_and_without_either_f_is_the_largest():
    rows = fixed_rows(7, 40)
    trims = [aggregate(rows, rule("trimmed_mean", f=f)).tobytes() for f in range(4)]
    assert len(set(trims)) == 4
    assert aggregate(rows, rule("trimmed_mean", f=1), Context(faults=2)).tobytes() == trims[2]
    assert aggregate(rows, rule("trimmed_mean")).tobytes() == trims[3]


def test_a_rule_tells_the_parameters_it_was_given():
    assert rule("mean").parameters == {}
    assert rule("multi_krum").parameters == {}
    assert rule("multi_krum", f=0, m=3).parameters == {"f": 0, "m": 3}


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("mean", {"f": 1}, "mean has no parameter 'f': it takes none"),
        ("krum", {"m": 1}, "krum has no parameter 'm': it takes f"),
        ("multi_krum", {"m": 0}, "multi_krum parameter m is 0: give an integer of at least 1"),
        ("median", {"f": -1}, "median parameter f is -1: give an integer of at least 0"),
        ("geometric_median", {"steps": 1001}, "geometric_median parameter steps is 1001: give at most 1000"),
        ("median", {"f": True}, "median parameter f is True"),
        ("median", {"f": 1.0}, r"median parameter f is 1\.0"),
    ],
)
def test_refuses_wrong_parameters(name, parameters, sentence):
    with pytest.raises(BadParameter, match=sentence):
        rule(name, **parameters)


def test_refuses_a_negative_f_of_the_round():
    with pytest.raises(BadParameter, match="krum parameter f is -1"):
        aggregate(fixed_rows(5, 2), rule("krum"), Context(faults=-1))


def test_an_unknown_rule_is_answered_with_those_there_are():
    with pytest.raises(UnknownRule, match=r"no rule is called 'Krum': there are .*, mean, median"):
        rule("Krum")


@pytest.mark.parametrize("name", NAMES)
def test_rules_are_values_that_know_their_name(name):
    assert rule(name) == rule(name)
    assert rule(name).name == name


def test_the_package_offers_what_it_says():
    assert all(hasattr(aggregator, name) for name in aggregator.__all__)
    assert callable(aggregator.rule)
