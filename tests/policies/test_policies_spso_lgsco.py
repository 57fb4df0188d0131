"""Scotland and the English councils: stages, names, anchors and calendars are data."""

from __future__ import annotations

import datetime as dt

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Overlay
from mailbot.casework.timetable import Row, timetable
from mailbot.policyfile import load_policy

D = dt.date
SCOTLAND = Calendar("SCT")
SPSO, LGSCO, CODE = load_policy("spso"), load_policy("lgsco"), load_policy("code-2024")


def at(rows: tuple[Row, ...], event: str, stage: int = 1) -> dt.date:
    (row,) = (r for r in rows if (r.event, r.stage) == (event, stage))
    assert row.target_due == row.outer_due
    return row.outer_due


# ------------------------------------------------------------------ spso


def test_scotland_has_its_own_stages_calendar_and_ombudsman_and_no_english_code():
    assert [s.name for s in SPSO.stages] == ["Frontline stage", "Investigation stage"]
    assert (SPSO.nation, SPSO.ombudsman, SPSO.statutory) == ("SCT", "spso", "")
    for overlay in Overlay:
        policy = load_policy("spso", overlay=overlay)
        assert not policy.changes and not any(id.startswith("Code") for id in policy.cited)


def test_the_frontline_answers_in_five_working_days_and_in_five_more_if_it_must():
    rows = timetable(SPSO, SCOTLAND, D(2026, 3, 2))
    assert at(rows, "response") == D(2026, 3, 9)
    assert at(rows, "extension") == D(2026, 3, 16)


def test_the_second_of_january_and_saint_andrews_day_are_no_working_days_in_scotland():
    assert at(timetable(SPSO, SCOTLAND, D(2025, 12, 30)), "response") == D(2026, 1, 8)  # not 1 and 2 January
    assert at(timetable(SPSO, SCOTLAND, D(2026, 11, 27)), "response") == D(2026, 12, 7)  # not 30 November


def test_easter_monday_is_a_working_day_in_scotland_and_good_friday_is_none():
    assert at(timetable(SPSO, SCOTLAND, D(2026, 4, 1)), "response") == D(2026, 4, 9)  # 2, 6, 7, 8, 9 April
    english = timetable(SPSO, Calendar("ENG"), D(2026, 4, 1))
    assert at(english, "response") == D(2026, 4, 10)


def test_scotlands_august_holiday_is_the_first_monday():
    assert not SCOTLAND.is_working(D(2026, 8, 3)) and SCOTLAND.is_working(D(2026, 8, 31))
    assert at(timetable(SPSO, SCOTLAND, D(2026, 7, 31)), "response") == D(2026, 8, 10)
    assert at(timetable(SPSO, SCOTLAND, D(2026, 8, 28)), "response") == D(2026, 9, 4)


def test_the_investigation_is_acknowledged_in_three_working_days_and_answered_in_twenty():
    rows = timetable(SPSO, SCOTLAND, D(2025, 12, 1), escalated=D(2025, 12, 30), acknowledged2=D(2026, 1, 5))
    assert at(rows, "acknowledgement", 2) == D(2026, 1, 6)  # 31 December, 5, 6 January
    assert at(rows, "response", 2) == D(2026, 1, 29)
    limits = SPSO.stage(2).extension
    assert limits.cap_working_days is None and limits.needs_agreement


def test_the_investigation_stage_may_be_chosen_at_once():
    direct = SPSO.stage(2).direct
    assert direct and direct.allowed


@pytest.mark.parametrize(
    ("answered", "last"),
    [
        (D(2026, 3, 9), D(2026, 5, 11)),  # 9 May is a Saturday
        (D(2025, 12, 31), D(2026, 3, 2)),  # two months from the 31st end with February, on a Saturday
        (D(2027, 12, 31), D(2028, 2, 29)),  # a leap day
    ],
)
def test_the_investigation_may_be_asked_for_two_calendar_months_after_the_frontline_answer(answered, last):
    rows = timetable(SPSO, SCOTLAND, answered - dt.timedelta(days=5), responded=answered)
    assert at(rows, "stage2_request") == last


def test_six_months_count_from_the_event_or_from_knowing_of_it():
    age = next(e for e in SPSO.exclusions if e.ground == "age")
    assert (age.months, age.counted_from) == (6, ("event", "awareness"))
    assert age.earliest(D(2026, 8, 31), SCOTLAND) == D(2026, 2, 28)


@pytest.mark.parametrize("policy", [SPSO, LGSCO])
def test_no_day_is_told_for_an_ombudsman_who_counts_from_what_the_person_knew(policy):
    assert policy.referral_months is None
    rows = timetable(policy, Calendar(policy.nation), D(2026, 6, 1), escalated=D(2026, 7, 1),
                     acknowledged2=D(2026, 7, 2), responded2=D(2026, 7, 20))  # fmt: skip
    assert "ombudsman_referral" not in {row.event for row in rows}


# ------------------------------------------------------------------ lgsco


def test_councils_have_the_times_of_the_housing_code_under_another_ombudsman():
    assert (LGSCO.ombudsman, LGSCO.statutory, LGSCO.person_noun) == ("lgsco", "", "individual")
    for number in (1, 2):
        theirs, housing = LGSCO.stage(number), CODE.stage(number)
        assert str(theirs.acknowledge) == str(housing.acknowledge)
        assert str(theirs.respond) == str(housing.respond)
        assert theirs.extension.cap_working_days == housing.extension.cap_working_days
    assert not LGSCO.stage(2).grounds_gate and LGSCO.stage(2).different_person


def test_a_council_answers_over_christmas_as_the_housing_code_does():
    rows = timetable(LGSCO, Calendar("ENG"), D(2026, 12, 23))
    assert at(rows, "acknowledgement") == D(2027, 1, 4)
    assert at(rows, "response") == D(2027, 1, 18)
