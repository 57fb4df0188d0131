"""The published bank holidays: right, checked against the package, long enough; and corrected by the landlord."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from mailbot.calendarfile import DIVISIONS, PLACE, REACH_DAYS, publish
from mailbot.casework.calendar import NATIONS, Calendar, bank_holidays
from mailbot.mistakes import Mistake
from mailbot.places import config_dir
from mailbot.settings import SettingsMistake, load

D = dt.date
SHIPPED = (config_dir() / PLACE).read_text(encoding="utf-8")
SECRETS = {"MAILBOT_IMAP_PASSWORD": "hush", "MAILBOT_SMTP_PASSWORD": "hush"}
TODAY = D(2026, 11, 26)
ENGLAND = Calendar("ENG")


def write(directory: Path, text: str) -> Path:
    (directory / PLACE).parent.mkdir(exist_ok=True)
    (directory / PLACE).write_text(text, encoding="utf-8")
    return directory


def changed(text: str, old: str, new: str, count: int = -1) -> str:
    assert old in text, f"the list no longer says {old!r}"
    return text.replace(old, new, count)


def refused(directory: Path, calendar: Calendar = ENGLAND, today: D | None = TODAY) -> list[Mistake]:
    mistakes: list[Mistake] = []
    assert publish(calendar, directory, mistakes, today) is None
    return mistakes


def published(directory: Path, calendar: Calendar = ENGLAND, today: D | None = TODAY) -> Calendar:
    mistakes: list[Mistake] = []
    made = publish(calendar, directory, mistakes, today)
    assert made is not None, mistakes
    return made


# ------------------------------------------------------------------ the list that is shipped


def test_the_shipped_list_and_the_package_agree_on_every_day_of_every_nation(tmp_path: Path) -> None:
    for nation in NATIONS:
        calendar = published(tmp_path, Calendar(nation))
        assert calendar.published is not None
        assert (calendar.published.from_year, calendar.published.to_year) == (2024, 2028)
        day = D(2024, 1, 1)
        while day <= D(2029, 12, 31):
            assert calendar.is_working(day) == Calendar(nation).is_working(day), (nation, day)
            day += dt.timedelta(days=1)


def test_the_shipped_list_holds_the_days_that_people_ask_about() -> None:
    lists = tomllib.loads(SHIPPED)
    assert {name: len(lists[name]) for name in dict.fromkeys(DIVISIONS.values())} == {
        "england-and-wales": 5 * 8,
        "scotland": 5 * 9 + 1,  # and the day after the football
        "northern-ireland": 5 * 10,
    }
    assert lists["england-and-wales"]["2026-12-28"] == "Boxing Day (substitute day)"
    assert lists["england-and-wales"]["2027-12-27"] == "Christmas Day (substitute day)"
    assert "2026-06-15" in lists["scotland"] and "2026-06-15" not in lists["england-and-wales"]
    assert "2026-04-06" not in lists["scotland"]  # no Easter Monday there
    assert lists["northern-ireland"]["2026-07-13"].startswith("Battle of the Boyne")


def test_a_landlords_own_list_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    royal = changed(SHIPPED, "[scotland]", '2026-06-05 = "A royal day"\n\n[scotland]')
    settled = Calendar("ENG", extra_holidays=frozenset({D(2026, 6, 5)}))
    assert not published(write(tmp_path, royal), settled).is_working(D(2026, 6, 5))


# ------------------------------------------------------------------ who governs


def test_the_list_governs_where_it_reaches_the_package_beyond_and_the_landlord_over_both(
    tmp_path: Path,
) -> None:
    short = "\n".join(line for line in SHIPPED.splitlines() if not line.startswith(("2027", "2028")))
    text = changed(
        changed(short, "to_year = 2028", "to_year = 2026"), '2026-08-31 = "Summer bank holiday"\n', ""
    )
    corrected = Calendar(
        "ENG",
        extra_holidays=frozenset({D(2026, 6, 15), D(2027, 6, 14)}),
        extra_working_days=frozenset({D(2026, 8, 31), D(2027, 5, 3)}),
    )
    calendar = published(write(tmp_path, text), corrected, today=D(2026, 1, 5))
    assert calendar.is_working(D(2026, 8, 31))  # the list has it not, and the landlord said so
    assert not calendar.is_working(D(2026, 12, 28))  # the list
    assert not calendar.is_working(D(2027, 8, 30))  # the package, where the list ends
    assert not calendar.is_working(D(2026, 6, 15)) and not calendar.is_working(D(2027, 6, 14))
    assert calendar.is_working(D(2027, 5, 3))


# ------------------------------------------------------------------ what stops the start


def test_a_day_that_only_the_list_has_is_refused_with_what_to_write(tmp_path: Path) -> None:
    text = changed(SHIPPED, '2026-05-25 = "Spring', '2026-06-15 = "Football"\n2026-05-25 = "Spring', 1)
    (mistake,) = refused(write(tmp_path, text))
    assert (mistake.file, mistake.key, mistake.value) == (
        "bank-holidays.toml",
        "england-and-wales.2026-06-15",
        "'Football'",
    )
    assert "the holidays package has not" in mistake.problem
    assert "[calendar] extra_holidays = [2026-06-15]" in mistake.fix and "take the line out" in mistake.fix
    settled = Calendar("ENG", extra_holidays=frozenset({D(2026, 6, 15)}))
    assert not published(tmp_path, settled).is_working(D(2026, 6, 15))
    worked = Calendar("ENG", extra_working_days=frozenset({D(2026, 6, 15)}))
    assert published(tmp_path, worked).is_working(D(2026, 6, 15))
    assert published(tmp_path, Calendar("SCT")).nation == "SCT"  # a quarrel of one nation is no other's


def test_a_day_that_only_the_package_has_is_refused_with_what_to_write(tmp_path: Path) -> None:
    text = changed(SHIPPED, '2026-08-31 = "Summer bank holiday"\n', "")
    (mistake,) = refused(write(tmp_path, text))
    assert (mistake.key, mistake.value) == ("england-and-wales.2026-08-31", "")
    assert (
        "the list has not" in mistake.problem
        and bank_holidays("ENG", 2026)[D(2026, 8, 31)] in mistake.problem
    )
    assert "add 2026-08-31 = " in mistake.fix
    assert "[calendar] extra_working_days = [2026-08-31]" in mistake.fix


@pytest.mark.parametrize(
    ("today", "starts"), [(D(2028, 6, 14), True), (D(2028, 6, 15), False), (D(2028, 12, 31), False)]
)
def test_a_list_that_ends_before_a_clock_of_today_may_run_out_stops_the_start(
    tmp_path: Path, today: D, starts: bool
) -> None:
    assert REACH_DAYS == 200
    if starts:
        published(tmp_path, today=today)
        return
    (mistake,) = refused(tmp_path, today=today)
    assert (mistake.file, mistake.key, mistake.value) == ("bank-holidays.toml", "to_year", "2028")
    assert "ends on 31 December 2028" in mistake.problem and "2029" in mistake.problem
    assert "gov.uk/bank-holidays" in mistake.fix and "to_year = 2029" in mistake.fix
    assert published(tmp_path, today=None).published  # to look at a policy, no clock begins


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ("to_year = 2028", "to_year = 2029", "england-and-wales", "no day of 2029"),
        ("to_year = 2028", "to_year = 2027", "scotland.2028-01-03", "2024 to 2027"),
        ("2026-12-28", "2026-12-26", "england-and-wales.2026-12-26", "this is a Saturday"),
        ("2026-12-28", "2026-28-12", "england-and-wales.2026-28-12", "this is no date"),
        ("from_year = 2024", "", "from_year", "missing"),
        ("[scotland]", "[schottland]", "schottland", "nobody knows this key"),
        ("to_year = 2028", "to_year = 2020", "to_year", "before from_year"),
    ],
)
def test_a_list_that_cannot_be_one_is_refused(
    tmp_path: Path, old: str, new: str, key: str, told: str
) -> None:
    mistakes = refused(write(tmp_path, changed(SHIPPED, old, new)))
    assert any(m.key == key and told in m.problem and m.fix for m in mistakes), mistakes


def test_the_settings_are_refused_with_the_list_and_count_by_it(tmp_path: Path) -> None:
    for name in ("mailbot.toml", "staff.toml"):
        (tmp_path / name).write_text((config_dir() / name).read_text(encoding="utf-8"), encoding="utf-8")
    settings = load(tmp_path, environ=SECRETS, today=TODAY)
    assert settings.calendar.published and settings.calendar.published.to_year == 2028
    with pytest.raises(SettingsMistake, match="to_year = 2028\n    the list ends on 31 December 2028"):
        load(tmp_path, environ=SECRETS, today=D(2028, 9, 1))
    write(tmp_path, changed(SHIPPED, '2026-08-31 = "Summer bank holiday"\n', ""))
    with pytest.raises(SettingsMistake, match=r"england-and-wales\.2026-08-31"):
        load(tmp_path, environ=SECRETS, today=TODAY)
