"""Made-up holdings: what each partition makes of them."""

import pytest

from node.learning.data.partition import PARTITIONS
from node.research.simulation.partition import SAMPLES, deal
from node.research.simulation.settings import Settings


def holdings(partition, peers=12):
    return deal(Settings(peers=peers, partition=partition, seed=3))


@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_sample_is_somebodys(partition):
    dealt = holdings(partition)
    assert sum(dealt.size(place) for place in range(12)) == 12 * SAMPLES
    assert sum(dealt.relative_size(place) for place in range(12)) == pytest.approx(12)
    for place in range(12):
        assert sum(dealt.excess(place).values()) == pytest.approx(0)


def test_partitions_differ_in_size_or_in_what_is_held():
    def spread(partition):
        dealt = holdings(partition)
        sizes = [dealt.relative_size(place) for place in range(12)]
        skews = [sum(map(abs, dealt.excess(place).values())) for place in range(12)]
        return max(sizes) - min(sizes), max(skews)

    (even, alike), (uneven, similar) = spread("uniform"), spread("dirichlet_quantity")
    assert even < 0.05 < uneven
    assert alike < 0.5
    assert spread("by_repository") == (pytest.approx(0), pytest.approx(2 - 2 / 12))
    assert spread("dirichlet_label")[1] > 2 * alike
    assert similar < 2


def test_how_skewed_can_be_said():
    def skew(alpha):
        dealt = holdings(f"dirichlet_label:alpha={alpha}")
        return sum(abs(one) for place in range(12) for one in dealt.excess(place).values())

    assert skew(0.1) > 1.5 * skew(10)


def test_many_peers_have_a_repository_each():
    dealt = holdings("by_repository", peers=30)
    assert [len(one) for one in dealt.by_peer] == [1] * 30
