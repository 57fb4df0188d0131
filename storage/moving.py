"""A database carried over into another: from SQLite to PostgreSQL, or back.

Unlike a copy that is put back after an accident nothing happens in between, so nothing is held: what waits goes on
waiting, and the next number is the next. The old database is marked before the first row is read, and a marked one
is worked on by nobody; so there is never a moment at which both could send. The new one appears whole, verified, or
not at all; then the mark is taken away again.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from storage import backup, migrate, schema
from storage.engines import postgres_engine, sqlite_engine, understand
from storage.rows import StorageRefused
from storage.verifying import Verified, verify
from storage.work import Work

MOVED: Final = "moved"
"""What a database that was moved away remembers by: "when|where to"."""
CAME: Final = "moved_here"
"""What the one that it became remembers by: "when|where from"."""
ROWS_AT_ONCE: Final = {"blobs": 8, "mails": 100}
"""How many rows are in memory at once: a mail may have 25 MB."""
_USUALLY: Final = 500
_OF_A_RUN: Final = (schema.workers, schema.leases, schema.heartbeats)
"""Who is at work; nobody is."""


@dataclass(frozen=True)
class Moved:
    rows: dict[str, int]
    verified: Verified


def place(url: str) -> str:
    """A database as it may be told: a file, or a server without the password."""
    understood = understand(url)
    if understood.get_backend_name() == "sqlite":
        return understood.database or ""
    return understood.set(drivername="postgresql", password=None).render_as_string()


def whereto(meta: str | None) -> tuple[str, str]:
    """When and where to a database was moved; ("", "") for one that was not."""
    when, _, where = (meta or "").partition("|")
    return when, where


def move(source: str, target: str, key: bytes, now: dt.datetime) -> Moved:
    """Carry everything over. Both are brought to this version first; the target must hold nothing. StorageRefused
    where it can't be, and then the old one is as it was. Nobody may work on either."""
    _refuse_what_can_not_be(source, target)
    migrate.upgrade(source)
    migrate.upgrade(target)
    old, new = _engine(source), _engine(target)
    try:
        _mark(old, f"{now.isoformat()}|{place(target)}")
        arriving = False
        try:
            with _one_moment(old).begin() as reading, new.begin() as writing:
                moved = _carry(reading, writing, key)
                work = Work(writing, key)
                work.forget_who_worked()
                work.remember(CAME, f"{now.isoformat()}|{place(source)}")
                work.note(now, "mailbot", "moved", f"Moved here from {place(source)}.")
                work.checkpoint(now)
                arriving = True
        except (
            BaseException
        ):  # stopped by hand as well: the old one is worked on again, unless the new one is there
            if not (arriving and _may_be_there(new)):
                _mark(old, "")
            raise
    finally:
        old.dispose()
        new.dispose()
    return moved


def refuse_the_same(source: str, target: str) -> None:
    if understand(source) == understand(target):
        raise StorageRefused(
            f"mailbot.toml still names {place(source)} itself: write the url of the new database into [database] first"
        )


def _refuse_what_can_not_be(source: str, target: str) -> None:
    refuse_the_same(source, target)
    standing = backup.standing(source)
    if standing is None or standing.empty:
        raise StorageRefused(f"{place(source)} holds nothing to be moved")
    there = backup.standing(target)
    if there is not None and not there.empty:
        with _engine_of(target) as engine, engine.begin() as connection:
            _, origin = whereto(_recall(connection, CAME))
        if origin == place(source):
            raise StorageRefused(f"{origin} was moved here already: start mailbot")
        raise StorageRefused(
            f"{place(target)} holds {there.cases:,} cases, {there.mails:,} mails and {there.lines:,} lines of the "
            "journal, because a mailbot was started on it: name an empty database, and move before you start"
        )
    with _engine_of(source) as engine, engine.begin() as connection:
        when, where = whereto(_recall(connection, MOVED))
    if where not in ("", place(target)):
        raise StorageRefused(f"{place(source)} was moved to {where} on {when[:10]}")
    for url in (source, target):
        if others := backup.others_at_work(url):
            raise StorageRefused(
                f"{others} other connections use {place(url)}: stop every mailbot on it first"
            )


def _carry(reading: Connection, writing: Connection, key: bytes) -> Moved:
    before = verify(reading, key)
    rows = {}
    for table in reversed(schema.metadata.sorted_tables):
        writing.execute(delete(table))  # what a new database begins with
    for table in schema.metadata.sorted_tables:
        if table in _OF_A_RUN:
            continue
        rows[table.name] = _copy(reading, writing, table)
        there = writing.execute(select(func.count()).select_from(table)).scalar_one()
        if there != rows[table.name]:
            raise StorageRefused(f"{table.name}: {rows[table.name]:,} rows went and {there:,} came")
        if (column := table.autoincrement_column) is not None:
            _count_on(writing, table, column.name, _last_number(reading, table, column.name))
    after = verify(writing, key)
    if after != before:
        raise StorageRefused("the journal does not verify there as it does here; nothing was moved")
    return Moved(rows, after)


def _copy(reading: Connection, writing: Connection, table: Table) -> int:
    many = ROWS_AT_ONCE.get(table.name, _USUALLY)
    statement = select(table).order_by(*table.primary_key.columns)
    if table is schema.meta:
        statement = statement.where(table.c.key.not_in((MOVED, CAME)))
    count = 0
    found = reading.execution_options(yield_per=many).execute(statement)
    for batch in found.mappings().partitions(many):
        writing.execute(insert(table), [dict(row) for row in batch])
        count += len(batch)
    return count


# ------------------------------------------------------------------ numbers go on


def _last_number(connection: Connection, table: Table, column: str) -> int:
    """The last number that was given, also to a row that is there no more: it is never given again."""
    highest = connection.execute(select(func.max(table.c[column]))).scalar() or 0
    if connection.dialect.name == "sqlite":
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        given = (
            connection.execute(asked, {"name": table.name}).scalar()
            if table.name in _counted(connection)
            else 0
        )
    else:
        name = connection.execute(
            text(f"SELECT pg_get_serial_sequence('{table.name}', '{column}')")
        ).scalar_one()
        given = connection.execute(
            text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {name}")
        ).scalar()
    return max(int(highest), int(given or 0))


def _count_on(connection: Connection, table: Table, column: str, last: int) -> None:
    if not last:
        return
    if connection.dialect.name == "postgresql":
        asked = text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column}'), :last)")
        connection.execute(asked, {"last": last})
    elif table.name in _counted(connection):
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"),
            {"name": table.name, "last": last},
        )


def _counted(connection: Connection) -> set[str]:
    """The tables of which SQLite keeps the last number; of the others it takes the highest."""
    asked = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    return set(connection.execute(asked).scalars())


# ------------------------------------------------------------------ the mark


def _mark(engine: Engine, value: str) -> None:
    """`value` "": take it away."""
    with engine.begin() as connection:
        connection.execute(delete(schema.meta).where(schema.meta.c.key == MOVED))
        if value:
            connection.execute(insert(schema.meta).values(key=MOVED, value=value))


def _may_be_there(new: Engine) -> bool:
    """Whether everything arrived although the commit was never answered; taken for granted where nobody can tell."""
    try:
        with new.begin() as connection:
            return bool(_recall(connection, CAME))
    except SQLAlchemyError:
        return True


def _recall(connection: Connection, key: str) -> str | None:
    return connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()


def _engine(url: str) -> Engine:
    understood = understand(url)
    if understood.get_backend_name() == "sqlite":
        return sqlite_engine(understood, "BEGIN IMMEDIATE")
    return postgres_engine(understood)


@contextlib.contextmanager
def _engine_of(url: str) -> Iterator[Engine]:
    engine = _engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _one_moment(engine: Engine) -> Engine:
    """All that is read is as of one moment. (On SQLite nobody else can write meanwhile.)"""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")
