"""Local algorithms on quadratics, where every answer has a closed form.

Peer i minimises ½ · Σ aᵢ (w − bᵢ)²; the federation should find Σ aᵢ bᵢ / Σ aᵢ, coordinate by coordinate.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

import aggregator
from aggregator.delta import quantise
from aggregator.errors import BadParameter, UnknownRule
from node.algorithms import (
    ALGORITHMS,
    Descend,
    FedAvg,
    FedDyn,
    FedProx,
    LocalAlgorithm,
    LocalRound,
    Memory,
    Pull,
    Scaffold,
    local_algorithm,
)

Vector = NDArray[np.float32]
CURVATURE = np.array([[1.0, 4.0], [3.0, 1.0], [0.5, 2.0]], np.float32)
OPTIMUM = np.array([[1.0, -2.0], [-3.0, 2.0], [4.0, 0.5]], np.float32)
SHARED = (CURVATURE * OPTIMUM).sum(axis=0) / CURVATURE.sum(axis=0)
RATE = 0.05
STRENGTHS = [
    ("fedprox", "mu"),
    ("feddyn", "alpha"),
    ("ditto", "strength"),
    ("pfedme", "rate"),
]


def descent(peer: int) -> Descend:
    """Plain gradient steps on the peer's loss and a pull."""

    def descend(start: Vector, pull: Pull, steps: int) -> Vector:
        anchor = start if pull.anchor is None else pull.anchor
        w = start.copy()
        for _ in range(steps):
            gradient = CURVATURE[peer] * (w - OPTIMUM[peer]) + np.float32(pull.mu) * (w - anchor)
            if pull.linear is not None:
                gradient += pull.linear
            w -= np.float32(RATE) * gradient
        return w

    return descend


def federate(
    algorithm: LocalAlgorithm,
    rounds: int,
    steps: int,
    server: Callable[[Vector, Vector], Vector] | None = None,
    present: Callable[[int], Sequence[int]] = lambda _: (0, 1, 2),
) -> Vector:
    """Rounds of training, averaging and, where there is one, a server's step from aggregate and sum of aggregates."""
    w, total, previous = np.zeros(2, np.float32), np.zeros(2, np.float32), None
    memories: list[Memory] = [{}, {}, {}]
    for number in range(rounds):
        local_round, deltas = LocalRound(steps, RATE, previous), []
        for peer in present(number):
            delta, memories[peer] = algorithm.train(descent(peer), w, memories[peer], local_round)
            deltas.append(delta)
        previous = np.mean(deltas, axis=0, dtype=np.float32)
        total = total + previous
        w = w + (previous if server is None else server(previous, total))
    return w


def test_plain_averaging_ends_beside_the_optimum_at_its_own_fixed_point() -> None:
    steps = 10
    kept = (1 - RATE * CURVATURE) ** steps  # of the distance to a peer's own optimum, after its steps
    fixed = ((1 - kept) * OPTIMUM).sum(axis=0) / (1 - kept).sum(axis=0)
    assert federate(FedAvg(), 200, steps) == pytest.approx(fixed, abs=1e-4)
    assert np.abs(fixed - SHARED).max() > 0.05


def test_a_proximal_peer_stops_where_its_closed_form_says() -> None:
    start, mu = np.array([0.5, 0.5], np.float32), 2.0
    expected = (CURVATURE[0] * OPTIMUM[0] + mu * start) / (CURVATURE[0] + mu)
    delta, memory = FedProx(mu).train(descent(0), start, {}, LocalRound(400, RATE))
    assert start + delta == pytest.approx(expected, abs=1e-5)
    assert memory == {}


def test_scaffold_finds_the_optimum_that_averaging_misses() -> None:
    assert federate(Scaffold(), 200, 10) == pytest.approx(SHARED, abs=1e-3)


def test_scaffold_still_finds_it_when_somebody_joins_late() -> None:
    found = federate(Scaffold(), 300, 10, present=lambda number: (0, 1) if number < 20 else (0, 1, 2))
    assert found == pytest.approx(SHARED, abs=1e-3)


def test_scaffolds_drifts_are_the_mean_gradients_along_the_way() -> None:
    """With one step a round, cᵢ is the gradient where the round started, whatever corrected it."""
    start = np.array([0.25, -1.0], np.float32)
    gradient = CURVATURE[1] * (start - OPTIMUM[1])
    delta, memory = Scaffold().train(descent(1), start, {}, LocalRound(1, RATE))
    assert memory["own"] == pytest.approx(gradient, rel=1e-5)
    told = LocalRound(1, RATE, previous=np.array([0.2, -0.4], np.float32))
    pull = Scaffold().pull(memory, told)
    assert pull.linear == pytest.approx(-told.previous / RATE - gradient, rel=1e-5)
    corrected, again = Scaffold().train(descent(1), start, memory, told)
    assert again["own"] == pytest.approx(gradient, rel=1e-4)
    assert corrected == pytest.approx(delta - RATE * pull.linear, rel=1e-4)


def test_a_new_scaffold_peer_trains_plainly_first() -> None:
    told = LocalRound(2, RATE, previous=np.array([0.2, -0.4], np.float32))
    assert Scaffold().pull({}, told) == Pull()


def test_somebody_absent_while_scaffold_still_moves_leaves_a_small_bias() -> None:
    def away(algorithm: LocalAlgorithm, absent_in: int) -> float:
        found = federate(algorithm, 200, 10, present=lambda number: (0, 1) if number == absent_in else (0, 1, 2))
        return float(np.abs(found - SHARED).max())

    assert 0.01 < away(Scaffold(), 1) < 0.2 * away(FedAvg(), 1)
    assert away(Scaffold(), 50) < 1e-5


def test_feddyn_finds_the_optimum_with_its_servers_step() -> None:
    found = federate(FedDyn(1.0), 150, 200, server=lambda aggregate, total: aggregate + total)
    assert found == pytest.approx(SHARED, abs=1e-2)


def test_feddyns_server_is_the_optimiser_of_that_name() -> None:
    """The same on the integer grid: what validators compute leads to the optimum within some steps of it."""
    algorithm, optimiser, grid = FedDyn(1.0), aggregator.optimiser("feddyn"), 2.0**-12
    state, moments = np.zeros(2, np.int32), optimiser.start(2, -12)
    memories: list[Memory] = [{}, {}, {}]
    for _ in range(150):
        w, local_round = (state * grid).astype(np.float32), LocalRound(200, RATE)
        trained = [algorithm.train(descent(peer), w, memories[peer], local_round) for peer in range(3)]
        memories = [memory for _, memory in trained]
        updates = [quantise(delta, -12)[0] for delta, _ in trained]
        aggregate = aggregator.aggregate(updates, aggregator.rule("mean"), aggregator.Context())
        state, moments = aggregator.advance(optimiser, state, aggregate, moments, -12)
    assert state * grid == pytest.approx(SHARED, abs=1e-2)


@pytest.mark.parametrize(("name", "key"), STRENGTHS)
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1001"])
def test_a_strength_that_is_none_is_refused(name: str, key: str, value: str) -> None:
    with pytest.raises(BadParameter, match=f"{name} parameter {key} is .*: give a number above 0, at most 1000"):
        local_algorithm(name, **{key: Decimal(value)})


def test_an_algorithm_is_chosen_by_name_with_decimals() -> None:
    assert local_algorithm("fedprox", mu=Decimal("0.25")) == FedProx(0.25)
    assert local_algorithm("fedavg") == FedAvg()
    with pytest.raises(
        UnknownRule, match="no local algorithm is called 'magic': there are ditto, fedavg, feddyn, fedper"
    ):
        local_algorithm("magic")
    with pytest.raises(BadParameter, match="fedavg has no parameter 'mu': it takes none"):
        local_algorithm("fedavg", mu=Decimal(1))


def test_every_algorithm_has_its_name() -> None:
    assert {name: one.name for name, one in ALGORITHMS.items()} == {name: name for name in ALGORITHMS}
