"""Read the published bank holidays (calendar/bank-holidays.toml), and hold them against the `holidays` package.

Two lists that agree are worth more than one: the published one is right and grows old, the package is kept up by
others and may be wrong. Where they disagree the service does not start, for a day too many or too few moves
every deadline over it. Refused besides: a list that ends before a clock that begins today may have run out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from mailbot.casework.calendar import LONDON, Calendar, PublishedHolidays, bank_holidays
from mailbot.mistakes import Mistake, Strict, hold_against, read_toml
from mailbot.places import config_dir

PLACE: Final = Path("calendar") / "bank-holidays.toml"
FILE: Final = PLACE.name
PAGE: Final = "https://www.gov.uk/bank-holidays"
REACH_DAYS: Final = 200
"""How far the list must reach: the longest chain of clocks that may begin today. 5 + 10 + 10 working days for
stage 1 with its extension, 20 to ask for stage 2, 5 + 20 + 20 for that, 20 of silence: 110 working days."""

DIVISIONS: Final[Mapping[str, str]] = {
    "ENG": "england-and-wales",
    "WLS": "england-and-wales",
    "SCT": "scotland",
    "NIR": "northern-ireland",
}


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("this is no date: write it like 2026-12-28") from None
    return value


Days = dict[Annotated[dt.date, BeforeValidator(_day)], Annotated[str, Field(min_length=1)]]


class BankHolidaysTable(Strict):
    """bank-holidays.toml: each division's days off with their titles, for whole years."""

    as_of: dt.date = Field(description="the day on which the list was checked", examples=["2026-06-01"])
    from_year: int = Field(ge=2000, le=2100, examples=["2024"])
    to_year: int = Field(ge=2000, le=2100, examples=["2028"])
    england_and_wales: Days = Field(alias="england-and-wales")
    scotland: Days
    northern_ireland: Days = Field(alias="northern-ireland")

    def division(self, name: str) -> Mapping[dt.date, str]:
        days: Mapping[dt.date, str] = getattr(self, name.replace("-", "_"))
        return days

    @property
    def years(self) -> range:
        return range(self.from_year, self.to_year + 1)


def today_in_london() -> dt.date:
    return dt.datetime.now(LONDON).date()


def publish(
    calendar: Calendar, directory: Path, mistakes: list[Mistake], today: dt.date | None = None
) -> Calendar | None:
    """The calendar, counting by the published list as far as that reaches; None, and mistakes, for a list that
    can't be used. The landlord's own list in `directory` takes the place of the shipped one.

    `today`: refuse a list that ends too soon for what may begin on that day; None where nothing begins.
    """
    own = directory / PLACE
    before = len(mistakes)
    text = read_toml(own if own.exists() else config_dir() / PLACE, mistakes)
    table = hold_against(BankHolidaysTable, text, FILE, mistakes) if text is not None else None
    if table is None:
        return None
    mistakes.extend(_misread(table))
    if len(mistakes) == before:
        mistakes.extend(_disagreements(table, calendar))
    if today:
        mistakes.extend(_too_short(table, today))
    if len(mistakes) > before:
        return None
    days = frozenset(table.division(DIVISIONS[calendar.nation]))
    return replace(calendar, published=PublishedHolidays(table.from_year, table.to_year, days))


def _misread(table: BankHolidaysTable) -> Iterator[Mistake]:
    """What can't be a list of days off for these years."""
    if table.to_year < table.from_year:
        yield Mistake(FILE, "to_year", str(table.to_year), "it lies before from_year", "exchange them")
    for name in dict.fromkeys(DIVISIONS.values()):
        days = table.division(name)
        for day, title in days.items():
            if day.year not in table.years:
                problem = f"the list says that it holds {table.from_year} to {table.to_year}"
                fix = "take the line out, or move from_year or to_year: a year must be whole"
                yield Mistake(FILE, f"{name}.{day}", repr(title), problem, fix)
            if day.weekday() >= 5:
                fix = f"write the substitute day, as {PAGE} does"
                yield Mistake(FILE, f"{name}.{day}", repr(title), f"this is a {day:%A}", fix)
        for year in table.years:
            if not any(day.year == year for day in days):
                fix = f"copy that year from {PAGE}, or end the list before it: to_year = {year - 1}"
                yield Mistake(FILE, name, "", f"it holds no day of {year}", fix)


def _disagreements(table: BankHolidaysTable, calendar: Calendar) -> Iterator[Mistake]:
    """Each day that only one of the two knows and that the landlord has not settled in [calendar]."""
    name = DIVISIONS[calendar.nation]
    listed = table.division(name)
    settled = calendar.extra_holidays | calendar.extra_working_days
    known: dict[dt.date, str] = {}
    for year in table.years:
        known |= {d: title for d, title in bank_holidays(calendar.nation, year).items() if d.weekday() < 5}
    for day in sorted((set(listed) ^ set(known)) - settled):
        if day in listed:
            problem = "the list has this day, and the holidays package has not"
            fix = (
                f"look at {PAGE}; if it is a holiday, write [calendar] extra_holidays = [{day}] in mailbot.toml, "
                "if it is none, take the line out"
            )
            yield Mistake(FILE, f"{name}.{day}", repr(listed[day]), problem, fix)
        else:
            problem = f"the holidays package has this day ({known[day]}), and the list has not"
            fix = (
                f'look at {PAGE}; if it is a holiday, add {day} = "{known[day]}", if it is none, write [calendar] '
                f"extra_working_days = [{day}] in mailbot.toml"
            )
            yield Mistake(FILE, f"{name}.{day}", "", problem, fix)


def _too_short(table: BankHolidaysTable, today: dt.date) -> Iterator[Mistake]:
    needed = today + dt.timedelta(days=REACH_DAYS)
    if needed.year > table.to_year:
        yield Mistake(
            FILE,
            "to_year",
            str(table.to_year),
            f"the list ends on 31 December {table.to_year}, and a clock that begins today may run until "
            f"{needed.day} {needed:%B %Y}",
            f"add the days of {table.to_year + 1} from {PAGE} to all three divisions, and write to_year = "
            f"{needed.year}",
        )
