"""Dates and clauses as the shipped policies give them, and what the Code changes in a landlord's own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.casework.calendar import Calendar, Unit
from mailbot.casework.layers import resolve
from mailbot.casework.policy import (
    RULES,
    Anchor,
    Deadline,
    KeptBy,
    Moment,
    Overlay,
    Policy,
    ResidentWindow,
    Source,
    Window,
)
from mailbot.casework.vocabulary import Due
from mailbot.places import config_dir
from mailbot.policyfile import load_policy, read_layer

D = dt.date
ENGLAND = Calendar("ENG")
ENGLAND.is_working(D(2026, 1, 2))  # loads the bank holidays once, outside any example's time limit
MTVH = load_policy("mtvh")
CODE = load_policy("code-2024")
OWN = load_policy("mtvh", overlay=Overlay.OFF)  # the landlord's words alone
POLICIES = config_dir() / "policies"


def dates(
    policy: Policy, stage: int, received: dt.date, acknowledged: dt.date | None = None
) -> tuple[Due, Due]:
    """The acknowledgement's and the response's dates of a stage."""
    rules = policy.stage(stage)
    asked = Moment(received)
    acknowledge = rules.acknowledge.due({Anchor.RECEIVED: asked, Anchor.REQUESTED: asked}, ENGLAND)
    anchors = {
        Anchor.RECEIVED: asked,
        Anchor.REQUESTED: asked,
        Anchor.ACKNOWLEDGED: Moment(acknowledged, acknowledge),
    }
    return acknowledge, rules.respond.due(anchors, ENGLAND)


# ------------------------------------------------------------------ windows


@given(st.integers(0, 9999), st.sampled_from(Unit), st.sampled_from(Anchor))
def test_a_window_reads_as_it_is_written(n: int, unit: Unit, anchor: Anchor) -> None:
    window = Window(n, unit, anchor)
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("5 working days from received", Window(5, Unit.WORKING_DAYS, Anchor.RECEIVED)),
        ("1 working day from received", Window(1, Unit.WORKING_DAYS, Anchor.RECEIVED)),
        ("1 calendar month from closed", Window(1, Unit.MONTHS, Anchor.CLOSED)),
        ("1 month from closed", Window(1, Unit.MONTHS, Anchor.CLOSED)),
        (" 20  Calendar Days from  responded ", Window(20, Unit.CALENDAR_DAYS, Anchor.RESPONDED)),
    ],
)
def test_windows_are_read_as_people_write_them(text: str, window: Window) -> None:
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("5 days from received", "a bare day is ambiguous.*working days, calendar days"),
        ("5 wd from received", "unknown unit 'wd'"),
        ("5 working days from receipt", "unknown anchor 'receipt': write one of received, requested"),
        ("five working days from received", 'like "5 working days from received"'),
        ("5 working days", 'like "5 working days from received"'),
        ("-5 working days from received", 'like "5 working days from received"'),
        ("", 'like "5 working days from received"'),
    ],
)
def test_a_window_that_cannot_be_read_is_told_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        Window.parse(text)


# ------------------------------------------------------------------ dates of the Code


def test_the_code_asks_for_five_days_from_receipt_and_ten_from_the_acknowledgement() -> None:
    acknowledge, respond = dates(CODE, 1, D(2025, 12, 19), acknowledged=D(2025, 12, 30))
    assert acknowledge == Due(D(2025, 12, 30), D(2025, 12, 30), ("Code 6.2",))
    assert respond == Due(D(2026, 1, 14), D(2026, 1, 14), ("Code 6.3",))


def test_the_code_counts_over_easter() -> None:
    acknowledge, respond = dates(CODE, 1, D(2026, 3, 30), acknowledged=D(2026, 4, 2))
    assert (acknowledge.outer, respond.outer) == (D(2026, 4, 8), D(2026, 4, 20))


def test_the_code_asks_for_five_days_from_the_request_and_twenty_from_the_acknowledgement_at_stage_2() -> (
    None
):
    acknowledge, respond = dates(CODE, 2, D(2025, 12, 31), acknowledged=D(2026, 1, 8))
    assert acknowledge == Due(D(2026, 1, 8), D(2026, 1, 8), ("Code 6.11",))
    assert respond == Due(D(2026, 2, 5), D(2026, 2, 5), ("Code 6.14",))
    assert CODE.stage(2).extension.latest(respond, ENGLAND) == D(2026, 3, 5)


def test_the_code_ends_a_year_on_the_first_working_day_of_the_next() -> None:
    acknowledge, _ = dates(CODE, 1, D(2026, 12, 23))
    assert acknowledge.target == D(2027, 1, 4)


# ------------------------------------------------------------------ dates of a landlord


@pytest.mark.parametrize("overlay", list(Overlay))
def test_mtvh_works_to_receipt_and_is_held_to_the_acknowledgement(overlay: Overlay) -> None:
    policy = load_policy("mtvh", overlay=overlay)
    acknowledge, respond = dates(policy, 1, D(2026, 3, 2), acknowledged=D(2026, 3, 5))
    assert (acknowledge.target, acknowledge.outer) == (D(2026, 3, 9), D(2026, 3, 9))
    assert (respond.target, respond.outer) == (D(2026, 3, 16), D(2026, 3, 19))
    assert respond.clauses[0] == "3.2 b4"


@pytest.mark.parametrize("overlay", list(Overlay))
def test_mtvh_counts_stage_two_from_the_request_and_is_held_to_its_acknowledgement(overlay: Overlay) -> None:
    policy = load_policy("mtvh", overlay=overlay)
    acknowledge, respond = dates(policy, 2, D(2025, 12, 31), acknowledged=D(2026, 1, 8))
    assert acknowledge.target == D(2026, 1, 8)
    assert (respond.target, respond.outer) == (D(2026, 1, 29), D(2026, 2, 5))


def test_mtvh_sets_no_time_for_the_stage_two_acknowledgement_so_the_code_does_and_without_it_the_house() -> (
    None
):
    assert dates(MTVH, 2, D(2026, 3, 2))[0].clauses == ("Code 6.11",)
    for overlay in (Overlay.OFF, Overlay.WARN):
        assert dates(load_policy("mtvh", overlay=overlay), 2, D(2026, 3, 2))[0].clauses == ("House 1",)


def test_a_clause_of_each_text_is_named_where_both_give_the_date() -> None:
    acknowledge, respond = dates(MTVH, 1, D(2026, 3, 2))
    assert acknowledge.clauses == ("3.2 b3", "Code 6.2")
    assert respond.clauses == ("3.2 b4", "Code 6.3")


def test_a_late_acknowledgement_buys_no_time_and_an_early_one_binds() -> None:
    received = D(2026, 3, 2)  # to be acknowledged by 9 March
    on_time = dates(CODE, 1, received, acknowledged=D(2026, 3, 9))[1]
    missing = dates(CODE, 1, received)[1]
    late = dates(CODE, 1, received, acknowledged=D(2026, 4, 1))[1]
    early = dates(CODE, 1, received, acknowledged=D(2026, 3, 3))[1]
    assert on_time.outer == missing.outer == late.outer == D(2026, 3, 23)
    assert early.outer == D(2026, 3, 17)


days = st.dates(D(2025, 1, 1), D(2027, 12, 31))


@given(days, st.integers(0, 40), st.integers(0, 40), st.sampled_from([1, 2]), st.sampled_from([MTVH, CODE]))
def test_acknowledging_later_never_moves_a_date_past_the_backstop(
    received: dt.date, sooner: int, later: int, stage: int, policy: Policy
) -> None:
    sooner, later = sorted((sooner, later))
    first = dates(policy, stage, received, received + dt.timedelta(days=sooner))[1]
    second = dates(policy, stage, received, received + dt.timedelta(days=later))[1]
    never = dates(policy, stage, received)[1]
    assert first.target <= second.target <= never.target
    assert first.outer <= second.outer <= never.outer
    assert first.target <= first.outer


@given(days, st.integers(0, 20), st.sampled_from([1, 2]))
def test_with_the_code_enforced_no_date_is_later_than_the_landlords_or_the_codes(
    received: dt.date, waited: int, stage: int
) -> None:
    acknowledged = received + dt.timedelta(days=waited)
    both = dates(MTVH, stage, received, acknowledged)
    own = dates(OWN, stage, received, acknowledged)
    code = dates(CODE, stage, received, acknowledged)
    for joined, landlords, codes in zip(both, own, code, strict=True):
        assert joined.target <= min(landlords.target, codes.target)
        assert joined.outer <= min(landlords.outer, codes.outer)


def test_an_outcome_that_follows_a_review_is_dated_by_the_review_or_by_when_it_was_due() -> None:
    def of(text: str, clause: str) -> Source:
        return Source((clause,), Window.parse(text), Window.parse(text))

    review = Deadline((of("20 working days from requested", "7.6.4"),))
    outcome = Deadline((of("5 working days from reviewed", "7.6.5"),), ((Anchor.REVIEWED, review),))
    asked = {Anchor.REQUESTED: Moment(D(2026, 5, 22))}
    assert outcome.due(asked, ENGLAND) == Due(D(2026, 6, 29), D(2026, 6, 29), ("7.6.5",))
    reviewed = {**asked, Anchor.REVIEWED: Moment(D(2026, 6, 10))}
    assert outcome.due(reviewed, ENGLAND).outer == D(2026, 6, 17)
    reviewed_late = {**asked, Anchor.REVIEWED: Moment(D(2026, 7, 20))}
    assert outcome.due(reviewed_late, ENGLAND).outer == D(2026, 6, 29)


def test_logging_later_never_restarts_a_clock_that_receipt_has_started() -> None:
    logged = Window.parse("10 working days from logged")
    duty = Deadline((Source(("3",), logged, logged),))
    assert duty.due({Anchor.RECEIVED: Moment(D(2026, 3, 2))}, ENGLAND).outer == D(2026, 3, 16)


def test_a_duty_whose_anchor_has_no_date_is_refused_by_name() -> None:
    with pytest.raises(
        LookupError, match="acknowledged, which 10 working days from acknowledged counts from"
    ):
        CODE.stage(1).respond.due({Anchor.RECEIVED: Moment(D(2026, 3, 2))}, ENGLAND)


# ------------------------------------------------------------------ limits on the resident


def window(*sources: tuple[str, str]) -> ResidentWindow:
    return ResidentWindow(tuple(Source(("w",), Window.parse(t), Window.parse(o)) for t, o in sources))


def test_a_month_from_closure_that_ends_on_a_saturday_ends_on_monday() -> None:
    month = window(("1 calendar month from closed",) * 2)
    due = month.due({Anchor.CLOSED: Moment(D(2026, 1, 31))}, ENGLAND)
    assert due == Due(D(2026, 3, 2), D(2026, 3, 2), ("w",))


def test_of_two_readings_of_a_residents_limit_the_later_one_is_taken() -> None:
    twenty = window(("20 calendar days from responded", "20 working days from responded"))
    due = twenty.due({Anchor.RESPONDED: Moment(D(2026, 4, 28))}, ENGLAND)
    assert due is not None
    assert (due.target, due.outer) == (D(2026, 5, 28), D(2026, 5, 28))


def test_of_two_texts_the_more_generous_limit_governs_and_is_cited() -> None:
    both = ResidentWindow(
        (
            Source(("short",), Window.parse("10 working days from responded"),
                   Window.parse("10 working days from responded")),
            Source(("long",), Window.parse("20 working days from responded"),
                   Window.parse("20 working days from responded")),
        )
    )  # fmt: skip
    due = both.due({Anchor.RESPONDED: Moment(D(2026, 4, 28))}, ENGLAND)
    assert due == Due(D(2026, 5, 28), D(2026, 5, 28), ("long",))


def test_a_window_counted_from_what_was_never_sent_has_not_begun() -> None:
    month = window(("1 calendar month from closed",) * 2)
    assert month.due({}, ENGLAND) is None
    overdue = Moment(None, Due(D(2026, 3, 2), D(2026, 3, 2)))
    assert month.due({Anchor.CLOSED: overdue}, ENGLAND) is None


def test_a_late_request_is_a_question_for_a_person_in_every_policy() -> None:
    assert {policy.stage(n).late_request for policy in (MTVH, CODE) for n in (1, 2)} == {"person"}


# ------------------------------------------------------------------ the layers


def test_the_code_caps_extensions_asks_for_reasons_and_names_the_ombudsman() -> None:
    own, enforced = OWN.stage(1).extension, MTVH.stage(1).extension
    assert (own.cap_working_days, own.needs_reason, own.ombudsman_details) == (None, False, False)
    assert own.latest(Due(D(2026, 8, 25), D(2026, 9, 9)), ENGLAND) is None
    assert (enforced.cap_working_days, enforced.needs_reason, enforced.ombudsman_details) == (10, True, True)
    assert enforced.needs_agreement, "the landlord's own promise stays"
    assert enforced.clauses == ("3.2 b5", "Code 6.4", "Code 6.5")
    assert enforced.latest(Due(D(2026, 8, 25), D(2026, 9, 9)), ENGLAND) == D(2026, 9, 23)
    assert MTVH.stage(2).extension.cap_working_days == 20


def test_the_four_grounds_are_tags_and_never_a_gate_under_any_overlay() -> None:
    for overlay in Overlay:
        rules = load_policy("mtvh", overlay=overlay).stage(2)
        assert [ground.tag for ground in rules.grounds] == [
            "factually_incorrect", "not_addressed", "information_ignored", "actions_not_done"
        ]  # fmt: skip
        assert not rules.grounds_gate
    assert {"3.2 b6", "Code 6.12"} <= set(MTVH.stage(2).grounds_clauses)


def test_the_code_lifts_a_gate_that_a_landlord_has_set_and_only_lists_it_at_warn() -> None:
    layer = read_layer(POLICIES / "mtvh.toml")
    gated = replace(layer, stages=(layer.stages[0], replace(layer.stages[1], grounds_gate=True)))
    code, house = read_layer(POLICIES / "code-2024.toml"), read_layer(POLICIES / "house.toml")
    enforced, warned = (resolve(gated, code, house, o) for o in (Overlay.ENFORCE, Overlay.WARN))
    assert not enforced.stage(2).grounds_gate
    assert warned.stage(2).grounds_gate
    (change,) = (c for c in warned.changes if c.where == "stage 2: grounds")
    assert change.clauses == ("Code 6.10", "Code 6.12")


def test_somebody_else_decides_stage_2_under_every_overlay() -> None:
    assert all(load_policy("mtvh", overlay=overlay).stage(2).different_person for overlay in Overlay)
    assert "Code 6.13" in MTVH.stage(2).different_person_clauses
    assert OWN.stage(2).different_person_clauses == ("House 8",)


def test_the_acknowledgement_carries_what_landlord_code_and_house_ask_for_together() -> None:
    assert set(OWN.stage(1).acknowledge_contains) == {
        "reference", "handler_name", "handler_contact", "definition", "next_dates", "how_to_correct"
    }  # fmt: skip
    assert MTVH.stage(1).acknowledge_contains == (
        "reference", "handler_name", "handler_contact", "definition", "outcome_sought", "responsibility",
        "next_dates", "how_to_correct", "support_question", "ombudsman", "policy_copy",
    )  # fmt: skip
    because = MTVH.stage(1).acknowledge_because
    assert (because["reference"], because["definition"]) == (("3.2 b3",), ("Code 5.6",))


def test_the_final_response_says_where_to_go_and_until_when() -> None:
    for policy in (MTVH, CODE, OWN):
        assert {"ombudsman", "ombudsman_by", "other_bodies"} <= set(policy.stage(2).respond_contains)
        assert policy.referral_months == 12
        assert policy.referral_clauses


def test_warn_changes_nothing_and_lists_what_enforce_would() -> None:
    warned = load_policy("mtvh", overlay="warn")
    assert (warned.stages, warned.exclusions, dict(warned.because)) == (
        OWN.stages, OWN.exclusions, dict(OWN.because)
    )  # fmt: skip
    assert warned.changes == MTVH.changes
    assert OWN.changes == ()
    told = {change.where: change for change in warned.changes}
    assert told["stage 2: acknowledgement"].own == "silent"
    assert told["stage 1: extension"].own == "no cap, agreement"
    assert "stage 1: acknowledgement" not in told, "five working days from receipt keep the Code already"
    assert {"exclusion: age", "exclusion: insurance_claim", "stage 2: who decides"} <= set(told)
    assert all(clause.startswith("Code ") for change in warned.changes for clause in change.clauses)


def test_the_code_over_itself_changes_nothing() -> None:
    for overlay in Overlay:
        assert load_policy("code-2024", overlay=overlay).stages == CODE.stages
    assert CODE.changes == ()


def test_the_code_widens_six_months_to_twelve_from_event_or_awareness() -> None:
    own = next(e for e in OWN.exclusions if e.ground == "age")
    wide = next(e for e in MTVH.exclusions if e.ground == "age")
    assert (own.months, own.counted_from, own.individually) == (6, ("event",), False)
    assert (wide.months, wide.counted_from, wide.individually) == (12, ("event", "awareness"), True)
    assert wide.exceptions == ("a person's discretion",)
    assert {"3.3 e1", "Code 2.3"} <= set(wide.clauses)
    assert own.earliest(D(2026, 8, 31), ENGLAND) == D(2026, 2, 28)
    assert wide.earliest(D(2028, 2, 29), ENGLAND) == D(2027, 2, 28)


def test_wholesale_exclusions_become_a_proposal_on_the_single_complaint() -> None:
    assert len(MTVH.exclusions) == 7
    assert all(exclusion.individually for exclusion in MTVH.exclusions)
    (charges,) = (e for e in MTVH.exclusions if e.ground == "charges_level")
    assert charges.clauses == ("3.3 e6", "Code 2.1", "Code 2.5")


# ------------------------------------------------------------------ the house


def test_silence_is_twenty_days_after_a_full_answer_with_a_word_before() -> None:
    for policy in (MTVH, CODE):
        (silence,) = policy.silence
        assert silence.needs_response
        assert (silence.after, silence.remind_before_working_days) == (Anchor.RESPONDED, 5)
        assert set(silence.blocked_by) == {
            "open_actions",
            "open_questions",
            "unread_mail",
            "escalation_window",
            "delay_notice",
        }
        assert silence.clauses == ("House 9",)
        assert silence.last_day(D(2025, 12, 5), ENGLAND) == D(2026, 1, 7)


def test_the_handler_gets_in_touch_within_three_days_unless_the_landlord_does_without() -> None:
    contact = MTVH.stage(1).contact
    assert contact is not None
    acknowledged = Moment(D(2025, 12, 30), Due(D(2025, 12, 30), D(2025, 12, 30)))
    assert contact.due({Anchor.ACKNOWLEDGED: acknowledged}, ENGLAND) == Due(
        D(2026, 1, 5), D(2026, 1, 5), ("House 4",)
    )
    layer = replace(read_layer(POLICIES / "mtvh.toml"), without_house=("contact", "silence"))
    bare = resolve(layer, None, read_layer(POLICIES / "house.toml"), Overlay.OFF)
    assert bare.stage(1).contact is None
    assert bare.silence == ()


def test_the_ladder_of_reminders_comes_from_the_house() -> None:
    chase = MTVH.chase
    assert (chase.near_working_days, chase.on_target_day, chase.late_every_working_days) == (2, True, 1)
    assert chase.supervisor_when_late
    assert MTVH.service_requests.chase_every_working_days == 3
    assert MTVH.service_requests.answer is None
    assert MTVH.triage.before_acknowledgement_working_days == 1


# ------------------------------------------------------------------ clauses


@pytest.mark.parametrize("name", ["mtvh", "code-2024"])
@pytest.mark.parametrize("overlay", list(Overlay))
def test_every_rule_answers_with_clauses_that_the_policy_holds(name: str, overlay: Overlay) -> None:
    policy = load_policy(name, overlay=overlay)
    for rule in RULES:
        assert policy.why(rule), rule
        for clause in policy.why(rule):
            assert policy.clause(clause).says
    for clause in policy.cited:
        assert policy.clause(clause).kept_by in KeptBy


def test_a_rule_that_nobody_knows_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        MTVH.why("fined")
    with pytest.raises(ValueError, match="two stages, never more"):
        MTVH.stage(3)


def test_the_landlords_clause_comes_before_the_codes_and_the_house_speaks_only_into_silence() -> None:
    assert MTVH.why("escalated") == ("3.2 b6", "Code 6.10", "Code 6.11", "Code 6.12")
    assert OWN.why("escalated") == ("3.2 b6",)
    assert MTVH.why("closed_silence") == ("House 9",)
    assert MTVH.why("conflict") == ("4 p2", "Code 5.8")


def test_a_policy_that_answers_for_no_clause_cannot_be_made() -> None:
    house = read_layer(POLICIES / "house.toml")
    quiet = replace(house, because={k: v for k, v in house.because.items() if k != "hazard"})
    with pytest.raises(ValueError, match="answers for no clause of hazard"):
        resolve(read_layer(POLICIES / "mtvh.toml"), None, quiet, Overlay.OFF)
    with pytest.raises(ValueError, match="nor the house says anything of chasing"):
        resolve(read_layer(POLICIES / "mtvh.toml"), None, replace(house, chase=None), Overlay.OFF)


def test_mtvh_holds_every_place_of_its_document() -> None:
    bullets = [f"3.2 b{n}" for n in range(1, 11)] + [f"3.2 b8.{n}" for n in range(1, 5)]
    exclusions = [f"3.3 e{n}" for n in range(1, 8)]
    rest = ["1", "2", "3.1", "3.2 p1", "3.2 p2", "3.2 end", "3.3", "4 p1", "4 p2", "5", "6 p1", "6 p2"]
    own = {clause.id for clause in MTVH.clauses.values() if clause.origin == "policy"}
    assert own == {*bullets, *exclusions, *rest, "7", "8", "9", "9 note"}
    assert [ambiguity.id for ambiguity in MTVH.ambiguities] == ["A1", "A2", "A3", "A4", "A5", "A6"]
    assert MTVH.dead_addresses == ("PO Box 152, Liverpool L33 7WQ",)


def test_the_code_holds_every_provision() -> None:
    last = {
        1: (2, 6),
        2: (1, 5),
        3: (1, 7),
        4: (1, 3),
        5: (1, 15),
        6: (1, 20),
        7: (1, 4),
        8: (1, 5),
        9: (1, 8),
    }
    wanted = {f"Code {s}.{n}" for s, (first, end) in last.items() for n in range(first, end + 1)}
    assert {clause.id for clause in CODE.clauses.values() if clause.origin == "code"} == wanted


def test_a_case_keeps_the_version_that_was_in_force() -> None:
    assert MTVH.key == "mtvh@2021-08-23"
    assert MTVH.in_force(D(2026, 1, 1))
    assert not MTVH.in_force(D(2021, 8, 22))


def test_policies_speak_of_people_and_stages_in_the_landlords_words() -> None:
    assert (MTVH.person_noun, CODE.person_noun) == ("customer", "resident")
    assert [MTVH.stage(n).name for n in (1, 2)] == ["Stage One", "Stage Two"]
    assert [CODE.stage(n).name for n in (1, 2)] == ["Stage 1", "Stage 2"]
