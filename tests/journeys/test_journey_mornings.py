"""The mails of the morning: each person gets theirs once, and can act from it."""

from __future__ import annotations

import datetime as dt
import html
import re
import urllib.parse
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, Received
from doors.embedded import Embedded

from mailbot.casework.vocabulary import Person, Stage
from mailbot.clock import SetClock
from mailbot.mornings import desks_on, readers_on

UNCLEAR = "About the windows: well. Flat 9"


@pytest.fixture
def office(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    return make_house(embedded_mail)


def days_of(office: House, to: str, kind: str) -> list[str]:
    dates = [parsedate_to_datetime(str(r.message["Date"])) for r in office.letters(to, kind)]
    return [f"{date.astimezone(dt.UTC):%d %b %H:%M}" for date in dates]


def press(office: House, who: str, letter: Received, words: str) -> None:
    """Press the first button of the letter that begins with these words, and send what it opens."""
    page = letter.message.get_body(("html",))
    assert page is not None
    links = [
        urllib.parse.unquote(html.unescape(h))
        for h in re.findall(r'href="mailto:([^"]+)"', page.get_content())
    ]
    address, _, rest = next(one for one in links if f"&body={words}" in one).partition("?subject=")
    subject, _, body = rest.partition("&body=")
    office.write(who, body, subject=subject, to=address)


def test_a_digest_goes_once_a_working_morning_whatever_happens_to_the_service_and_the_clock(
    office: House,
) -> None:
    office.turn()  # Monday 2 March, 09:00: a late start
    assert len(days_of(office, ALEX, "digest")) == 1
    office.turn()
    office.stop()
    office.start()  # anew on the same day
    office.turn()
    assert len(days_of(office, ALEX, "digest")) == 1
    office.clock.put(dt.datetime(2026, 3, 3, 7, 29, tzinfo=dt.UTC))
    office.turn()
    assert len(days_of(office, ALEX, "digest")) == 1
    office.clock.put(dt.datetime(2026, 3, 3, 7, 30, tzinfo=dt.UTC))
    office.turn()
    assert len(days_of(office, ALEX, "digest")) == 2
    office.stop()
    office.clock = SetClock(dt.datetime(2026, 3, 3, 6, 0, tzinfo=dt.UTC))  # somebody sets the clock back
    office.start()
    office.turn()
    office.clock.put(dt.datetime(2026, 3, 3, 8, 0, tzinfo=dt.UTC))
    office.turn()
    assert len(days_of(office, ALEX, "digest")) == 2
    for day, time in (("27", "07:30"), ("28", "12:00"), ("29", "12:00"), ("30", "06:30"), ("30", "07:30")):
        office.clock.put(
            dt.datetime.fromisoformat(f"2026-03-{day}T{time}+00:00")
        )  # summer time begins on the 29th
        office.turn()
    assert days_of(office, ALEX, "digest")[2:] == ["27 Mar 07:30", "30 Mar 06:30"]


def test_a_supervisor_sorts_a_mail_by_a_button_of_the_digest(office: House) -> None:
    office.write(JO, UNCLEAR, subject="Windows")
    office.turn()
    case = office.the_case()
    assert case.stage is Stage.UNSORTED
    office.go_to("2026-03-03", "09:00")
    digest = office.last(ALEX, "digest")
    assert "1 mail waits for your decision" in digest.text and case.reference in digest.text
    office.write(ALEX, "#sort complaint", answers=digest)  # names no case
    office.turn()
    assert office.the_case().stage is Stage.UNSORTED
    assert "nothing was done" in office.last(ALEX, "command_refused").text
    press(office, ALEX, digest, "#sort complaint")
    office.turn()
    assert office.the_case().stage is Stage.STAGE1_OPEN


def test_a_digest_gives_a_handler_no_right_that_they_do_not_have(office: House) -> None:
    office.write(JO, COMPLAINT)
    office.turn()
    office.go_to("2026-03-03", "09:00")
    reference = office.the_case().reference
    forwarded = office.last(ALEX, "digest").answers_to
    office.write(SAM, "#history", to=forwarded, subject=f"Re: {reference}")
    office.turn()
    assert office.letters(SAM)[-1].kind == "confirm_act"  # it holds no token of theirs: they are asked first


def test_a_handler_gets_one_mail_with_the_reminders_and_all_that_is_near(office: House) -> None:
    office.write(JO, COMPLAINT)
    office.turn()
    office.go_to("2026-03-05", "10:00")
    office.write("kim@example.com", COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    office.turn()
    office.go_to("2026-03-16", "09:00")
    lists = office.letters(SAM, "chaser")
    days = [parsedate_to_datetime(str(r.message["Date"])).date() for r in lists]
    assert len(days) == len(set(days))
    last = lists[-1]
    assert "Your complaints, Monday 16 March 2026" in last.text
    for case in office.cases():
        assert case.reference in last.text
    for told in ("Stage 1 response", "ontact with the resident"):
        assert last.text.count(told) == 2, told  # once each: by a reminder or by the list
    assert not office.letters("morgan@landlord.example.org", "chaser")


# ------------------------------------------------------------------ whose


def test_heads_read_of_all_teams_supervisors_of_theirs_and_a_stand_in_of_both() -> None:
    day = dt.date(2026, 3, 2)
    away = ((day, day),)
    head = Person("hanna", "Hanna", "h@x.example", roles=("head",), supervises=())
    first = Person(
        "a", "A", "a@x.example", roles=("supervisor",), supervises=("Repairs",), away=away, delegate="b"
    )
    second = Person("b", "B", "b@x.example", roles=("supervisor",), supervises=("Estates",))
    third = Person("c", "C", "c@x.example", roles=("supervisor", "handler"))
    people = (head, first, second, third, Person("d", "D", "d@x.example"))
    assert readers_on(people, day) == {head: (), second: ("Repairs", "Estates"), third: ()}
    assert readers_on(people, dt.date(2026, 3, 3)) == {
        head: (), first: ("Repairs",), second: ("Estates",), third: (),
    }  # fmt: skip


def test_cases_lie_on_the_desk_of_a_stand_in_who_is_there() -> None:
    day, away = dt.date(2026, 3, 2), ((dt.date(2026, 3, 2), dt.date(2026, 3, 2)),)
    first = Person("a", "A", "a@x.example", away=away, delegate="b")
    second = Person("b", "B", "b@x.example")
    third = Person("c", "C", "c@x.example", away=away, delegate="a")  # whose stand-in is away as well
    people = (first, second, third)
    assert desks_on(people, day) == {second: ["a", "b"], third: ["c"]}
    assert desks_on(people, dt.date(2026, 3, 3)) == {first: ["a"], second: ["b"], third: ["c"]}
