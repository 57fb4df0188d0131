"""A case whose row can't be read keeps nobody else's back: lists, digests and reports go on, and name it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House
from doors.embedded import Embedded
from sqlalchemy import create_engine, insert, update
from typer.testing import CliRunner

from mailbot.__main__ import app
from mailbot.health import examine
from mailbot.reporting import gather
from mailbot.reports import contents
from mailbot.reports.periods import Cycle, period_of
from storage import schema
from storage.rows import LetterState

KIM, LEE = "kim@example.com", "lee@example.com"
DAMAGED = ("no JSON at all", '{"reference": "CC-2026-000001-4", "stage": "in the middle"}')


def damage(house: House, reference: str, body: str) -> None:
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.execute(
            update(schema.cases).where(schema.cases.c.reference == reference).values(body=body)
        )
    engine.dispose()


@pytest.mark.parametrize(
    ("database", "body"),
    [("sqlite", DAMAGED[0]), ("postgres", DAMAGED[1])],
    ids=["no-json-sqlite", "not-a-case-postgres"],
)
def test_a_case_that_cannot_be_read_is_named_and_keeps_nobody_back(
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    database: str,
    body: str,
    request: pytest.FixtureRequest,
) -> None:
    choices = {"url": request.getfixturevalue("postgres_url")} if database == "postgres" else {}
    house = make_house(embedded_mail, **choices)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    lost, other = house.cases()
    damage(house, lost.reference, body)
    house.stop()
    house.start()  # also a new process begins its work
    house.go_to("2026-03-16", "09:00")

    (listed,) = [r for r in house.letters(SAM, "chaser") if "Your complaints, Monday 16 March 2026" in r.text]
    assert "1 case can't be read" in listed.text
    assert lost.reference in listed.text and other.reference in listed.text

    digest = house.last(ALEX, "digest")
    assert "1 case can't be read" in digest.text
    assert "Cases that can't be read" in digest.text and lost.reference in digest.text
    assert other.reference in digest.text

    with house.parts.store.read() as work:
        facts = gather(work, house.parts.service.settings, Cycle.WEEKLY, dt.date(2026, 3, 16))
    paper = contents.report(facts, period_of(Cycle.WEEKLY, dt.date(2026, 3, 6)))
    assert [row.reference for row in facts.rows] == [other.reference]
    told = f"1 case could not be read and is not counted anywhere in this report: {lost.reference}."
    assert told in paper.headlines

    house.write(LEE, COMPLAINT.replace("kitchen", "lift"), subject="Lift")  # work is given out as before
    house.turn()
    assert house.letters(LEE, "acknowledgement")
    alerts = [r.subject for r in house.letters(ALEX, "alert")]
    assert any(f"{lost.reference} needs you: its clock stands still" in subject for subject in alerts), alerts

    shown = CliRunner().invoke(app, ["case", "list", "--config", str(house.folder / "config")])
    assert f"{lost.reference} can't be read" in shown.stderr
    assert other.reference in shown.stdout


def test_a_letter_to_the_resident_of_a_case_that_cannot_be_read_is_held_for_a_person(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    """By which version of the policy it was to be written nobody knows; whoever has the case still hears."""
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    service = house.parts.service
    house.turn()
    (case,) = house.cases()
    with house.parts.store.begin() as work:
        acknowledged = next(one for one in work.letters_of(case.reference) if one.order.to == JO)
        order = acknowledged.order
        work.add_letter(
            service.outbox.mint(work, order, case.reference, service.settings.mailboxes[0]),
            house.clock.now(),
            case.reference,
        )
    before = len(house.letters(JO))
    damage(house, case.reference, DAMAGED[0])
    house.turn()
    assert len(house.letters(JO)) == before
    with house.parts.store.read() as work:
        (held,) = work.letters_in(LetterState.HELD)
    assert held.last_error == "its case can't be read"
    assert "its case can't be read" in house.last(ALEX, "alert").text


LOST_LETTERS = {
    "sqlite": (
        {"body": '{"letter": "acknowledgement", "audi'},
        "The acknowledgement was held back: its record can't be read (JSONDecodeError)",
    ),
    "postgres": (
        {"body": '{"letter": "winter_greeting", "audience": "resident"}', "letter": "winter_greeting"},
        "The winter greeting was held back: its record can't be read (this version knows no letter of its kind",
    ),
}


@pytest.mark.parametrize("database", sorted(LOST_LETTERS))
def test_a_letter_that_cannot_be_read_is_set_aside_and_named_and_the_others_go(
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    database: str,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Damaged on the disk, or ordered by a version that was rolled back since."""
    choices = {"url": request.getfixturevalue("postgres_url")} if database == "postgres" else {}
    house = make_house(embedded_mail, **choices)
    house.write(JO, COMPLAINT)
    house.turn()
    case, service = house.the_case(), house.parts.service
    with house.parts.store.begin() as work:
        acknowledged = next(one for one in work.letters_of(case.reference) if one.order.to == JO)
        again = service.outbox.mint(work, acknowledged.order, case.reference, service.settings.mailboxes[0])
        lost = work.add_letter(again, house.clock.now(), case.reference)
    damage_of, told = LOST_LETTERS[database]
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.execute(update(schema.letters).where(schema.letters.c.id == lost).values(**damage_of))
    engine.dispose()
    before = len(house.letters(JO))
    house.write(LEE, COMPLAINT.replace("kitchen", "lift"), subject="Lift")
    with caplog.at_level("ERROR"):
        house.turn()
    assert house.letters(LEE, "acknowledgement"), "what was ordered after it goes"
    assert len(house.letters(JO)) == before
    named = [
        getattr(line, "letter_id", None) for line in caplog.records if "record can't be read" in line.message
    ]
    assert named == [lost]
    alert = house.last(ALEX, "alert").text
    assert f"letter {lost} of `mailbot letters held`" in alert and "write to the person yourself" in alert
    assert told in " ".join(alert.split())
    assert "held back: its record can't be read" in str(house.journal(case.reference))

    config = str(house.folder / "config")
    with house.parts.store.read() as work:
        (trouble,) = [
            t for t in examine(work, service.settings, house.clock.now()).troubles if t.part == "unreadable"
        ]
    assert (
        trouble.told == f"can't be read, and is left undone: letter {lost} (mailbot letters held)"
        and not trouble.blocks
    )
    shown = CliRunner().invoke(app, ["letters", "held", "--config", config])
    assert f"{lost}: nobody can read what it was to say, or when." in " ".join(shown.stdout.split())
    refused = CliRunner().invoke(app, ["letters", "send", str(lost), "--config", config])
    assert refused.exit_code == 2 and f"letter {lost} can't go: its record can't be read" in refused.stderr
    house.go_to("2026-03-03", "09:00")
    assert f"can't be read: held as letter {lost}" in " ".join(house.last(ALEX, "digest").text.split())

    for slip in (["send", "9" * 20], ["drop", "0", "--because", "x"], ["drop", str(lost), "--because", " "]):
        assert CliRunner().invoke(app, ["letters", *slip, "--config", config]).exit_code == 2
    because = ["--because", "Sam has rung Jo"]
    settled = CliRunner().invoke(app, ["letters", "drop", str(lost), *because, "--config", config])
    assert settled.exit_code == 0, settled.output
    with house.parts.store.read() as work:
        assert examine(work, service.settings, house.clock.now()).unreadable == ()


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_timer_and_a_kept_mail_that_are_damaged_keep_nobody_back(
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    database: str,
    request: pytest.FixtureRequest,
) -> None:
    """A timer of a kind that only a later version knows is named and left; one without its clauses falls as it must. A
    mail whose old verdict can't be read is attended to as any other."""
    choices = {"url": request.getfixturevalue("postgres_url")} if database == "postgres" else {}
    house = make_house(embedded_mail, **choices)
    house.write(JO, COMPLAINT)
    house.turn()
    case = house.the_case()
    house.write(KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.write(LEE, COMPLAINT.replace("kitchen", "lift"), subject="Lift")
    keeper, service = house.parts, house.parts.service
    assert house._rounds is not None
    house._rounds.look(house.clock)
    with keeper.store.read() as work:
        of_kim, of_lee = (row.id for row in work.waiting_mails(5))
    engine = create_engine(house.url)
    with engine.begin() as connection:
        timers, mails = schema.timers, schema.mails
        connection.execute(update(timers).values(because="[cut"))
        connection.execute(
            insert(timers).values(
                reference=case.reference,
                timer="send_a_card",
                subject="",
                due_at=house.clock.now() - dt.timedelta(days=1),
                because="[]",
            )
        )
        connection.execute(update(mails).where(mails.c.id == of_kim).values(verdict='{"intent": "praise"'))
        connection.execute(update(mails).where(mails.c.id == of_lee).values(verdict='{"intent": "riddle"}'))
    engine.dispose()
    house.turn()
    assert house.letters(KIM, "acknowledgement") and house.letters(LEE, "acknowledgement")
    with keeper.store.read() as work:
        health = examine(work, service.settings, house.clock.now(), running=False)
    assert (
        health.unreadable == (f"the timer send_a_card of {case.reference}",)
        and health.timers_overdue == 0
        and health.ready
    )
    house.go_to("2026-03-05", "09:00")
    assert house.letters(SAM, "chaser"), "the timers of all cases go on"


@pytest.mark.parametrize("time", ["soon", ""], ids=repr)
def test_rows_whose_times_are_none_keep_nobody_back(
    make_house: Callable[..., House], embedded_mail: Embedded, time: object
) -> None:
    """SQLite keeps anything, wherever in the order of times it sorts. PostgreSQL refuses it."""
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    case, service = house.the_case(), house.parts.service
    with house.parts.store.begin() as work:
        acknowledged = next(one for one in work.letters_of(case.reference) if one.order.to == JO)
        again = service.outbox.mint(work, acknowledged.order, case.reference, service.settings.mailboxes[0])
        lost = work.add_letter(again, house.clock.now(), case.reference)
    house.write(KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.write(LEE, COMPLAINT.replace("kitchen", "lift"), subject="Lift")
    assert house._rounds is not None
    house._rounds.look(house.clock)
    with sqlite3.connect(house.url.partition("///")[2]) as raw:
        raw.execute("UPDATE letters SET next_at = ?, created_at = ? WHERE id = ?", (time, time, lost))
        raw.execute("UPDATE timers SET due_at = ? WHERE timer = 'contact'", (time,))
        raw.execute("UPDATE mails SET received_at = ?, again_at = ? WHERE state = 'kept'", (time, time))
        raw.execute("UPDATE mails SET kept_at = ? WHERE state = 'kept' AND uid % 2", (time,))
    raw.close()
    before = len(house.letters(JO))
    house.turn()
    assert house.letters(KIM, "acknowledgement") and house.letters(LEE, "acknowledgement")
    assert {one.received_at.date() for one in house.cases()} == {dt.date(2026, 3, 2)}
    assert len(house.letters(JO)) == before
    assert "its record can't be read (a time in it is none)" in " ".join(
        house.last(ALEX, "alert").text.split()
    )
    house.go_to("2026-03-05", "09:00")  # the contact was due; what is due next falls
    with house.parts.store.read() as work:
        health = examine(work, service.settings, house.clock.now(), running=False)
        assert {one.timer.value for one in work.timers_of(case.reference)} and health.ready
    assert health.unreadable == (
        f"the timer contact of {case.reference}",
        f"letter {lost} (mailbot letters held)",
    )


def test_the_history_of_a_case_that_cannot_be_read_is_shown_all_the_same(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    (case,) = house.cases()
    damage(house, case.reference, DAMAGED[1])
    shown = CliRunner().invoke(
        app, ["case", "show", case.reference, "--config", str(house.folder / "config")]
    )
    assert shown.exit_code == 1
    assert "its record is damaged" in shown.stderr and "Opened as a Stage 1 complaint." in shown.stderr
