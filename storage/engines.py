"""Connections: which databases are taken, and how a transaction begins in each.

SQLite (the default, one file) and PostgreSQL are taken; anything else is refused, and so is a database in
memory, which would lose mail. SQLite runs in WAL mode with every commit synced to the disk: a mail that is
told to be kept must survive a power cut, because the server's copy may be moved away right after.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from storage.ready import run
from storage.rows import CaseChanged, SequenceMoved, StorageRefused

BUSY_TIMEOUT = 30_000  # milliseconds that a writer of another process is waited for
_BUSY = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_BUSY_RECOVERY,
    sqlite3.SQLITE_BUSY_SNAPSHOT,
    sqlite3.SQLITE_LOCKED,
)
RESTED = 1.0  # seconds after which a connection to PostgreSQL is tried before it is used again
CACHE = 8_000  # kilobytes of pages that a connection holds; the usual 2,000 spill before fifty mails are kept


def away(error: Exception) -> str:
    """Why the database can't be used just now, whoever asks it: it is locked, full, gone or restarting. "" for any
    other error. Nobody's mail is at fault then, and waiting helps."""
    if not isinstance(error, OperationalError | InterfaceError) or overtaken(error):
        return ""
    return str(error.orig).strip().partition("\n")[0] or type(error).__name__


def overtaken(error: Exception) -> bool:
    """Whether another process was quicker: the same is to be tried again, from reading on. PostgreSQL ends one of two
    transactions that wait for each other (SQLSTATE 40P01), and one that can't be put in a row with others (40001)."""
    if isinstance(error, CaseChanged | SequenceMoved):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") in ("40P01", "40001")


def understand(url: str) -> URL:
    """The URL with the driver that storage is written for. StorageRefused for any other database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # it is not shown: it may hold a password
        raise StorageRefused(
            "this is not a database URL; write sqlite:///mailbot.db or postgresql://user@host/mailbot"
        ) from error
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise StorageRefused(f"{parsed.get_backend_name()} is not supported: use sqlite or postgresql")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise StorageRefused("mail must outlive the process: name a file, as in sqlite:///mailbot.db")
    return parsed.set(drivername="sqlite+pysqlite")


def postgres_engine(url: URL) -> Engine:
    """StorageRefused when its driver isn't installed."""
    try:
        engine = create_engine(url)
    except ImportError as error:
        raise StorageRefused("PostgreSQL needs its driver: pip install 'mailbot[postgres]'") from error

    @event.listens_for(engine, "checkin")
    def note_use(_: object, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    # A daemon sleeps for hours: connections that the server has given up meanwhile are replaced. (SQLAlchemy's own
    # ping comes before every transaction, and a letter takes three.)
    @event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        if time.monotonic() - record.info.get("used", math.inf) <= RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine


def create_sqlite_file(url: URL) -> None:
    """Make sure that the file is there, in its folder, readable by its owner alone."""
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # residents' mail; SQLite gives its -wal and -shm files the same mode
        belong_to_the_folder(path)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StorageRefused:
    return StorageRefused(
        f"the database {path} can't be written: {error.strerror}. In mailbot.toml have data_dir and database.url name "
        "a place where this user may write"
    )


def belong_to_the_folder(path: Path) -> None:
    """A file that root made (`sudo mailbot restore`) in the folder of the daemon's own user is that user's: otherwise
    the daemon could not write it."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    """An engine that writes and one that only reads, the first never waiting for the second."""
    if sqlite3.sqlite_version_info < (3, 35):
        raise StorageRefused(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or later (RETURNING) is needed"
        )
    create_sqlite_file(url)
    writer, reader = sqlite_engine(url, "BEGIN IMMEDIATE"), sqlite_engine(url, "BEGIN")

    @event.listens_for(reader, "connect")
    def refuse_writing(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    return writer, reader


def sqlite_engine(url: URL, begin: str, *, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions begin as told. (The driver's own would begin at the first write only,
    and a reader that turns writer then fails or, without any, takes what another has taken.)"""
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT / 1000})

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        _enter_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        run(connection, begin)

    return engine


def _enter_wal(connection: sqlite3.Connection) -> None:
    """WAL is a property of the file; only the very first connection changes it. The busy timeout does not
    cover that change, so that two processes that meet on a new file must wait for each other here."""
    deadline = time.monotonic() + BUSY_TIMEOUT / 1000
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:  # a full or broken disk is not waited for
            if error.sqlite_errorcode not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
