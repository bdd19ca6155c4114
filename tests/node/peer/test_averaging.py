"""Which states a release averages over: those its round was built on, and no others."""

import numpy as np
import pytest

from aggregator.delta import decode_state
from node.errors import ChainError, ContentNotFound
from node.peer.averaging import averaged_state, states_leading_to
from node.peer.conclude import conclude
from node.peer.inputs import gather


@pytest.fixture
def rounds(paper):
    """Four finalised rounds; after the second, a rollback to the first state."""
    paper.under(rule="mean")
    past = []
    for number, before in ((1, None), (2, 0), (3, 0), (4, 2)):
        base = paper.genesis if before is None else past[before].finalisation.state
        this = paper.past(number, paper.honest(base, seed=10 * number), base)
        conclusion = conclude(gather(paper.history(*past, this), number, paper.store))
        past.append(paper.finalised(this, conclusion, number))
    return past


def states(rounds, *numbers):
    return tuple(rounds[number - 1].finalisation.state for number in numbers)


def test_only_states_that_led_here_are_found_newest_first(paper, rounds):
    record = rounds[3].finalisation.record
    assert states_leading_to(paper.store, record, 9) == states(rounds, 4, 3, 1)  # round 2 was undone
    assert states_leading_to(paper.store, record, 2) == states(rounds, 4, 3)
    assert states_leading_to(paper.store, record, 1) == states(rounds, 4)
    assert states_leading_to(paper.store, rounds[1].finalisation.record, 9) == states(rounds, 2, 1)


def test_the_file_is_their_exact_mean_under_the_newest_header(paper, rounds):
    header, average = decode_state(averaged_state(paper.store, rounds[3].finalisation.record, 3))
    held = [decode_state(paper.store.get(state, 9999)) for state in states(rounds, 4, 3, 1)]
    assert header == held[0][0]
    assert np.array_equal(average, np.rint(np.mean([values for _, values in held], axis=0)))


def test_the_average_of_one_state_is_its_own_file(paper, rounds):
    (state,) = states(rounds, 4)
    assert averaged_state(paper.store, rounds[3].finalisation.record, 1) == paper.store.get(state, 9999)


def test_the_genesis_is_not_averaged_in(paper, rounds):
    with pytest.raises(ChainError, match="4 states cannot be averaged: the round's state and those before it are 3"):
        averaged_state(paper.store, rounds[3].finalisation.record, 4)


def test_a_record_that_is_gone_is_an_error(paper, rounds):
    del paper.store.contents[rounds[2].finalisation.record]
    with pytest.raises(ContentNotFound):
        states_leading_to(paper.store, rounds[3].finalisation.record, 3)
