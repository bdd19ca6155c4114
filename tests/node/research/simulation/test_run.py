"""Runs: what they come to, that they go on after having been killed, and that a finished one is only read."""

import fcntl
import os
from dataclasses import replace

import pytest

from node.errors import ConfigError
from node.research.simulation.run import folder_of, run_simulation
from tests.node.research.simulation.conftest import SMALL, Killed, Watched


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of `SMALL` in one piece, and where it is kept."""
    out = tmp_path_factory.mktemp("runs")
    return run_simulation(SMALL, out, Watched()), out


def test_a_federation_learns_although_one_attacks(finished):
    results, _ = finished
    assert [one.status for one in results.rounds] == ["finalised"] * 3
    assert [one.selected_poisoners for one in results.rounds] == [0] * 3
    assert results.initial["progress"] == 0.0 < results.rounds[0].metric < results.rounds[2].metric
    assert all(one.updates == 8 and one.faults == 1 for one in results.rounds)


def test_peers_are_told_apart(finished):
    results, _ = finished
    assert [one.byzantine for one in results.peers] == [False] * 7 + [True]
    assert [one.validates for one in results.peers] == [True] * 3 + [False] * 5
    assert results.peers[7].earned == 0 < results.peers[6].earned < results.peers[0].earned  # validators are paid, too
    assert sum(one.earned for one in results.peers) == pytest.approx(3 * 900)


def test_a_finished_run_is_only_read(finished):
    results, out = finished
    watched = Watched()
    assert run_simulation(SMALL, out, watched) == results
    assert (watched.before, watched.actions, watched.results) == (3, [], [])
    folder = folder_of(SMALL, out)
    assert {one.name for one in folder.iterdir()} == {"lock", "results.json", "rounds.jsonl", "simulation.png"}
    assert (folder / "simulation.png").read_bytes().startswith(b"\x89PNG")


def test_each_update_is_left_out_once(tmp_path, finished):
    settings = replace(SMALL, leave_one_out=True, rule="mean")
    results = run_simulation(settings, tmp_path, Watched())
    assert run_simulation(settings, tmp_path, Watched()) == results
    assert all(one.effects == () for one in finished[0].rounds)
    first = results.rounds[0]
    assert [one.place for one in first.effects] == list(range(8))
    assert max(first.effects, key=lambda one: -one.value).place == 7, "without who flips signs it measures more"
    assert all(one.low == one.value == one.high for one in first.effects)


@pytest.mark.parametrize("attack", ["sign_flip", "alie"])
def test_a_run_that_is_killed_again_and_again_comes_to_the_same(tmp_path, attack):
    settings = replace(SMALL, attack=attack)
    whole = run_simulation(settings, tmp_path / "whole", Watched())
    out, lives = tmp_path / "killed", 0
    while True:
        lives += 1
        watched = Watched(killed_after=13)  # in another phase every time
        try:
            results = run_simulation(settings, out, watched)
        except Killed:
            continue
        break
    assert lives > 5
    assert [replace(one, seconds=0.0) for one in results.rounds] == [replace(one, seconds=0.0) for one in whole.rounds]
    assert results.peers == whole.peers


def test_finished_rounds_are_not_played_again(tmp_path):
    watched = Watched()
    watched.ended = lambda result: (_ for _ in ()).throw(Killed)
    with pytest.raises(Killed):
        run_simulation(SMALL, tmp_path, watched)
    again = Watched()
    run_simulation(SMALL, tmp_path, again)
    assert again.before == 1
    assert [one.round for one in again.results] == [2, 3]
    assert again.actions.count(("peer 0", "Train")) == 2


def test_a_round_whose_result_was_lost_is_measured_and_not_played(tmp_path, finished):
    watched = Watched()
    watched.ended = lambda result: (_ for _ in ()).throw(Killed)
    with pytest.raises(Killed):
        run_simulation(SMALL, tmp_path, watched)
    (folder_of(SMALL, tmp_path) / "rounds.jsonl").write_bytes(b"")
    again = Watched()
    results = run_simulation(SMALL, tmp_path, again)
    assert again.actions.count(("peer 0", "Train")) == 2
    assert [one.state for one in results.rounds] == [one.state for one in finished[0].rounds]


def test_the_real_contracts_come_to_the_same_states_and_records(tmp_path, finished):
    settings = replace(SMALL, chain="eth-tester", rounds=1)
    (only,) = run_simulation(settings, tmp_path, Watched()).rounds
    first = finished[0].rounds[0]
    assert (only.state, only.record, only.metric) == (first.state, first.record, first.metric)


def test_the_mean_keeps_poisoners_and_what_they_send_shows(tmp_path, finished):
    settings = replace(SMALL, rule="mean", attack="sign_flip:scale=20")
    results = run_simulation(settings, tmp_path, Watched())
    assert [one.selected_poisoners for one in results.rounds] == [1] * 3
    assert results.rounds[-1].metric < 0 < finished[0].rounds[-1].metric


def test_more_than_32_members_can_begin(tmp_path):
    settings = replace(SMALL, peers=40, byzantine=0, rounds=1, dimension=10)
    (only,) = run_simulation(settings, tmp_path, Watched()).rounds
    assert (only.status, only.updates) == ("finalised", 40)


def test_one_process_at_a_time(tmp_path):
    folder = folder_of(SMALL, tmp_path)
    folder.mkdir()
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ConfigError, match="another process runs this simulation; wait for it"):
        run_simulation(SMALL, tmp_path, Watched())
    os.close(handle)


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="name another folder with --out"):
        run_simulation(SMALL, tmp_path / "file", Watched())
