"""The logbook: what was done on a chain is done again on a fresh one."""

import json

import pytest

from node.chain.federation import Federation
from node.chain.words import Phase, Role
from node.errors import ConfigError, TransactionRefused
from node.peer.keys import Keys
from node.research.simulation.venue import open_venue
from tests.federations import BOTH, PHASE_SECONDS, account, content, plan_for, salt

KEYS = [Keys.of(bytes(account(place).key)) for place in range(3)]


@pytest.fixture
def opened():
    """Open the venue of a logbook, and give it with the three members; all are closed in the end."""
    venues = []

    def opened(path, kind="memory"):
        venue = open_venue(kind, plan_for(3), KEYS, path)
        venues.append(venue)
        members = [Federation(venue.connect(place), venue.deployment, key.address) for place, key in enumerate(KEYS)]
        return venue, members

    yield opened
    for venue in venues:
        venue.close()


def live(members, venue):
    """Join, open, commit twice, wait, fail and open again."""
    for place, member in enumerate(members):
        member.join_founder(BOTH, bytes([place]) * 32)
    members[0].open_round()
    for place in range(2):
        member = members[place]
        member.commit(member.round().number, content(place), 1, salt(place))
    venue.advance(2 * PHASE_SECONDS + 1)
    members[0].open_round()


@pytest.mark.parametrize("kind", ["memory", "eth-tester"])
def test_a_fresh_chain_becomes_what_the_old_one_was(opened, tmp_path, kind):
    venue, members = opened(tmp_path / "log", kind)
    live(members, venue)
    before = [(one.contract, one.name, one.arguments) for one in members[0].chain.events(0)]
    venue.close()

    again, (first, *_) = opened(tmp_path / "log", kind)
    assert [(one.contract, one.name, one.arguments) for one in first.chain.events(0)] == before
    view = first.round()
    assert (view.number, view.phase) == (2, Phase.COMMIT)
    first.commit(view.number, content("x"), 1, salt("x"))
    again.close()
    assert opened(tmp_path / "log", kind)[1][0].round().committed == 1


def test_only_what_succeeded_is_done_again(opened, tmp_path):
    venue, members = opened(tmp_path / "log")
    with pytest.raises(TransactionRefused):
        members[0].exit()
    assert (tmp_path / "log").read_bytes() == b""
    venue.advance(5)
    assert (tmp_path / "log").read_bytes() == b'{"advance": 5}\n'


def test_the_line_in_which_the_process_was_killed_does_not_count(opened, tmp_path):
    path = tmp_path / "log"
    venue, members = opened(path)
    live(members, venue)
    venue.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"by": 0, "contract": "Round')
    again, (first, *_) = opened(path)
    assert first.round().number == 2
    assert path.read_bytes() == whole
    again.advance(1)
    assert path.read_bytes() == whole + b'{"advance": 1}\n'


def test_a_logbook_of_something_else_is_refused(opened, tmp_path):
    path = tmp_path / "log"
    for line in (b"nonsense\n", b"[]\n", b'{"by": 0}\n', json.dumps({"advance": "x"}).encode() + b"\n"):
        path.write_bytes(line)
        with pytest.raises(ConfigError, match=r"is not the logbook of this run .*; remove the folder it is in"):
            opened(path)


def test_it_is_a_chain_like_any_other(opened, tmp_path):
    venue, (first, *_) = opened(tmp_path / "log")
    assert first.chain.now() == first.chain.chain.now()
    assert first.chain.balance(first.account) > 0
    assert first.seated(Role.TRAINER) == ()
    venue.close()
