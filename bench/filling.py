"""A database full of cases, by bulk inserts: one complaint is taken the real way, and its rows are copied, each copy
with a reference, a writer and a chain of the journal of its own."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Table, insert, select
from worlds import World, world

from mailbot.casework.references import compose
from storage import chain, schema
from storage.work import Work

TEXT = b"""From: Original Writer <original@filler.example>\r
To: complaints@examplehomes.example\r
Subject: Complaint about my boiler\r
Message-ID: <original@filler.example>\r
Date: Mon, 02 Mar 2026 08:00:00 +0000\r
\r
I want to make a complaint. The boiler has not worked for three weeks, nobody came on the day that was agreed, and\r
nobody has rung me back since. I want it mended and an apology.\r
\r
Original Writer\r
Flat 1, Acorn House\r
"""
SOME = 1_000
WRITER = "original@filler.example"
AWAY = dt.timedelta(days=400)
"""So far off the filled cases' timers are put: nothing of theirs falls due."""


def fill(into: World, number: int, history: bool = True) -> None:
    """Put `number` open cases in. Without `history` only what a tick looks at: cases, parties and timers."""
    if not number:
        return
    pattern = _pattern()
    (case,) = pattern["cases"]
    first = _next(into)
    for start in range(first, first + number, SOME):
        copies: dict[str, list[dict[str, Any]]] = {}
        for n in range(start, min(start + SOME, first + number)):
            for name, rows in _copy(pattern, case["reference"], n, history).items():
                copies.setdefault(name, []).extend(rows)
        with into.store.begin() as work:
            if history:
                _number_lines(work, copies["journal"])
            for table in ("blobs", "cases", "parties", "timers", "mails", "heads", "journal", "letters"):
                if rows := copies.get(table):
                    _insert(work, schema.metadata.tables[table], rows)
    with into.store.begin() as work:
        work._connection.execute(
            schema.insert_or_change(work._dialect, schema.sequences, "next"),
            {"name": "CC-2026", "next": first + number},
        )
        work.count_burdens_anew()


def _next(into: World) -> int:
    with into.store.begin() as work:
        return work.peek_reference("CC-2026")


def _pattern() -> dict[str, list[dict[str, Any]]]:
    """The rows that one complaint leaves, by table."""
    with world() as original:
        original.take([TEXT])
        original.tick()
        original.dispatch()
        with original.store.read() as work:
            tables = ("blobs", "cases", "parties", "timers", "mails", "letters", "journal", "heads")
            return {
                name: [
                    dict(row._mapping)
                    for row in work._connection.execute(select(schema.metadata.tables[name]))
                ]
                for name in tables
            }


def _copy(
    pattern: dict[str, list[dict[str, Any]]], reference: str, n: int, history: bool
) -> dict[str, list[dict[str, Any]]]:
    new, writer, mail = compose("CC", 2026, n), f"writer{n}@filler.example", f"{n:016}"
    old_mail = pattern["mails"][0]["id"]
    words = ((reference, new), (WRITER, writer), (old_mail, mail))

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        copy = dict(row)
        for name, value in row.items():
            if isinstance(value, str):
                for old, put in words:
                    value = value.replace(old, put)
                copy[name] = value
        return copy

    made = {name: [changed(row) for row in pattern[name]] for name in ("cases", "parties", "timers")}
    for timer in made["timers"]:
        timer["due_at"] += AWAY + dt.timedelta(seconds=n % 86_400)
    if not history:
        return made
    made["mails"] = [
        {**changed(row), "uid": 10_000_000 + n, "fingerprint": secrets.token_hex(32)}
        for row in pattern["mails"]
    ]
    made["letters"] = []
    for row in pattern["letters"]:
        if row["reference"] == reference:
            nonce = secrets.token_hex(8)
            letter = {**changed(row), "nonce": nonce, "message_id": f"<{nonce}@filler.example>"}
            del letter["id"]
            letter["handed_at"] -= dt.timedelta(days=30)
            made["letters"].append(letter)
    lines = [changed(row) for row in pattern["journal"] if row["reference"] == reference]
    made["journal"] = sorted(lines, key=lambda row: int(row["place"]))
    made["heads"] = [{"chain": new, "place": 0, "hash": ""}]
    if n == 1:
        made["blobs"] = pattern["blobs"]
    return made


def _number_lines(work: Work, lines: list[dict[str, Any]]) -> None:
    """Give the copied lines numbers and hashes, so that the journal still verifies."""
    newest = work._connection.execute(
        select(schema.journal.c.seq).order_by(schema.journal.c.seq.desc()).limit(1)
    ).scalar()
    previous: dict[str, str] = {}
    for seq, row in enumerate(lines, (newest or 0) + 1):
        row |= {"seq": seq, "salt": secrets.token_hex(16), "previous": previous.get(row["chain"], "")}
        row["hash"] = chain.line_hash(row, chain.seals(row), work._key)
        previous[row["chain"]] = row["hash"]


def _insert(work: Work, table: Table, rows: list[dict[str, Any]]) -> None:
    if table.name == "blobs":
        work._connection.execute(schema.insert_if_new(work._dialect, table), rows)
        return
    work._connection.execute(insert(table), rows)
    if (
        table.name == "journal" and work._dialect == "postgresql"
    ):  # numbers were given, the sequence does not know
        newest = rows[-1]["seq"]
        work._connection.exec_driver_sql(f"SELECT setval('journal_seq_seq', {int(newest)})")
