"""IVH and Town and Country Housing, each held to its own document: every place of it, every window, every right."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import KeptBy, Overlay, Policy
from mailbot.casework.timetable import Row, timetable
from mailbot.places import config_dir
from mailbot.policyfile import load_policy, read_layer

D = dt.date
ENGLAND = Calendar("ENG")
IVH, IVH_ALONE = load_policy("ivh"), load_policy("ivh", overlay=Overlay.OFF)
TCH, TCH_ALONE = load_policy("tch"), load_policy("tch", overlay=Overlay.OFF)


def at(rows: Sequence[Row], event: str, stage: int | None = 1) -> tuple[dt.date, dt.date]:
    (row,) = (r for r in rows if (r.event, r.stage) == (event, stage))
    return row.target_due, row.outer_due


def on(day: dt.date) -> tuple[dt.date, dt.date]:
    return day, day


def own(policy: Policy, kept_by: KeptBy | None = None) -> list[str]:
    return [c.id for c in policy.clauses.values() if c.origin == "policy" and kept_by in (None, c.kept_by)]


def months_back(policy: Policy) -> int | None:
    return next(e.months for e in policy.exclusions if e.ground == "age")


# ------------------------------------------------------------------ complete


def test_every_place_of_the_ivh_policy_is_told_in_the_order_of_the_document():
    assert own(IVH_ALONE) == [
        "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4",
        "3.0", "3.1", "3.1 b1", "3.1 b2", "3.1 b3", "3.1 b4", "3.1 end",
        "4.0", "4.1", *(f"4.1 b{n}" for n in range(1, 10)),
        "5.0", "5.1", "5.1 Ack", "5.1 S1", *(f"5.1 S1 p{n}" for n in range(2, 6)),
        "5.1 S2", *(f"5.1 S2 p{n}" for n in range(2, 6)), "5.1 BS",
        "6.0", "6.1", "7.0", "7.1", "7.2", *(f"8.{n}" for n in range(1, 8)),
        "9.1", "9.1 b1", "9.1 b2", "9.1 b3",
        "10.1 (first)", "10.2", "10.3", "10.4", "10.5", "10.1 (second)", "Version control",
    ]  # fmt: skip


def test_every_place_of_the_tch_policy_is_told_in_the_order_of_the_document():
    assert own(TCH_ALONE) == [
        "Scope", "1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", *(f"x{n}" for n in range(1, 14)),
        "3.1", "4.1", "4.2 (first)", "4.2 (second)", "5.1", "5.2", "6.1", "6.2", "6.3",
        "7.1.1", "7.2.1", "7.2.2", "7.2.3", *(f"8.{n}" for n in range(1, 6)), *(f"9.{n}" for n in range(1, 10)),
        "10.1", *(f"10.1 b{n}" for n in range(1, 6)), "10.2", "11.1", "11.2", "11.3", "11.4", "12.1", "13.1",
        "14.1", "14.2 (first)", "14.2 (second)", "Related documents",
    ]  # fmt: skip


@pytest.mark.parametrize("overlay", Overlay)
@pytest.mark.parametrize("id", ["ivh", "tch", "mtvh", "spso", "lgsco"])
def test_each_file_holds_under_every_overlay(id, overlay):
    policy = load_policy(id, overlay=overlay)
    cited = set(policy.cited)
    assert set(own(policy, KeptBy.MAILBOT)) <= cited


def test_every_ambiguous_place_has_the_reading_that_was_taken():
    assert [a.id for a in IVH.ambiguities] == [f"D{n}" for n in range(1, 7)]
    assert [a.id for a in TCH.ambiguities] == [*(f"E{n}" for n in range(1, 12)), "E11 address"]


@pytest.mark.parametrize(
    ("id", "used"),
    [
        ("ivh", ["D1", "D2", "D3", "D4", "D6"]),
        ("tch", ["E1", "E10", "E11", "E2", "E3", "E4", "E7", "E8", "E9"]),
    ],
)
def test_a_rule_that_rests_on_a_reading_names_it(id, used):
    """D5 and E6 are slips of words, E5 is left to the house."""
    text = (config_dir() / "policies" / f"{id}.toml").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r'^reading = "(\w\d+)"', text, re.M))) == used


def test_both_speak_of_customers_and_neither_lets_a_dead_address_into_a_letter():
    assert {IVH.person_noun, TCH.person_noun} == {"customer"}
    assert "Canary Wharf" in TCH.dead_addresses[0] and IVH.dead_addresses == ()
    assert (IVH.version, TCH.version) == ("2023-06-16", "2023-02-01")


# ------------------------------------------------------------------ ivh: dates


def test_ivh_counts_stage_1_from_the_acknowledgement_and_a_late_one_buys_no_time():
    # Received on Monday 1 June 2026: acknowledged within five working days, by Monday 8 June.
    for policy in (IVH, IVH_ALONE):
        early = timetable(policy, ENGLAND, D(2026, 6, 1), acknowledged=D(2026, 6, 3))
        late = timetable(policy, ENGLAND, D(2026, 6, 1), acknowledged=D(2026, 6, 12))
        assert at(early, "acknowledgement") == on(D(2026, 6, 8))
        assert at(early, "response") == on(D(2026, 6, 17))
        assert at(late, "response") == on(D(2026, 6, 22))


def test_ivh_answers_stage_2_twenty_days_from_the_request_and_the_head_of_service_calls_in_five():
    rows = timetable(IVH, ENGLAND, D(2025, 12, 1), escalated=D(2025, 12, 31), acknowledged2=D(2026, 1, 8))
    assert at(rows, "acknowledgement", 2) == on(D(2026, 1, 8))
    assert at(rows, "contact", 2) == on(D(2026, 1, 8))
    assert at(rows, "response", 2) == (D(2026, 1, 29), D(2026, 2, 5))
    assert at(rows, "extension", 2) == (
        D(2026, 2, 12),
        D(2026, 2, 19),
    )  # ten days, although the Code allows 20


def test_ivh_lets_a_customer_ask_for_stage_2_until_13_may_after_an_answer_of_28_april():
    rows = timetable(IVH, ENGLAND, D(2026, 4, 1), responded=D(2026, 4, 28))
    assert at(rows, "stage2_request") == on(D(2026, 5, 13))


# ------------------------------------------------------------------ ivh: rules


def test_an_ivh_acknowledgement_holds_what_5_1_asks_of_it():
    first = IVH_ALONE.stage(1).acknowledge_because
    for content in ("definition", "handler_contact", "outcome_sought", "policy_copy"):
        assert first[content] == ("5.1 Ack",)
    assert first["support_question"] == ("2.4",)
    assert first["ombudsman"] == ("4.1 b4", "5.1 Ack")
    assert first["reference"] == ("4.1 b6",)


@pytest.mark.parametrize("number", [1, 2])
def test_ivh_reminds_of_the_ombudsman_in_every_letter_of_both_stages(number):
    stage = IVH_ALONE.stage(number)
    assert "4.1 b4" in stage.acknowledge_because["ombudsman"]
    assert "4.1 b4" in stage.respond_because["ombudsman"]


def test_ivh_agrees_ten_more_days_and_at_stage_2_more_only_if_both_agree():
    first, second = (IVH_ALONE.stage(n).extension for n in (1, 2))
    for limits in (first, second):
        assert (limits.cap_working_days, limits.needs_reason, limits.needs_agreement) == (10, True, True)
    assert (first.beyond_by_agreement, second.beyond_by_agreement) == (False, True)
    assert IVH.stage(2).extension.cap_working_days == 10 and IVH.stage(2).extension.ombudsman_details


def test_ivh_asks_for_reasons_and_the_code_lets_nobody_need_them():
    assert IVH_ALONE.stage(2).grounds_gate and not IVH.stage(2).grounds_gate


def test_ivh_may_go_straight_to_stage_2_and_the_code_says_never():
    alone, over = IVH_ALONE.stage(2).direct, IVH.stage(2).direct
    assert alone and alone.allowed
    assert over and not over.allowed


def test_ivh_keeps_a_right_to_decline_stage_2_with_reasons_and_the_ombudsmans_details():
    assert IVH_ALONE.stage(2).decline_clauses == ("5.1 S1 p4",)
    assert IVH_ALONE.why("declined_stage2") == ("5.1 S1 p4",)


def test_ivh_takes_older_complaints_about_safety_and_under_the_code_twelve_months_of_any():
    age = next(e for e in IVH_ALONE.exclusions if e.ground == "age")
    assert (age.months, age.unless) == (6, ("safeguarding", "urgent_hazard"))
    assert months_back(IVH) == 12
    assert [e.ground for e in IVH_ALONE.exclusions] == [
        "age",
        "legal_proceedings",
        "already_handled",
        "behaviour",
    ]
    assert IVH_ALONE.refusal and set(IVH_ALONE.refusal.contains) == {"reasons", "ombudsman"}


def test_ivh_sends_building_safety_on_and_says_what_the_regulator_is_for():
    route = IVH_ALONE.route("building_safety")
    assert route and route.clauses == ("5.1 BS",)
    assert "Building Safety Regulator" in route.tells and "both of our stages" in route.tells


def test_ivh_reports_quarterly_half_yearly_and_once_a_year_to_the_board():
    assert [(r.cycle, r.to) for r in IVH_ALONE.reports] == [
        ("quarterly", "Board"), ("half-yearly", "Board"), ("annual", "Board"),
    ]  # fmt: skip


# ------------------------------------------------------------------ tch: dates


def test_over_christmas_tch_acknowledges_on_30_december_calls_on_5_january_and_answers_on_the_14th():
    for policy in (TCH, TCH_ALONE):
        rows = timetable(policy, ENGLAND, D(2025, 12, 24), acknowledged=D(2025, 12, 30))
        assert at(rows, "acknowledgement") == on(D(2025, 12, 30))
        assert at(rows, "contact") == on(D(2026, 1, 5))
        assert at(rows, "response") == on(D(2026, 1, 14))


def test_an_email_late_on_easter_saturday_is_acknowledged_on_the_wednesday():
    assert at(timetable(TCH, ENGLAND, D(2026, 4, 4)), "acknowledgement") == on(D(2026, 4, 8))


def test_tch_lets_a_customer_ask_for_stage_2_until_28_may_across_both_may_holidays():
    rows = timetable(TCH, ENGLAND, D(2026, 4, 1), responded=D(2026, 4, 28))
    assert at(rows, "stage2_request") == on(D(2026, 5, 28))


def test_across_the_august_holiday_tch_answers_on_9_september_and_extended_on_the_23rd():
    rows = timetable(TCH, ENGLAND, D(2026, 8, 21), acknowledged=D(2026, 8, 25))
    assert at(rows, "acknowledgement") == on(D(2026, 8, 25))
    assert at(rows, "response") == on(D(2026, 9, 9))
    assert at(rows, "extension") == on(D(2026, 9, 23))


def test_tch_works_to_ten_days_from_the_request_for_stage_2_and_is_late_ten_from_its_acknowledgement():
    rows = timetable(TCH, ENGLAND, D(2026, 6, 1), escalated=D(2026, 7, 1), acknowledged2=D(2026, 7, 2))
    assert at(rows, "acknowledgement", 2) == on(D(2026, 7, 3))
    assert at(rows, "response", 2) == (D(2026, 7, 15), D(2026, 7, 16))


def test_a_service_request_is_answered_in_three_working_days_as_quick_resolution_aims():
    rows = timetable(TCH, ENGLAND, D(2026, 6, 1))
    assert at(rows, "service_request_answer", None) == on(D(2026, 6, 4))


# ------------------------------------------------------------------ tch: rules


def test_quick_resolution_comes_before_logging_and_the_code_opens_the_case_first():
    early, over = TCH_ALONE.early_resolution, TCH.early_resolution
    assert early and over and early.name == "quick resolution"
    assert early.before_logging and early.offers_choice and not early.written_outcome
    assert not over.before_logging and over.written_outcome


def test_the_customer_experience_manager_approves_every_answer_of_stage_1_and_none_of_stage_2():
    assert (TCH.stage(1).approver, TCH.stage(1).approver_clauses) == ("approver", ("8.1",))
    assert TCH.stage(2).approver == ""


def test_tch_waits_for_a_confirmation_by_its_own_words_and_under_the_code_for_nothing():
    alone, over = TCH_ALONE.stage(2).understanding, TCH.stage(2).understanding
    assert alone and over
    assert str(alone.letter) == "10 working days from requested" and alone.confirm_working_days == 10
    assert (alone.gate, over.gate) == (True, False)
    assert (TCH_ALONE.stage(2).grounds_gate, TCH.stage(2).grounds_gate) == (True, False)


def test_a_manager_who_had_no_part_in_it_reviews_at_tch():
    assert TCH_ALONE.stage(2).different_person and TCH_ALONE.stage(2).different_person_clauses == ("9.2",)


def test_tch_gives_the_ombudsmans_details_where_an_extension_is_refused_and_the_code_always():
    for number in (1, 2):
        alone, over = TCH_ALONE.stage(number).extension, TCH.stage(number).extension
        assert (alone.ombudsman_details, alone.ombudsman_when_refused) == (False, True)
        assert over.ombudsman_details
    assert TCH_ALONE.stage(1).extension.cap_working_days == 10
    assert (TCH_ALONE.stage(2).extension.cap_working_days, TCH.stage(2).extension.cap_working_days) == (
        None,
        20,
    )


def test_what_an_mp_or_the_ombudsman_asked_to_be_reviewed_is_an_exception_and_no_exclusion():
    age = next(e for e in TCH_ALONE.exclusions if e.ground == "age")
    assert age.clauses == ("x7", "x8", "x9")
    assert age.unless == ("mp_or_councillor", "ombudsman")
    assert (age.months, months_back(TCH)) == (6, 12)


def test_how_anti_social_behaviour_or_a_policy_was_handled_stays_a_complaint_at_tch():
    handled = {e.ground for e in TCH_ALONE.exclusions if e.except_handling}
    assert handled == {"anti_social_behaviour", "policy_content"}
    assert [e.ground for e in TCH_ALONE.exclusions] == [
        "with_ombudsman", "first_request", "insurance_claim", "legal_proceedings", "anti_social_behaviour",
        "other_appeal", "age", "policy_content",
    ]  # fmt: skip


def test_a_tch_refusal_holds_the_reasons_what_is_done_instead_and_the_ombudsman():
    assert set(TCH_ALONE.refusal.contains) == {"reasons", "instead", "ombudsman"}
    assert TCH_ALONE.refusal.clauses == ("x11",)


def test_at_tch_the_answer_goes_to_the_customer_and_the_third_party_hears_that_it_came():
    third = TCH_ALONE.third_party
    assert third and (third.authority, third.response_to, third.confirm_receipt) == (
        "asked",
        "resident",
        True,
    )
    assert third.clauses == ("5.2", "x12")


def test_tch_sends_compliments_and_thoughts_on_a_policy_to_whom_they_concern():
    for kind, clauses in (("compliment", ("2.2", "12.1")), ("policy_content", ("x10", "x13"))):
        route = TCH_ALONE.route(kind)
        assert route and route.clauses == clauses


def test_nobody_is_told_that_only_contract_holders_may_go_to_the_ombudsman():
    layer = read_layer(config_dir() / "policies" / "tch.toml")
    assert layer.only_for == "people who have a contract with the landlord"
    assert TCH.referral_months == 12


def test_tch_reports_as_required():
    assert [(r.cycle, r.clauses) for r in TCH_ALONE.reports] == [("as required", ("11.3",))]


# ------------------------------------------------------------------ mtvh: what was added


def test_mtvh_tries_a_local_resolution_before_logging_and_keeps_people_informed():
    mtvh = load_policy("mtvh", overlay=Overlay.OFF)
    assert mtvh.early_resolution and mtvh.early_resolution.before_logging
    assert mtvh.early_resolution.clauses == ("3.2 b1", "3.2 b2")
    assert mtvh.updates and set(mtvh.updates.clauses) >= {"3.2 b5", "3.2 b9"}
    over = load_policy("mtvh").early_resolution
    assert over and not over.before_logging and over.offers_choice
