"""A vote on the in-process chain from proposal to a release in force."""

from types import SimpleNamespace

import pytest

from node.errors import ChainError
from node.peer.history import History
from node.peer.releases import DraftNotes, fetch_release, released_candidate
from node.research.release_vote import publish_release
from tests.living_federation import living_federation

NOTES = DraftNotes(title="first", changes=("all of it",), metrics={"accuracy": "0.25"})


@pytest.fixture(scope="module")
def town():
    with living_federation(rounds=1) as one:
        yield one


@pytest.fixture
def stage(town):
    return SimpleNamespace(chain=town.chain, deployment=town.deployment, store=town.store, federation=town.federation)


def test_the_last_finalised_state_is_released_by_those_who_vote(town, stage):
    number = publish_release(stage, town.history, NOTES, voters=(1, 2))
    federation = town.federation(None)
    (release,) = federation.releases()
    assert (number, release.id, release.rollback_of) == (1, 1, 0)
    candidate = released_candidate(federation, number)
    assert candidate.state == town.history.rounds[1].finalisation.state
    assert candidate.proposer == town.address(1)
    assert fetch_release(federation, town.store, candidate).state == town.store.get(candidate.state, 1 << 20)


def test_there_is_nothing_to_release_before_the_first_round(stage):
    with pytest.raises(ChainError, match="final"):
        publish_release(stage, History(), NOTES, voters=(0,))
