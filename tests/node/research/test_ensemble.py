"""Stepping many peers in turn: who is asked, when time passes, and what does not stop everybody else."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from node.chain.words import Phase
from node.errors import ContentNotFound, JournalError
from node.peer.protocol import Commit, Open, Train, Wait
from node.research.ensemble import Ensemble, Participant

PHASE_SECONDS = 60
ROUND = 4


class World:
    """One round that ends when told to; its clock moves by `advance` only."""

    def __init__(self):
        self.phase, self.time, self.ends_at, self.advanced = Phase.COMMIT, 1000, 1000 + PHASE_SECONDS, []

    def round(self):
        ended = self.phase in (Phase.FINALISED, Phase.FAILED)
        return SimpleNamespace(number=ROUND, phase=self.phase, ended=ended, ends_at=self.ends_at, version=1)

    def parameters(self, version):
        assert version == 1
        return SimpleNamespace(phase_seconds=lambda phase: PHASE_SECONDS)

    @property
    def chain(self):
        return SimpleNamespace(now=lambda: self.time)

    def advance(self, seconds):
        self.advanced.append(seconds)
        self.time += seconds
        if self.time >= self.ends_at:
            self.phase = Phase.FAILED


class Scripted:
    """A peer that decides as scripted, then waits; what it performs is kept."""

    trainer = None

    def __init__(self, world, *script):
        self.federation, self.script, self.performed = world, list(script), []

    def decide(self):
        action = self.script.pop(0) if self.script else Wait("done")
        if isinstance(action, Exception):
            raise action
        return action

    def perform(self, action):
        self.performed.append(action)
        return action


@pytest.fixture
def world():
    return World()


def ensemble(world, *scripts, **watch):
    peers = [Scripted(world, *script) for script in scripts]
    names = "abc"[: len(peers)]
    return Ensemble([Participant(name, peer) for name, peer in zip(names, peers, strict=True)], world, **watch), peers


def test_a_round_is_opened_by_the_first_who_is_there_and_can(world):
    town, (first, second, third) = ensemble(world, [Open()], [Wait("too few")], [Open()])
    assert town.open_round(absent=("a",)) == ROUND
    assert (first.performed, second.performed, third.performed) == ([], [], [Open()])


def test_nobody_to_open_is_an_error(world):
    town, _ = ensemble(world, [Wait("")])
    with pytest.raises(RuntimeError, match="nobody can open a round"):
        town.open_round()


def test_everybody_present_steps_until_the_round_has_ended(world):
    seen = []
    town, (first, second, absent) = ensemble(
        world,
        [Train(ROUND), Commit(ROUND)],
        [Commit(ROUND)],
        [Commit(ROUND)],
        watch=lambda one, action: seen.append((one.name, action)),
    )
    assert town.finish_round(absent=("c",)) is Phase.FAILED
    assert (first.performed, second.performed, absent.performed) == ([Train(ROUND), Commit(ROUND)], [Commit(ROUND)], [])
    assert seen == [("a", Train(ROUND)), ("b", Commit(ROUND)), ("a", Commit(ROUND))]
    assert set(town.phase_seconds) == {Phase.COMMIT}


def test_opening_the_next_round_is_left_to_open_round(world):
    town, (only,) = ensemble(world, [Open()])
    town.finish_round()
    assert only.performed == []


def test_who_is_not_willing_does_nothing(world):
    town, (only,) = ensemble(world, [Commit(ROUND)])
    town.participants[0].willing = lambda action: not isinstance(action, Commit)
    town.finish_round()
    assert only.performed == []


def test_time_stops_in_the_last_third_of_a_phase_before_it_passes_on(world):
    town, _ = ensemble(world, [])
    town.finish_round()
    assert world.advanced == [41, 20]


def test_a_passing_fault_is_one_peers_own_and_an_other_one_is_not(world):
    town, (faulty, healthy) = ensemble(world, [ContentNotFound("gone"), Commit(ROUND)], [Commit(ROUND)])
    assert town.finish_round() is Phase.FAILED
    assert (faulty.performed, healthy.performed) == ([Commit(ROUND)], [Commit(ROUND)])
    town, _ = ensemble(World(), [JournalError("disk full")])
    with pytest.raises(JournalError, match="disk full"):
        town.finish_round()


class Background:
    """Training that ends between two looks at it, and taken up by the next step."""

    def __init__(self):
        self.future, self.looks = Future(), 0

    @property
    def training(self):
        self.looks += 1
        if self.looks == 2:
            self.future.set_result(None)
        return self.future


def test_training_that_ends_at_any_moment_is_taken_up_before_time_passes(world):
    town, (only,) = ensemble(world, [Commit(ROUND)])
    only.trainer = Background()
    advanced = []

    def perform(action):
        advanced.append(world.advanced[:])
        only.performed.append(action)
        only.trainer = None
        return action

    only.perform = perform
    town.finish_round()
    assert (only.performed, advanced) == ([Commit(ROUND)], [[]])


def test_training_that_nobody_takes_up_does_not_stop_the_clock(world):
    town, (only,) = ensemble(world, [])
    only.trainer = Background()
    assert town.finish_round() is Phase.FAILED
    assert world.advanced == [41, 20]


def test_which_faults_pass_can_be_said(world):
    town, _ = ensemble(world, [ContentNotFound("gone")], passing=())
    with pytest.raises(ContentNotFound, match="gone"):
        town.finish_round()
