"""The doors of the service as tests meet them: real mail servers and a real database, each worker its own.

What a test asks for and is not installed makes it fail with the command that installs it: a suite that skips
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doors.catcher import SmtpCatcher
from doors.dovecot import Dovecot, DovecotMissing
from doors.embedded import Embedded
from doors.mailboxes import Mailboxes
from doors.postgres import Postgres, PostgresMissing


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
