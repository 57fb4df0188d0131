"""Every date of every policy, against a second implementation that shares no code with the first.

It reads the policy files as plain TOML, counts by rank in one sorted list of working days, made of bank holidays that
were typed by hand, and lays Code and house over and under a policy in a few lines. Both must agree whatever the
policy, the overlay and the moments; a difference is a mistake in one of them.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailbot.calendarfile import publish
from mailbot.casework.calendar import Calendar, Unit
from mailbot.casework.timetable import timetable
from mailbot.casework.windows import Anchor, Deadline, Moment, Source, Window
from mailbot.places import config_dir
from mailbot.policyfile import load_policy

D = dt.date
DAY = dt.timedelta(days=1)
POLICIES = config_dir() / "policies"

# ------------------------------------------------------------------ the second implementation

ENGLAND = """
2024 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2025 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2026 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2027 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
2028 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26
"""
SCOTLAND = """
2024 01-01 01-02 03-29 05-06 05-27 08-05 12-02 12-25 12-26
2025 01-01 01-02 04-18 05-05 05-26 08-04 12-01 12-25 12-26
2026 01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-28
2027 01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28
2028 01-03 01-04 04-14 05-01 05-29 08-07 11-30 12-25 12-26
"""


@cache
def working(nation: str) -> list[D]:
    """All working days from 2024 to 2028, by the hand-typed list."""
    typed = {"ENG": ENGLAND, "SCT": SCOTLAND}[nation]
    off = {
        D.fromisoformat(f"{year}-{day}")
        for year, *days in (line.split() for line in typed.split("\n") if line)
        for day in days
    }
    span = (D.fromordinal(n) for n in range(D(2024, 1, 1).toordinal(), D(2029, 1, 1).toordinal()))
    return [day for day in span if day.isoweekday() < 6 and day not in off]


def count(day: D, n: int, unit: str, nation: str) -> D:
    """The last day of n units, by rank and by the arithmetic of months; never a step."""
    if unit == "working day":
        return working(nation)[bisect_right(working(nation), day) + n - 1] if n else day
    if unit == "calendar day":
        return D.fromordinal(day.toordinal() + n)
    months = day.year * 12 + day.month - 1 + n
    first_of_next = D((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return D(months // 12, months % 12 + 1, min(day.day, (first_of_next - DAY).day))


def rolled(day: D, nation: str) -> D:
    return working(nation)[bisect_left(working(nation), day)]


@dataclass(frozen=True)
class Happened:
    """When something was done and when it was due at the earliest and at the latest."""

    done: D | None
    early: D
    late: D

    def day(self, late: bool) -> D:
        due = self.late if late else self.early
        return min(self.done, due) if self.done else due


def read(text: str) -> tuple[int, str, str]:
    n, unit, anchor = re.fullmatch(
        r"(\d+) (working day|calendar day|calendar month)s? from (\w+)", text
    ).groups()  # type: ignore[union-attr]
    return int(n), unit, anchor


@cache
def file(id: str) -> dict[str, Any]:
    return tomllib.loads((POLICIES / f"{id}.toml").read_text(encoding="utf-8"))


def stage_of(id: str, number: int) -> dict[str, Any]:
    return next((stage for stage in file(id)["stage"] if stage["number"] == number), {})


def as_list(value: Any) -> list[dict[str, Any]]:
    return [] if value is None else value if isinstance(value, list) else [value]


class Second:
    """The dates of a policy under an overlay, worked out again."""

    def __init__(self, id: str, enforce: bool) -> None:
        own = file(id)
        self.id, self.nation = id, own.get("nation", "ENG")
        code = own.get("code", "code-2024" if self.nation == "ENG" and own.get("origin") != "code" else "")
        self.code = code if enforce and code != id else ""
        self.without_house = own.get("without_house", [])

    def sources(self, number: int, duty: str) -> list[dict[str, Any]]:
        own = as_list(stage_of(self.id, number).get(duty))
        over = as_list(stage_of(self.code, number).get(duty)) if self.code else []
        if own or over or duty in ("window", "review") or duty in self.without_house:
            return [*own, *over]
        return as_list(stage_of("house", number).get(duty))

    def duty(self, number: int, duty: str, known: dict[str, Happened]) -> tuple[D, D] | None:
        sources = self.sources(number, duty)
        if not sources:
            return None
        early, late = [], []
        for source in sources:
            for text, ends, is_late in (
                (source.get("target") or source["within"], early, False),
                (source.get("outer") or source["within"], late, True),
            ):
                n, unit, anchor = read(text)
                ends.append(count(known[anchor].day(is_late), n, unit, self.nation))
        return min([*early, min(late)]), min(late)

    def cap(self, number: int) -> int | None:
        tables = [stage_of(id, number).get("extension") for id in (self.id, self.code) if id]
        said = [table for table in tables if table] or [stage_of("house", number)["extension"]]
        return min((t["cap_working_days"] for t in said if "cap_working_days" in t), default=None)

    def stage(self, number: int, asked: D, acknowledged: D | None) -> dict[str, tuple[D, D]]:
        known = {anchor: Happened(asked, asked, asked) for anchor in ("received", "requested", "logged")}
        found: dict[str, tuple[D, D]] = {}
        for duty, event, anchor, done in (
            ("acknowledge", "acknowledgement", "acknowledged", acknowledged),
            ("contact", "contact", "contacted", None),
            ("review", "review", "reviewed", None),
            ("respond", "response", "responded", None),
        ):
            if dates := self.duty(number, duty, known):
                found[event] = dates
                known[anchor] = Happened(done, *dates)
        if (cap := self.cap(number)) is not None:
            early, late = found["response"]
            found["extension"] = (
                count(early, cap, "working day", self.nation),
                count(late, cap, "working day", self.nation),
            )
        return found

    def may_ask_until(self, responded: D, closed: D | None) -> D | None:
        ends = []
        for source in self.sources(2, "window"):
            for text in {source.get("target") or source["within"], source.get("outer") or source["within"]}:
                n, unit, anchor = read(text)
                since = {"responded": responded, "closed": closed}[anchor]
                if since is None:
                    return None
                ends.append(rolled(count(since, n, unit, self.nation), self.nation))
        return max(ends, default=None)


# ------------------------------------------------------------------ both, side by side

NAMES = ["mtvh", "mhs", "mrh", "ivh", "tch", "code-2024", "spso", "lgsco"]


@cache
def calendar(nation: str, listed: bool) -> Calendar:
    """Counted by the published list, or by the package alone."""
    plain = Calendar(nation)
    made = publish(plain, config_dir() / "nowhere", [], None) if listed else plain
    assert made is not None
    made.is_working(D(2026, 1, 2))  # loads the package outside any example's time limit
    return made


received_days = st.dates(D(2025, 1, 1), D(2027, 6, 30))
spans = st.integers(0, 40).map(lambda n: n * DAY)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    overlay=st.sampled_from(["off", "warn", "enforce"]),
    received=received_days,
    acknowledged=st.none() | spans,
    responded=spans,
    escalated=spans,
    acknowledged2=st.none() | spans,
    listed=st.booleans(),
)
def test_every_date_of_both_stages_agrees(
    name: str,
    overlay: str,
    received: D,
    acknowledged: dt.timedelta | None,
    responded: dt.timedelta,
    escalated: dt.timedelta,
    acknowledged2: dt.timedelta | None,
    listed: bool,
) -> None:
    second = Second(name, overlay == "enforce")
    first = received + acknowledged if acknowledged is not None else None
    answer = (first or received) + responded
    asked = answer + escalated
    again = asked + acknowledged2 if acknowledged2 is not None else None
    rows = timetable(
        load(name, overlay), calendar(second.nation, listed), received, first, answer, asked, again
    )
    told = {(r.event, r.stage): (r.target_due, r.outer_due) for r in rows}
    expected = {(event, 1): dates for event, dates in second.stage(1, received, first).items()}
    expected |= {(event, 2): dates for event, dates in second.stage(2, asked, again).items()}
    if until := second.may_ask_until(answer, None):
        expected["stage2_request", 1] = (until, until)
    compared = {event for event, _ in expected} | {"acknowledgement", "contact", "review", "response"}
    assert {key: dates for key, dates in told.items() if key[0] in compared} == expected


@cache
def load(name: str, overlay: str) -> Any:
    return load_policy(name, overlay=overlay)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), received_days, spans, spans)
def test_the_residents_time_after_closing_agrees(
    name: str, received: D, responded: dt.timedelta, closed: dt.timedelta
) -> None:
    second = Second(name, enforce=True)
    answer = received + responded
    rows = timetable(
        load(name, "enforce"), calendar(second.nation, True), received, None, answer, closed=answer + closed
    )
    told = [r.outer_due for r in rows if r.event == "stage2_request"]
    until = second.may_ask_until(answer, answer + closed)
    assert told == ([until] if until else [])


@settings(deadline=None)
@given(received_days, st.integers(1, 60), st.integers(-60, 60), st.integers(1, 60))
def test_what_counts_from_our_own_act_counts_from_the_act_or_from_when_it_was_due(
    received: D, n: int, done_after: int, m: int
) -> None:
    """min(act done, act due) + m: early acts bring the date forward, late ones never put it off."""
    england = calendar("ENG", True)
    first = Deadline((Source(("1",), *2 * (Window(n, Unit.WORKING_DAYS, Anchor.RECEIVED),)),))
    then = Deadline((Source(("2",), *2 * (Window(m, Unit.WORKING_DAYS, Anchor.ACKNOWLEDGED),)),))
    due = first.due({Anchor.RECEIVED: Moment(received)}, england)
    done = due.target + done_after * DAY
    assume(done >= received)
    dates = then.due({Anchor.ACKNOWLEDGED: Moment(done, due)}, england)
    by_rank = count(min(done, count(received, n, "working day", "ENG")), m, "working day", "ENG")
    assert dates.target == dates.outer == by_rank
    assert dates.target <= then.due({Anchor.ACKNOWLEDGED: Moment(None, due)}, england).target


@settings(deadline=None)
@given(received_days, st.integers(0, 60), st.sampled_from(["ENG", "SCT"]), st.booleans())
def test_working_days_and_months_agree_in_both_nations(day: D, n: int, nation: str, listed: bool) -> None:
    ours = calendar(nation, listed)
    assert ours.add(day, n, Unit.WORKING_DAYS) == count(day, n, "working day", nation)
    assert ours.add(day, n, Unit.CALENDAR_DAYS) == count(day, n, "calendar day", nation)
    assert ours.add(day, n, Unit.MONTHS) == count(day, n, "calendar month", nation)
    assert ours.next_working(day) == rolled(day, nation)


@pytest.mark.parametrize("name", NAMES)
def test_no_policy_is_left_out_and_each_is_asked_about_its_own_days(name: str) -> None:
    assert {path.stem for path in POLICIES.glob("*.toml")} - {"house"} == set(NAMES)
    assert load(name, "off").nation == Second(name, enforce=False).nation
