"""Personal vectors on quadratics ½ (w − a)ᵀ H (w − a), where every answer has a closed form."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from aggregator.delta import LayoutEntry
from aggregator.errors import BadParameter
from node.algorithms import ALGORITHMS, PERSONAL, Ditto, FedPer, LocalRound, PFedMe, Pull, local_algorithm
from node.errors import GuidelineError

Vector = NDArray[np.float32]
RATE = 0.05
LAYOUT = (LayoutEntry("model.h.1.attn.lora_B", 1, 2), LayoutEntry("model.h.11.attn.lora_B", 1, 2))
MINE = FedPer(("h.11",))


@dataclass(frozen=True)
class Peer:
    """One peer's loss, and the two ways down it: plain steps, and all the way at once."""

    h: NDArray[np.float64]
    a: NDArray[np.float64]

    def steps(self, start: Vector, pull: Pull, steps: int) -> Vector:
        anchor = start if pull.anchor is None else pull.anchor
        w = start.astype(np.float64)
        for _ in range(steps):
            w = w - RATE * (self.h @ (w - self.a) + pull.mu * (w - anchor))
        return w.astype(np.float32)

    def exactly(self, start: Vector, pull: Pull, steps: int) -> Vector:
        anchor = start if pull.anchor is None else pull.anchor
        return self.near(anchor, pull.mu).astype(np.float32)

    def near(self, w: NDArray[np.floating], strength: float) -> NDArray[np.float64]:
        """The minimum of the loss + strength / 2 · ‖θ − w‖²: (H + λ)⁻¹ (H a + λ w)."""
        return np.linalg.solve(self.h + strength * np.eye(len(self.a)), self.h @ self.a + strength * w)


def peers(dimensions: int) -> list[Peer]:
    made = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        root = random.normal(size=(dimensions, dimensions))
        made.append(Peer(root @ root.T / dimensions + 0.5 * np.eye(dimensions), random.normal(size=dimensions) * 2))
    return made


W = np.array([0.5, -1.0, 2.0], np.float32)


def test_dittos_personal_vector_is_the_minimum_near_the_federations() -> None:
    peer, algorithm = peers(3)[0], Ditto(0.75)
    delta, memory = algorithm.train(peer.exactly, W, {}, LocalRound(10, RATE))
    assert W + delta == pytest.approx(peer.a, abs=1e-5)
    assert memory[PERSONAL] == pytest.approx(peer.near(W, 0.75), abs=1e-5)
    assert algorithm.personal(W, memory, ()) is memory[PERSONAL]
    assert algorithm.personal(W, {}, ()) is W


def test_one_step_of_ditto_is_the_papers() -> None:
    peer, v = peers(3)[1], np.array([1.0, 1.0, -1.0], np.float32)
    delta, memory = Ditto(2.0).train(peer.steps, W, {PERSONAL: v}, LocalRound(1, RATE))
    assert delta == pytest.approx(-RATE * peer.h @ (W - peer.a), rel=1e-4)
    assert memory[PERSONAL] == pytest.approx(v - RATE * (peer.h @ (v - peer.a) + 2.0 * (v - W)), rel=1e-4)


def test_ditto_sends_what_fedavg_sends() -> None:
    peer, plain = peers(3)[2], local_algorithm("fedavg")
    for memory in ({}, {PERSONAL: -W}):
        delta, _ = Ditto(0.5).train(peer.steps, W, memory, LocalRound(7, RATE))
        assert delta.tolist() == plain.train(peer.steps, W, {}, LocalRound(7, RATE))[0].tolist()


def test_a_step_of_pfedme_is_one_on_the_moreau_envelope() -> None:
    """Its gradient at w is λ (w − θ(w)) with θ(w) = (H + λ)⁻¹ (H a + λ w)."""
    peer, algorithm = peers(3)[0], PFedMe(strength=4.0, rate=0.1, inner_steps=5)
    delta, memory = algorithm.train(peer.exactly, W, {}, LocalRound(5, RATE))
    theta = peer.near(W, 4.0)
    assert delta == pytest.approx(-0.1 * 4.0 * (W - theta), rel=1e-4)
    assert memory[PERSONAL] == pytest.approx(theta, rel=1e-4)
    assert algorithm.personal(W, memory, ()) is memory[PERSONAL]


def test_pfedme_takes_the_rounds_steps_in_parts() -> None:
    taken = []

    def descend(start: Vector, pull: Pull, steps: int) -> Vector:
        taken.append((steps, pull.mu, start[0], pull.anchor[0] if pull.anchor is not None else None))
        return start + np.float32(1)

    zero = np.zeros(1, np.float32)
    delta, memory = PFedMe(strength=2.0, rate=0.25, inner_steps=3).train(descend, zero, {}, LocalRound(7, RATE))
    assert taken == [(3, 2.0, 0, 0), (3, 2.0, 1, 0.5), (1, 2.0, 2, 1.25)]  # w goes half of the way to θ each time
    assert (memory[PERSONAL].tolist(), delta.tolist()) == ([3], [2.125])


def test_pfedme_ends_where_the_envelopes_gradients_sum_to_nothing() -> None:
    everybody, algorithm = peers(3), PFedMe(strength=4.0, rate=0.1, inner_steps=5)
    w, memories = np.zeros(3, np.float32), [{}, {}, {}]
    for _ in range(300):
        trained = [
            algorithm.train(peer.exactly, w, memory, LocalRound(20, RATE))
            for peer, memory in zip(everybody, memories, strict=True)
        ]
        memories = [memory for _, memory in trained]
        w = w + np.mean([delta for delta, _ in trained], axis=0)
    pulls = [np.linalg.inv(peer.h + 4.0 * np.eye(3)) @ peer.h for peer in everybody]
    drifting = [np.eye(3) - np.linalg.matrix_power(np.eye(3) - 0.4 * pull, 4) for pull in pulls]  # four steps a round
    expected = np.linalg.solve(sum(drifting), sum(one @ peer.a for one, peer in zip(drifting, everybody, strict=True)))
    assert w == pytest.approx(expected, abs=1e-3)


def test_fedper_ends_at_the_joint_optimum_of_shared_and_personal_parts() -> None:
    """With one step a round the shared x minimises Σ minᵧ fᵢ(x, y): (Σ Sᵢ) x = Σ Sᵢ aᵢ, Sᵢ the Schur complements."""
    everybody = peers(4)
    w, memories = np.zeros(4, np.float32), [{}, {}, {}]
    for _ in range(4000):
        trained = [
            MINE.train(peer.steps, w, memory, LocalRound(1, RATE, layout=LAYOUT))
            for peer, memory in zip(everybody, memories, strict=True)
        ]
        memories = [memory for _, memory in trained]
        w = w + np.mean([delta for delta, _ in trained], axis=0)
    assert w[2:].tolist() == [0, 0]
    complements = [p.h[:2, :2] - p.h[:2, 2:] @ np.linalg.solve(p.h[2:, 2:], p.h[2:, :2]) for p in everybody]
    shared = np.linalg.solve(sum(complements), sum(s @ p.a[:2] for s, p in zip(complements, everybody, strict=True)))
    assert w[:2] == pytest.approx(shared, abs=1e-3)
    for peer, memory in zip(everybody, memories, strict=True):
        own = peer.a[2:] - np.linalg.solve(peer.h[2:, 2:], peer.h[2:, :2] @ (shared - peer.a[:2]))
        assert MINE.personal(w, memory, LAYOUT) == pytest.approx([*shared, *own], abs=2e-3)


def test_what_fedper_keeps_is_never_in_the_update() -> None:
    start = np.array([1, 2, 3, 4], np.float32)
    delta, memory = MINE.train(lambda start, pull, steps: start + 1, start, {}, LocalRound(1, RATE, layout=LAYOUT))
    assert (delta.tolist(), memory[PERSONAL].tolist()) == ([1, 1, 0, 0], [0, 0, 4, 5])
    hostile = np.array([1, 2, -99, -99], np.float32)  # what others send there changes nothing
    begun = []
    MINE.train(
        lambda start, pull, steps: begun.append(start.tolist()) or start,
        hostile,
        memory,
        LocalRound(1, RATE, None, LAYOUT),
    )
    assert begun == [[1, 2, 4, 5]]
    assert MINE.personal(hostile, memory, LAYOUT).tolist() == [1, 2, 4, 5]


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        (("h.2",), "fedper keeps 'h.2', which names no trained tensor"),
        (("h.1", "lora"), "fedper keeps 'lora', which names no trained tensor"),
        (("model",), "fedper keeps every trained tensor; leave some to the federation"),
    ],
)
def test_fedper_refuses_names_that_fit_nothing_or_everything(tensors: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(GuidelineError, match=sentence):
        FedPer(tensors).personal(np.zeros(4, np.float32), {}, LAYOUT)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"inner_steps": "2.5"}, r"inner_steps is 2\.5: give a whole number"),
        ({"rate": "0.5", "strength": "2.5"}, "their product is above 1, so w would overshoot"),
    ],
)
def test_pfedme_refuses_what_cannot_work(parameters: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadParameter, match=sentence):
        local_algorithm("pfedme", **{key: Decimal(value) for key, value in parameters.items()})


def test_the_others_have_no_vector_of_their_own() -> None:
    for name in ("fedavg", "fedprox", "scaffold", "feddyn"):
        assert ALGORITHMS[name]().personal(W, {PERSONAL: W}, LAYOUT) is None
