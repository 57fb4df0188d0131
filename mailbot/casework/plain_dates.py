"""Dates as people write them in a mail: "14 March", "Friday", "in 10 working days", "14/03/2026".

`read_date` promises one day or a reason in words, never a guess: a day that has passed, a day that doesn't
exist and a day that two people would take for two different ones are all refused, with what to write instead.
Numbers are in British order, the day before the month.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

AddWorkingDays: TypeAlias = Callable[[dt.date, int], dt.date]

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_NUMBERS = ("a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
            "twenty")  # fmt: skip
_FURTHEST_YEARS = 5
_MOST_AHEAD = dt.timedelta(days=183)  # for a date without a year that has passed this year

_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})\.?"
_YEAR = r"(?:,?\s*(?P<year>\d{4}))?"
_DAY_MONTH = re.compile(rf"(?:the )?{_DAY}\s*(?:of )?\s*{_MONTH}{_YEAR}\Z")
_MONTH_DAY = re.compile(rf"{_MONTH}\s*(?:the )?{_DAY}{_YEAR}\Z")
_FIGURES = re.compile(r"(?P<day>\d{1,2})\s?[./-]\s?(?P<month>\d{1,2})(?:\s?[./-]\s?(?P<year>\d{4}|\d{2}))?\Z")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\Z")
_DAY_ALONE = re.compile(rf"(?:the )?{_DAY}\Z")
_AHEAD = re.compile(r"(?:in |within )?(?P<n>\d{1,3}|[a-z]+) (?P<unit>(?:working|business) days?|days?|weeks?)"
                    r"(?:'?s? time)?(?: from (?:today|now))?\Z")  # fmt: skip


def read_date(words: str, today: dt.date, add_working_days: AddWorkingDays) -> dt.date | str:
    """The day that the words mean as of `today`, or in words why they don't mean one.

    `add_working_days(day, n)` counts from the day after. Today itself is allowed.
    """
    said = " ".join(words.split()).strip(" .,;:!").removesuffix(" please")
    plain = said.lower().removeprefix("on ")
    if not plain:
        return "there is no date"
    day = _by_name(plain, today) or _counted(plain, today, add_working_days) or _by_calendar(plain, today)
    if day is None:
        return f"“{said[:60]}” is not a date I can read"
    if isinstance(day, dt.date) and day < today:
        return f"{in_words(day)} has passed"
    if isinstance(day, dt.date) and day.year > today.year + _FURTHEST_YEARS:
        return f"{in_words(day)} is too far ahead"
    return day


def read_past_date(words: str, today: dt.date) -> dt.date | str:
    """The day on which something came: the last that the words can mean, today included; or in words why not."""
    plain = " ".join(words.lower().split()).strip(" .,;:!").removeprefix("on ").removeprefix("last ")
    if plain in ("today", "yesterday"):
        return today - dt.timedelta(days=int(plain == "yesterday"))
    if re.fullmatch(r"[a-z]+day", plain):
        day = _by_name(plain, today - dt.timedelta(days=7))
    else:
        day = _by_calendar(plain, today)
    if isinstance(day, dt.date) and day > today and not re.search(r"\d{4}|[./-]\d\d\Z", plain):
        day = _day(day.year - 1, day.month, day.day)
    if day is None:
        return f"“{words[:60]}” is not a date I can read"
    if isinstance(day, dt.date) and day > today:
        return f"{in_words(day)} has not come yet"
    if isinstance(day, dt.date) and day.year < today.year - _FURTHEST_YEARS:
        return f"{in_words(day)} is too far back"
    return day


def read_number(word: str) -> int | None:
    """1 to 999 in figures, 1 to 20 in words ("a" is one), else None."""
    word = word.lower()
    if word in _NUMBERS:
        return max(1, _NUMBERS.index(word))
    return (
        int(word)
        if word.isascii() and word.isdigit() and 0 < int(word[:4]) < 1000 and len(word) < 4
        else None
    )


def in_words(day: dt.date) -> str:
    """ "Friday 14 March 2026", in English whatever the locale."""
    return f"{_DAYS[day.weekday()].capitalize()} {day.day} {_MONTHS[day.month - 1].capitalize()} {day.year}"


def _by_name(plain: str, today: dt.date) -> dt.date | str | None:
    """today, tomorrow, Friday, next Tuesday, Tuesday week, end of next week, end of the month."""
    nearby = {"today": 0, "now": 0, "tomorrow": 1, "the day after tomorrow": 2, "day after tomorrow": 2}
    if plain in nearby:
        return today + dt.timedelta(days=nearby[plain])
    monday = today - dt.timedelta(days=today.weekday())
    if match := re.match(r"(?:the )?end of (?P<which>the|this|next) (?P<unit>week|month)\Z", plain):
        later = match["which"] == "next"
        if match["unit"] == "week":
            return monday + dt.timedelta(days=11 if later else 4)
        first = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1) if later else today
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    match = re.match(
        r"(?P<a_week>a week (?:on )?)?(?:(?P<which>this|next|coming|this coming) )?"
        r"(?P<name>[a-z]+)(?P<week> week)?\Z",
        plain,
    )
    weekday = _index(match["name"], _DAYS) if match else None
    if match is None or weekday is None:
        return None
    coming = today + dt.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if match["a_week"] or match["week"]:
        return f"“{plain}” can mean two days" if match["which"] else coming + dt.timedelta(days=7)
    if match["which"] == "this":
        return monday + dt.timedelta(days=weekday)
    if match["which"] == "next" and coming < monday + dt.timedelta(days=7):
        return _two_days(plain, coming, coming + dt.timedelta(days=7))
    if match["which"] is None and weekday == today.weekday():
        return _two_days(plain, today, coming)
    return coming


def _counted(plain: str, today: dt.date, add_working_days: AddWorkingDays) -> dt.date | None:
    """in 10 working days, in two weeks, in a week's time, in a fortnight."""
    if plain in ("in a fortnight", "a fortnight"):
        return today + dt.timedelta(days=14)
    match = _AHEAD.match(plain)
    n = read_number(match["n"]) if match else None
    if match is None or n is None:
        return None
    if match["unit"].startswith(("working", "business")):
        return add_working_days(today, n)
    return today + dt.timedelta(days=n * (7 if match["unit"].startswith("week") else 1))


def _by_calendar(plain: str, today: dt.date) -> dt.date | str | None:
    """14 March, March 14 2026, 14/03/2026, 14.3., 2026-03-14, the 24th, each with or without its weekday."""
    first, _, rest = plain.partition(" ")
    weekday = _index(first.rstrip(",."), _DAYS)
    if weekday is not None:
        plain = rest.removeprefix("the ")
    elif match := re.match(r"(.*?),? \(?([a-z]{3,9})\)?\Z", plain):  # 14 March, Friday
        weekday = _index(match[2], _DAYS)
        plain = plain if weekday is None else match[1]
    day = _written_out(plain, today)
    if isinstance(day, dt.date) and weekday is not None and day.weekday() != weekday:
        return f"that day is a {in_words(day)}"
    return day


def _written_out(plain: str, today: dt.date) -> dt.date | str | None:
    match = (
        _ISO.match(plain)
        or _FIGURES.match(plain.rstrip("."))
        or _DAY_MONTH.match(plain)
        or _MONTH_DAY.match(plain)
    )
    if match is None:
        alone = _DAY_ALONE.match(plain)
        if alone is None or plain.isdigit():  # "24" alone may be anything; "the 24th" is a day
            return None
        return _next_with_day(int(alone["day"]), today)
    if match["month"].isdigit():
        month = int(match["month"])
    else:
        named = _index(match["month"], _MONTHS)
        if named is None:
            return None
        month = named + 1
    number = int(match["day"])
    if match["year"]:
        year = int(match["year"])
        return _day(year + 2000 if year < 100 else year, month, number)
    day = _day(today.year, month, number)
    if isinstance(day, str) or day >= today:
        return day
    later = _day(today.year + 1, month, number)
    if isinstance(later, dt.date) and later - today <= _MOST_AHEAD:
        return later
    return day  # it has passed: next year's is hardly meant


def _day(year: int, month: int, number: int) -> dt.date | str:
    if not 1 <= month <= 12:
        return f"there is no month {month} (the day comes before the month)"
    if not 1 <= number <= calendar.monthrange(max(year, 1), month)[1]:
        return f"{_MONTHS[month - 1].capitalize()} {year} has no day {number}"
    return dt.date(max(year, 1), month, number)


def _next_with_day(number: int, today: dt.date) -> dt.date | str:
    """The next day of that number: "the 24th"."""
    first = today.replace(day=1)
    if number < today.day:
        first = (first + dt.timedelta(days=32)).replace(day=1)
    return _day(first.year, first.month, number)


def _two_days(said: str, one: dt.date, other: dt.date) -> str:
    return f"“{said}” can mean {in_words(one)} or {in_words(other)}"


def _index(word: str, names: Sequence[str]) -> int | None:
    """The place of a name that is written out or cut to three letters or more ("tues", "sept")."""
    return next((i for i, name in enumerate(names) if len(word) >= 3 and name.startswith(word)), None)
