"""Periods as people type them, and as reports name them."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from mailbot.reports.periods import (
    Cycle,
    PeriodMistake,
    before,
    last_ended,
    period_of,
    read_period,
    running_up_to,
)

TODAY = dt.date(2026, 11, 26)


def days(cycle: Cycle, typed: str, year_starts: int = 4) -> str:
    period = read_period(cycle, typed, TODAY, year_starts)
    assert read_period(cycle, period.name, TODAY, year_starts) == period, "its own name can be typed again"
    return f"{period.first} {period.last}"


@pytest.mark.parametrize(
    ("cycle", "typed", "meant"),
    [
        (Cycle.WEEKLY, "2026-W34", "2026-08-17 2026-08-23"),
        (Cycle.WEEKLY, "2026W1", "2025-12-29 2026-01-04"),
        (Cycle.MONTHLY, "2026-02", "2026-02-01 2026-02-28"),
        (Cycle.MONTHLY, "2024-2", "2024-02-01 2024-02-29"),
        (Cycle.QUARTERLY, "2026-Q3", "2026-07-01 2026-09-30"),
        (Cycle.QUARTERLY, "2026-27-Q2", "2026-07-01 2026-09-30"),
        (Cycle.QUARTERLY, "2025/26-q4", "2026-01-01 2026-03-31"),
        (Cycle.HALF_YEARLY, "2026-27-H1", "2026-04-01 2026-09-30"),
        (Cycle.HALF_YEARLY, "2025-26-H2", "2025-10-01 2026-03-31"),
        (Cycle.ANNUAL, "2025-26", "2025-04-01 2026-03-31"),
        (Cycle.ANNUAL, "2025/2026", "2025-04-01 2026-03-31"),
    ],
)
def test_what_people_type(cycle: Cycle, typed: str, meant: str) -> None:
    assert days(cycle, typed) == meant


def test_a_landlord_whose_year_is_the_calendars() -> None:
    assert days(Cycle.ANNUAL, "2025", 1) == "2025-01-01 2025-12-31"
    assert days(Cycle.HALF_YEARLY, "2026-H1", 1) == "2026-01-01 2026-06-30"
    assert days(Cycle.QUARTERLY, "2026-Q3", 1) == "2026-07-01 2026-09-30"


@pytest.mark.parametrize(
    ("cycle", "typed", "told"),
    [
        (
            Cycle.QUARTERLY,
            "2026-09",
            "2026-09 is a month, and the quarterly report is of a quarter. Write --for 2026-Q3",
        ),
        (Cycle.QUARTERLY, "2026-Q5", "they are numbered 1 to 4. Write --for 2026-Q3"),
        (
            Cycle.QUARTERLY,
            "last",
            "“last” is not a quarter. Write --for 2026-Q3 for 1 July to 30 September 2026.",
        ),
        (Cycle.QUARTERLY, "2027-Q1", "begins on 1 January 2027: there is nothing to report yet"),
        (Cycle.MONTHLY, "2026-13", "they are numbered 1 to 12. Write --for 2026-10"),
        (Cycle.WEEKLY, "2025-W53", "they are numbered 1 to 52"),
        (Cycle.ANNUAL, "2025", "the landlord's year runs from April. Write --for 2025-26 for 1 April 2025"),
        (Cycle.ANNUAL, "2025-27", "a year ends in the next one, so it is 2025-26"),
        (Cycle.HALF_YEARLY, "2026-H1", "the landlord's year runs from April. Write --for 2026-27-H1"),
    ],
)
def test_what_is_no_period_is_told_with_the_right_form(cycle: Cycle, typed: str, told: str) -> None:
    with pytest.raises(PeriodMistake) as mistake:
        read_period(cycle, typed, TODAY)
    assert told in str(mistake.value)


def test_the_last_one_that_is_over() -> None:
    assert last_ended(Cycle.WEEKLY, dt.date(2026, 11, 23)).name == "2026-W47"  # Monday: last week
    assert last_ended(Cycle.QUARTERLY, dt.date(2026, 10, 1)).name == "2026-Q3"
    assert last_ended(Cycle.HALF_YEARLY, dt.date(2026, 10, 1)).name == "2026-27-H1"
    assert last_ended(Cycle.ANNUAL, dt.date(2027, 3, 31)).name == "2025-26"


def test_eight_quarters_follow_each_other_without_a_gap() -> None:
    eight = running_up_to(period_of(Cycle.QUARTERLY, TODAY), 8)
    assert [p.name for p in eight][::7] == ["2025-Q1", "2026-Q4"]
    assert all(
        later.first - earlier.last == dt.timedelta(days=1) for earlier, later in itertools.pairwise(eight)
    )
    assert before(eight[0]).name == "2024-Q4"
