"""Working days, months and London dates, held against a second, closed-form count and hand-worked dates."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.casework.calendar import Calendar, PublishedHolidays, Unit

D = dt.date
ENGLAND = Calendar("ENG")
ENGLAND.is_working(D(2026, 1, 2))  # loads the bank holidays once, outside any example's time limit

# Typed by hand from GOV.UK's list for England and Wales, weekdays only.
BANK_HOLIDAYS = frozenset(
    D(year, month, day)
    for year, dates in {
        2025: ((1, 1), (4, 18), (4, 21), (5, 5), (5, 26), (8, 25), (12, 25), (12, 26)),
        2026: ((1, 1), (4, 3), (4, 6), (5, 4), (5, 25), (8, 31), (12, 25), (12, 28)),
        2027: ((1, 1), (3, 26), (3, 29), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)),
        2028: ((1, 3),),
    }.items()
    for month, day in dates
)
# The independent way: all working days of the span in one sorted list, and ranks in it instead of steps.
WORKING = [
    day
    for day in (D(2025, 1, 1) + dt.timedelta(days=n) for n in range(3 * 366))
    if day.isoweekday() < 6 and day not in BANK_HOLIDAYS
]
PUBLISHED = Calendar("ENG", published=PublishedHolidays(2025, 2027, BANK_HOLIDAYS))
days = st.dates(D(2025, 3, 1), D(2027, 9, 30))


@given(days, st.integers(1, 60))
def test_adding_working_days_agrees_with_a_count_by_rank(day: dt.date, n: int) -> None:
    assert ENGLAND.add_working_days(day, n) == WORKING[bisect_right(WORKING, day) + n - 1]


@given(days, st.integers(1, 40))
def test_subtracting_working_days_agrees_with_a_count_by_rank(day: dt.date, n: int) -> None:
    assert ENGLAND.subtract_working_days(day, n) == WORKING[bisect_left(WORKING, day) - n]


@given(days, days)
def test_working_days_between_two_dates_agree_with_their_ranks(a: dt.date, b: dt.date) -> None:
    assert ENGLAND.working_days_between(a, b) == bisect_right(WORKING, b) - bisect_right(WORKING, a)


@given(days, st.integers(0, 60))
def test_adding_and_counting_are_each_others_inverse(day: dt.date, n: int) -> None:
    end = ENGLAND.add_working_days(day, n)
    assert ENGLAND.working_days_between(day, end) == n
    assert n == 0 or ENGLAND.is_working(end)


@given(days)
def test_the_next_working_day_is_the_first_of_the_list(day: dt.date) -> None:
    assert ENGLAND.next_working(day) == WORKING[bisect_left(WORKING, day)]
    assert ENGLAND.next_working(day, inclusive=False) == ENGLAND.add_working_days(day, 1)


@given(days, days, st.integers(0, 30))
def test_a_later_start_never_ends_earlier(a: dt.date, b: dt.date, n: int) -> None:
    first, last = sorted((a, b))
    assert ENGLAND.add_working_days(first, n) <= ENGLAND.add_working_days(last, n)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        # 1: received Friday before Christmas; acknowledged on the last day; answered ten working days on
        (D(2025, 12, 19), 5, D(2025, 12, 30)),
        (D(2025, 12, 30), 10, D(2026, 1, 14)),
        # 2: received on Christmas Eve
        (D(2025, 12, 24), 2, D(2025, 12, 30)),
        (D(2025, 12, 30), 3, D(2026, 1, 5)),
        # 3: an email in the night to Christmas Day, without and with rolling the receipt forward
        (D(2025, 12, 25), 3, D(2025, 12, 31)),
        (D(2025, 12, 25), 10, D(2026, 1, 12)),
        (D(2025, 12, 29), 3, D(2026, 1, 2)),
        (D(2025, 12, 29), 10, D(2026, 1, 13)),
        # 4: raised the Monday before Christmas
        (D(2025, 12, 22), 1, D(2025, 12, 23)),
        (D(2025, 12, 22), 7, D(2026, 1, 5)),
        # 5: stage 2 asked for on New Year's Eve; twenty from the request, from the acknowledgement, extended
        (D(2025, 12, 31), 5, D(2026, 1, 8)),
        (D(2025, 12, 31), 20, D(2026, 1, 29)),
        (D(2026, 1, 8), 20, D(2026, 2, 5)),
        (D(2026, 2, 5), 20, D(2026, 3, 5)),
        # 6: over Easter
        (D(2026, 3, 30), 5, D(2026, 4, 8)),
        (D(2026, 4, 2), 10, D(2026, 4, 20)),
        # 7: an email on Easter Saturday
        (D(2026, 4, 4), 2, D(2026, 4, 8)),
        # 8: windows of a resident over both May holidays
        (D(2026, 4, 28), 20, D(2026, 5, 28)),
        (D(2026, 4, 28), 10, D(2026, 5, 13)),
        # 9: asked for the Friday before the spring holiday; review, then outcome
        (D(2026, 5, 22), 3, D(2026, 5, 28)),
        (D(2026, 5, 22), 20, D(2026, 6, 22)),
        (D(2026, 6, 22), 5, D(2026, 6, 29)),
        # 10: over the August holiday, with an extension
        (D(2026, 8, 21), 2, D(2026, 8, 25)),
        (D(2026, 8, 25), 10, D(2026, 9, 9)),
        (D(2026, 9, 9), 10, D(2026, 9, 23)),
        # 11: silence of ten and of twenty working days
        (D(2025, 12, 12), 10, D(2025, 12, 30)),
        (D(2025, 12, 5), 20, D(2026, 1, 7)),
        # 12: a substitute day after Christmas
        (D(2026, 12, 23), 5, D(2027, 1, 4)),
    ],
)
def test_worked_dates_come_out_as_by_hand(start: dt.date, n: int, end: dt.date) -> None:
    assert ENGLAND.add(start, n, Unit.WORKING_DAYS) == end
    assert PUBLISHED.add(start, n, Unit.WORKING_DAYS) == end


def test_twenty_calendar_days_from_28_april_end_on_18_may() -> None:
    assert ENGLAND.add(D(2026, 4, 28), 20, Unit.CALENDAR_DAYS) == D(2026, 5, 18)


@pytest.mark.parametrize(
    ("nation", "day", "working"),
    [
        ("ENG", D(2026, 8, 31), False),
        ("WLS", D(2026, 8, 31), False),
        ("SCT", D(2026, 8, 31), True),
        ("SCT", D(2026, 8, 3), False),
        ("SCT", D(2026, 1, 2), False),
        ("ENG", D(2026, 1, 2), True),
        ("SCT", D(2026, 6, 15), False),
        ("ENG", D(2026, 6, 15), True),
        ("NIR", D(2026, 3, 17), False),
        ("NIR", D(2026, 7, 13), False),
        ("SCT", D(2026, 4, 6), True),
        ("ENG", D(2026, 4, 6), False),
    ],
)
def test_each_nation_keeps_its_own_bank_holidays(nation: str, day: dt.date, working: bool) -> None:
    assert Calendar(nation).is_working(day) is working


def test_a_landlord_can_add_a_holiday_and_take_one_back_and_show_a_closure_without_losing_the_day() -> None:
    calendar = Calendar(
        "ENG",
        extra_holidays=frozenset({D(2026, 6, 15)}),
        extra_working_days=frozenset({D(2026, 5, 4), D(2026, 5, 9)}),
        closure_days=frozenset({D(2026, 12, 29)}),
    )
    assert not calendar.is_working(D(2026, 6, 15))
    assert calendar.is_working(D(2026, 5, 4))
    assert calendar.is_working(D(2026, 5, 9))  # a Saturday that they work
    assert calendar.is_working(D(2026, 12, 29))
    assert calendar.is_closed(D(2026, 12, 29))
    assert calendar.add_working_days(D(2026, 12, 24), 1) == D(2026, 12, 29)


@pytest.mark.parametrize(
    ("day", "n", "end"),
    [
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2028, 1, 31), 1, D(2028, 2, 29)),
        (D(2026, 11, 30), 1, D(2026, 12, 30)),
        (D(2026, 2, 28), 1, D(2026, 3, 28)),
        (D(2026, 12, 15), 1, D(2027, 1, 15)),
        (D(2026, 6, 30), 12, D(2027, 6, 30)),
        (D(2026, 8, 31), -6, D(2026, 2, 28)),
        (D(2028, 2, 29), -12, D(2027, 2, 28)),
        (D(2026, 1, 10), -1, D(2025, 12, 10)),
    ],
)
def test_a_month_ends_on_the_corresponding_date_or_the_months_last_day(
    day: dt.date, n: int, end: dt.date
) -> None:
    assert Calendar.add_months(day, n) == end


def test_looking_back_six_and_twelve_months_lands_on_the_first_day_still_in_time() -> None:
    assert Calendar.look_back(D(2026, 8, 31), 6) == D(2026, 2, 28)
    assert Calendar.look_back(D(2028, 2, 29), 12) == D(2027, 2, 28)


@given(st.dates(D(1990, 1, 1), D(2090, 1, 1)), st.integers(-600, 600))
def test_months_move_the_month_by_exactly_so_many_and_never_the_day_upwards(day: dt.date, n: int) -> None:
    moved = Calendar.add_months(day, n)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == n
    assert moved.day <= day.day
    assert moved.day == day.day or (moved + dt.timedelta(days=1)).day == 1


def test_the_date_is_londons_in_summer_and_in_winter() -> None:
    assert Calendar.london_date(dt.datetime(2026, 6, 14, 23, 30, tzinfo=dt.UTC)) == D(2026, 6, 15)
    assert Calendar.london_date(dt.datetime(2026, 1, 14, 23, 30, tzinfo=dt.UTC)) == D(2026, 1, 14)
    far = dt.timezone(dt.timedelta(hours=-8))
    assert Calendar.london_date(dt.datetime(2026, 1, 14, 17, 0, tzinfo=far)) == D(2026, 1, 15)


@pytest.mark.parametrize(
    ("day", "time", "instant"),
    [
        (D(2026, 3, 28), dt.time(8, 30), "2026-03-28T08:30+00:00"),
        (D(2026, 3, 29), dt.time(8, 30), "2026-03-29T07:30+00:00"),
        (D(2026, 3, 29), dt.time(1, 30), "2026-03-29T01:30+00:00"),  # never shown by any clock: 02:30 BST
        (D(2026, 10, 25), dt.time(1, 30), "2026-10-25T00:30+00:00"),  # shown twice: the first
        (D(2026, 10, 25), dt.time(8, 30), "2026-10-25T08:30+00:00"),
    ],
)
def test_wall_clock_times_become_utc_over_both_clock_changes(
    day: dt.date, time: dt.time, instant: str
) -> None:
    assert Calendar.instant(day, time) == dt.datetime.fromisoformat(instant)
    assert Calendar.instant(day, time).utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("day", "hours"), [(D(2026, 3, 29), 23), (D(2026, 10, 25), 25), (D(2026, 7, 1), 24), (D(2026, 1, 1), 24)]
)
def test_a_day_ends_at_the_next_london_midnight_however_long_it_was(day: dt.date, hours: int) -> None:
    began = Calendar.instant(day, dt.time())
    assert Calendar.end_of(day) - began == dt.timedelta(hours=hours)
    assert Calendar.london_date(Calendar.end_of(day) - dt.timedelta(microseconds=1)) == day
    assert Calendar.london_date(Calendar.end_of(day)) == day + dt.timedelta(days=1)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="ENG, WLS, SCT, NIR"):
        Calendar("GBR")
    with pytest.raises(ValueError, match="subtract"):
        ENGLAND.add_working_days(D(2026, 1, 5), -1)
    with pytest.raises(ValueError, match="window of -2"):
        ENGLAND.add(D(2026, 1, 5), -2, Unit.MONTHS)
    with pytest.raises(ValueError, match="zone"):
        Calendar.london_date(dt.datetime(2026, 1, 5, 12, 0))  # noqa: DTZ001
    with pytest.raises(TypeError, match="london_date"):
        ENGLAND.add_working_days(dt.datetime(2026, 1, 5, 12, 0, tzinfo=dt.UTC), 1)
    with pytest.raises(TypeError, match="london_date"):
        ENGLAND.is_working(dt.datetime(2026, 1, 5, 12, 0, tzinfo=dt.UTC))
