"""`mailbot person`, `mailbot retention` and `mailbot case hold`, as whoever answers for personal data types them."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import zipfile
from contextlib import closing

from mailbot import settings
from mailbot.clock import SetClock
from mailbot.reckoning import as_of_now
from mailbot.start import build
from mailbot.upkeep import keep_up
from storage import open_store

JO = "jo.finch@example.com"
ADA = "ada.moss@example.com"


def ask(office, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(office.database)) as database:
        return database.execute(statement).fetchall()


def test_a_person_gets_what_is_held_and_a_pack_of_it_can_be_checked(mailbot, office):
    said = mailbot("person", "export", JO.upper(), "--to", "jo.zip", cwd=office.folder)
    assert said.code == 0 and "1 cases" in said.out and "for-review.csv" in said.out
    with zipfile.ZipFile(office.folder / "jo.zip") as archive:
        names = archive.namelist()
        assert "what-we-hold.html" in names and any(n.endswith("/chronology.html") for n in names)
        assert ADA not in archive.read("what-we-hold.html").decode()
    assert mailbot("case", "export", "--check", "jo.zip", cwd=office.folder).code == 0
    nobody = mailbot("person", "export", "nobody@example.com", "--to", "no.zip", cwd=office.folder)
    assert nobody.code == 1 and "nothing is held" in nobody.err
    staff = mailbot("person", "export", "sam@landlord.example.org", "--to", "no.zip", cwd=office.folder)
    assert staff.code == 1 and "one of staff" in staff.err
    own = mailbot("person", "export", "complaints@landlord.example.org", "--to", "no.zip", cwd=office.folder)
    assert own.code == 1 and "an address of yours" in own.err


def test_erasing_is_refused_with_its_reason_tried_first_and_done_in_spite_of_it(mailbot, office):
    tried = mailbot("person", "erase", JO, "--dry-run", cwd=office.folder)
    assert tried.code == 0 and "is open" in tried.out and "Nothing was changed" in tried.out
    refused = mailbot("person", "erase", JO, "--by", "alex", cwd=office.folder)
    assert refused.code == 1 and "--despite" in refused.err
    assert ask(office, f"SELECT count(*) FROM parties WHERE address = '{JO}'") == [(1,)]
    assert mailbot("person", "erase", JO, "--by", "nobody", cwd=office.folder).code == 2
    done = mailbot("person", "erase", JO, "--by", "alex", "--despite", "a court said so", cwd=office.folder)
    assert done.code == 0 and "Erased: 1 cases" in done.out
    assert "folder INBOX, UID 1" in done.out and "backups" in done.out
    assert JO.encode() not in office.database.read_bytes()
    verified = mailbot("journal", "verify", cwd=office.folder)
    assert (
        verified.code == 0
        and "by order of alex, despite what stood against it: a court said so" in verified.out
    )
    assert mailbot("person", "erase", JO, cwd=office.folder).code == 1
    shown = mailbot("case", "show", "cc-2026-1", cwd=office.folder)
    assert shown.code == 0 and "erased.invalid" in shown.out and "Opened as a Stage 1 complaint." in shown.out
    assert "closed: " in mailbot("case", "list", "--all", cwd=office.folder).out


def test_a_legal_hold_keeps_a_case_until_it_ends(mailbot, office):
    (reference,) = ask(office, f"SELECT reference FROM parties WHERE address = '{JO}'")[0]
    assert mailbot("case", "hold", reference, cwd=office.folder).code == 2
    assert mailbot("case", "hold", reference, "--end", cwd=office.folder).code == 1
    assert (
        mailbot(
            "case", "hold", reference, "--because", "claim issued", "--by", "alex", cwd=office.folder
        ).code
        == 0
    )
    held = mailbot("person", "erase", JO, "--dry-run", cwd=office.folder)
    assert "under legal hold: claim issued" in held.out
    assert mailbot("case", "hold", reference, "--end", cwd=office.folder).code == 0
    assert "legal hold" not in mailbot("person", "erase", JO, "--dry-run", cwd=office.folder).out
    assert "Legal hold: claim issued." in mailbot("case", "show", reference, cwd=office.folder).out


def test_what_is_past_its_time_is_shown_before_it_goes(mailbot, office, monkeypatch):
    """Also in a container that runs as a number which no user has."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_321)
    toml = office.config / "mailbot.toml"
    before = mailbot("retention", "preview", cwd=office.folder)
    assert before.code == 0 and "closed cases 6 years" in before.out and "0 mails of no case" in before.out
    assert "Nothing is past its time." in mailbot("retention", "run", cwd=office.folder).out
    toml.write_text(toml.read_text() + "\n[retention]\nother_mail_months = 1\n")
    with closing(sqlite3.connect(office.database)) as database, database:
        database.execute("UPDATE mails SET state = 'discarded' WHERE sender = ''")
    assert "1 mail of no case" in mailbot("retention", "preview", cwd=office.folder).out
    done = mailbot("retention", "run", "--by", "alex", cwd=office.folder)
    assert done.code == 0 and "1 mails" in done.out
    assert "0 mails of no case" in mailbot("retention", "preview", cwd=office.folder).out
    assert mailbot("journal", "verify", cwd=office.folder).code == 0


def test_once_a_day_the_journal_is_sealed_and_what_is_due_is_told_or_goes(office):
    toml = office.config / "mailbot.toml"
    with closing(sqlite3.connect(office.database)) as database, database:
        database.execute("UPDATE mails SET state = 'discarded' WHERE sender = ''")
    said, before = {}, toml.read_text()
    for automatic, day in (("false", 1), ("true", 2)):
        toml.write_text(f"{before}\n[retention]\nother_mail_months = 1\nautomatic = {automatic}\n")
        configured = settings.load(office.config)
        at = dt.datetime(2026, 5, day, 8, 0, tzinfo=dt.UTC)
        parts = build(configured, open_store(configured.database.url), SetClock(at), with_classifier=False)
        keep_up(parts.service)
        keep_up(parts.service)
        with parts.store.read() as work:
            said[automatic] = as_of_now(work, configured, at)
            mark = work.last_checkpoint()
            assert mark is not None and mark.number == day and work.verify_journal().faults == ()
        parts.close()
    assert (
        "Retention: 0 closed cases, 1 mail of no case" in said["false"][-1] and "preview" in said["false"][-1]
    )
    assert "Journal sealed on 1 May: " in said["false"][-3]
    assert said["true"][-1].startswith(
        "Retention: the words of 0 closed cases, 1 mail and 0 letters were erased"
    )


def test_a_touched_journal_is_told_once_a_week_by_an_alert_and_in_the_digest(office):
    with closing(sqlite3.connect(office.database)) as database, database:
        database.execute("DROP TRIGGER journal_keeps_its_lines")
        database.execute("UPDATE journal SET who = 'sam' WHERE seq = 2")
    configured = settings.load(office.config)
    store = open_store(configured.database.url)
    for day in (4, 5, 11):  # two Mondays
        at = dt.datetime(2026, 5, day, 8, 0, tzinfo=dt.UTC)
        keep_up(build(configured, store, SetClock(at), with_classifier=False).service)
    with store.read() as work:
        assert any(line.startswith("JOURNAL: 1 lines or seals") for line in as_of_now(work, configured, at))
        alerts = [
            w for n in work.every_letter() if (w := work.letter(n)) and "behind mailbot" in str(w.order.facts)
        ]
        assert [a.created_at.day for a in alerts] == [4, 11] and alerts[0].order.person == "alex"
    store.close()
