"""A case whose row can't be read keeps nobody else's back: lists, digests and reports go on, and name it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House
from doors.embedded import Embedded
from sqlalchemy import create_engine, update
from typer.testing import CliRunner

from mailbot.__main__ import app
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


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("body", DAMAGED, ids=["no-json", "not-a-case"])
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
