import numpy as np
import pytest

from aggregator import Context, aggregate, aggregate_with_reasons, rule


def filtered(rows, faults):
    """The filter with LAPACK's eigenvectors, in float64."""
    weights = np.ones(len(rows))
    least, best = np.inf, None
    while weights.sum() > len(rows) - 2 * faults:
        mean = weights @ rows / weights.sum()
        centred = rows - mean
        roots = np.sqrt(weights)
        values, vectors = np.linalg.eigh(roots[:, None] * (centred @ centred.T) * roots / weights.sum())
        if values[-1] < least:
            least, best = values[-1], weights
        squares = (centred @ (centred.T @ (roots * vectors[:, -1]))) ** 2
        weights = weights * (1 - squares / squares[weights > 0].max()).clip(0)
    best = np.where(best < best.max() / 100, 0, best)
    return best @ rows / best.sum()


def cluster(seed, n=12, d=300, outliers=3):
    generator = np.random.default_rng(seed)
    rows = generator.normal(generator.normal(0, 300, d), 200, (n, d))
    rows[:outliers] = generator.normal(900, 30, (outliers, d))
    return np.rint(rows).astype(np.int16)


@pytest.mark.parametrize("n", [7, 12, 25])
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_filter_in_floating_point(seed, n):
    rows = cluster(seed, n, outliers=n // 4)
    assert np.abs(aggregate(rows, rule("caf"), Context(faults=n // 4)) - filtered(rows, n // 4)).max() <= 1


def test_outliers_are_dropped_and_told_so():
    outcome = aggregate_with_reasons(cluster(0), rule("caf", f=3))
    assert outcome.selected == (False,) * 3 + (True,) * 9
    assert outcome.reasons[0] == "dropped: the filter left it 0.2 % of its weight, less than a hundredth of the largest"
    assert all(reason.startswith("kept: the filter left it ") for reason in outcome.reasons[3:])


def test_an_outlier_a_thousand_times_longer_hides_no_second_one():
    rows = cluster(1)
    rows[3:] //= 64
    rows[:2] = 32767
    rows[2] = -60
    assert aggregate_with_reasons(rows, rule("caf", f=3)).selected == (False,) * 3 + (True,) * 9


def test_without_faults_it_is_the_mean():
    rows = cluster(2)
    outcome = aggregate_with_reasons(rows, rule("caf", f=0))
    assert outcome.delta.tolist() == aggregate(rows, rule("mean")).tolist()
    assert outcome.reasons == ("kept: the filter left it 100.0 % of its weight",) * 12


def test_equal_updates_need_no_filter():
    rows = np.full((5, 3), 17, np.int16)
    outcome = aggregate_with_reasons(rows, rule("caf"))
    assert outcome.delta.tolist() == [17] * 3
    assert outcome.selected == (True,) * 5
