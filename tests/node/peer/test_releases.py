import json

import pytest

from aggregator import average_states
from aggregator.delta import decode_state
from aggregator.errors import Malformed
from node.errors import ChainError, ConfigError, ContentCorrupted
from node.peer.history import History
from node.peer.inputs import load_state
from node.peer.releases import (
    NOTES_LIMIT,
    DraftNotes,
    ReleaseNotes,
    fetch_release,
    load_notes,
    propose_release,
    read_draft,
    released_candidate,
)

NOTES = ReleaseNotes("First", ("more data", "fewer errors"), {"accuracy": "0.142"}, 3, 1, averaged=4)


def changed(**members):
    return json.dumps(
        json.loads(NOTES.to_bytes()) | members, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def test_notes_are_read_back():
    assert ReleaseNotes.from_bytes(NOTES.to_bytes()) == NOTES
    assert changed() == NOTES.to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        changed(format=2),
        changed(extra=1),
        changed(title=5),
        changed(title="x" * 201),
        changed(changes="all"),
        changed(changes=[1]),
        changed(changes=["x"] * 65),
        changed(changes=["x" * 2001]),
        changed(metrics=[]),
        changed(metrics={"accuracy": 1}),
        changed(round=-1),
        changed(guideline_version="1"),
        changed(averaged=0),
        changed(averaged=1001),
        b" " * (NOTES_LIMIT + 1),
    ],
)
def test_what_is_no_notes_is_refused(data, town):
    with pytest.raises(Malformed):
        ReleaseNotes.from_bytes(data)
    if len(data) <= NOTES_LIMIT:
        with pytest.raises(ContentCorrupted, match="do not vote"):
            load_notes(town.store, town.store.put(data))


def test_a_draft_keeps_numbers_as_they_were_written(tmp_path):
    path = tmp_path / "notes.toml"
    path.write_text('title = "First"\nchanges = ["a", "b"]\n[metrics]\naccuracy = 0.142\nsteps = 30\nnote = "good"\n')
    draft = read_draft(path)
    assert (draft.changes, draft.averaged) == (("a", "b"), 1)
    assert draft.metrics == {"accuracy": "0.142", "steps": "30", "note": "good"}


def test_a_draft_that_is_too_long_is_not_read(tmp_path):
    path = tmp_path / "notes.toml"
    path.write_bytes(b"#" * (NOTES_LIMIT + 1))
    with pytest.raises(ConfigError, match="shorten the notes"):
        read_draft(path)


def test_without_a_finalised_round_there_is_nothing_to_propose(town):
    with pytest.raises(ChainError, match="no round has finalised yet"):
        propose_release(town.federation(), town.store, History(), None)


def test_a_candidate_is_the_last_finalised_state_with_its_notes(town, tmp_path):
    path = tmp_path / "notes.toml"
    path.write_text('title = "Second"\n')
    federation = town.federation(1)
    done = propose_release(federation, town.store, town.history, read_draft(path))
    candidate = federation.candidate(done.candidate)
    final = town.history.rounds[2].finalisation
    assert (candidate.round, candidate.state, candidate.record) == (2, final.state, final.record)
    assert candidate.proposer == town.keys[1].address
    assert load_notes(town.store, candidate.notes) == ReleaseNotes("Second", (), {}, 2, 1)

    fetched = fetch_release(federation, town.store, candidate)
    assert fetched.state == town.store.get(final.state, 1 << 20)
    assert fetched.frozen == b"frozen tensors"
    assert fetched.guideline == town.sealed.guideline


def test_a_candidate_may_be_the_mean_of_the_last_states(town, tmp_path):
    path = tmp_path / "notes.toml"
    path.write_text('title = "Second, averaged"\naveraged = 2\n')
    federation = town.federation(1)
    done = propose_release(federation, town.store, town.history, read_draft(path))
    fetched = fetch_release(federation, town.store, federation.candidate(done.candidate))
    finals = [town.history.rounds[place].finalisation for place in (1, 2)]
    (_, one), (header, other) = (load_state(town.store, final.state) for final in finals)
    assert fetched.averaged == 2
    assert decode_state(fetched.state)[0] == header
    assert decode_state(fetched.state)[1].tolist() == average_states((one, other)).tolist()
    assert fetched.candidate.state == finals[1].state


def test_more_states_than_there_are_cannot_be_proposed(town):
    with pytest.raises(ChainError, match=r"3 states cannot be averaged: .* are 2"):
        propose_release(town.federation(1), town.store, town.history, DraftNotes(title="x", averaged=3))


def test_before_the_first_release_there_is_none_in_force(town):
    with pytest.raises(ChainError, match="nothing is released yet"):
        released_candidate(town.federation(None), None)
