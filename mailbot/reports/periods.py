"""Weeks, months, quarters, half-years and years, as reports name them and as people type them.

A year begins where the landlord's does, on 1 April unless it says otherwise (the Regulator's year), and is called
2026-27. A quarter may be named by the calendar (2026-Q3 is July to September 2026) or by the landlord's year
(2026-27-Q2, the same three months); every report prints the days that it covers, so that nobody need know.

Refuses: a period that does not exist, one that has not begun, and one of another length, each with the right form.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailbot.casework.calendar import Calendar

APRIL: Final = 4
_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)


class Cycle(StrEnum):
    """How often. The values are the words of a policy's [[report]] rows."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    ANNUAL = "annual"


MONTHS_IN: Final = {Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.HALF_YEARLY: 6, Cycle.ANNUAL: 12}
A_PERIOD: Final = {
    Cycle.WEEKLY: "a week",
    Cycle.MONTHLY: "a month",
    Cycle.QUARTERLY: "a quarter",
    Cycle.HALF_YEARLY: "a half-year",
    Cycle.ANNUAL: "a year",
}


class PeriodMistake(ValueError):
    """What was typed is no period of this report. The message says what to type."""


@dataclass(frozen=True)
class Period:
    """The days of a report, both included."""

    cycle: Cycle
    first: dt.date
    last: dt.date
    name: str  # as it can be typed again
    title: str  # as a heading says it

    def holds(self, day: dt.date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    @property
    def days(self) -> str:
        """1 July to 30 September 2026"""
        if self.first.year == self.last.year:
            return f"{self.first.day} {MONTHS[self.first.month - 1]} to {spelled(self.last)}"
        return f"{spelled(self.first)} to {spelled(self.last)}"


def spelled(day: dt.date) -> str:
    """30 September 2026"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


# ------------------------------------------------------------------ the period of a day


def period_of(cycle: Cycle, day: dt.date, year_starts: int = APRIL) -> Period:
    """The period in which this day lies."""
    if cycle is Cycle.WEEKLY:
        return _week(day - day.weekday() * _DAY)
    months = MONTHS_IN[cycle]
    since = (day.month - year_starts) % months
    first = Calendar.add_months(day.replace(day=1), -since)
    return _months(cycle, first, year_starts)


def before(period: Period, year_starts: int = APRIL, n: int = 1) -> Period:
    """The n-th period before this one, of the same length."""
    for _ in range(n):
        period = period_of(period.cycle, period.first - _DAY, year_starts)
    return period


def running_up_to(period: Period, how_many: int, year_starts: int = APRIL) -> tuple[Period, ...]:
    """This period and those before it, `how_many` in all, the earliest first."""
    return tuple(before(period, year_starts, n) for n in reversed(range(how_many)))


def last_ended(cycle: Cycle, today: dt.date, year_starts: int = APRIL) -> Period:
    """The latest period that is over."""
    return before(period_of(cycle, today, year_starts), year_starts)


def year_around(day: dt.date, year_starts: int = APRIL) -> Period:
    """The landlord's year in which this day lies."""
    return period_of(Cycle.ANNUAL, day, year_starts)


def _week(monday: dt.date) -> Period:
    year, week, _ = monday.isocalendar()
    last = monday + 6 * _DAY
    return Period(Cycle.WEEKLY, monday, last, f"{year}-W{week:02}", f"week {week} of {year}")


def _months(cycle: Cycle, first: dt.date, year_starts: int) -> Period:
    last = Calendar.add_months(first, MONTHS_IN[cycle]) - _DAY
    year = first.year - (first.month < year_starts)
    label = str(year) if year_starts == 1 else f"{year}-{(year + 1) % 100:02}"
    into = (first.month - year_starts) % 12
    match cycle:
        case Cycle.MONTHLY:
            name, title = f"{first.year}-{first.month:02}", f"{MONTHS[first.month - 1]} {first.year}"
        case Cycle.QUARTERLY:
            name, title = f"{label}-Q{into // 3 + 1}", f"quarter {into // 3 + 1} of {label}"
            if year_starts in (1, 4, 7, 10):
                name = f"{first.year}-Q{(first.month - 1) // 3 + 1}"
        case Cycle.HALF_YEARLY:
            name, title = f"{label}-H{into // 6 + 1}", f"half {into // 6 + 1} of {label}"
        case _:
            name, title = label, f"the year {label}"
    return Period(cycle, first, last, name, title)


# ------------------------------------------------------------------ what people type

_TYPED: Final = {
    Cycle.WEEKLY: re.compile(r"(?P<year>2\d{3})-?W(?P<n>\d\d?)", re.IGNORECASE),
    Cycle.MONTHLY: re.compile(r"(?P<year>2\d{3})-(?P<n>\d\d?)"),
    Cycle.QUARTERLY: re.compile(r"(?P<year>2\d{3})(?:[-/](?P<to>\d\d))?-?Q(?P<n>\d)", re.IGNORECASE),
    Cycle.HALF_YEARLY: re.compile(r"(?P<year>2\d{3})(?:[-/](?P<to>\d\d))?-?H(?P<n>\d)", re.IGNORECASE),
    Cycle.ANNUAL: re.compile(r"(?P<year>2\d{3})(?:[-/](?:20)?(?P<to>\d\d))?"),
}


def read_period(cycle: Cycle, typed: str, today: dt.date, year_starts: int = APRIL) -> Period:
    """The period that somebody typed. PeriodMistake: it is none of this length, or has not begun."""
    text = typed.strip()
    found = _TYPED[cycle].fullmatch(text)
    if not found:
        raise PeriodMistake(_instead(cycle, text, today, year_starts))
    year, n = int(found["year"]), int(found.groupdict().get("n") or 1)
    to = found.groupdict().get("to")
    if to and int(to) != (year + 1) % 100:
        raise PeriodMistake(
            f"{text}: a year ends in the next one, so it is {year}-{(year + 1) % 100:02}. "
            + _forms(cycle, today, year_starts)
        )
    period = _read(cycle, year, n, bool(to), text, today, year_starts)
    if period.first > today:
        raise PeriodMistake(
            f"{text} begins on {spelled(period.first)}: there is nothing to report yet. "
            + _forms(cycle, today, year_starts)
        )
    return period


def _read(
    cycle: Cycle, year: int, n: int, of_landlord: bool, text: str, today: dt.date, year_starts: int
) -> Period:
    most = {
        Cycle.WEEKLY: dt.date(year, 12, 28).isocalendar().week,
        Cycle.MONTHLY: 12,
        Cycle.QUARTERLY: 4,
        Cycle.HALF_YEARLY: 2,
        Cycle.ANNUAL: 1,
    }[cycle]
    if not 1 <= n <= most:
        raise PeriodMistake(f"{text}: they are numbered 1 to {most}. {_forms(cycle, today, year_starts)}")
    if cycle is Cycle.WEEKLY:
        return _week(dt.date.fromisocalendar(year, n, 1))
    if cycle is Cycle.MONTHLY:
        return _months(cycle, dt.date(year, n, 1), year_starts)
    split = year_starts != 1
    if cycle in (Cycle.HALF_YEARLY, Cycle.ANNUAL) and split is not of_landlord:
        raise PeriodMistake(
            f"{text}: the landlord's year runs from {MONTHS[year_starts - 1]}. {_forms(cycle, today, year_starts)}"
        )
    if cycle is Cycle.QUARTERLY and not of_landlord:
        first = dt.date(year, 3 * n - 2, 1)
        if (first.month - year_starts) % 3:
            raise PeriodMistake(
                f"{text}: the landlord's quarters begin in {MONTHS[year_starts - 1]}. "
                + _forms(cycle, today, year_starts)
            )
        return _months(cycle, first, year_starts)
    start = Calendar.add_months(dt.date(year, year_starts, 1), MONTHS_IN[cycle] * (n - 1))
    return _months(cycle, start, year_starts)


def _forms(cycle: Cycle, today: dt.date, year_starts: int) -> str:
    """How to type the latest one, with its days."""
    latest = last_ended(cycle, today, year_starts)
    return f"Write --for {latest.name} for {latest.days}."


def _instead(cycle: Cycle, text: str, today: dt.date, year_starts: int) -> str:
    of_another = next((c for c, shape in _TYPED.items() if c is not cycle and shape.fullmatch(text)), None)
    if of_another:
        told = f"{text} is {A_PERIOD[of_another]}, and the {cycle} report is of {A_PERIOD[cycle]}"
    else:
        told = f"“{text[:40]}” is not {A_PERIOD[cycle]}"
    return f"{told}. {_forms(cycle, today, year_starts)}"
