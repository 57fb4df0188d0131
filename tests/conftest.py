"""The doors of the service as tests meet them: real mail servers and a real database, each worker its own.

What a test asks for and is not installed makes it fail with the command that installs it: a suite that skips
says nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from doors.catcher import SmtpCatcher
from doors.dovecot import Dovecot, DovecotMissing
from doors.embedded import Embedded
from doors.mailboxes import Mailboxes
from doors.postgres import Postgres, PostgresMissing
from doors.primed import Primed
from xdist.scheduler import LoadScopeScheduling

import storage

ONE_WORKER = ("tests/classifiers/", "tests/demo/", "tests/postroom/test_bounds.py")
"""Tests that share something that takes long to make: one worker makes it and nobody waits for it."""


class ByRoom(LoadScopeScheduling):  # type: ignore[misc]
    """Tests to whichever worker is free, but all of a place in ONE_WORKER to one, and these first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in ONE_WORKER if nodeid.startswith(place)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByRoom:
    return ByRoom(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, after whoever shuffles: a worker that begins one last leaves the other idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Thousands of tests and what they import need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Dovecot. Take a `fresh_mailbox()`; who stops it must start it again."""
    try:
        server = Dovecot()
    except DovecotMissing as e:
        pytest.fail(str(e))
    try:
        server.start()
        yield server
    finally:
        server.throw_away()


@pytest.fixture(scope="session")
def embedded_mail() -> Iterator[Embedded]:
    """The demo's IMAP and SMTP servers."""
    server = Embedded()
    server.start()
    yield server
    server.throw_away()


@pytest.fixture(params=["dovecot", "embedded"])
def mail_server(request: pytest.FixtureRequest) -> Mailboxes:
    """The same test over Dovecot and over the demo's servers."""
    name = {"dovecot": "dovecot", "embedded": "embedded_mail"}[request.param]
    server = request.getfixturevalue(name)
    assert isinstance(server, Mailboxes)
    return server


@pytest.fixture
def smtp_catcher() -> Iterator[SmtpCatcher]:
    """An SMTP server that catches letters; set `.reply` to have it refuse, grey-list or hang up."""
    catcher = SmtpCatcher()
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
    except PostgresMissing as e:
        pytest.fail(str(e))
    try:
        yield server
    finally:
        server.throw_away()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    url = postgres.fresh_database()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def primed() -> Iterator[Primed]:
    """Starts `python -m mailbot ...` as a process of its own, without the seconds that imports and model take."""
    starter = Primed()
    yield starter
    starter.close()


@pytest.fixture(scope="session")
def ready_made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the tables of today, to be copied: that is quicker than migrating each."""
    path = tmp_path_factory.mktemp("ready_made") / "mail.db"
    storage.upgrade(f"sqlite:///{path}")
    return path
