"""The database behind its URL: opens it, brings it up to date, hands out transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import OperationalError

from storage import migrate, points
from storage.engines import postgres_engine, sqlite_engines, understand
from storage.work import Work


def open_store(url: str, journal_key: bytes = b"") -> Store:
    """Open the database at `url`: `sqlite:///file`, `sqlite:////absolute/file` or `postgresql://user@host/name`.

    A missing SQLite file (and its folder) is created, readable by its owner alone. No connection to
    PostgreSQL is made yet. StorageRefused when the URL can't be used, and why. With `journal_key` the journal is sealed
    so that nobody without it can write it anew.
    """
    return Store(understand(url), journal_key)


class _AtHand:
    """Connections to a SQLite file that stay open between transactions: to take one out of the pool, wrap it and put it
    back costs as much as some statements. One in which something went wrong goes back to the pool, which clears it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[Connection] = []

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """As the engine's own."""
        try:
            connection = self._idle.pop()
        except IndexError:  # all are in the hands of other threads
            connection = self._engine.connect()
        try:
            with connection.begin():
                yield connection
        except BaseException:  # whatever it was, it goes on; what the connection holds must not
            connection.close()
            raise
        self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


class Store:
    """An open database. Threads may share it; each transaction belongs to the thread that began it."""

    def __init__(self, url: URL, journal_key: bytes = b"") -> None:
        self._url = url
        self._journal_key = journal_key
        self._is_sqlite = url.get_backend_name() == "sqlite"
        if self._is_sqlite:
            self._writer, self._reader = sqlite_engines(url)
        else:
            self._writer = postgres_engine(url)
            # One snapshot for all that a report reads.
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        self._writing: Engine | _AtHand = self._writer
        self._reading: Engine | _AtHand = self._reader
        if self._is_sqlite:
            self._writing, self._reading = _AtHand(self._writer), _AtHand(self._reader)
        self._glancing = (
            self._reading
            if self._is_sqlite
            else self._writer.execution_options(isolation_level="AUTOCOMMIT", postgresql_readonly=True)
        )
        # SQLite has one writer. Our own threads queue here instead of polling the file for it.
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self._is_sqlite else contextlib.nullcontext()
        )

    @property
    def shared(self) -> bool:
        """Whether other processes may work on this database at the same time."""
        return not self._is_sqlite

    def upgrade(self) -> None:
        """Bring the schema up to date. Several processes may do so at once; nothing happens if it is."""
        if not self.schema_is_current():
            migrate.upgrade_url(self._url)

    def schema_is_current(self) -> bool:
        """Whether the database has exactly the schema that this version of mailbot was written for."""
        with self._reader.begin() as connection:
            return migrate.is_current(connection)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Work]:
        """One transaction: committed at the end of the block, rolled back if an exception leaves it.

        On SQLite the write lock is taken at once, so nothing that the block has read can change under it.
        """
        with self._turn, self._writing.begin() as connection:
            yield Work(connection, self._journal_key)
            points.reached("commit")
        points.reached("committed")

    @contextlib.contextmanager
    def read(self) -> Iterator[Work]:
        """A view of the database as it is now, for as long as the block lasts. Writing in it is refused."""
        with self._reading.begin() as connection:
            yield Work(connection, self._journal_key, writes=False)

    @contextlib.contextmanager
    def glance(self) -> Iterator[Work]:
        """As `read`, for a single question: on PostgreSQL no transaction is begun for it."""
        with self._glancing.begin() as connection:
            yield Work(connection, self._journal_key, writes=False)

    def shred(self) -> bool:
        """Have what was deleted vanish from the file too, after an erasure. False where somebody else works on it now:
        then the pages are used again, later. Not inside a transaction."""
        with self._turn, self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                if not self._is_sqlite:
                    connection.exec_driver_sql("VACUUM")
                    return True
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.execute("VACUUM")
                return bool(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            except (OperationalError, sqlite3.OperationalError):
                return False

    def close(self) -> None:
        for kept in (self._writing, self._reading):
            if isinstance(kept, _AtHand):
                kept.close()
        self._reader.dispose()
        self._writer.dispose()
