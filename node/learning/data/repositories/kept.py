"""What was made of each content, kept between runs: nothing is parsed twice, and a killed run goes on where it was.

A database of one file. It holds what could be computed again, so a broken one may be deleted; what goes into the output
does not depend on what it held before.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from node.errors import DataError
from node.learning.data.repositories.samples import Fields

__all__ = ["Kept", "open_kept"]

WRITTEN_TOGETHER = 64  # contents; what a killed run has to do again at most
SCHEMA = """
CREATE TABLE IF NOT EXISTS recipe (text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS samples (content TEXT PRIMARY KEY, fields TEXT NOT NULL) WITHOUT ROWID;
"""


class Kept:
    """Samples by the content they were made of."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waiting = 0

    def has(self, content: str) -> bool:
        """Whether a content was parsed before."""
        found = self._database.execute("SELECT 1 FROM samples WHERE content = ?", (content,)).fetchone()
        return found is not None

    def find(self, content: str) -> list[Fields]:
        """Samples made of a content, in order; none when it was never parsed."""
        rows = self._database.execute("SELECT fields FROM samples WHERE content = ?", (content,))
        return [fields for (text,) in rows for fields in json.loads(text)]

    def keep(self, content: str, samples: Sequence[Fields]) -> None:
        """Keep what was made of a content."""
        self._database.execute("INSERT INTO samples VALUES (?, ?)", (content, json.dumps(samples, ensure_ascii=False)))
        self._waiting += 1
        if self._waiting % WRITTEN_TOGETHER == 0:
            self._database.commit()

    def forget_all_but(self, contents: Iterable[str]) -> None:
        """Forget what no file or commit holds any more."""
        self._database.execute("CREATE TEMP TABLE used (content TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((one,) for one in contents))
        self._database.execute("DELETE FROM samples WHERE content NOT IN (SELECT content FROM used)")


@contextmanager
def open_kept(path: Path, recipe: str) -> Iterator[Kept]:
    """Open or create the database for samples made by `recipe`; what another recipe made is forgotten.

    Raises `DataError` when it cannot be used.
    """
    try:
        database = sqlite3.connect(path)
        try:
            database.executescript(SCHEMA)
            if database.execute("SELECT text FROM recipe").fetchall() != [(recipe,)]:
                database.execute("DELETE FROM samples")
                database.execute("DELETE FROM recipe")
                database.execute("INSERT INTO recipe VALUES (?)", (recipe,))
            try:
                yield Kept(database)
            finally:  # whatever ended the run, what it has parsed is kept
                database.commit()
        finally:
            database.close()
    except sqlite3.Error as error:
        raise DataError(f"{path}: cannot be used ({error}); delete it, all of it can be made again") from error
