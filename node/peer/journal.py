"""The journal: what this node must remember to survive a crash, written before anything is signed.

A salt that is lost after its commitment is on the chain costs a penalty, so salts and the content they bind are on disk
first. The journal holds this node's own intentions only; everything public is read from the chain again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.errors import JournalError
from node.types import Cid, RoundId, UnixSeconds

__all__ = ["Journal", "PreparedResult", "PreparedUpdate", "SentTransaction"]

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE identity (chain_id INTEGER NOT NULL, federation TEXT NOT NULL, account TEXT NOT NULL);
CREATE TABLE updates (
    round INTEGER PRIMARY KEY, cid TEXT NOT NULL, examples INTEGER NOT NULL, salt BLOB NOT NULL,
    lineage INTEGER NOT NULL
);
CREATE TABLE results (round INTEGER PRIMARY KEY, result BLOB NOT NULL, salt BLOB NOT NULL);
CREATE TABLE transactions (hash TEXT PRIMARY KEY, function TEXT NOT NULL, raw BLOB NOT NULL, at INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class PreparedUpdate:
    """A trained update of one round: its content id, the number of examples behind it and the 32-byte salt."""

    round: RoundId
    cid: Cid
    examples: int
    salt: bytes
    lineage: int

    def __repr__(self) -> str:  # the salt is a secret until the reveal
        return f"PreparedUpdate(round={self.round}, cid={self.cid}, examples={self.examples})"


@dataclass(frozen=True)
class PreparedResult:
    """The result this validator computed for one round, as canonical bytes, and the 32-byte salt."""

    round: RoundId
    result: bytes
    salt: bytes

    def __repr__(self) -> str:
        return f"PreparedResult(round={self.round})"


@dataclass(frozen=True)
class SentTransaction:
    """A signed transaction, recorded before it was broadcast."""

    hash: str
    function: str
    raw: bytes
    at: UnixSeconds


class Journal:
    """One SQLite file, mode 0600, bound to one account of one federation.

    Not `durable` it survives the process being killed, but no power cut: enough for simulations. Raises `JournalError`
    when the file cannot be used or belongs to another node.
    """

    def __init__(self, path: Path, chain_id: int, federation: str, account: str, *, durable: bool = True) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)
            path.chmod(0o600)  # an older file may be open to others
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._migrate()
            self._claim((chain_id, federation, account))
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"{path}: the journal cannot be used ({error}); check the disk and the permissions"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def remember_update(self, update: PreparedUpdate) -> None:
        """Record an update before its commitment is signed; a round's first record is final."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO updates VALUES (?, ?, ?, ?, ?)",
                (update.round, update.cid, update.examples, update.salt, update.lineage),
            )

    def update(self, round_id: RoundId) -> PreparedUpdate | None:
        """The update prepared for a round, if any."""
        row = self._row("SELECT round, cid, examples, salt, lineage FROM updates WHERE round = ?", round_id)
        return PreparedUpdate(*row) if row else None

    def remember_result(self, result: PreparedResult) -> None:
        """Record a result before its commitment is signed; a round's first record is final."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO results VALUES (?, ?, ?)", (result.round, result.result, result.salt)
            )

    def result(self, round_id: RoundId) -> PreparedResult | None:
        """The result prepared for a round, if any."""
        row = self._row("SELECT round, result, salt FROM results WHERE round = ?", round_id)
        return PreparedResult(*row) if row else None

    def remember_transaction(self, sent: SentTransaction) -> None:
        """Record a signed transaction before it is broadcast."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO transactions VALUES (?, ?, ?, ?)", (sent.hash, sent.function, sent.raw, sent.at)
            )

    def transactions(self) -> tuple[SentTransaction, ...]:
        """Every recorded transaction, oldest first."""
        rows = self._database.execute("SELECT hash, function, raw, at FROM transactions ORDER BY rowid")
        return tuple(SentTransaction(*row) for row in rows)

    def _migrate(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise JournalError(f"{self._path}: written by a newer fednode (schema {version}); upgrade this one")
        if version == 0:
            self._database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")

    def _claim(self, identity: tuple[int, str, str]) -> None:
        found = self._row("SELECT chain_id, federation, account FROM identity")
        if found is None:
            self._database.execute("INSERT INTO identity VALUES (?, ?, ?)", identity)
        elif found != identity:
            raise JournalError(
                f"{self._path}: belongs to account {found[2]} of federation {found[1]} on chain {found[0]}; "
                "give this node a work directory of its own"
            )

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
