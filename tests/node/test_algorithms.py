"""Local algorithms on quadratics, where every answer has a closed form.

Peer i minimises ½ · Σ aᵢ (w − bᵢ)²; the federation should find Σ aᵢ bᵢ / Σ aᵢ, coordinate by coordinate.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

import aggregator
from aggregator.delta import quantise
from aggregator.errors import BadParameter, UnknownRule
from node.algorithms import (
    ALGORITHMS,
    FedAvg,
    FedDyn,
    FedProx,
    LocalAlgorithm,
    LocalRound,
    Memory,
    Scaffold,
    local_algorithm,
)

Vector = NDArray[np.float32]
CURVATURE = np.array([[1.0, 4.0], [3.0, 1.0], [0.5, 2.0]], np.float32)
OPTIMUM = np.array([[1.0, -2.0], [-3.0, 2.0], [4.0, 0.5]], np.float32)
SHARED = (CURVATURE * OPTIMUM).sum(axis=0) / CURVATURE.sum(axis=0)
RATE = 0.05


def descend(peer: int, start: Vector, algorithm: LocalAlgorithm, memory: Memory, local_round: LocalRound) -> Vector:
    """Plain gradient steps on the peer's loss and its pull; returns how far they led."""
    pull = algorithm.pull(memory, local_round)
    anchor = start if pull.anchor is None else pull.anchor
    w = start.copy()
    for _ in range(local_round.steps):
        gradient = CURVATURE[peer] * (w - OPTIMUM[peer]) + np.float32(pull.mu) * (w - anchor)
        if pull.linear is not None:
            gradient += pull.linear
        w -= np.float32(local_round.learning_rate) * gradient
    return w - start


def federate(
    algorithm: LocalAlgorithm, rounds: int, steps: int, server: Callable[[Vector, Vector], Vector] | None = None
) -> Vector:
    """Rounds of training, averaging and, where there is one, a server's step from aggregate and sum of aggregates."""
    w, total, previous = np.zeros(2, np.float32), np.zeros(2, np.float32), None
    memories: list[Mapping[str, Vector]] = [{}, {}, {}]
    for _ in range(rounds):
        local_round = LocalRound(steps, RATE, previous)
        deltas = [descend(peer, w, algorithm, memories[peer], local_round) for peer in range(3)]
        memories = [algorithm.remember(memories[peer], local_round, deltas[peer]) for peer in range(3)]
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
    delta = descend(0, start, FedProx(mu), {}, LocalRound(400, RATE))
    assert start + delta == pytest.approx(expected, abs=1e-5)
    assert FedProx(mu).remember({}, LocalRound(1, RATE), delta) == {}


def test_scaffold_finds_the_optimum_that_averaging_misses() -> None:
    assert federate(Scaffold(), 200, 10) == pytest.approx(SHARED, abs=1e-3)


def test_scaffolds_drifts_are_the_mean_gradients_along_the_way() -> None:
    """With one step a round, cᵢ is the gradient where the round started, and c their mean."""
    start = np.array([0.25, -1.0], np.float32)
    local_round = LocalRound(1, RATE)
    delta = descend(1, start, Scaffold(), {}, local_round)
    own = Scaffold().remember({}, local_round, delta)["own"]
    assert own == pytest.approx(CURVATURE[1] * (start - OPTIMUM[1]), rel=1e-5)
    following = LocalRound(1, RATE, previous=delta)
    assert Scaffold().pull({"own": own}, following).linear == pytest.approx(np.zeros(2), abs=1e-6)
    assert Scaffold().pull({}, following).linear == pytest.approx(own)


def test_a_late_scaffold_peer_starts_from_the_federations_drift() -> None:
    local_round = LocalRound(2, RATE, previous=np.array([0.2, -0.4], np.float32))
    delta = np.array([0.1, 0.1], np.float32)
    own = Scaffold().remember({}, local_round, delta)["own"]
    assert own == pytest.approx((local_round.previous - delta) / (2 * RATE), rel=1e-5)


def test_feddyn_finds_the_optimum_with_its_servers_step() -> None:
    found = federate(FedDyn(1.0), 150, 200, server=lambda aggregate, total: aggregate + total)
    assert found == pytest.approx(SHARED, abs=1e-2)


def test_feddyns_server_is_the_optimiser_of_that_name() -> None:
    """The same on the integer grid: what validators compute leads to the optimum within some steps of it."""
    algorithm, optimiser, grid = FedDyn(1.0), aggregator.optimiser("feddyn"), 2.0**-12
    state, moments = np.zeros(2, np.int32), optimiser.start(2, -12)
    memories: list[Mapping[str, Vector]] = [{}, {}, {}]
    for _ in range(150):
        w, local_round = (state * grid).astype(np.float32), LocalRound(200, RATE)
        deltas = [descend(peer, w, algorithm, memories[peer], local_round) for peer in range(3)]
        memories = [algorithm.remember(memories[peer], local_round, deltas[peer]) for peer in range(3)]
        updates = [quantise(delta, -12)[0] for delta in deltas]
        aggregate = aggregator.aggregate(updates, aggregator.rule("mean"), aggregator.Context())
        state, moments = aggregator.advance(optimiser, state, aggregate, moments, -12)
    assert state * grid == pytest.approx(SHARED, abs=1e-2)


@pytest.mark.parametrize(("name", "key"), [("fedprox", "mu"), ("feddyn", "alpha")])
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1001"])
def test_a_strength_that_is_none_is_refused(name: str, key: str, value: str) -> None:
    with pytest.raises(BadParameter, match=f"{name} parameter {key} is .*: give a number above 0, at most 1000"):
        local_algorithm(name, **{key: Decimal(value)})


def test_an_algorithm_is_chosen_by_name_with_decimals() -> None:
    assert local_algorithm("fedprox", mu=Decimal("0.25")) == FedProx(0.25)
    assert local_algorithm("fedavg") == FedAvg()
    with pytest.raises(UnknownRule, match="no local algorithm is called 'magic': there are fedavg, feddyn, fedprox"):
        local_algorithm("magic")
    with pytest.raises(BadParameter, match="fedavg has no parameter 'mu': it takes none"):
        local_algorithm("fedavg", mu=Decimal(1))


def test_every_algorithm_has_its_name() -> None:
    assert {name: one.name for name, one in ALGORITHMS.items()} == {name: name for name in ALGORITHMS}
