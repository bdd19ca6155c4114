"""Random lives of a federation, lived by the contracts and by their model: never a difference.

A life is a list of moves. Most are what members ought to do in the current phase, done by some of them, some of them
wrongly, so that rounds get anywhere; the others are odd calls, votes, and time.
"""

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import Phase as Step
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.chain.deployment import founders_proof
from tests.federations import TOKEN
from tests.node.chain.model.lives import (
    ACCOUNTS,
    FOUNDERS,
    MOVES,
    STRICT,
    Life,
    Move,
    be_odd,
    compare,
    decide,
    do_duty,
    pass_time,
    run_round,
)
from tests.node.chain.model.twins import Twins

PROSPEROUS = (
    *(Move(run_round, (0, 0, 0)),) * 2,
    Move(be_odd, (5, 1, "claim")),
    Move(be_odd, (2, 2, "propose a release")),
    Move(decide, (5, 0, 0)),
    Move(decide, (5, 0, 0)),
    Move(run_round, (0, 0, 0)),
    Move(decide, (6, 0, 0)),  # a rollback, used by the next round and then gone
    *(Move(run_round, (0, 0, 0)),) * 8,
    Move(be_odd, (0, 3, "claim")),
    Move(decide, (3, 0, 0)),  # a new lineage
    Move(run_round, (0, 0, 0)),
)
TROUBLED = (
    Move(run_round, (0, 0, 0)),
    Move(decide, (4, 0, 0)),  # a guideline that cannot run
    *(Move(run_round, (28, 0, 0)),) * 4,
    *(Move(be_odd, (0, place, "report")) for place in range(FOUNDERS)),
    *(Move(be_odd, (0, place, "settle")) for place in range(FOUNDERS)),
    Move(run_round, (0, 1, 0)),
    *(Move(be_odd, (1, place, "settle")) for place in range(FOUNDERS)),
    *(Move(be_odd, (place, 0, "resume")) for place in range(FOUNDERS)),
)

BLAMING = (
    Move(run_round, (0, 0, 3)),  # all find that nothing is included
    Move(run_round, (0, 0, 1)),  # all find a malformed update
    *(Move(be_odd, (1, place, "settle")) for place in range(FOUNDERS)),
    *(Move(be_odd, (place, 0, "bond")) for place in range(FOUNDERS)),
    Move(run_round, (0, 0, 2)),  # all find that most was missing, and somebody vouched falsely
    Move(run_round, (0, 1, 0)),
    *(Move(be_odd, (1, place, "settle")) for place in range(FOUNDERS)),
    *(Move(be_odd, (place, 0, "resume")) for place in range(FOUNDERS)),
)
LATE = (
    *(Move(do_duty, (31, 0)),) * 5,
    Move(do_duty, (7, 0)),  # two disclose, or three, and somebody finalises
    *(Move(do_duty, (31, 0)),) * 4,  # who has not disclosed yet may not vouch
    *(Move(be_odd, (place, 1, "disclose late")) for place in range(FOUNDERS)),
    *(Move(be_odd, (0, place, "report")) for place in range(FOUNDERS)),
    Move(do_duty, (31, 0)),
    Move(do_duty, (31, 0)),
    Move(pass_time, (1,)),
    *(Move(be_odd, (0, place, "report")) for place in range(FOUNDERS)),
)


TWICE = (
    Move(decide, (0, 5, 32)),
    Move(be_odd, (6, 0, "blunder")),
    Move(do_duty, (31, 0)),
    Move(be_odd, (0, 0, "blunder")),
    *(Move(do_duty, (7, 0)), Move(do_duty, (7, 0)), Move(do_duty, (31, 0))),
    *(Move(be_odd, (0, 1, "settle")), Move(do_duty, (31, 0))),
    *(Move(do_duty, (1 << place, 2)) for place in range(FOUNDERS)),  # vouch for what nobody revealed
    *(Move(do_duty, (3, 0)), Move(do_duty, (3, 0)), Move(do_duty, (31, 0))),
    *(Move(do_duty, (3, 0)), Move(do_duty, (3, 0)), Move(do_duty, (31, 0))),
    Move(pass_time, (2,)),
    *(Move(be_odd, (place, 0, "disclose late")) for place in range(FOUNDERS)),
)
SILENT = (
    *(Move(do_duty, (31, 0)),) * 5,
    *(Move(pass_time, (2,)), Move(be_odd, (1, 0, "disclose late"))),  # nobody discloses, and then it is too late
    *(*(Move(be_odd, (0, place, "settle")) for place in range(FOUNDERS)),),
    *(Move(run_round, (28, 0, 0)), *(Move(be_odd, (0, place, "report")) for place in range(FOUNDERS))) * 3,
    *(Move(run_round, (30, 0, 0)), *(Move(be_odd, (5, place, "report")) for place in range(2))) * 3,
    *(*(Move(be_odd, (place, 0, "resume")) for place in range(FOUNDERS)),),
    *(*(Move(be_odd, (place, 0, "exit")) for place in range(FOUNDERS)),),
    Move(do_duty, (31, 0)),  # too few are left
)
UNSEATED = (
    Move(decide, (0, 6, 0)),
    Move(decide, (1, 6, 0)),  # voted out before it joined
    Move(decide, (0, 5, 0)),
    Move(decide, (1, 5, 0)),
    Move(be_odd, (5, 0, "found")),  # a founder that was voted out cannot join,
    *(Move(run_round, (0, 0, 0)),) * 2,
    Move(be_odd, (0, 6, "claim")),  # but whoever a ledger pays is paid,
    Move(be_odd, (0, 5, "claim")),
    Move(decide, (0, 5, 0)),
    Move(decide, (1, 5, 0)),  # and loses its votes with another vote
    Move(decide, (0, 5, 0)),
    Move(be_odd, (5, 0, "found")),
    Move(be_odd, (5, 0, "found")),
    Move(decide, (0, 6, 0)),
    Move(be_odd, (6, 0, "join")),
    Move(run_round, (0, 0, 0)),
)

MOVING = (
    Move(decide, (0, 5, 0)),
    Move(be_odd, (5, 0, "join")),
    Move(run_round, (0, 0, 0)),
    Move(be_odd, (5, 0, "exit")),
    Move(be_odd, (4, 0, "unbond")),
    Move(be_odd, (4, 0, "withdraw")),
    Move(decide, (1, 3, 0)),
    *(Move(pass_time, (3,)),) * 4,
    Move(be_odd, (4, 0, "withdraw")),
    Move(be_odd, (3, 0, "withdraw")),
    Move(be_odd, (4, 0, "bond")),
    Move(decide, (0, 5, 0)),
    Move(be_odd, (5, 0, "join")),
    Move(be_odd, (0, 5, "move tokens")),
    Move(run_round, (0, 0, 0)),
)


@pytest.fixture(scope="module")
def founded() -> Iterator[Callable[[], Life]]:
    """Gives a life that begins with five of six founders who have joined, as often as asked."""
    twins = Twins(ACCOUNTS, FOUNDERS + 1, STRICT)
    for place in range(FOUNDERS):
        proof = list(founders_proof(twins.deployment.founders, twins.accounts[place]))
        twins.send(place, "Membership", "joinFounder", 1000 * TOKEN, bytes([place]) * 32, 3, proof)
    twins.remember()

    def anew() -> Life:
        twins.return_to_memory()
        return Life(twins)

    yield anew


def test_deployment_tells_the_same(founded: Callable[[], Life]) -> None:
    twins = founded().twins
    real, modelled = (
        [(one.contract, one.name, one.arguments) for one in events]
        for events in (twins.reader.events(0), twins.model.events(0))
    )
    assert real == modelled


# Shrinking a life takes minutes and shortens it little: the first difference says what was done.
@settings(max_examples=4, phases=(Step.explicit, Step.reuse, Step.generate))
@example(moves=PROSPEROUS)
@example(moves=TROUBLED)
@example(moves=BLAMING)
@example(moves=LATE)
@example(moves=MOVING)
@example(moves=UNSEATED)
@example(moves=TWICE)
@example(moves=SILENT)
@given(moves=st.lists(MOVES, min_size=4, max_size=10))
def test_a_federations_life_is_the_same_on_both(founded: Callable[[], Life], moves: Sequence[Move]) -> None:
    life = founded()
    for move in moves:
        move.do(life, *move.arguments)
    compare(life)


def test_more_members_than_one_opening_seats() -> None:
    twins = Twins(34, 34, STRICT)
    for place, one in enumerate(twins.accounts):
        proof = list(founders_proof(twins.deployment.founders, one))
        twins.send(place, "Membership", "joinFounder", 1000 * TOKEN, bytes(32), 3, proof)
    twins.send(0, "RoundManager", "open")
    assert twins.ask("RoundManager", "queuedChanges") == 2
    assert len(twins.ask("RoundManager", "seated", 0, 0, 40)) == 32
    twins.send(0, "RoundManager", "applyRosterChanges")
    twins.advance(10_000)
    twins.send(0, "RoundManager", "applyRosterChanges")
    assert len(twins.ask("RoundManager", "seated", 1, 30, 40)) == 4
