"""The loop that acts: what it refuses to die of, and what it drops when. Decisions are tested with `protocol`."""

from threading import Event
from types import SimpleNamespace

import pytest

from node.errors import (
    ChainUnreachable,
    ContentNotFound,
    GuidelineError,
    JournalError,
    KeystoreError,
    TrainingDiverged,
    TransactionRefused,
)
from node.peer.history import History
from node.peer.journal import Journal, PreparedUpdate
from node.peer.peer import KEPT_ROUNDS, Peer
from node.peer.protocol import Commit, Disclose, Fetch, Open, Settle, Wait


class Calls:
    """Takes any call, remembers it, and raises what it was told to."""

    def __init__(self):
        self.made, self.raising = [], {}

    def __getattr__(self, name):
        def call(*arguments):
            self.made.append((name, *arguments))
            if name in self.raising:
                raise self.raising[name]

        return call


@pytest.fixture
def peer(tmp_path):
    journal = Journal(tmp_path / "journal.sqlite", 1, "federation", "account")
    observer = SimpleNamespace(account="me", history=History(), mark_settled=lambda _: None)
    yield Peer(Calls(), Calls(), journal, observer, Calls(), Calls())
    journal.close()


def rounds(*numbers):
    return History(rounds={number: f"round {number}" for number in numbers})


def test_each_ended_round_is_released_once_when_the_next_one_runs(peer):
    peer.observer.history = rounds(1)
    peer.perform(Wait(""))
    assert peer.validator.made == []
    peer.observer.history = rounds(1, 2)
    peer.perform(Wait(""))
    peer.perform(Wait(""))
    peer.observer.history = rounds(1, 2, 3)
    peer.perform(Wait(""))
    assert peer.validator.made == [("release", "round 1", "me"), ("release", "round 2", "me")]
    assert ("forget_before", peer.observer.history, 3 - KEPT_ROUNDS) in peer.trainer.made


def test_a_node_that_starts_late_releases_the_last_few_rounds_only(peer):
    peer.observer.history = rounds(*range(1, 101))
    peer.perform(Wait(""))
    assert peer.validator.made == [("release", f"round {number}", "me") for number in range(100 - KEPT_ROUNDS, 100)]


@pytest.mark.parametrize("action", [Open(), Settle("0x01")])
def test_somebody_else_was_faster_with_shared_work(peer, action):
    peer.federation.raising = {name: TransactionRefused("RoundManagerRunning") for name in ("open_round", "settle")}
    assert peer.perform(action) == Wait("somebody else was faster: RoundManagerRunning")


def test_a_refusal_of_own_work_is_raised(peer):
    peer.journal.remember_update(PreparedUpdate(1, "cid", 9, bytes(32), 1))
    peer.federation.raising = {"commit": TransactionRefused("RoundManagerWrongPhase")}
    with pytest.raises(TransactionRefused, match="RoundManagerWrongPhase"):
        peer.perform(Commit(1))
    assert peer.federation.made == [("commit", 1, "cid", 9, bytes(32))]


def test_nothing_is_disclosed_that_is_not_journalled(peer):
    with pytest.raises(JournalError, match="nothing is journalled for round 5"):
        peer.perform(Disclose(5))
    assert peer.federation.made == []


def run_until(peer, error, steps):
    """Run a peer whose every look raises, and stop it after some steps."""
    stop, seen = Event(), []

    def look():
        seen.append(1)
        if len(seen) == steps:
            stop.set()
        raise error

    peer.observer.look = look
    peer.run(stop, poll_seconds=0)
    return len(seen)


@pytest.mark.parametrize(
    "error",
    [
        ChainUnreachable("no answer"),
        ContentNotFound("not here"),
        GuidelineError("broken"),
        TrainingDiverged("nan"),
        TransactionRefused("RoundManagerWrongPhase"),
    ],
)
def test_passing_faults_do_not_end_the_loop(peer, error):
    assert run_until(peer, error, 3) == 3


@pytest.mark.parametrize("error", [JournalError("disk full"), KeystoreError("gone"), ZeroDivisionError()])
def test_faults_that_need_the_operator_do(peer, error):
    with pytest.raises(type(error)):
        run_until(peer, error, 3)


def test_fetching_nothing_new_is_waiting(peer):
    peer.observer.history = rounds(1)
    assert peer.perform(Fetch(1)) == Wait("some updates of round 1 cannot be had yet")
