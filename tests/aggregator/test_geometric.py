import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import Context, aggregate, aggregate_with_reasons, rule
from aggregator.errors import BadParameter
from aggregator.exact import gram


def cluster(seed, n=12, d=300, outliers=3):
    """Honest updates around a common direction and outliers around another; int16."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(generator.normal(0, 300, d), 200, (n, d))
    rows[:outliers] = generator.normal(900, 100, (outliers, d))
    return np.rint(rows).astype(np.int16)


def column(*values):
    return np.array([[value] for value in values], np.int16)


@pytest.mark.parametrize("seed", range(3))
def test_the_geometric_median_minimises_the_summed_distance(seed):
    rows = cluster(seed)
    point = rows.mean(axis=0)
    for _ in range(1000):
        weights = 1 / np.linalg.norm(rows - point, axis=1)
        point = weights @ rows / weights.sum()
    assert np.abs(aggregate(rows, rule("geometric_median", steps=200)) - point).max() <= 0.51
    assert np.abs(aggregate(rows, rule("geometric_median")) - point).max() <= 2


def test_no_step_gives_a_majority_of_equal_updates_away():
    rows = column(7, 7, 7, -900, 30000)
    assert aggregate(rows, rule("geometric_median")).tolist() == [7]


def test_few_steps_stay_near_the_mean():
    rows = column(0, 0, 0, 1000)
    sums = [aggregate(rows, rule("geometric_median", steps=steps)).tolist()[0] for steps in (1, 2, 3, 32)]
    assert sums == sorted(sums, reverse=True)
    assert sums[0] == 100  # distances 250, 250, 250, 750 to the mean: 1000 / 750 over 3 / 250 + 1 / 750
    assert sums[-1] == 0


def test_the_weight_of_an_update_is_told():
    outcome = aggregate_with_reasons(column(0, 0, 0, 1000), rule("geometric_median", steps=1))
    assert outcome.selected == (True,) * 4
    assert outcome.reasons == ("kept: 30.0 % of the weight",) * 3 + ("kept: 10.0 % of the weight",)


def clipped(rows, centre, steps):
    """Centred clipping in float64."""
    for _ in range(steps):
        differences = rows - centre
        lengths = np.linalg.norm(differences, axis=1)
        radius = np.sort(lengths)[(len(rows) - 1) // 2]
        centre = centre + (differences * np.minimum(1, radius / lengths)[:, None]).mean(axis=0)
    return centre


@pytest.mark.parametrize("steps", [1, 3, 8])
@pytest.mark.parametrize("seed", range(3))
def test_centred_clipping_equals_floating_point_up_to_rounding(seed, steps):
    rows = cluster(seed)
    previous = np.rint(rows[6:].mean(axis=0) / 2).astype(np.int16)
    for centre in (None, previous):
        expected = clipped(rows, 0 if centre is None else centre, steps)
        given = aggregate(rows, rule("centred_clipping", steps=steps), Context(previous=centre, chunk=77))
        assert np.abs(given - expected).max() <= 0.51


@given(st.integers(-32767, 32767))
def test_equal_updates_are_the_centre_wherever_it_was_before(value):
    rows, previous = np.full((5, 3), value, np.int16), np.array([9, 0, -9], np.int16)
    assert (aggregate(rows, rule("centred_clipping"), Context(previous=previous)) == rows[0]).all()


@pytest.mark.parametrize("previous", [None, 7])
def test_one_step_needs_no_more_than_distances_to_the_centre(previous, monkeypatch):
    rows = cluster(1)
    context = Context(previous=None if previous is None else rows[previous])
    found = aggregate(rows, rule("centred_clipping", steps=1), context)
    monkeypatch.setattr("aggregator.geometric._with_the_last", gram)
    assert (aggregate(rows, rule("centred_clipping", steps=1), context) == found).all()


def test_what_is_far_away_is_clipped_and_told():
    outcome = aggregate_with_reasons(column(1, 2, 3, 4, 1000), rule("centred_clipping", steps=1))
    assert outcome.selected == (True,) * 5
    assert outcome.delta.tolist() == [2]  # the mean of 1, 2, 3, 3, 3 is 2.4
    assert outcome.reasons[2] == "kept: within the radius around the centre"
    assert outcome.reasons[3] == "kept: clipped to the radius, 75.0 % of its distance to the centre"
    assert outcome.reasons[4] == "kept: clipped to the radius, 0.3 % of its distance to the centre"


def test_the_centre_goes_on_from_the_previous_aggregate():
    rows = column(100, 101, 103)
    near = aggregate(rows, rule("centred_clipping", steps=1), Context(previous=np.array([101], np.int16)))
    assert near.tolist() == [101]  # differences -1, 0 and 2, of which the last is clipped to 1
    assert aggregate(rows, rule("centred_clipping", steps=1)).tolist() == [101]
    far = aggregate(rows, rule("centred_clipping", steps=1), Context(previous=np.array([-999], np.int16)))
    assert far.tolist() == [101]  # (100 + 101 + 101) / 3 is 100.67


@pytest.mark.parametrize(
    ("previous", "sentence"),
    [
        (np.zeros(2, np.int32), r"the row that is added is int32 of shape \(2,\)"),
        (np.zeros(3, np.int16), "the row that is added has 3 coordinates, update 0 has 2"),
    ],
)
def test_refuses_a_previous_aggregate_of_another_kind(previous, sentence):
    with pytest.raises(BadParameter, match=sentence):
        aggregate(np.zeros((3, 2), np.int16), rule("centred_clipping"), Context(previous=previous))


@pytest.mark.parametrize("name", ["geometric_median", "centred_clipping"])
def test_one_outlier_hardly_moves_it(name):
    rows = cluster(5, outliers=0)
    before = aggregate(rows, rule(name, f=1)).astype(int)
    rows[0] = 32767
    after = aggregate(rows, rule(name, f=1)).astype(int)
    spread = np.linalg.norm(rows[1:] - rows[1:].mean(axis=0), axis=1).max()
    assert np.linalg.norm(after - before) < spread / 4
