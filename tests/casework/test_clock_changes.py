"""Over both clock changes of 2026 (forward on 29 March, back on 25 October): elapsed hours, London's days, and times of
day that never occur or occur twice."""

from __future__ import annotations

import datetime as dt

import pytest
from casework_samples import at, letters, mail, rulebook
from hypothesis import given, settings
from hypothesis import strategies as st
from test_calendar import WORKING

from mailbot.casework.calendar import LONDON, Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Habits
from mailbot.casework.vocabulary import (
    Act,
    Flag,
    Intent,
    Letter,
    Raised,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
)

D = dt.date
DANGER = (Raised(Flag.URGENT_HAZARD, "smell of gas"),)


@pytest.mark.parametrize(
    ("day", "time", "ends"),
    [
        ("2026-03-28", "20:00", "29 March 2026 at 21:00"),  # a night of 23 hours
        ("2026-10-24", "20:00", "25 October 2026 at 19:00"),  # a night of 25 hours
        ("2026-06-13", "20:00", "14 June 2026 at 20:00"),
        ("2026-12-25", "02:14", "26 December 2026 at 02:14"),
    ],
)
def test_a_danger_counts_24_elapsed_hours_from_receipt(day: str, time: str, ends: str) -> None:
    decision = decide(None, mail(Intent.NEW_COMPLAINT, day, time, flags=DANGER), rulebook())
    alarms = [order for order in letters(decision.effects) if order.facts.get("urgency") == "now"]
    assert alarms and all(order.letter is Letter.ALERT for order in alarms)
    assert f"24 hours from receipt end on {ends}" in str(alarms[0].facts["lines"])


def test_half_past_eleven_in_utc_on_14_june_is_15_june_in_london() -> None:
    received = dt.datetime(2026, 6, 14, 23, 30, tzinfo=dt.UTC)  # a Sunday in UTC, a Monday in London
    rules = rulebook()
    assert rules.day(received) == rules.received_on(received) == D(2026, 6, 15)
    assert rules.acknowledge_due(1, received).target == D(2026, 6, 22)
    opened = decide(None, mail(Intent.NEW_COMPLAINT, "2026-06-15", "00:30"), rules)
    (letter,) = [o for o in letters(opened.effects) if o.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["received_on"] == "2026-06-15"
    assert letter.facts["respond_by"] == "2026-06-29"


def test_a_complaint_over_a_clock_change_is_chased_at_the_same_hour_by_the_wall() -> None:
    opened = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-24"), rulebook())
    due = {e.timer: e.due_at for e in opened.effects if isinstance(e, SetTimer)}
    assert due[Timer.RESPONSE_DUE] == dt.datetime(2026, 4, 9, 7, 30, tzinfo=dt.UTC)  # 08:30 in summer
    winter = decide(None, mail(Intent.NEW_COMPLAINT, "2026-10-20"), rulebook())
    due = {e.timer: e.due_at for e in winter.effects if isinstance(e, SetTimer)}
    assert due[Timer.RESPONSE_DUE] == dt.datetime(2026, 11, 3, 8, 30, tzinfo=dt.UTC)


@given(st.dates(D(2026, 1, 1), D(2027, 12, 31)), st.times())
def test_every_time_of_day_is_one_instant_of_its_own_day_and_a_day_later_is_later(
    day: D, time: dt.time
) -> None:
    """Also one that no clock shows on that day (01:30 in March) and one that it shows twice (in October)."""
    instant = Calendar.instant(day, time)
    assert Calendar.london_date(instant) == day
    assert instant < Calendar.instant(day + dt.timedelta(days=1), time)
    shown = instant.astimezone(LONDON).time()
    assert shown == time or (day in (D(2026, 3, 29), D(2027, 3, 28)) and time.hour == 1)


@pytest.mark.parametrize("hour", ["01:00", "01:30", "02:30"])
@pytest.mark.parametrize("day", ["2026-03-26", "2026-10-22"])
def test_a_chase_at_an_hour_that_the_clocks_skip_or_repeat_still_comes_once_a_day(
    day: str, hour: str
) -> None:
    """A landlord can't write such an hour; if it came all the same, nobody would be chased never or twice."""
    rules = rulebook(habits=Habits(chase_at=dt.time.fromisoformat(hour)))
    case = decide(None, mail(Intent.NEW_COMPLAINT, day), rules).case
    now = at(day)
    chased = []
    for _ in range(8):
        now = rules.next_morning(now)
        chased.append(rules.day(now))
        assert decide(case, TimerFell(now, Timer.CONTACT, now), rules).case is not None
    first = WORKING.index(chased[0])
    assert chased == WORKING[first : first + 8]


@settings(deadline=None)
@given(st.dates(D(2026, 1, 2), D(2027, 6, 30)), st.integers(0, 13), st.integers(1, 10))
def test_an_extension_counts_from_the_original_date_however_late_it_is_told(
    received: D, told_after: int, more: int
) -> None:
    rules = rulebook("code-2024")
    opened = decide(None, mail(Intent.NEW_COMPLAINT, received.isoformat()), rules).case
    assert opened and opened.stage1
    original = opened.stage1.respond.outer
    told = min(received + dt.timedelta(days=told_after), original)
    event = StaffActed(
        at(told.isoformat(), "23:30"), "sam", Act.EXTEND, working_days=more, reason="the survey"
    )
    extended = decide(opened, event, rules)
    assert not extended.refused, extended.refused
    assert extended.case and extended.case.stage1 and extended.case.stage1.extension
    rank = WORKING.index(original)
    assert extended.case.stage1.extension.to == WORKING[rank + more]
    late = StaffActed(at((original + dt.timedelta(days=1)).isoformat(), "00:01"), "sam", Act.EXTEND,
                      working_days=more, reason="the survey")  # fmt: skip
    assert "can't be extended" in decide(opened, late, rules).refused
