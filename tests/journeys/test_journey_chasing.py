"""Reminders: at most one mail a person a working day, in working hours, with everything in it and nothing that is
done."""

from __future__ import annotations

import csv
import datetime as dt
import email
import email.policy
import re
import sqlite3
import urllib.parse
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import conftest as journeys
import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, STAFF, House
from doors.embedded import Embedded
from sqlalchemy.exc import OperationalError

from mailbot import sending
from mailbot.casework.calendar import LONDON
from mailbot.casework.orders import buttons as buttons_of
from mailbot.casework.vocabulary import Audience, Case, Fact, Letter, SendLetter, Stage
from mailbot.chasing import MOST_LINES, fitting


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    """Sam has two complaints of the same day, both late in the end."""
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.write("kim@example.com", COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    return house


def of(office: House, address: str) -> Case:
    return next(case for case in office.cases() if case.resident.address == address)


def days_of(office: House, to: str) -> list[dt.date]:
    dates = [str(r.message["Date"]) for r in office.letters(to, "chaser")]
    return [parsedate_to_datetime(date).date() for date in dates]


def test_two_late_cases_are_one_mail_a_working_day_to_each(office: House) -> None:
    office.go_to("2026-03-27", "12:00")
    for to in (SAM, ALEX):
        days = days_of(office, to)
        assert len(days) == len(set(days)) > 3
        assert all(day.weekday() < 5 for day in days)
    text = office.last(SAM, "chaser").text
    assert of(office, JO).reference in text and of(office, "kim@example.com").reference in text


def test_reminders_wait_for_each_other_while_the_database_is_away_and_other_letters_go(
    office: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until noon of Thursday 5 March 2026 it is locked whenever they are put into one mail."""

    def locked(*given: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(sending, "gather", locked)
    office.write("lee@example.com", COMPLAINT, subject="Stairs")
    office.go_to("2026-03-05", "12:00")
    assert office.letters(SAM, "chaser") == [] and office.letters("lee@example.com", "acknowledgement")
    monkeypatch.undo()
    office.go_to("2026-03-05", "12:05")
    assert len(office.letters(SAM, "chaser")) == 1


def test_each_line_has_buttons_that_act_on_its_own_case(office: House) -> None:
    office.go_to("2026-03-18", "12:00")
    page = office.last(SAM, "chaser").message.get_body(("html",))
    assert page is not None
    links = [
        urllib.parse.unquote(h.replace("&amp;", "&"))
        for h in re.findall(r'href="(mailto:[^"]+)"', page.get_content())
    ]
    kim = of(office, "kim@example.com")
    link = next(one for one in links if kim.reference in one and "#contacted" in one)
    subject, _, body = link.partition("?subject=")[2].partition("&body=")
    office.write(SAM, body, subject=subject)
    office.turn()
    kims, jos = of(office, "kim@example.com").stage1, of(office, JO).stage1
    assert kims is not None and kims.contacted_at is not None
    assert jos is not None and jos.contacted_at is None


def test_an_answer_to_the_mail_about_several_cases_acts_on_none(office: House) -> None:
    office.go_to("2026-03-18", "12:00")
    office.write(SAM, "#close withdrawn", answers=office.last(SAM, "chaser"))
    office.turn()
    assert {case.stage for case in office.cases()} == {Stage.STAGE1_OPEN}
    assert "nothing was done" in office.last(SAM, "command_refused").text


def test_what_is_done_is_chased_no_more(office: House) -> None:
    office.go_to("2026-03-18", "12:00")
    case = of(office, JO)
    assigned = next(r for r in office.letters(SAM, "case_assigned") if case.reference in r.subject)
    office.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=assigned)
    office.turn()
    before = len(office.letters(SAM, "chaser"))
    office.go_to("2026-03-20", "12:00")
    later = office.letters(SAM, "chaser")[before:]
    assert later
    assert all(case.reference not in letter.text for letter in later)


def test_an_agreed_extension_ends_the_reminders_until_its_date_nears(office: House) -> None:
    case = of(office, JO)
    office.go_to("2026-03-13", "12:00")
    assigned = next(r for r in office.letters(SAM, "case_assigned") if case.reference in r.subject)
    office.write(
        SAM, "#contacted by phone\n#extend 10 working days because the survey is late", answers=assigned
    )
    office.turn()
    told = parsedate_to_datetime(str(office.last(JO, "extension_notice").message["Date"])).date()
    assert told == dt.date(2026, 3, 13)
    before = len(office.letters(SAM, "chaser"))
    office.go_to("2026-03-27", "12:00")
    lines = [
        (parsedate_to_datetime(str(letter.message["Date"])).date(), line)
        for letter in office.letters(SAM, "chaser")[before:]
        for line in letter.text.split("\n* ")
        if case.reference in line
    ]
    days = [day for day, line in lines if line.startswith("Stage 1 response")]
    # the new date is Monday 30 March: the first word on it comes two working days before, and none until then
    assert days == [dt.date(2026, 3, 26)]


LADDER = (
    STAFF
    + """
[[person]]
key = "harriet"
name = "Harriet Lund"
address = "harriet@landlord.example.org"
roles = ["head"]
"""
)
HARRIET = "harriet@landlord.example.org"


def test_the_handler_is_reminded_first_then_the_supervisor_then_the_head(
    make_house: Callable[..., House], embedded_mail: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """House 14: two working days before the target, on it, and each working day after; the supervisor from the first
    late day, the head from the fifth. Easter is far; 2 March was a Monday."""
    monkeypatch.setattr(journeys, "STAFF", LADDER)
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(SAM, "#contacted by phone", answers=house.last(SAM, "case_assigned"))
    house.go_to("2026-03-25", "12:00")
    (due,) = {duty.promised.outer for duty in [house.the_case().stage1] if duty}
    assert due == dt.date(2026, 3, 16)
    march = [dt.date(2026, 3, day) for day in (12, 16, 17, 18, 19, 20, 23, 24, 25)]
    assert days_of(house, SAM) == march
    assert days_of(house, ALEX) == march[2:]
    assert days_of(house, HARRIET) == [dt.date(2026, 3, day) for day in (23, 24, 25)]
    for letter in house.letters(kind="chaser"):
        at = parsedate_to_datetime(str(letter.message["Date"])).astimezone(LONDON).time()
        assert dt.time(8, 30) <= at <= dt.time(17, 30), letter.to
    late = house.last(HARRIET, "chaser")
    assert house.the_case().reference in late.text and "7 working days" in late.text

    sent = len(house.letters(kind="chaser"))
    house.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=house.last(SAM, "case_assigned"))
    house.go_to("2026-03-30", "12:00")
    assert len(house.letters(kind="chaser")) == sent, "what is done is chased up no rung of the ladder"


def test_of_very_many_things_the_latest_are_set_out_and_a_file_lists_all(office: House) -> None:
    case = of(office, JO)
    box = office.parts.service.settings.mailboxes[0]
    with office.parts.store.read() as work:
        offered: list[Fact] = [*buttons_of(case, office.parts.service.rules(work, box, case))]
    lines: list[Fact] = []
    for n in range(3_000):
        line: dict[str, Fact] = {
            "reference": f"CC-2026-{n:06}-1",
            "subject": "=Leak",
            "what": "Stage 1 response",
        }
        dates: dict[str, Fact] = {"target": "2026-03-16", "outer": "2026-03-16", "days_late": 3_000 - n}
        buttons: dict[str, Fact] = {"commands": fitting(offered, "Stage 1 response")}
        lines.append({**line, **dates, "stage_name": "Stage 1", "clause": "Code 6.3", **buttons})
    facts: dict[str, Fact] = {"handler_name": "Sam", "lines": lines, "commands": []}
    order = SendLetter(Letter.CHASER, Audience.HANDLER, SAM, ("Code 6.3",), facts, person="sam")
    service = office.parts.service
    written = service.outbox.composer.preview(order, service.settings.mailboxes[0])
    assert len(set(re.findall(r"CC-2026-\d{6}-1", written.html))) == MOST_LINES
    assert written.subject.endswith("and 2999 more")
    assert "And 2975 more. The file due.csv" in written.text
    assert len(written.html) < 102_000, "Gmail shows it whole"
    message = email.message_from_bytes(written.raw, policy=email.policy.default)
    (listed,) = [part for part in message.walk() if part.get_filename() == "due.csv"]
    rows = list(csv.reader(listed.get_content().lstrip("\ufeff").splitlines()))
    assert len(rows) == 3_001 and rows[1][0] == "CC-2026-000000-1"
    assert rows[1][1] == "'=Leak", "no formula"
