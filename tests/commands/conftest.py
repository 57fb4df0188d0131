"""A small landlord with two days' mail behind him, made once and copied for each test; and commands as people
type them, run in this process (`mailbot`), so that hundreds of them cost little."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands_places import Office
from doors.command_line import Said, keyboard

import classifiers
from mailbot import settings
from mailbot.clock import SetClock
from mailbot.postroom.fetched import Fetched, Position
from mailbot.start import build
from storage import open_store

MAILBOT_TOML = """
[landlord]
name = "Brackenfield Homes Limited"
short_name = "Brackenfield Homes"
phone = "01632 960100"
web = "https://brackenfield.example.org"
postal_address = "1 High Street, Anytown"
complaints_address = "complaints@landlord.example.org"

[[mailbox]]
name = "complaints"
address = "complaints@landlord.example.org"
policy = "code-2024"

[mailbox.imap]
host = "127.0.0.1"
port = 1
security = "none"
user = "complaints@landlord.example.org"
password = "secret"
timeout_connect = 1

[smtp]
host = "127.0.0.1"
port = 1
security = "none"
timeout = 1

[trust]
authserv_id = "mx.landlord.example.org"
"""
STAFF_TOML = """
[[person]]
key = "sam"
name = "Sam Okafor"
address = "sam@landlord.example.org"
roles = ["handler"]

[[person]]
key = "morgan"
name = "Morgan Bell"
address = "morgan@landlord.example.org"
roles = ["stage2"]

[[person]]
key = "alex"
name = "Alex Reid"
address = "alex@landlord.example.org"
roles = ["supervisor", "duty"]
"""
COMPLAINT = (
    "I reported the leak in my kitchen ceiling five weeks ago and nobody has come. I have taken two days off "
    "work for appointments that your contractor missed. I am very unhappy with how this has been handled and I "
    "want to make a complaint. I want the ceiling repaired and an apology.\r\n\r\nJo Finch, 14 Alder Court\r\n"
)


def letter(sender: str, subject: str, text: str) -> bytes:
    head = f"From: {sender}\r\nTo: complaints@landlord.example.org\r\nSubject: {subject}\r\n"
    more = "Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return (head + more + text).encode()


MAILS = (
    letter("Jo Finch <jo.finch@example.com>", "Leak in the kitchen [/bold]", COMPLAINT),
    letter(
        "Ada Moss <ada.moss@example.com>",
        "Key fob",
        "Hello, could I please order a second key fob for the front door of Alder Court? Thank you, Ada Moss\r\n",
    ),
    letter("", "No sender at all", "Who wrote this?\r\n"),
)


@pytest.fixture(scope="session")
def finished_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three mails kept and attended to on 2 March 2026: a complaint, a request, and one without a sender."""
    classifiers.ensure(None)
    folder = tmp_path_factory.mktemp("office")
    config = folder / "config"
    config.mkdir()
    (config / "mailbot.toml").write_text(MAILBOT_TOML)
    (config / "staff.toml").write_text(STAFF_TOML)
    configured = settings.load(config)
    store = open_store(configured.database.url)
    store.upgrade()
    at = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
    parts = build(configured, store, SetClock(at))
    keeper = parts.service.keeper("complaints")
    keeper.begin_at("complaints", Position(1, 0))
    keeper.keep(
        [
            Fetched("complaints", "INBOX", 1, uid, at, raw, len(raw), False, False)
            for uid, raw in enumerate(MAILS, 1)
        ],
        Position(1, len(MAILS)),
    )
    keeper.looked("complaints", at)
    assert len(parts.service.attend()) == len(MAILS)
    (folder / "leak.eml").write_bytes(MAILS[0])
    parts.close()
    return folder


@pytest.fixture
def office(finished_office: Path, tmp_path: Path) -> Office:
    shutil.copytree(finished_office, tmp_path / "office")
    return Office(tmp_path / "office")


@pytest.fixture
def mailbot(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., Said]:
    """Type a command: `mailbot("case", "list", cwd=office.folder)`. `stdin` is what is piped into it."""
    return keyboard(monkeypatch, capfdbinary, tmp_path)
