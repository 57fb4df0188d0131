"""Every date that follows: the worked examples, and that a page never tells another date than a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import LONDON, Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.policy import Anchor, Overlay, ResidentWindow, SilenceRule, Source, Window
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.timetable import EVENTS, Row, arrange, example, of, timetable
from mailbot.casework.vocabulary import Intent, MailArrived, Party, Person, Reading, Verdict
from mailbot.policyfile import load_policy

D = dt.date
ENGLAND = Calendar("ENG")
CODE = load_policy("code-2024")
MTVH = load_policy("mtvh")
MTVH_ALONE = load_policy("mtvh", overlay=Overlay.OFF)
POLICIES = {"code": CODE, "mtvh": MTVH, "mtvh alone": MTVH_ALONE}


def at(rows: Sequence[Row], event: str, stage: int | None = 1) -> tuple[dt.date, dt.date]:
    (row,) = (r for r in rows if (r.event, r.stage) == (event, stage))
    return row.target_due, row.outer_due


def clause(rows: Sequence[Row], event: str, stage: int = 1) -> str:
    (row,) = (r for r in rows if (r.event, r.stage) == (event, stage))
    return row.clause


# ------------------------------------------------------------------ worked examples


@pytest.mark.parametrize("policy", [CODE, MTVH, MTVH_ALONE], ids=["code", "mtvh", "mtvh alone"])
def test_over_christmas_five_days_end_on_30_december_and_ten_more_on_14_january(policy):
    rows = timetable(policy, ENGLAND, D(2025, 12, 19), acknowledged=D(2025, 12, 30))
    assert at(rows, "acknowledgement") == (D(2025, 12, 30), D(2025, 12, 30))
    assert at(rows, "response")[1] == D(2026, 1, 14)


def test_mtvh_works_to_ten_days_from_receipt_over_christmas():
    rows = timetable(MTVH, ENGLAND, D(2025, 12, 19), acknowledged=D(2025, 12, 30))
    assert at(rows, "response") == (D(2026, 1, 7), D(2026, 1, 14))
    assert clause(rows, "response") == "3.2 b4; Code 6.3"


def test_a_request_on_new_years_eve_is_answered_by_5_february_and_put_off_to_5_march_at_the_latest():
    rows = timetable(
        CODE, ENGLAND, D(2025, 12, 1), escalated=D(2025, 12, 31), acknowledged2=D(2026, 1, 8)
    )  # fmt: skip
    assert at(rows, "acknowledgement", 2) == (D(2026, 1, 8), D(2026, 1, 8))
    assert at(rows, "response", 2) == (D(2026, 2, 5), D(2026, 2, 5))
    assert at(rows, "extension", 2) == (D(2026, 3, 5), D(2026, 3, 5))
    assert (clause(rows, "acknowledgement", 2), clause(rows, "response", 2)) == ("Code 6.11", "Code 6.14")


def test_mtvh_works_to_twenty_days_from_the_request_and_the_code_ends_it_on_5_february():
    rows = timetable(MTVH, ENGLAND, D(2025, 12, 1), escalated=D(2025, 12, 31), acknowledged2=D(2026, 1, 8))
    assert at(rows, "response", 2) == (D(2026, 1, 29), D(2026, 2, 5))
    assert at(rows, "extension", 2)[1] == D(2026, 3, 5)


def test_easter_is_no_working_day():
    rows = timetable(CODE, ENGLAND, D(2026, 3, 30), acknowledged=D(2026, 4, 2))
    assert at(rows, "acknowledgement") == (D(2026, 4, 8), D(2026, 4, 8))
    assert at(rows, "response") == (D(2026, 4, 20), D(2026, 4, 20))


@pytest.mark.parametrize("policy", [CODE, MTVH])
def test_the_substitute_day_after_christmas_2026_is_no_working_day(policy):
    rows = timetable(policy, ENGLAND, D(2026, 12, 23))
    assert at(rows, "acknowledgement") == (D(2027, 1, 4), D(2027, 1, 4))


# ------------------------------------------------------------------ what follows from what


def test_what_has_not_happened_counts_from_its_due_date_and_being_late_buys_no_time():
    unacknowledged = timetable(CODE, ENGLAND, D(2025, 12, 19))
    late = timetable(CODE, ENGLAND, D(2025, 12, 19), acknowledged=D(2026, 1, 12))
    assert at(unacknowledged, "response") == at(late, "response") == (D(2026, 1, 14), D(2026, 1, 14))


def test_stage_2_has_no_dates_before_it_was_asked_for():
    rows = timetable(MTVH, ENGLAND, D(2026, 3, 2), responded=D(2026, 3, 16))
    assert {row.stage for row in rows} == {1}


def test_silence_is_counted_from_the_answer_and_ends_with_an_escalation_or_a_closure():
    answered = timetable(CODE, ENGLAND, D(2025, 11, 20), responded=D(2025, 12, 5))
    assert at(answered, "silence") == (D(2026, 1, 7), D(2026, 1, 7))
    assert at(answered, "closing_reminder") == (D(2025, 12, 30), D(2025, 12, 30))
    escalated = timetable(
        CODE, ENGLAND, D(2025, 11, 20), responded=D(2025, 12, 5), escalated=D(2025, 12, 8)
    )  # fmt: skip
    closed = timetable(CODE, ENGLAND, D(2025, 11, 20), responded=D(2025, 12, 5), closed=D(2025, 12, 8))
    for rows in (escalated, closed):
        assert not {"silence", "closing_reminder"} & {row.event for row in rows}


def test_after_the_final_answer_the_last_day_for_the_ombudsman_follows_even_from_a_leap_day():
    rows = timetable(
        CODE, ENGLAND, D(2028, 1, 10), escalated=D(2028, 2, 1), responded2=D(2028, 2, 29)
    )  # fmt: skip
    assert at(rows, "ombudsman_referral", 2) == (D(2029, 2, 28), D(2029, 2, 28))


def with_window(text: str, silence: SilenceRule | None = None):
    """mtvh as if it set the resident a time to ask for stage 2."""
    counted = Window.parse(text)
    second = replace(MTVH.stage(2), window=ResidentWindow((Source(("3.2 b6",), counted, counted),)))
    return replace(
        MTVH, stages=(MTVH.stage(1), second), silence=(silence,) if silence else MTVH.silence
    )  # fmt: skip


def test_a_window_counted_from_closure_begins_with_the_closure():
    policy = with_window("1 calendar month from closed")
    answered = timetable(policy, ENGLAND, D(2025, 12, 1), responded=D(2025, 12, 15))
    assert "stage2_request" not in {row.event for row in answered}
    closed = timetable(policy, ENGLAND, D(2025, 12, 1), responded=D(2025, 12, 15), closed=D(2026, 1, 31))
    # 31 January and a month is 28 February, a Saturday: rolled to Monday for the resident.
    assert at(closed, "stage2_request") == (D(2026, 3, 2), D(2026, 3, 2))


def test_silence_never_ends_before_the_residents_own_time():
    policy = with_window("40 working days from responded")
    rows = timetable(policy, ENGLAND, D(2026, 3, 2), responded=D(2026, 3, 16))
    assert at(rows, "silence") == at(rows, "stage2_request")


def test_a_silence_that_needs_no_answer_is_counted_from_receipt():
    rule = SilenceRule(
        Anchor.RECEIVED, Window.parse("10 working days from received"), False, 0, 0, (), ("3.1",)
    )
    rows = timetable(with_window("20 working days from responded", rule), ENGLAND, D(2025, 12, 12))
    assert at(rows, "silence") == (D(2025, 12, 30), D(2025, 12, 30))


def test_the_example_of_a_page_holds_every_event_once_a_stage():
    rows = example(MTVH, ENGLAND, D(2026, 3, 2))
    assert len({(row.event, row.stage) for row in rows}) == len(rows) == 15
    assert {row.event for row in rows} < set(EVENTS)


@settings(deadline=None, max_examples=60)
@given(st.dates(D(2025, 1, 1), D(2029, 12, 31)), st.sampled_from(list(POLICIES)))
def test_no_target_lies_after_its_latest_day_and_every_row_has_its_clause(received, name):
    policy = POLICIES[name]
    for row in example(policy, ENGLAND, received):
        assert received < row.target_due <= row.outer_due
        for cited in row.clause.split("; "):
            assert policy.clause(cited)
        assert row.rule


@settings(deadline=None, max_examples=60)
@given(st.dates(D(2025, 1, 1), D(2029, 12, 31)), st.sampled_from(list(POLICIES)))
def test_a_case_is_worked_by_the_dates_that_the_timetable_tells(received, name):
    policy = POLICIES[name]
    people = tuple(
        Person(role, role.title(), f"{role}@example.org", roles=(role,))
        for role in ("handler", "stage2", "supervisor")
    )
    rules = Rulebook(policy, ENGLAND, Desk(people, {}), "complaints", "CC-2026-000001-4")
    moment = dt.datetime.combine(received, dt.time(10), tzinfo=dt.UTC)
    intent = Intent.NEW_COMPLAINT
    mail = MailArrived(
        at=moment, received_at=moment, mail="1", sender=Party("jo@example.com", "Jo Finch"), subject="Leak",
        text="I complain", verdict=Verdict(intent, (Reading(intent, 1.0),)),
    )  # fmt: skip
    case = decide(None, mail, rules).case
    assert case and case.stage1
    sent = case.stage1.acknowledged_at
    rows = timetable(policy, ENGLAND, received, acknowledged=sent.date() if sent else None)
    told = {
        "acknowledgement": case.stage1.acknowledge,
        "contact": case.stage1.contact,
        "response": case.stage1.respond,
    }
    for event, due in told.items():
        assert due
        assert at(rows, event) == (due.target, due.outer)
        assert clause(rows, event) == "; ".join(due.clauses)


# ------------------------------------------------------------------ moments


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def test_what_comes_from_the_escalation_on_belongs_to_stage_2():
    found = arrange(
        moment("2025-12-01T10:00"),
        [moment("2026-01-08T12:00"), moment("2025-12-05T12:00")],
        [moment("2025-12-15T12:00"), moment("2026-02-05T12:00")],
        moment("2025-12-31T09:00"),
    )
    assert (found.acknowledged, found.acknowledged2) == (D(2025, 12, 5), D(2026, 1, 8))
    assert (found.responded, found.responded2) == (D(2025, 12, 15), D(2026, 2, 5))
    assert at(of(CODE, ENGLAND, found), "response", 2) == (D(2026, 2, 5), D(2026, 2, 5))


def test_a_mail_late_in_the_evening_counts_by_londons_date():
    assert arrange(dt.datetime(2026, 6, 14, 23, 30, tzinfo=dt.UTC)).received == D(2026, 6, 15)


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        ({"acknowledged": ["2025-12-18"]}, r"acknowledged \(2025-12-18\) lies before received \(2025-12-19\)"),
        ({"responded": ["2025-12-18"]}, "responded .* lies before received"),
        ({"escalated": "2025-12-18"}, "escalated .* lies before received"),
        ({"closed": "2025-12-18"}, "closed .* lies before received"),
        ({"acknowledged": ["2025-12-30"], "responded": ["2025-12-29"]}, "responded .* lies before acknowledged"),
        ({"acknowledged": ["2025-12-22", "2025-12-23"]}, "acknowledged is given 2 times for stage 1"),
        (
            {"escalated": "2026-01-05", "acknowledged": ["2026-01-06", "2026-01-07"]},
            "acknowledged is given 2 times for stage 2: 2026-01-06 and 2026-01-07 .*belongs to stage 2",
        ),
        ({"escalated": "2026-01-05", "responded": ["2026-01-07"], "closed": "2026-01-06"},
         "closed .* before responded"),
    ],
)  # fmt: skip
def test_moments_that_cannot_have_happened_are_refused(moments, told):
    given_moments = {
        name: [moment(v) for v in value] if isinstance(value, list) else moment(value)
        for name, value in moments.items()
    }
    with pytest.raises(ValueError, match=told):
        arrange(moment("2025-12-19"), **given_moments)
