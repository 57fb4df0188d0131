"""A database to be thrown away, for a replay: it asks what would have been, and nobody misses the answer after a crash.

The whole of it is one connection of one thread that has the file to itself. Nothing is synced, a transaction begins and
ends by one word to the driver, and of a mail that was attended to only the head stays.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine

from storage import points
from storage.engines import understand
from storage.store import Store
from storage.work import Work

HEAD = 16_384
"""Bytes of a mail that stay: what a later answer to it asks for stands in its header."""
_SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = MEMORY",  # what takes a step back that failed
    "PRAGMA synchronous = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32000",  # kilobytes: what is over lies on the disk
    f"CREATE INDEX whole ON blobs (size) WHERE length(content) > {HEAD}",
    # The same bytes once more: they are there by their digest, and must be whole for whoever reads them now.
    "CREATE TRIGGER come_again BEFORE INSERT ON blobs BEGIN"
    " UPDATE blobs SET content = new.content WHERE sha256 = new.sha256 AND length(content) < new.size; END",
)


class Scratch(Store):
    """As `Store`, in a folder that its owner throws away. Reading inside a transaction sees what that has written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(understand(f"sqlite:///{folder}/scratch.db"))
        self.upgrade()
        super().close()
        self._engine = create_engine(self._url, connect_args={"cached_statements": 512})
        self._connection = self._engine.connect()
        self._connection.begin()  # SQLAlchemy's own; the driver hears of none
        raw = self._connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        self._raw = raw
        self._raw.isolation_level = None
        for setting in _SETTINGS:
            self._raw.execute(setting)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Work]:
        """One transaction: kept at the end of the block, taken back if an exception leaves it."""
        self._raw.execute("BEGIN")
        try:
            yield Work(self._connection)
            points.reached("commit")
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute("COMMIT")
        points.reached("committed")

    @contextlib.contextmanager
    def read(self) -> Iterator[Work]:
        yield Work(self._connection, writes=False)

    @contextlib.contextmanager
    def glance(self) -> Iterator[Work]:
        yield Work(self._connection, writes=False)

    def shorten(self) -> None:
        """Of the mails and files that were kept only the heads stay, and the rest is room for the next ones: not every
        disk can hold an export twice. To be called while no mail waits to be read."""
        self._raw.execute(
            f"UPDATE blobs SET content = substr(content, 1, {HEAD}) WHERE length(content) > {HEAD}"
        )

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
