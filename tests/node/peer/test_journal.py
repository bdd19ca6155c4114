"""The journal: private, bound to one node, and unchanged by a crash in the middle of a write."""

import signal
import sqlite3
import stat
import subprocess
import sys

import pytest

from node.errors import JournalError
from node.peer.journal import Journal, PreparedResult, PreparedUpdate, SentTransaction

FEDERATION, ACCOUNT = "0x" + "f" * 40, "0x" + "a" * 40
CID = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
SALT = bytes(range(32))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "work" / "journal.sqlite"


@pytest.fixture
def journal(path):
    opened = Journal(path, 31337, FEDERATION, ACCOUNT)
    yield opened
    opened.close()


def update(round_id, salt=SALT, examples=10, lineage=1):
    return PreparedUpdate(round_id, CID, examples, salt, lineage)


def test_only_the_owner_may_read_it_and_what_sqlite_puts_beside_it(journal, path):
    journal.remember_update(update(1))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert path.name in modes
    assert set(modes.values()) == {0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path):
    path.parent.mkdir()
    path.touch(mode=0o644)
    Journal(path, 31337, FEDERATION, ACCOUNT).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_everything_comes_back_after_a_restart(journal, path):
    journal.remember_update(update(3))
    journal.remember_result(PreparedResult(3, b"result", SALT))
    journal.remember_transaction(SentTransaction("0x02", "commit", b"\x02", 8))
    journal.remember_transaction(SentTransaction("0x01", "reveal", b"\x01", 9))
    journal.close()
    again = Journal(path, 31337, FEDERATION, ACCOUNT)
    assert again.update(3) == update(3)
    assert again.result(3) == PreparedResult(3, b"result", SALT)
    assert [sent.hash for sent in again.transactions()] == ["0x02", "0x01"]
    again.close()


def test_a_rounds_first_record_is_final(journal):
    journal.remember_update(update(1))
    journal.remember_update(update(1, salt=bytes(32), examples=99))
    assert journal.update(1) == update(1)
    journal.remember_result(PreparedResult(1, b"first", SALT))
    journal.remember_result(PreparedResult(1, b"second", bytes(32)))
    assert journal.result(1) == PreparedResult(1, b"first", SALT)


def test_what_was_never_recorded_is_none(journal):
    assert journal.update(1) is None
    assert journal.result(1) is None
    assert journal.transactions() == ()


def test_salts_do_not_show_in_logs():
    assert SALT.hex() not in repr(update(1)) and repr(SALT) not in repr(update(1))
    assert repr(SALT) not in repr(PreparedResult(1, b"result", SALT))


@pytest.mark.parametrize(
    "identity", [(1, FEDERATION, ACCOUNT), (31337, ACCOUNT, ACCOUNT), (31337, FEDERATION, FEDERATION)]
)
def test_another_nodes_journal_is_refused(journal, path, identity):
    with pytest.raises(JournalError, match=r"journal\.sqlite: belongs to account .* work directory of its own"):
        Journal(path, *identity)


def test_a_journal_of_a_newer_version_is_refused_and_left_alone(journal, path):
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match=r"newer fednode \(schema 99\); upgrade"):
        Journal(path, 31337, FEDERATION, ACCOUNT)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (99,)
    database.close()


def test_a_file_that_is_no_journal_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(JournalError, match=r"journal\.sqlite: the journal cannot be used .*; check the disk"):
        Journal(path, 31337, FEDERATION, ACCOUNT)


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir(parents=True)
    with pytest.raises(JournalError, match="check the disk and the permissions"):
        Journal(path, 31337, FEDERATION, ACCOUNT)


def test_a_failed_write_leaves_nothing(journal):
    with pytest.raises(sqlite3.Error), journal._transaction() as database:
        database.execute("INSERT INTO updates VALUES (1, 'cid', 1, x'00', 1)")
        database.execute("INSERT INTO nowhere VALUES (1)")
    assert journal.update(1) is None
    journal.remember_update(update(1))
    assert journal.update(1) == update(1)


KILLED_IN_THE_MIDDLE = """
import os, signal, sys
from pathlib import Path
from node.peer.journal import Journal, PreparedUpdate
path, federation, account, cid = sys.argv[1:]
journal = Journal(Path(path), 31337, federation, account)
journal.remember_update(PreparedUpdate(1, cid, 10, bytes(range(32)), 1))
with journal._transaction() as database:
    database.execute("INSERT INTO updates VALUES (2, 'cid', 1, x'00', 1)")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_crash_in_the_middle_leaves_what_was_committed_and_nothing_else(path):
    command = [sys.executable, "-c", KILLED_IN_THE_MIDDLE, path, FEDERATION, ACCOUNT, CID]
    killed = subprocess.run(command, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    journal = Journal(path, 31337, FEDERATION, ACCOUNT)
    assert journal.update(1) == update(1)
    assert journal.update(2) is None
    journal.remember_update(update(2))
    assert journal.update(2) == update(2)
    journal.close()


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 0)])
def test_only_a_durable_one_waits_for_the_disk(path, durable, level):
    journal = Journal(path, 31337, FEDERATION, ACCOUNT, durable=durable)
    journal.remember_update(update(1))
    assert journal._database.execute("PRAGMA synchronous").fetchone() == (level,)
    journal.close()
    again = Journal(path, 31337, FEDERATION, ACCOUNT)
    assert again.update(1) == update(1)
    again.close()
