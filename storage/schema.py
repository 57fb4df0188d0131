"""The tables. One set for SQLite and PostgreSQL; migrations bring a database to it, a test compares the two.

What is asked for by a column has a column; the rest of a case, an event or an order is JSON text in `codec`'s
spelling, so that a new field of the vocabulary needs no migration.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

LONGEST_KEY = 400  # characters; PostgreSQL refuses index entries above some 2,700 bytes


LOST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""The time of what stands where a time should and is none: SQLite keeps anything."""
LATEST = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware datetime, kept in UTC. Naive ones are refused; SQLite would hand them back as if they were. What can't
    be read as a time is `LOST`: one damaged row must not keep back those that are read with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time must be aware, this one is naive: {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def spell(value: dt.datetime | None) -> str | None:
            stored = self.process_bind_param(value, dialect)
            # As SQLAlchemy spells it.
            return None if stored is None else stored.isoformat(" ", "microseconds")

        return spell

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        read = super().result_processor(dialect, coltype)
        assert read is not None  # this type's own

        def read_or_lost(value: Any) -> Any:
            try:
                return read(value)
            except (ValueError, TypeError, OverflowError):
                return LOST

        return read_or_lost


def is_due(column: ColumnElement[dt.datetime], by: Any) -> ColumnElement[bool]:
    """That it is a time, and not after this one."""
    return and_(column > LOST, column <= by)


def out_of_time(column: ColumnElement[dt.datetime]) -> ColumnElement[bool]:
    """That what stands in the column sorts before or after all times: no question about what is due finds it."""
    return or_(column <= LOST, column > LATEST)


def is_no_time(column: ColumnElement[dt.datetime], dialect: str) -> ColumnElement[bool]:
    """That what stands in the column can't be read as a time. No index answers it."""
    if dialect != "sqlite":
        return out_of_time(column)
    day = func.substr(column, 1, 10)
    a_day = func.date(day, "+0 days")  # counted: without a step SQLite takes a 30 February as it is
    return or_(out_of_time(column), day.is_distinct_from(a_day), func.datetime(column).is_(None))


class Words(TypeDecorator[str]):
    """Text that a stranger may have written: what no database stores (NUL, lone surrogates) is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Key(TypeDecorator[str]):
    """Words that are looked up. Beyond LONGEST_KEY a digest tells the rest, so that any text has a key."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        value = storable(value)
        if len(value) <= LONGEST_KEY:
            return value
        digest = hashlib.sha256(value.encode()).hexdigest()[:32]
        return f"{value[: LONGEST_KEY - 33]}~{digest}"


def storable(value: str) -> str:
    """The text with NUL replaced by U+FFFD and lone surrogates by "?"; a plain `str`, no enum member."""
    value = str(value)
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            value = value.encode("utf-8", "replace").decode()
    return value


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER PRIMARY KEY alone

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Key, primary_key=True),
    Column("mailbox", Key, nullable=False),
    Column("folder", Key, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Column("kept_at", UTCDateTime, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("blob", Text, ForeignKey("blobs.sha256"), nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("again_at", UTCDateTime),
    Column("cause", Words, nullable=False),
    Column("fingerprint", Key),
    Column("message_id", Key),
    Column("sender", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("disposition", Words, nullable=False),
    Column("reference", Key),
    Column("verdict", Text),
    Column("how_found", Words, nullable=False),
    Column("automatic", Words, nullable=False),
    Column("attended_at", UTCDateTime),
    Column("claimed_by", Words, nullable=False, server_default=text("''")),  # a worker's name
    Column("deaths", Integer, nullable=False, server_default=text("0")),  # of workers that had it in hand
    Column("domain", Key, nullable=False, server_default=text("''")),  # of the sender's address
    UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),
    CheckConstraint("state IN ('kept', 'attended', 'quarantined', 'discarded')", name="state"),
    Index(None, "state", "received_at"),
    Index(None, "fingerprint"),
    Index(None, "message_id"),
    Index(None, "reference"),
    Index(None, "attended_at"),
    Index(None, "sender", "attended_at"),
    Index(None, "domain", "attended_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("mail", Key, ForeignKey("mails.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Words, nullable=False),
    Column("content_type", Words, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, ForeignKey("blobs.sha256"), nullable=False),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", Key, primary_key=True),
    Column("uidvalidity", BigInteger),
    Column("last_uid", BigInteger),
    Column("looked_at", UTCDateTime),
    Column("last_error", Words, nullable=False, server_default=text("''")),
    Column("error_at", UTCDateTime),
)

cases = Table(
    "cases",
    metadata,
    Column("reference", Key, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("policy", Words, nullable=False),
    Column("mailbox", Words, nullable=False),
    Column("stage", Words, nullable=False),
    Column("handler", Key, nullable=False),
    Column("resident", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("received_at", UTCDateTime, nullable=False),
    Column("closed_at", UTCDateTime),
    Column("body", Text, nullable=False),
    Index(None, "stage", "handler"),
    Index(None, "handler"),
    Index(None, "received_at"),
    Index(None, "closed_at"),
)

# What each handler has open, told as changes that are only ever added, so that nobody who gives out a case waits for
# anybody else; from time to time they are summed up (`Cases.burdens`).
burdens = Table(
    "burdens",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("handler", Key, nullable=False),
    Column("stage", Words, nullable=False),  # "" where the line counts a flag
    Column("flag", Words, nullable=False),  # "" where the line counts a case
    Column("change", Integer, nullable=False),
)

parties = Table(
    "parties",
    metadata,
    Column("reference", Key, ForeignKey("cases.reference"), primary_key=True),
    Column("address", Key, primary_key=True),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Index(None, "address"),
)

timers = Table(
    "timers",
    metadata,
    Column("reference", Key, ForeignKey("cases.reference"), primary_key=True),
    Column("timer", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("due_at", UTCDateTime, nullable=False),
    Column("because", Text, nullable=False),
    Index(None, "due_at"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("reference", Key, ForeignKey("cases.reference")),
    Column("letter", Words, nullable=False),
    Column("audience", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("to_address", Key, nullable=False),  # lower-cased
    Column("message_id", Key, nullable=False),
    Column("nonce", Key, nullable=False),
    Column("in_reply_to", Words, nullable=False),
    Column("refs", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UTCDateTime, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("handed_at", UTCDateTime),
    Column("sent_at", UTCDateTime),
    Column("subject", Words, nullable=False),
    Column("blob", Text, ForeignKey("blobs.sha256")),
    Column("answer", Words, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("claimed_by", Words, nullable=False, server_default=text("''")),  # a worker's name
    UniqueConstraint("message_id"),
    UniqueConstraint("nonce"),
    CheckConstraint(
        "state IN ('waiting', 'claimed', 'handing', 'sent', 'failed', 'unknown', 'held')", name="state"
    ),
    Index(None, "reference", "to_address"),
    Index(None, "to_address", "handed_at"),
    Index(None, "handed_at"),
    Index(None, "state", "next_at"),
    sqlite_autoincrement=True,
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", UTCDateTime, nullable=False),
    Column("reference", Key),
    Column("who", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("mail", Words),
    Column("summary", Words, nullable=False),
    Column("because", Text, nullable=False),
    Column("event", Text),
    Column("effects", Text, nullable=False),
    Column("version", Integer),
    # The chain (see `chain`): which one, the how manieth line of it, the hash of the line before, and its own.
    Column("chain", Key, nullable=False, server_default=text("''")),
    Column("place", BigInteger, nullable=False, server_default=text("0")),
    Column("previous", Text, nullable=False, server_default=text("''")),
    Column("salt", Text, nullable=False, server_default=text("''")),
    Column("proof", Text),
    Column("erased_by", BigInteger),
    Column("hash", Text, nullable=False, server_default=text("''")),
    Index(None, "reference"),
    Index(None, "at"),
    Index("ix_journal_chain_place", "chain", "place", unique=True),
    sqlite_autoincrement=True,
)

heads = Table(
    "heads",
    metadata,
    Column("chain", Key, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", UTCDateTime, nullable=False),
    Column("up_to", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

redactions = Table(
    "redactions",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("order_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("seals", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

sequences = Table(
    "sequences",
    metadata,
    Column("name", Key, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", Words, nullable=False),
)

sortings = Table(
    "sortings",
    metadata,
    Column("mail", Key, ForeignKey("mails.id"), primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("who", Key, nullable=False),
    Column("stage", Words, nullable=False),
    Column("intent", Words, nullable=False),
    Column("taken_for", Words, nullable=False),
    Index(None, "at"),
)

digests = Table(
    "digests",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("person", Key, primary_key=True),
    Column("day", Date, primary_key=True),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Key, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
)


workers = Table(
    "workers",
    metadata,
    Column("name", Words, primary_key=True),
    Column("until", UTCDateTime, nullable=False),  # alive until then, by the database's clock
)

leases = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),  # of what only one may do
    Column("worker", Words, nullable=False),
)


def upsert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@functools.cache
def insert_if_new(dialect: str, table: Table) -> Insert:
    """INSERT that leaves a row alone which is there already (rowcount 0 then)."""
    return upsert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@functools.cache
def insert_or_change(dialect: str, table: Table, *changed: str) -> Insert:
    """INSERT that sets the columns `changed` of the row with the same primary key."""
    statement = upsert(dialect, table)
    new: dict[str, Any] = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=new)


def insert_or_keep(dialect: str, table: Table, touched: str) -> sqlite.Insert | postgresql.Insert:
    """INSERT that locks a row which is there already and leaves it as it is; either way it can be RETURNED."""
    statement = upsert(dialect, table)
    same: dict[str, Any] = {touched: table.c[touched]}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=same)
