"""status, claim and start."""

import json
import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from node.cli.show import tokens
from node.learning import cluster
from node.learning.job_runner import train_job
from node.peer.peer import Peer
from tests.federations import TOKEN, account


def test_status_needs_no_password_and_says_where_a_member_stands(node, shown, town, password_file):
    node(0)
    password_file.unlink()
    found = shown("status")
    assert found["account"] == town.keys[0].address
    assert (found["member"], found["round"], found["phase"], found["finalised_rounds"]) == ("active", 2, "FINALISED", 2)
    assert [seat["role"] for seat in found["seats"]] == ["trainer", "validator"]
    assert found["bond"] == 120 * TOKEN
    assert found["votes"] > 0
    assert found["seconds_left"] == 0


def test_status_of_a_stranger_and_for_people(node, done, town):
    node(0)
    said = done("status", "--account", account(5).address)
    assert f"account    {account(5).address}, none, not listed for draws" in said
    assert "round      2: FINALISED\n" in said


@pytest.mark.parametrize(
    "address", ["0x12", "8ba1f109551bD432803012645Ac136ddd64DBA72", "0x8Ba1f109551bD432803012645Ac136ddd64DBA72"]
)
def test_an_address_that_is_none_is_refused(node, refused, address):
    node(0)
    assert "is not an account address" in refused(2, "status", "--account", address)


def test_what_was_earned_is_claimed_once(node, shown, done, town):
    node(1)
    before = shown("status")
    claimed = shown("claim")
    after = shown("status")
    assert claimed["amount"] == before["claimable"] > 0
    assert claimed["transaction"].startswith("0x")
    assert (after["tokens"], after["claimable"]) == (before["tokens"] + claimed["amount"], 0)
    assert shown("claim") == {"amount": 0, "transaction": ""}
    assert "nothing to claim" in done("claim")


def test_a_claim_is_said_in_tokens(node, done, shown):
    node(2)
    amount = shown("status")["claimable"]
    assert done("claim").startswith(f"claimed {tokens(amount)} tokens in transaction 0x")


@pytest.fixture
def stepped(monkeypatch):
    """A loop that ends at once, and the peers it was run for."""
    ran: list[Peer] = []

    def run(peer, stop, poll_seconds, watch):
        ran.append(peer)
        watch(peer.decide())

    monkeypatch.setattr(Peer, "run", run)
    return ran


def test_start_runs_the_loop_of_this_account(node, run, town, stepped, here):
    node(2)
    result = run("start")
    assert result.exit_code == 0, result.output
    assert stepped[0].federation.account == town.keys[2].address
    assert stepped[0].trainer is not None
    assert f"started as {town.keys[2].address}" in result.stderr
    assert (here / "work" / "journal.db").stat().st_mode & 0o777 == 0o600


def test_the_first_of_several_processes_is_the_node_and_the_others_train_along(node, run, stepped, monkeypatch):
    node(0, models__directory="bases")
    monkeypatch.setenv("FEDNODE_MODELS_DIRECTORY", "")  # undone after the test
    monkeypatch.setattr(cluster, "is_launched", lambda: True)
    followed, dismissed = [], []
    monkeypatch.setattr(cluster, "follow", lambda *given: followed.append(given))
    monkeypatch.setattr(cluster, "dismiss", lambda: dismissed.append(1))
    for first in (False, True):
        monkeypatch.setattr(cluster, "join", lambda first=first: first)
        assert run("start").exit_code == 0
        assert (len(stepped), len(followed), len(dismissed)) == (first, 1, first)
    assert followed == [(train_job, 1)]
    assert Path(os.environ["FEDNODE_MODELS_DIRECTORY"]).name == "bases"


def test_a_signal_stops_the_loop_after_its_step(node, run, monkeypatch):
    def run_until_stopped(_peer, stop, _poll_seconds, _watch):
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    monkeypatch.setattr(Peer, "run", run_until_stopped)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        node(0)
        result = run("start")
        assert result.exit_code == 0, result.output
        assert "stopping after this step" in result.stderr
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_on_a_terminal_the_last_line_says_what_the_node_does(node, run, stepped, monkeypatch):
    console = Console(force_terminal=True, file=StringIO(), width=200)
    monkeypatch.setattr("rich.console.Console", lambda **_: console)
    node(0)
    assert run("start").exit_code == 0
    said = console.file.getvalue()
    assert "started as" in said
    assert "starting" in said


def test_two_nodes_cannot_share_a_work_directory(node, refused, run, stepped, here):
    node(0)
    assert run("start").exit_code == 0
    (here / "key.json").unlink()
    node(1)
    result = run("start")
    assert result.exit_code == 9
    assert "give this node a work directory of its own" in result.stderr


def test_updates_go_to_no_public_store_without_consent(node, refused, run, stepped):
    node(0, store__private=False)
    assert "allow_public_updates = true" in refused(2, "start")
    assert run("start", "--allow-public-updates").exit_code == 0


def test_a_validator_publishes_nothing_and_needs_no_consent(node, refused):
    node(5, store__private=False, roles=["validator"])
    assert "is not a member" in refused(5, "start")


def test_a_stranger_is_told_to_join(node, refused):
    node(5)
    assert f"account {account(5).address} is not a member (none); run `fednode join` first" in refused(5, "start")


def test_a_trainer_cannot_start_as_validator_only(node, refused):
    node(0, roles=["validator"])
    assert "add 'trainer' to roles" in refused(2, "start")


def test_missing_gas_money_is_said_with_the_amount(node, refused, town):
    node(9)
    said = refused(5, "start")
    assert f"account {account(9).address} lacks " in said
    assert " wei " in said


def test_a_node_starts_with_rows_of_its_own_task_only(node, run, refused, stepped, here):
    context = "<s> import shop <EOL> for basket in shop.baskets : <EOL> total = "
    for side, end in (("train", "basket.total"), ("test", "len ( basket )")):
        for name, row in (("lines", {"input": context, "gt": end}), ("fixes", {"buggy": context, "fixed": end})):
            (here / name).mkdir(exist_ok=True)
            (here / name / f"{side}.jsonl").write_text(json.dumps(row))
    node(0, data__package=None, data__built="lines")
    assert run("start").exit_code == 0
    said = refused(7, "start", "--data-built", "fixes")
    assert "train.jsonl: line 1: the guideline's task is code-completion" in said


def test_missing_code_is_said_at_start(node, refused):
    node(0, data__package="no-such-package-anywhere")
    assert "is not installed" in refused(7, "start")


def test_a_second_start_says_nothing_twice(node, run, stepped):
    node(0)
    run("start")
    assert run("start").stderr.count("started as") == 1
