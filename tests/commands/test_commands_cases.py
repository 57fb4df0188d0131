"""The commands that look at cases, the digest and what was set aside."""

from __future__ import annotations

import email
import email.policy
import json
import re
import sqlite3

import pytest

from mailbot import settings
from mailbot.clock import WallClock
from mailbot.start import build
from storage import open_store

LEAK = "CC-2026-000001-4"
FOB = "CC-2026-000002-2"


def test_open_cases_are_listed_the_next_duty_first(mailbot, office):
    said = mailbot("case", "list", cwd=office.folder)
    heading, first, second = said.out.splitlines()[:3]
    assert said.code == 0
    assert heading.split() == ["Case", "Stage", "Handler", "Next", "Target", "Latest", "Subject"]
    assert first.startswith(LEAK)
    assert "stage1 open" in first and " sam " in first and "05 Mar 2026" in first
    assert second.startswith(FOB)


def test_a_subject_that_looks_like_markup_is_text(mailbot, office):
    assert "Leak in the kitchen [/bold]" in mailbot("case", "list", cwd=office.folder).out


def test_a_landlord_without_cases_is_told_so(mailbot, office):
    office.database.unlink()
    assert mailbot("case", "list", cwd=office.folder).out == "There are no open cases.\n"
    assert mailbot("case", "list", "--all", cwd=office.folder).out == "There are no cases.\n"
    said = mailbot("case", "show", LEAK, cwd=office.folder)
    assert (said.code, said.err) == (1, f"mailbot: there is no case {LEAK}: there are no cases at all\n")


@pytest.mark.parametrize(
    "typed",
    [
        "CC-2026-000001-4",
        "cc-2026-000001-4",
        "cc2026 000001 4",
        "[CC-2026-000001-4].",
        "CC\u20112026\u2011000001\u20114",
        "CC-2O26-OOOOO1-4",
        "CC-2026-000001",
        "cc 2026 1",
        "2026-1",
    ],
)
def test_a_case_is_shown_however_its_reference_is_typed(mailbot, office, typed):
    said = mailbot("case", "show", typed, cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(LEAK)


def test_the_story_of_a_case_names_the_clause_of_each_act(mailbot, office):
    told = mailbot("case", "show", LEAK, cwd=office.folder).out
    assert "Code 6.2" in told
    assert "jo.finch@example.com" in told
    assert "Sam Okafor" in told or "sam" in told


@pytest.mark.parametrize(
    "typed", ["CC-2026-000003-0", "cc 2026 3", "CC-2026-000001-5", "XX-2026-000001-4", "leak", ""]
)
def test_a_case_that_is_not_there_is_answered_with_the_nearest(mailbot, office, typed):
    said = mailbot("case", "show", typed, cwd=office.folder)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("mailbot: there is no case")
    assert LEAK in said.err


def test_a_closed_case_of_a_mailbox_that_is_gone_can_still_be_read(mailbot, office):
    with sqlite3.connect(office.database) as database:
        database.execute("UPDATE cases SET stage = 'closed', mailbox = 'old'")
        database.execute("UPDATE cases SET body = replace(body, '\"complaints\"', '\"old\"')")
    assert mailbot("case", "show", LEAK, cwd=office.folder).code == 0
    assert LEAK in mailbot("case", "list", "--all", cwd=office.folder).out


# ------------------------------------------------------------------ digest


def test_a_digest_is_written_as_a_page_and_as_a_mail(mailbot, office):
    page = mailbot("digest", "--preview", "today.html", cwd=office.folder)
    assert (page.code, page.err) == (0, "")
    assert page.out.startswith("today.html: Complaints today")
    html = (office.folder / "today.html").read_text()
    assert LEAK in html and "No sender at all" in html
    assert mailbot("digest", "--preview", "today.EML", cwd=office.folder).code == 0
    message = email.message_from_bytes(
        (office.folder / "today.EML").read_bytes(), policy=email.policy.default
    )
    assert message["To"].addresses[0].addr_spec == "alex@landlord.example.org"


def test_a_preview_sends_nothing_and_claims_no_morning(mailbot, office):
    def rows() -> tuple[object, ...]:
        with sqlite3.connect(office.database) as database:
            tables = ("letters", "journal", "digests")
            return tuple(database.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables)

    before = rows()
    mailbot("digest", "--preview", "today.html", cwd=office.folder)
    assert rows() == before


@pytest.mark.parametrize(
    ("path", "problem"),
    [("today.txt", "ends in .html or .eml"), ("no/such/today.html", "can't be written: No such file")],
)
def test_a_preview_that_cannot_be_written_is_a_sentence(mailbot, office, path, problem):
    said = mailbot("digest", "--preview", path, cwd=office.folder)
    assert (said.code, said.out) == (2, "")
    assert problem in said.err


def test_a_digest_for_somebody_who_is_no_supervisor_names_those_who_are(mailbot, office):
    said = mailbot("digest", "--preview", "x.html", "--person", "sam", cwd=office.folder)
    assert (said.code, said.err) == (2, "mailbot: sam is no supervisor. Supervisors: alex\n")


# ------------------------------------------------------------------ quarantine


def set_aside(mailbot, office) -> str:
    listed = mailbot("quarantine", "list", cwd=office.folder)
    assert listed.code == 0
    found = re.search(
        r"^([0-9a-z]{16}) +complaints +02 Mar 2026 .*No sender at all", listed.out, re.MULTILINE
    )
    assert found, listed.out
    return found[1]


def test_what_was_set_aside_is_counted_by_cause_for_programs(mailbot, office):
    mail = set_aside(mailbot, office)
    said = mailbot("quarantine", "list", "--json", cwd=office.folder)
    told = json.loads(said.out)
    assert (said.code, told["total"], told["by_cause"]) == (0, 1, {"no_sender": 1})
    assert told["oldest_received_at"].startswith("2026-03-02")
    (one,) = told["mails"]
    assert (one["mail"], one["cause"], one["from"]) == (mail, "no_sender", None)
    assert one["because"] == "it has no readable sender"


def test_what_was_set_aside_is_listed_and_shown_with_its_cause(mailbot, office):
    mail = set_aside(mailbot, office)
    shown = mailbot("quarantine", "show", mail, cwd=office.folder).out
    assert "Received:  02 March 2026" in shown
    assert "Set aside: it has no readable sender" in shown
    assert "Who wrote this?" in shown


def test_a_released_mail_is_attended_to_again_from_its_receipt_date(mailbot, office):
    """Its sender can be read by now: a newer version does, say."""
    mail = set_aside(mailbot, office)
    with sqlite3.connect(office.database) as database:
        (blob,) = database.execute("SELECT blob FROM mails WHERE id = ?", [mail]).fetchone()
        (raw,) = database.execute("SELECT content FROM blobs WHERE sha256 = ?", [blob]).fetchone()
        complaint = raw.replace(b"From: ", b"From: kit.lane@example.com").replace(
            b"Who wrote this?",
            b"I reported the broken lift in January and nobody has come. I am very unhappy with how this has "
            b"been handled and I want to make a complaint. I want the lift repaired.",
        )
        database.execute("UPDATE blobs SET content = ? WHERE sha256 = ?", [complaint, blob])
    said = mailbot("quarantine", "release", mail, cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    assert mailbot("quarantine", "list", cwd=office.folder).out == "Nothing is set aside.\n"

    configured = settings.load(office.config)
    parts = build(configured, open_store(configured.database.url), WallClock())
    (attended,) = parts.service.attend()
    with parts.store.read() as work:
        case = work.case(attended.reference or "")
        line = next(
            j for j in work.journal_between(case.received_at, WallClock().now()) if j.kind == "released"
        )
    parts.close()
    assert case is not None
    assert f"{case.received_at:%Y-%m-%d}" == "2026-03-02"
    assert case.stage1 and f"{case.stage1.acknowledge.target:%Y-%m-%d}" == "2026-03-09"
    assert (line.who, line.mail) == ("operator", mail)


def test_a_mail_that_is_not_set_aside_cannot_be_released(mailbot, office):
    mail = set_aside(mailbot, office)
    mailbot("quarantine", "release", mail, cwd=office.folder)
    again = mailbot("quarantine", "release", mail, cwd=office.folder)
    assert (again.code, again.err) == (1, f"mailbot: {mail} is not set aside: it is kept\n")
    with sqlite3.connect(office.database) as database:
        (attended,) = database.execute("SELECT id FROM mails WHERE reference = ?", [LEAK]).fetchone()
    told = mailbot("quarantine", "release", attended, cwd=office.folder)
    assert (told.code, told.err) == (
        1,
        f"mailbot: {attended} is not set aside: it is attended (case {LEAK})\n",
    )


def test_a_mail_that_was_too_big_is_answered_where_it_lies(mailbot, office):
    mail = set_aside(mailbot, office)
    with sqlite3.connect(office.database) as database:
        database.execute("UPDATE mails SET truncated = 1 WHERE id = ?", [mail])
    said = mailbot("quarantine", "release", mail, cwd=office.folder)
    assert said.code == 2
    assert "read it in the mailbox itself" in said.err
    assert mail in mailbot("quarantine", "list", cwd=office.folder).out


def test_an_unknown_mail_is_answered_with_those_set_aside(mailbot, office):
    mail = set_aside(mailbot, office)
    said = mailbot("quarantine", "show", "nonesuch", cwd=office.folder)
    assert (said.code, said.err) == (1, f"mailbot: there is no mail nonesuch. Set aside: {mail}\n")
