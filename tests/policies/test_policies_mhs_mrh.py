"""The files of mhs homes and Midlands Rural Housing, held to what the two documents say.

The dates are those of the worked examples that were counted by hand (and by two programs) from the documents.
"""

from __future__ import annotations

import datetime as dt

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.layers import Layer
from mailbot.casework.policy import Anchor, Overlay, Policy
from mailbot.casework.timetable import Row, timetable
from mailbot.places import config_dir
from mailbot.policyfile import load_policy, read_layer

POLICIES = config_dir() / "policies"
MHS = read_layer(POLICIES / "mhs.toml")
MRH = read_layer(POLICIES / "mrh.toml")
CALENDAR = Calendar("ENG")

#: Every place of the two documents, in the order in which it is printed there.
MHS_PLACES = """
Front page; Introduction; Exclusions; Exclusions (a); Exclusions (b); Exclusions (c); Exclusions (d);
Exclusions (e); Exclusions *; Discretion; Identify-para1; Definition-para1; Definition-para2; Definition-para3;
Informing-para1; Informing-para2; Informing-para3; Informing-para4; Informing-para5; Informing-para6;
Investigate-para1; Investigate-para2; Investigate-para3; Investigate-para4; Investigate-para5; Resolve-para1;
Resolve-para2; Resolve-para3; Closure; Closure (a); Closure (b); Closure (c); Appeal-para1; Appeal-para2;
Appeal-para3; Appeal-para4; Appeal-para5; Learn-para1; Learn-para2; Compensation; Managing;
Principles (equality); Principles (data protection); Feedback
"""
MRH_PLACES = """
Related policies; Assistance; 1.1; 1.2; 1.3; 2.1; 2.2; 2.3; 2.4; 2.5; 2.6; 2.7; 2.8; 3.1; 3.2; 4; 4.1; 4.2; 4.3; 4.4;
4.5; 4.6; 4.7; 4.8; 4.9; 4.9 p2; 5.1; 5.1.1; 5.1.2; 5.1.3; 5.2; 5.3; 6.1; 7.1; 7.2; 7.3; 7.4; 7.5.1; 7.5.2; 7.5.3;
7.5.4; 7.6.1; 7.6.2; 7.6.2 b1; 7.6.2 b2; 7.6.2 b3; 7.6.3; 7.6.4; 7.6.5; 7.7; 7.8; 7.9; 8.1; 8.2; 8.3; 8.4; 9.1;
9.2; 10; 10.1; 10.2; 10.3; Review dates; 11.1
"""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def policy(id: str, overlay: Overlay = Overlay.OFF) -> Policy:
    return load_policy(id, overlay=overlay)


def dates(id: str, overlay: Overlay = Overlay.OFF, **moments: str) -> dict[tuple[str, int | None], Row]:
    """What follows from these days, by event and stage."""
    given = {name: day(text) for name, text in moments.items()}
    rows = timetable(policy(id, overlay), CALENDAR, **given)
    return {(row.event, row.stage): row for row in rows}


def due(row: Row) -> tuple[str, str, str]:
    return row.target_due.isoformat(), row.outer_due.isoformat(), row.clause


# ------------------------------------------------------------------ the whole document


@pytest.mark.parametrize(("layer", "places"), [(MHS, MHS_PLACES), (MRH, MRH_PLACES)])
def test_nothing_of_the_document_is_missing_and_it_stands_in_its_order(layer: Layer, places: str):
    printed = [" ".join(place.split()) for place in places.split(";")]
    assert [clause.id for clause in layer.clauses] == printed


@pytest.mark.parametrize("overlay", list(Overlay))
@pytest.mark.parametrize(
    ("id", "landlord", "noun", "since"),
    [
        ("mhs", "mhs homes", "customer", "2020-12-01"),
        ("mrh", "Midlands Rural Housing", "customer", "2021-01-01"),
    ],
)
def test_both_load_however_the_code_is_laid_over_them(id, landlord, noun, since, overlay):
    loaded = policy(id, overlay)
    assert (loaded.landlord, loaded.person_noun, loaded.version) == (landlord, noun, since)
    assert (loaded.nation, loaded.statutory, loaded.ombudsman) == ("ENG", "code-2024", "hos")


@pytest.mark.parametrize(
    ("layer", "readings"),
    [(MHS, "B1 B2 B3 B4 B5 B6 B7 B8"), (MRH, "C1 C2 C3 C4 C5 C6 C7 C8 C9 C10")],
)
def test_every_reading_that_was_taken_is_told(layer: Layer, readings: str):
    assert [ambiguity.id for ambiguity in layer.ambiguities] == readings.split()


@pytest.mark.parametrize(
    ("layer", "rule", "clauses"),
    [
        (MHS, "one_contact", ("Investigate-para1",)),
        (MHS, "new_issue", ("Informing-para6",)),
        (MHS, "closed_agreed", ("Closure (a)",)),
        (MHS, "actions", ("Resolve-para3",)),
        (MHS, "restricted", ("Definition-para3",)),
        (MHS, "no_survey", ("Learn-para2",)),
        (MHS, "policy_feedback", ("Feedback",)),
        (MRH, "one_contact", ("2.7",)),
        (MRH, "reviewed", ("7.6.4",)),
        (MRH, "rent_information", ("5.3",)),
        (MRH, "restricted", ("5.1.3",)),
        (MRH, "refused", ("4.9", "4.9 p2")),
        (MRH, "recorded", ("7.2", "9.1")),
        (MRH, "supervisor_told", ("2.3",)),
    ],
)
def test_what_mailbot_does_is_asked_for_by_the_document(layer: Layer, rule: str, clauses: tuple[str, ...]):
    assert layer.because[rule] == clauses


# ------------------------------------------------------------------ mhs homes


def test_mhs_acknowledges_in_one_working_day_and_answers_in_seven_over_christmas():
    rows = dates("mhs", received="2025-12-22")
    assert due(rows["acknowledgement", 1]) == ("2025-12-23", "2025-12-23", "Informing-para5")
    assert due(rows["response", 1]) == ("2026-01-05", "2026-01-05", "Resolve-para1")


@pytest.mark.parametrize("overlay", list(Overlay))
def test_the_code_lengthens_none_of_what_mhs_promises(overlay):
    rows = dates("mhs", overlay, received="2025-12-22", responded="2026-01-05", escalated="2026-02-02",
                 closed="2026-02-02")  # fmt: skip
    assert due(rows["response", 1])[:2] == ("2026-01-05", "2026-01-05")
    assert due(rows["acknowledgement", 2])[:2] == ("2026-02-04", "2026-02-04")
    assert due(rows["response", 2])[:2] == ("2026-02-23", "2026-02-23")
    assert rows["response", 2].clause == "Appeal-para3"


def test_an_appeal_to_mhs_counts_a_calendar_month_from_the_closing_and_from_nothing_else():
    answered = {"received": "2026-01-05", "responded": "2026-01-14"}
    assert ("stage2_request", 1) not in dates("mhs", **answered)
    closed = dates("mhs", **answered, closed="2026-01-30")
    # 30 January and a month is the last of February, a Saturday: in time until the Monday.
    assert due(closed["stage2_request", 1]) == ("2026-03-02", "2026-03-02", "Appeal-para2")


def test_silence_at_mhs_is_complete_after_ten_working_days_from_the_complaint_or_twenty_from_the_answer():
    raised = dates("mhs", received="2025-12-12")
    assert due(raised["silence", 1]) == ("2025-12-30", "2025-12-30", "Closure (b)")
    answered = dates("mhs", received="2025-12-01", responded="2025-12-05")
    assert due(answered["silence", 1]) == ("2026-01-07", "2026-01-07", "Closure (c)")


def test_mhs_closes_for_silence_only_after_it_tried_to_reach_the_customer():
    raised, answered = MHS.silence
    assert (raised.after, raised.needs_response) == (Anchor.RECEIVED, False)
    assert (answered.after, answered.needs_response) == (Anchor.RESPONDED, True)
    for rule in MHS.silence:
        assert rule.needs_attempts == 1 and {"delay_notice", "open_actions"} <= set(rule.blocked_by)


def test_the_code_lets_mhs_close_no_case_without_an_answer():
    for rule in policy("mhs", Overlay.ENFORCE).silence:
        assert rule.needs_response and "open_questions" in rule.blocked_by


def test_mhs_asks_for_reasons_and_the_code_asks_nobody():
    assert policy("mhs").stage(2).grounds_gate
    assert not policy("mhs", Overlay.ENFORCE).stage(2).grounds_gate
    assert [g.tag for g in MHS.stages[1].grounds] == ["not_investigated_properly", "disagrees_with_outcome"]


def test_an_appeal_to_mhs_is_heard_by_somebody_independent():
    second = policy("mhs").stage(2)
    assert second.different_person and second.different_person_clauses == ("Appeal-para3",)
    assert second.name == "Stage 2 (appeal)"


def test_mhs_sets_no_end_to_more_time_and_the_code_does():
    own, bound = policy("mhs").stage(1).extension, policy("mhs", Overlay.ENFORCE).stage(1).extension
    assert (own.cap_working_days, own.needs_reason, own.needs_agreement) == (None, True, False)
    assert (bound.cap_working_days, bound.ombudsman_details) == (10, True)


def test_what_mhs_does_not_cover():
    grounds = {e.ground: e for e in MHS.exclusions}
    assert list(grounds) == ["legal_proceedings", "insurance_claim", "age", "already_handled",
                             "anti_social_behaviour", "first_request"]  # fmt: skip
    assert (grounds["age"].months, grounds["age"].counted_from) == (12, ("event",))
    assert grounds["anti_social_behaviour"].except_handling
    assert grounds["anti_social_behaviour"].clauses == ("Exclusions (e)", "Exclusions *")


def test_where_mhs_passes_a_matter_on():
    routes = {route.kind: route for route in MHS.routes}
    assert routes["staff_conduct"].restricted and routes["staff_conduct"].clauses == ("Definition-para3",)
    assert routes["asb_handling"].clauses == ("Exclusions *",)
    assert routes["feedback"].clauses == routes["policy_content"].clauses == ("Feedback",)


def test_mhs_must_see_an_mps_authority_and_surveys_whoever_did_not_decline():
    assert MHS.third_party and MHS.third_party.authority == "shown"
    assert MHS.survey and MHS.survey.opt_out and MHS.survey.opt_out_clauses == ("Learn-para2",)


def test_a_frontline_fix_at_mhs_is_tried_within_stage_1_under_the_code():
    own, bound = policy("mhs").early_resolution, policy("mhs", Overlay.ENFORCE).early_resolution
    assert own and bound
    assert (own.before_logging, bound.before_logging, bound.offers_choice) == (True, False, True)


# ------------------------------------------------------------------ Midlands Rural Housing


def test_a_mail_to_mrh_on_christmas_night():
    """Received at 02:14 on 25 December 2025; counted from receipt, no day rolled forward."""
    rows = dates("mrh", received="2025-12-25")
    assert due(rows["acknowledgement", 1]) == ("2025-12-31", "2025-12-31", "7.5.2")
    # Target from receipt, outer from the acknowledgement (C2).
    assert due(rows["response", 1]) == ("2026-01-12", "2026-01-15", "7.5.3")


def test_a_late_acknowledgement_buys_mrh_no_time():
    rows = dates("mrh", received="2025-12-25", acknowledged="2026-01-09")
    assert rows["response", 1].outer_due == day("2026-01-15")


def test_stage_2_at_mrh_can_be_asked_for_in_twenty_working_days_over_both_may_holidays():
    rows = dates("mrh", received="2026-04-13", responded="2026-04-28")
    assert due(rows["stage2_request", 1]) == ("2026-05-28", "2026-05-28", "7.6.1")


def test_mrh_reviews_in_twenty_working_days_and_tells_the_outcome_in_five_more():
    moments = {"received": "2026-04-13", "responded": "2026-04-28", "escalated": "2026-05-22"}
    rows = dates("mrh", **moments)
    assert due(rows["acknowledgement", 2]) == ("2026-05-28", "2026-05-28", "7.6.3")
    assert due(rows["review", 2]) == ("2026-06-22", "2026-06-22", "7.6.4")
    assert due(rows["response", 2]) == ("2026-06-29", "2026-06-29", "7.6.5")
    # The Code's twenty working days from the acknowledgement end sooner (C4).
    bound = dates("mrh", Overlay.ENFORCE, **moments)
    assert bound["review", 2].outer_due == day("2026-06-22")
    assert due(bound["response", 2]) == ("2026-06-25", "2026-06-25", "Code 6.14")


def test_silence_at_mrh_ends_with_the_time_to_ask_for_stage_2():
    rows = dates("mrh", received="2025-11-24", responded="2025-12-05")
    assert due(rows["silence", 1]) == ("2026-01-07", "2026-01-07", "7.8")
    assert rows["stage2_request", 1].outer_due == day("2026-01-07")
    (rule,) = MRH.silence
    assert rule.needs_response and rule.blocked_by == ("escalation_window",) and rule.needs_attempts == 0


@pytest.mark.parametrize("number", [1, 2])
def test_more_time_at_mrh_is_ten_working_days_for_a_good_reason_and_agreed(number):
    for overlay in Overlay:
        rules = policy("mrh", overlay).stage(number).extension
        assert (rules.cap_working_days, rules.needs_reason, rules.needs_agreement) == (10, True, True)
        assert "7.5.4" in rules.clauses
    assert policy("mrh", Overlay.ENFORCE).stage(number).extension.ombudsman_details


def test_a_review_at_mrh_is_by_somebody_with_no_connection_and_a_residents_representative():
    second = policy("mrh").stage(2)
    assert second.different_person and second.no_connection
    assert second.panel and second.panel.needs_consent and second.panel.clauses == ("7.6.4",)


@pytest.mark.parametrize("overlay", list(Overlay))
def test_the_grounds_of_mrh_are_tags_and_shut_nobody_out(overlay):
    second = policy("mrh", overlay).stage(2)
    assert not second.grounds_gate
    assert [(g.tag, g.clauses) for g in second.grounds] == [
        ("further_evidence", ("7.6.2 b1",)),
        ("later_events", ("7.6.2 b2",)),
        ("actions_not_enough", ("7.6.2 b3",)),
    ]


def test_a_concern_at_mrh_is_offered_as_a_complaint():
    own, bound = policy("mrh").early_resolution, policy("mrh", Overlay.ENFORCE).early_resolution
    assert own and bound
    assert (own.name, own.offers_choice, own.clauses) == ("concern", True, ("3.2", "7.2"))
    assert own.before_logging and not bound.before_logging


def test_what_mrh_counts_as_no_complaint():
    cited = {e.ground: e.clauses for e in MRH.exclusions}
    assert cited == {
        "first_request": ("4.1",),
        "age": ("4.2",),
        "outside_remit": ("4.3",),
        "anonymous": ("4.4",),
        "anti_social_behaviour": ("4.5",),
        "legal_letter": ("4.6", "6.1"),
        "legal_proceedings": ("4.6",),
        "already_handled": ("4.7",),
        "behaviour": ("4.8",),
        "staff_discipline": ("5.1.3",),
    }
    (age,) = (e for e in MRH.exclusions if e.ground == "age")
    assert (age.months, age.counted_from) == (6, ("event",)) and age.exceptions
    (wide,) = (e for e in policy("mrh", Overlay.ENFORCE).exclusions if e.ground == "age")
    assert (wide.months, wide.counted_from) == (12, ("event", "awareness"))


def test_whoever_mrh_refuses_reads_why_and_how_to_go_to_the_ombudsman():
    refusal = policy("mrh").refusal
    assert (refusal.contains, refusal.clauses) == (("reasons", "ombudsman"), ("4.9", "4.9 p2"))


def test_where_mrh_passes_a_matter_on():
    routes = {route.kind: route for route in MRH.routes}
    assert routes["staff_conduct"].restricted and routes["staff_conduct"].clauses == ("5.1.3",)
    assert routes["stakeholder"].clauses == ("5.1.1",)
    assert routes["anonymous"].clauses == ("4.4",)
    assert "7.1" in routes["behaviour"].clauses
    rent = routes["rent_withholding"]
    assert rent.clauses == ("5.3",) and rent.to == "income"
    assert rent.raised_by(frozenset(), "I am going to\nWithhold my rent until it is mended.")
    assert not rent.raised_by(frozenset(), "My rent is paid up to date.")


def test_mrh_asks_for_authority_surveys_after_closing_and_reports_to_its_board():
    assert MRH.third_party and MRH.third_party.authority == "asked"
    assert MRH.survey and MRH.survey.clauses == ("7.9",)
    assert [(r.cycle, r.to, r.clauses) for r in MRH.reports] == [
        ("quarterly", "Board", ("9.1",)),
        ("annual", "Board", ("9.1",)),
    ]


# ------------------------------------------------------------------ what is no longer true is kept and not told


def test_eight_weeks_are_in_both_documents_and_in_no_date():
    assert (MHS.wait_weeks, MRH.wait_weeks, MRH.only_for) == (8, 8, "tenants and shared owners")
    for id in ("mhs", "mrh"):
        rows = dates(id, received="2026-01-05", responded="2026-01-14", escalated="2026-01-15",
                     responded2="2026-02-04")  # fmt: skip
        assert due(rows["ombudsman_referral", 2]) == ("2027-02-04", "2027-02-04", "House 7")
