"""What a story leaves behind, told without anything that chance decides: the record, the mailbox and the mail that
reached people. Two runs of one story must leave the same, however often one of them was killed."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from doors.catcher import Caught
from doors.mailboxes import Mailboxes
from sqlalchemy import Connection, Table, create_engine, select

from storage import schema

TURN = """
import datetime as dt, sys
from pathlib import Path
from mailbot import settings
from mailbot.clock import SetClock
from mailbot.daemon import Rounds, alone_on
from mailbot.presence import at_work
from mailbot.start import build
from storage import open_store
loaded = settings.load(Path(sys.argv[1]))
with alone_on(loaded.database.url):
    parts = build(loaded, open_store(loaded.database.url), SetClock(dt.datetime.fromisoformat(sys.argv[2])))
    with at_work(parts.service):
        parts.service.recompute_dates()
        rounds = Rounds(parts.service)
        rounds.turn(parts.clock)
        rounds.close()
    parts.close()
"""
"""`mailbot once`, with a clock that stands: arguments are the configuration and the time."""

_KEPT: Mapping[Table, tuple[str, ...]] = {
    schema.mails: (
        "sender", "subject", "state", "disposition", "reference", "automatic", "how_found", "received_at",
    ),
    schema.cases: (
        "reference", "version", "policy", "stage", "handler", "resident", "subject", "received_at", "closed_at",
        "body",
    ),
    schema.parties: ("reference", "address", "name", "role"),
    schema.timers: ("reference", "timer", "subject", "due_at", "because"),
    schema.letters: ("reference", "letter", "audience", "person", "to_address", "body", "state"),
    schema.journal: ("reference", "at", "who", "kind", "mail", "summary", "because", "event", "effects", "version"),
    schema.sequences: ("name", "next"),
}  # fmt: skip


MOST_TOLD = 40  # differences of one kind


@dataclass(frozen=True)
class World:
    record: Mapping[str, Counter[tuple[Any, ...]]]
    """Of every table its rows, without what chance decides."""
    folders: Mapping[str, Counter[str]]
    """Of every folder of the mailbox the subjects of its mails."""
    delivered: Counter[tuple[str, str, str, str]]
    """What people got: to whom, of which kind, its subject and its text."""


def world(url: str, server: Mailboxes, address: str, caught: Iterable[Caught]) -> World:
    engine = create_engine(url)
    with engine.connect() as connection:
        plain = _without_chance(connection)
        record = _record(connection, plain)
    engine.dispose()
    return World(record, _folders(server, address), Counter(_told(letter, plain) for letter in caught))


def _without_chance(connection: Connection) -> Callable[[Any], Any]:
    """What replaces the names that are drawn by lot, of mails and letters, by what they are."""
    names = {}
    for row in connection.execute(select(schema.mails.c.id, schema.mails.c.sender, schema.mails.c.subject)):
        names[row.id] = f"the mail {row.subject!r} of {row.sender}"
    for row in connection.execute(
        select(schema.letters.c.message_id, schema.letters.c.letter, schema.letters.c.to_address)
    ):
        names[row.message_id] = f"the {row.letter} to {row.to_address}"
    # The digest says how many letters wait while it is written (after a restart, those of before it as well), the
    # journal's seal, which rests on those names too, and how long the journal is, of which a move is a line. Keys of
    # buttons are drawn by lot as well.
    name = re.compile(r"<[^<>\s]+>|\b[0-9a-z]{16}\b")
    said = re.compile(
        r"(?:[Nn]o|[\d,]+) letters? waits? to go out|Journal sealed[^\r\n\"]*|mail up to UID \d+|Case key: [0-9a-z.]+"
        r"|The journal's [\d,]+ lines? w(?:as|ere)"
    )

    def plain(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return said.sub("(as it is)", name.sub(lambda m: names.get(m[0], m[0]), value))

    return plain


def _record(connection: Connection, plain: Callable[[Any], Any]) -> dict[str, Counter[tuple[Any, ...]]]:
    return {
        table.name: Counter(
            tuple(plain(value) for value in row)
            for row in connection.execute(select(*(table.c[column] for column in columns)))
        )
        for table, columns in _KEPT.items()
    }


def _folders(server: Mailboxes, address: str) -> dict[str, Counter[str]]:
    found = {}
    with server.client(address) as client:
        for _, _, folder in client.list_folders():
            client.select_folder(folder, readonly=True)
            uids = client.search("ALL")
            heads = client.fetch(uids, ["BODY.PEEK[HEADER.FIELDS (SUBJECT)]"]) if uids else {}
            found[folder] = Counter(
                " ".join(next(v for k, v in head.items() if k.startswith(b"BODY")).decode().split())
                for head in heads.values()
            )
    return found


def _told(caught: Caught, plain: Callable[[Any], Any]) -> tuple[str, str, str, str]:
    message = email.message_from_bytes(caught.raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    part = message.get_body(("plain",))
    text = str(part.get_content()) if part else ""
    return (caught.recipients[0], str(message["X-Mailbot-Letter"]), str(message["Subject"]), plain(text))


def empty(server: Mailboxes, address: str) -> None:
    """Take every mail out of every folder of the mailbox."""
    with server.client(address) as client:
        for _, _, folder in client.list_folders():
            client.select_folder(folder)
            if uids := client.search("ALL"):
                client.delete_messages(uids)
                client.expunge()


def difference(one: World, other: World) -> str:
    """In words what the two do not share, "" where they are the same."""
    lines = []
    parts = [(f"the table {name}", one.record[name], other.record[name]) for name in one.record]
    for folder in {*one.folders, *other.folders}:
        empty_one: Counter[str] = Counter()
        parts.append(
            (f"the folder {folder}", one.folders.get(folder, empty_one), other.folders.get(folder, empty_one))  # type: ignore[arg-type]
        )
    parts.append(("what was delivered", one.delivered, other.delivered))  # type: ignore[arg-type]
    for name, left, right in parts:
        for which, more in (("first", left - right), ("second", right - left)):
            told = [f"{name}: only in the {which} ({n} times): {row}" for row, n in more.items()]
            lines += told[:MOST_TOLD] + [f"{name}: and {len(told) - MOST_TOLD} more"] * (
                len(told) > MOST_TOLD
            )
    return "\n".join(lines)
