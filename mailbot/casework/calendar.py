"""Days, counted as the policies count them: by date, in Europe/London, the day of the event being day 0.

A working day is Monday to Friday and no bank or public holiday of the landlord's nation. The published list
says which those are as far as it reaches, the `holidays` package beyond. The landlord's corrections go on top:
a one-off that neither knows yet (a royal day, say) comes from `extra_holidays`, and a day that is wrongly given
away is won back with `extra_working_days`. Days on which only the office is shut (`closure_days`) are shown to
people; they are deducted only for a policy that says so (`deducts_closures`), as none that we read does.

Refuses: a nation that it does not know, a datetime where a date is wanted (whose date would it be?), a naive
datetime where an instant is wanted, and a negative count.
"""

from __future__ import annotations

import calendar as _gregorian
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
NATIONS: Final = ("ENG", "WLS", "SCT", "NIR")
_DAY: Final = dt.timedelta(days=1)


def told_time(instant: dt.datetime) -> str:
    """A moment as people read it: London's day and clock."""
    local = instant.astimezone(LONDON)
    return f"{local.day} {local:%B %Y at %H:%M}"


class Unit(StrEnum):
    """What a window is counted in. The value is the word of the policy file."""

    WORKING_DAYS = "working days"
    CALENDAR_DAYS = "calendar days"
    MONTHS = "calendar months"


@lru_cache(maxsize=256)
def bank_holidays(nation: str, year: int) -> Mapping[dt.date, str]:
    """What the `holidays` package knows, with its names: weekends too, beside their substitute days."""
    import holidays  # here, because it takes a fifth of a second and most commands count no days

    # Without a subdivision the package answers with what all four nations share: no Easter Monday, no August.
    return MappingProxyType(dict(holidays.country_holidays("GB", subdiv=nation, years=year)))


@dataclass(frozen=True)
class PublishedHolidays:
    """One nation's bank holidays as they were published: every day off in these years, both included."""

    from_year: int
    to_year: int
    days: frozenset[dt.date]


@dataclass(frozen=True)
class Calendar:
    """The working days of one nation ("ENG", "WLS", "SCT", "NIR"), with the landlord's own corrections."""

    nation: str = "ENG"
    extra_holidays: frozenset[dt.date] = frozenset()
    extra_working_days: frozenset[dt.date] = frozenset()
    closure_days: frozenset[dt.date] = frozenset()
    published: PublishedHolidays | None = None  # None: the package alone
    deducts_closures: bool = False

    def __post_init__(self) -> None:
        if self.nation not in NATIONS:
            raise ValueError(f"nation {self.nation!r} is none of {', '.join(NATIONS)}")

    # ---------------------------------------------------------------- working days

    def is_working(self, day: dt.date) -> bool:
        if isinstance(day, dt.datetime):
            raise TypeError("a date is wanted: take london_date() of the instant first")
        if day in self.extra_working_days:
            return True
        if day.weekday() >= 5 or day in self.extra_holidays:
            return False
        if self.deducts_closures and day in self.closure_days:
            return False
        if self.published and self.published.from_year <= day.year <= self.published.to_year:
            return day not in self.published.days
        return day not in bank_holidays(self.nation, day.year)

    def is_closed(self, day: dt.date) -> bool:
        """The office is shut on this day, although it counts as a working day in most policies."""
        return day in self.closure_days

    def add_working_days(self, day: dt.date, n: int) -> dt.date:
        """The n-th working day after `day`, which is day 0 whether it is a working day or not."""
        return self._step(day, n, _DAY)

    def subtract_working_days(self, day: dt.date, n: int) -> dt.date:
        """The n-th working day before `day`; `day` itself for 0."""
        return self._step(day, n, -_DAY)

    def working_days_between(self, first: dt.date, last: dt.date) -> int:
        """How many working days lie after `first`, up to and including `last`; negative when last < first."""
        if last < first:
            return -self.working_days_between(last, first)
        day, count = first, 0
        while day < last:
            day += _DAY
            count += self.is_working(day)
        return count

    def next_working(self, day: dt.date, inclusive: bool = True) -> dt.date:
        """`day` itself if it is a working day (and `inclusive`), otherwise the next one."""
        if not inclusive:
            day += _DAY
        while not self.is_working(day):
            day += _DAY
        return day

    def _step(self, day: dt.date, n: int, stride: dt.timedelta) -> dt.date:
        if n < 0:
            raise ValueError(f"{n} working days: count forwards with add, backwards with subtract")
        if isinstance(day, dt.datetime):
            raise TypeError("a date is wanted: take london_date() of the instant first")
        while n:
            day += stride
            n -= self.is_working(day)
        return day

    # ---------------------------------------------------------------- other units

    def add(self, day: dt.date, n: int, unit: Unit) -> dt.date:
        """The last day of a window of n units that is counted from `day` (day 0). Never rolled."""
        if unit is Unit.WORKING_DAYS:
            return self.add_working_days(day, n)
        if n < 0:
            raise ValueError(f"a window of {n} {unit}")
        return day + n * _DAY if unit is Unit.CALENDAR_DAYS else self.add_months(day, n)

    @staticmethod
    def add_months(day: dt.date, n: int) -> dt.date:
        """The corresponding date n months on, or the month's last day where there is none (31 January and a
        month is the end of February). A negative n looks back."""
        years, month = divmod(day.month - 1 + n, 12)
        year = day.year + years
        last = _gregorian.monthrange(year, month + 1)[1]
        return day.replace(year=year, month=month + 1, day=min(day.day, last))

    @classmethod
    def look_back(cls, day: dt.date, months: int) -> dt.date:
        """The earliest day that is still inside a limit of so many months; on that day is in time."""
        return cls.add_months(day, -months)

    # ---------------------------------------------------------------- instants

    @staticmethod
    def london_date(instant: dt.datetime) -> dt.date:
        """The date in London at this instant: 23:30Z on 14 June is 15 June."""
        if instant.tzinfo is None:
            raise ValueError("an instant without a zone has no date in London")
        return instant.astimezone(LONDON).date()

    @staticmethod
    def instant(day: dt.date, time: dt.time) -> dt.datetime:
        """The UTC instant of a wall-clock time in London. A time that occurs twice (autumn) is
        taken the first time; one that never occurs (spring) is an hour later on the clock."""
        return dt.datetime.combine(day, time.replace(tzinfo=None), tzinfo=LONDON).astimezone(dt.UTC)

    @classmethod
    def end_of(cls, day: dt.date) -> dt.datetime:
        """The first UTC instant that no longer belongs to `day`: the next midnight in London."""
        return cls.instant(day + _DAY, dt.time())
