"""Arguments that tell of people and days: what is read, and what is refused with its reason."""

from __future__ import annotations

import datetime as dt

import pytest

from mailbot.casework.arguments import read_adjustment, read_hold, read_new
from mailbot.casework.calendar import Calendar
from mailbot.casework.plain_dates import read_past_date
from mailbot.casework.vocabulary import Intent

TODAY = dt.date(2026, 3, 2)  # a Monday
ADD = Calendar("ENG").add_working_days


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("27 February", dt.date(2026, 2, 27)),
        ("12 March", dt.date(2025, 3, 12)),  # the last one that there was
        ("2 March", TODAY),
        ("today", TODAY),
        ("yesterday", dt.date(2026, 3, 1)),
        ("Friday", dt.date(2026, 2, 27)),
        ("last Thursday", dt.date(2026, 2, 26)),
        ("12/2/2026", dt.date(2026, 2, 12)),
        ("30 November 2024", dt.date(2024, 11, 30)),
    ],
)
def test_a_day_on_which_something_came_lies_behind(words: str, day: dt.date) -> None:
    assert read_past_date(words, TODAY) == day


@pytest.mark.parametrize("words", ["3 March 2026", "12 March 2031", "31 February", "soon"])
def test_a_day_that_has_not_come_or_is_none_is_refused(words: str) -> None:
    assert isinstance(read_past_date(words, TODAY), str)


def test_a_complaint_is_read_with_whom_when_and_how() -> None:
    for line in (
        "complaint from Jo Finch <jo@example.com> received 27 February by phone",
        "a Complaint from jo finch jo@example.com received on 27 Feb by telephone.",
        "complaint from Jo Finch (mailto:jo@example.com) received 27/2/2026 in person",
    ):
        (act,) = read_new(line, TODAY, ADD)
        assert not isinstance(act, str)
        assert (act.address, act.until, act.intent) == (
            "jo@example.com",
            dt.date(2026, 2, 27),
            Intent.NEW_COMPLAINT,
        )
        assert act.name.lower() == "jo finch"


def test_a_request_without_address_or_day_is_read_too() -> None:
    (act,) = read_new("service request from Mrs Begum by post", TODAY, ADD)
    assert not isinstance(act, str)
    assert (act.address, act.name, act.channel, act.until) == ("", "Mrs Begum", "post", TODAY)
    assert act.intent is Intent.SERVICE_REQUEST


@pytest.mark.parametrize(
    ("read", "line", "said"),
    [
        (read_new, "", "say what it is"),
        (read_new, "complaint", "say what it is"),
        (read_new, "complaint from a@example.com and b@example.com by phone", "more than one"),
        (read_new, "complaint from Jo <jo@> by phone", "can't be read"),
        (read_new, "complaint from Jo received soon by phone", ""),
        (read_adjustment, "", "lacks what"),
        (read_adjustment, "ended", "lacks the number"),
        (read_adjustment, "large print, review soon", ""),
        (read_hold, "", "until when and the reason"),
        (read_hold, "until 14 March", "the reason"),
        (read_hold, "until soon because she is away", ""),
    ],
)
def test_what_is_incomplete_is_refused_in_words(read, line: str, said: str) -> None:  # type: ignore[no-untyped-def]
    answer = read(line, TODAY, ADD)
    assert isinstance(answer, str) and said in answer
