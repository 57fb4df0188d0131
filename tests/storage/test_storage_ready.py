"""Statements that are made ready once do what SQLAlchemy does with them each time, on either database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from storage_examples import NINE

from storage import Store, away, overtaken
from storage.ready import Ready, run
from storage.schema import LONGEST_KEY, mailboxes

ROWS: list[dict[str, Any]] = [
    {"name": "repairs", "looked_at": NINE, "last_error": "", "error_at": None},
    {"name": "a" * 1_000, "looked_at": None, "last_error": "\0 and \udc80", "error_at": NINE},
]
_ADD = Ready(insert(mailboxes).inline())
_NAMED = select(mailboxes).where(mailboxes.c.name.in_(bindparam("names", expanding=True))).order_by("name")
_LOOKED = update(mailboxes).where(mailboxes.c.name == bindparam("which"))


@pytest.fixture
def connection(store: Store) -> Any:
    with store.begin() as work:
        yield work._connection


def test_what_is_written_and_read_is_what_sqlalchemy_writes_and_reads(connection: Connection) -> None:
    _ADD.change_all(connection, ROWS)
    rows = connection.execute(select(mailboxes).order_by("name")).all()
    assert [len(row.name) for row in rows] == [LONGEST_KEY, 7], "a key as its type stores it"
    assert rows[0].last_error == "\ufffd and ?"
    for number in (1, 2, 60):
        names = ["repairs", "a" * 1_000, *map(str, range(number))][:number]
        ready = Ready(_NAMED).all(connection, {"names": names})
        assert [row._asdict() for row in ready] == [
            row._asdict() for row in connection.execute(_NAMED, {"names": names})
        ]
        assert ready[-1].looked_at == NINE and ready[-1].looked_at.tzinfo is dt.UTC


def test_what_a_statement_has_fixed_is_stored_by_its_type_too(connection: Connection) -> None:
    _ADD.change_all(connection, ROWS)
    later = NINE + dt.timedelta(days=1)
    fixed = Ready(_LOOKED.values(looked_at=later, last_error="a\0b"))
    assert (fixed.change(connection, {"which": "repairs"}), fixed.change(connection, {"which": "x"})) == (
        1,
        0,
    )
    assert Ready(_LOOKED).change(connection, {"which": "a" * 1_000, "last_uid": 7}) == 1
    found = Ready(_NAMED).first(connection, {"names": ["repairs"]})
    assert found and (found.looked_at, found.last_error) == (later, "a\ufffdb")
    named = Ready(mailboxes.update().where(mailboxes.c.name.in_(["repairs", "x", "a\0b"])))
    assert named.change(connection, {"last_uid": 8}) == 1, "a list that the statement holds itself"
    number = Ready(select(mailboxes.c.last_uid).where(mailboxes.c.name == bindparam("name")))
    assert number.scalar(connection, {"name": "a" * 1_000}) == 7
    assert number.scalar(connection, {"name": "nobody"}) is None


def test_errors_are_those_of_sqlalchemy(store: Store) -> None:
    for refused, kind in (
        (lambda c: _ADD.change_all(c, [*ROWS, *ROWS]), IntegrityError),
        (lambda c: _ADD.change(c, {**ROWS[0], "name": None}), IntegrityError),
        (lambda c: run(c, "SELECT * FROM nowhere"), (ProgrammingError, OperationalError)),
    ):
        with pytest.raises(kind) as told, store.begin() as work:
            refused(work._connection)
        assert not overtaken(told.value)
    with store.read() as work:
        assert work.mailboxes() == [], "nothing of a transaction that failed is kept"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite has no line that could break
def test_a_connection_that_is_lost_is_told_as_such_and_given_up(store: Store) -> None:
    def ask_on_a_line_that_somebody_cuts() -> None:
        with store.begin() as work, store.begin() as other:
            backend = run(work._connection, "SELECT pg_backend_pid()").fetchone()[0]
            run(other._connection, "SELECT pg_terminate_backend(%s)", [backend])
            Ready(_NAMED).all(work._connection, {"names": ["repairs"]})

    with pytest.raises(OperationalError) as told:
        ask_on_a_line_that_somebody_cuts()
    assert told.value.connection_invalidated and away(told.value)
    with store.begin() as work:
        _ADD.change_all(work._connection, ROWS)
