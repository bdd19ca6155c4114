import numpy as np

from aggregator import Context, aggregate, aggregate_with_reasons, rule


def column(*values):
    return np.array([[value] for value in values], np.int16)


def test_krum_chooses_again_and_again_and_the_middle_of_the_chosen_is_averaged():
    outcome = aggregate_with_reasons(column(10, 11, 13, 16, 20, 1000, 9), rule("bulyan", f=1))
    assert outcome.selected == (True, True, True, True, False, False, True)
    assert outcome.delta.tolist() == [10]  # of 9, 10, 11, 13 and 16 the closest to 11 are 10, 11 and 9: 13 is as far
    assert outcome.reasons[1] == "kept: choice 1 of 5 of repeated Krum"
    assert outcome.reasons[5] == "dropped: repeated Krum chose 5 others, which are closer to their nearest neighbours"


def test_a_chosen_update_with_one_hidden_large_value_does_not_move_that_coordinate():
    """The attack Bulyan was made against: close in distance, far in one coordinate."""
    rows = np.random.default_rng(0).integers(-100, 100, (11, 10000), np.int16)
    rows[0] = np.rint(rows[1:].mean(axis=0))
    rows[0, 7] = 4000
    outcome = aggregate_with_reasons(rows, rule("bulyan"), Context(faults=2))
    assert outcome.selected[0]
    assert abs(int(outcome.delta[7])) <= 100
    assert aggregate(rows, rule("krum"), Context(faults=2))[7] == 4000


def test_without_faults_it_is_the_mean():
    rows = np.random.default_rng(1).integers(-99, 99, (5, 40), np.int16)
    assert aggregate(rows, rule("bulyan", f=0)).tolist() == aggregate(rows, rule("mean")).tolist()
