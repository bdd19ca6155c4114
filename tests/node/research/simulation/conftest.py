"""Small simulations, and one that watches them."""

import pytest

from node.research.simulation.results import PeerResult, Results, RoundResult
from node.research.simulation.settings import Settings

SMALL = Settings(peers=8, byzantine=1, rounds=3, validators=3, dimension=300, rule="multi_krum")


class Watched:
    """Keeps what it is told; `after` a number of actions it raises, as if the process were killed."""

    def __init__(self, killed_after=None):
        self.before, self.actions, self.results, self.killed_after = None, [], [], killed_after

    def resumed(self, rounds):
        self.before = rounds

    def acted(self, name, action):
        self.actions.append((name, type(action).__name__))
        if self.killed_after is not None and len(self.actions) >= self.killed_after:
            raise Killed

    def ended(self, result):
        self.results.append(result)


class Killed(Exception):
    pass


def round_result(number, metric, selected=(0, 1), poisoners=0, status="finalised"):
    return RoundResult(
        round=number,
        status=status,
        metric=metric,
        metrics={"progress": metric, "loss": 1 - metric},
        faults=1,
        updates=8,
        selected=selected,
        selected_poisoners=poisoners,
        state="bafystate",
        record="bafyrecord",
        seconds=1.5,
    )


@pytest.fixture
def results():
    rounds = (round_result(1, 0.25), round_result(2, 0.25, (), 0, "failed"), round_result(3, 0.5, (0, 7), 1))
    peers = tuple(PeerResult(place, f"0x{place}", place == 7, place < 3, 100, 12.5) for place in range(8))
    return Results(SMALL, {"progress": 0.0, "loss": 1.0}, rounds, peers)
