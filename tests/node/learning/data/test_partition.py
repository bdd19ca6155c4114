"""Every partition deals every sample to exactly one part, as its seed says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import DataError
from node.learning.data.partition import (
    PARTITIONS,
    by_repository,
    centralised,
    dirichlet_label,
    dirichlet_quantity,
    holdings,
    label_imbalanced,
    quantity_imbalanced,
    single_client,
    uniform,
)

LABELS = ["networkx"] * 300 + ["rich"] * 200 + ["sympy"] * 100


@pytest.fixture(params=sorted(PARTITIONS))
def partition(request):
    return PARTITIONS[request.param]


@pytest.mark.parametrize("name", sorted(PARTITIONS))
@given(data=st.data())
def test_every_sample_is_in_exactly_one_part_and_no_part_is_empty(name, data):
    labels = data.draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60))
    parts = data.draw(st.integers(1, len(set(labels))))
    dealt = PARTITIONS[name](labels, parts, data.draw(st.integers(0, 2**32)))
    assert sorted(place for part in dealt for place in part) == list(range(len(labels)))
    assert len(dealt) == parts
    assert all(dealt)
    assert all(list(part) == sorted(part) for part in dealt)


def test_the_same_seed_deals_the_same(partition):
    assert partition(LABELS, 3, 7) == partition(list(LABELS), 3, 7)


@pytest.mark.parametrize("name", sorted(set(PARTITIONS) - {"by_repository"}))
def test_another_seed_deals_otherwise(name):
    assert PARTITIONS[name](LABELS, 3, 7) != PARTITIONS[name](LABELS, 3, 8)


def test_too_few_samples_are_refused(partition):
    with pytest.raises(DataError, match="partition: "):
        partition(["a", "b"], 3, 0)


def test_one_owner_is_one_client():
    labels = ["numpy/numpy", "scipy/scipy", "numpy/numpydoc", "rich", "numpy/f2py"]
    assert by_repository(labels, 3) == ((0, 2, 4), (3,), (1,))
    with pytest.raises(DataError, match="3 repositories for 4 parts"):
        by_repository(labels, 4)


def test_centralised_is_everything_in_one_place():
    assert centralised(LABELS) == (tuple(range(600)),)
    with pytest.raises(DataError, match="0 samples"):
        centralised([])


def test_a_single_client_holds_what_one_of_many_would():
    (held,) = single_client(LABELS, 10, seed=4)
    assert held == uniform(LABELS, 10, seed=4)[0]
    assert len(held) == 60


def test_label_imbalanced_changes_labels_and_not_sizes():
    held = holdings(LABELS, label_imbalanced(LABELS, 7, seed=1))
    assert {holding.samples for holding in held} == {85, 86}
    assert max(holding.skew for holding in held) > 0.4


def test_quantity_imbalanced_keeps_the_mix_of_labels_to_the_sample():
    held = holdings(LABELS, quantity_imbalanced(LABELS, 4, seed=1))
    assert max(one.samples for one in held) > 3 * min(one.samples for one in held)
    for holding in held:
        expected = {"networkx": holding.samples / 2, "rich": holding.samples / 3, "sympy": holding.samples / 6}
        assert all(abs(holding.by_label.get(label, 0) - share) <= 2 for label, share in expected.items())


def test_a_repository_is_never_parted():
    dealt = by_repository(LABELS, 3)
    assert [set(holding.by_label) for holding in holdings(LABELS, dealt)] == [{"networkx"}, {"rich"}, {"sympy"}]


def test_more_repositories_than_parts_are_put_together_evenly():
    assert [holding.samples for holding in holdings(LABELS, by_repository(LABELS, 2))] == [300, 300]


def test_uniform_parts_are_of_one_size_and_alike():
    held = holdings(LABELS, uniform(LABELS, 7, seed=1))
    assert {holding.samples for holding in held} == {85, 86}
    assert max(holding.skew for holding in held) < 0.15


def test_dirichlet_quantity_changes_sizes_and_not_labels():
    held = holdings(LABELS, dirichlet_quantity(LABELS, 4, seed=1))
    sizes = [holding.samples for holding in held]
    assert max(sizes) > 3 * min(sizes)
    assert max(holding.skew for holding in held if holding.samples > 50) < 0.15


SKEWED = [dirichlet_label, dirichlet_quantity, label_imbalanced, quantity_imbalanced]


@pytest.mark.parametrize("deal", SKEWED)
def test_a_large_alpha_is_even(deal):
    held = holdings(LABELS, deal(LABELS, 4, seed=1, alpha=1e6))
    assert all(abs(holding.samples - 150) < 10 for holding in held)
    assert max(holding.skew for holding in held) < 0.15


def test_a_small_alpha_gives_each_label_to_few():
    def mean_skew(alpha):
        held = holdings(LABELS, dirichlet_label(LABELS, 3, seed=1, alpha=alpha))
        return sum(holding.samples * holding.skew for holding in held) / len(LABELS)

    assert mean_skew(0.05) > 0.4
    assert mean_skew(100.0) < 0.1


@pytest.mark.parametrize("deal", [dirichlet_label, dirichlet_quantity, quantity_imbalanced])
def test_a_part_that_came_out_empty_takes_from_the_fullest(deal):
    dealt = deal(["a"] * 30, 10, seed=1, alpha=1e-3)
    assert Counter(map(len, dealt))[1] >= 8
    assert min(map(len, dealt)) == 1


@pytest.mark.parametrize("alpha", [0, -1.0, float("nan")])
@pytest.mark.parametrize("deal", SKEWED)
def test_a_concentration_is_above_zero(deal, alpha):
    with pytest.raises(DataError, match="alpha is"):
        deal(LABELS, 3, 0, alpha=alpha)


def test_what_parts_hold_adds_up():
    held = holdings(LABELS, dirichlet_label(LABELS, 5, seed=3))
    assert sum(holding.samples for holding in held) == len(LABELS)
    assert sum(Counter(LABELS).values()) == sum(sum(holding.by_label.values()) for holding in held)
    assert holdings(["a", "b"], ((0,), (1,)))[0].skew == pytest.approx(0.5)
    assert holdings(["a", "b"], ((0, 1),))[0].skew == 0
