"""Every test of storage runs on SQLite and on PostgreSQL, each in a database of its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from doors.postgres import Postgres

import storage

_numbers = itertools.count(1)


class ReadyMade:
    """A PostgreSQL database with the tables of today, to be copied: that is quicker than migrating each."""

    def __init__(self, server: Postgres) -> None:
        self._desk = server.fresh_database()  # a database can't be copied from within
        self._url = server.fresh_database()
        storage.upgrade(self._url)

    def copy(self) -> str:
        copy = f"{self._name(self._url)}_{next(_numbers)}"
        self._command(f'CREATE DATABASE "{copy}" TEMPLATE "{self._name(self._url)}"')
        return self._url.replace(self._name(self._url), copy)

    def drop(self, url: str) -> None:
        self._command(f'DROP DATABASE "{self._name(url)}" WITH (FORCE)')

    def _command(self, statement: str) -> None:
        with psycopg.connect(self._desk.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("@/")[2].partition("?")[0]


@pytest.fixture(scope="session")
def ready_made_postgres(postgres: Postgres) -> ReadyMade:
    return ReadyMade(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/mail.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the tables of today and nothing in them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("ready_made_sqlite"), tmp_path / "mail.db")
        yield f"sqlite:///{tmp_path}/mail.db"
    else:
        ready_made: ReadyMade = request.getfixturevalue("ready_made_postgres")
        copy = ready_made.copy()
        yield copy
        ready_made.drop(copy)


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], storage.Store]]:
    """Opens the test's database, as a process would; again and again if need be."""
    stores: list[storage.Store] = []

    def open_another() -> storage.Store:
        stores.append(storage.open_store(url))
        return stores[-1]

    yield open_another
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], storage.Store]) -> storage.Store:
    return opened()
