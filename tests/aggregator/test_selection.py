import numpy as np
import pytest

from aggregator import Context, aggregate, aggregate_with_reasons, rule
from aggregator.attacks import attack, poison_alone
from aggregator.delta import quantise


def column(*values):
    return np.array([[value] for value in values], np.int16)


def test_reasons_give_the_numbers_that_decided():
    outcome = aggregate_with_reasons(column(0, 1, 3, 7, 100), rule("multi_krum", f=1))
    assert outcome.selected == (True, True, True, True, False)
    assert outcome.reasons == (
        "kept: score rank 2 of 5",
        "kept: score rank 1 of 5",
        "kept: score rank 3 of 5",
        "kept: score rank 4 of 5",
        "dropped: its summed squared distance to its 2 nearest neighbours, 18058, ranks 5 of 5 and only 4 are kept",
    )
    assert outcome.delta.tolist() == [3]


def test_krum_keeps_one():
    outcome = aggregate_with_reasons(column(0, 1, 3, 7, 100), rule("krum"))
    assert outcome.selected == (False, True, False, False, False)
    assert outcome.reasons[0].endswith("neighbours, 10, ranks 2 of 5 and only 1 is kept")
    assert outcome.delta.tolist() == [1]


def test_m_is_never_more_than_n_minus_f():
    rows = column(0, 1, 3, 7, 100)
    kept = [sum(aggregate_with_reasons(rows, rule("multi_krum", f=1, m=m)).selected) for m in (1, 3, 4, 5, 99)]
    assert kept == [1, 3, 4, 4, 4]


def test_equal_scores_go_by_value_whatever_the_order_of_peers():
    rows = column(10, -10, 0, 3000, -3000)
    assert aggregate(rows, rule("multi_krum", f=1, m=2)).tolist() == [-5]
    assert aggregate(rows[::-1], rule("multi_krum", f=1, m=2)).tolist() == [-5]


def test_values_are_compared_across_chunks():
    rows = np.zeros((3, 5), np.int16)
    rows[:, 4] = [2, 1, 2]
    rows[2, 0] = 30
    assert aggregate_with_reasons(rows, rule("krum"), Context(chunk=2)).selected == (False, True, False)


def test_equal_updates_go_by_row():
    assert aggregate_with_reasons(column(7, 7, 7), rule("krum")).selected == (True, False, False)
    assert aggregate_with_reasons(column(7, 7, 7, 7, 7), rule("multi_krum", m=2, f=0)).selected == (
        *(True, True),
        *(False, False, False),
    )


def test_an_update_is_not_its_own_neighbour():
    """Copies at distance 0 count as neighbours; the row itself must not."""
    outcome = aggregate_with_reasons(column(0, 0, 5), rule("krum", f=0))
    assert outcome.reasons[2].split(", ")[1] == "25"


@pytest.mark.parametrize("seed", range(5))
def test_nine_peers_with_two_poisoners(seed):
    generator = np.random.default_rng(seed)
    common = generator.normal(0, 0.01, 2000)
    honest = [(common + generator.normal(0, 0.01, 2000)).astype(np.float32) for _ in range(9)]
    honest[3] = poison_alone(attack("sign_flip"), honest[3], seed)
    honest[7] = poison_alone(attack("noise"), honest[7], seed)
    rows = np.stack([quantise(delta, -16)[0] for delta in honest])
    outcome = aggregate_with_reasons(rows, rule("multi_krum"), Context(faults=2))
    assert outcome.selected == (True, True, True, False, True, True, True, False, True)
