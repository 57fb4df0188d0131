"""A policy held against the Code: what is found, how grave it is, and that `enforce` does what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailbot.casework import layers
from mailbot.casework.conformity import check
from mailbot.casework.findings import Finding, Kind, Severity
from mailbot.casework.layers import Layer
from mailbot.casework.policy import (
    Anchor,
    Clause,
    Deadline,
    Exclusion,
    KeptBy,
    Overlay,
    ResidentWindow,
    SilenceRule,
    Source,
    Window,
)
from mailbot.places import config_dir
from mailbot.policyfile import load_policy, read_layer

POLICIES = config_dir() / "policies"
CODE = read_layer(POLICIES / "code-2024.toml")
MTVH = read_layer(POLICIES / "mtvh.toml")
HIGH, MEDIUM, LOW = Severity


def found(policy: Layer, subject: str) -> Finding:
    (finding,) = (f for f in check(policy, CODE) if f.subject == subject and f.kind is not Kind.STRICTER)
    return finding


def subjects(policy: Layer) -> set[str]:
    return {f.subject for f in check(policy, CODE)}


def stage(policy: Layer, number: int, **changed: object) -> Layer:
    stages = list(policy.stages)
    stages[number - 1] = replace(stages[number - 1], **changed)  # type: ignore[arg-type]
    return replace(policy, stages=(stages[0], stages[1]))


def within(text: str, *, target: str = "", clauses: tuple[str, ...] = ("9.9",)) -> Deadline:
    return Deadline((Source(clauses, Window.parse(target or text), Window.parse(text)),))


def test_the_code_keeps_to_itself():
    assert check(CODE, CODE) == ()


@pytest.mark.parametrize(
    ("subject", "kind", "severity", "own", "code"),
    [
        ("Stage Two: the grounds for asking", Kind.BREACH, HIGH, {"3.2 b8"}, {"Code 6.10", "Code 6.12"}),
        ("exclusion: how old a complaint may be", Kind.BREACH, HIGH, {"3.3 e1"}, {"Code 2.2", "Code 2.3"}),
        ("exclusion: whole kinds of complaint", Kind.BREACH, HIGH,
         {"3.3 e4", "3.3 e5", "3.3 e6", "3.3 e7"}, {"Code 2.1", "Code 2.5"}),
        ("exclusion: when proceedings have started", Kind.BREACH, MEDIUM, {"3.3 e2"}, {"Code 2.2"}),
        ("a solution tried before stage 1", Kind.BREACH, HIGH, {"3.2 b1", "3.2 b2"}, {"Code 5.2", "Code 1.3"}),
        ("Stage One: more time", Kind.BREACH, HIGH, {"3.2 b5"}, {"Code 6.4", "Code 6.5"}),
        ("Stage Two: more time", Kind.BREACH, HIGH, {"3.2 b9"}, {"Code 6.15", "Code 6.16"}),
        ("Stage Two: acknowledgement", Kind.SILENT, HIGH, {"3.2 b7"}, {"Code 6.11"}),
        ("exclusion: the letter that refuses", Kind.SILENT, HIGH, {"3.3"}, {"Code 2.4"}),
        ("Stage One: what the acknowledgement holds", Kind.SILENT, MEDIUM, {"3.2 b3"}, {"Code 5.6", "Code 5.7"}),
        ("Stage One: response: counted from when", Kind.SILENT, LOW, {"3.2 b4"}, {"Code 6.3"}),
        ("the Ombudsman's address", Kind.BREACH, HIGH, {"6 p2"}, {"Code 3.7"}),
        ("a record of disabilities and adjustments", Kind.SILENT, HIGH, set(), {"Code 5.10"}),
        ("the annual report", Kind.SILENT, HIGH, set(), {"Code 8.1", "Code 8.2"}),
        ("who answers for complaints on the governing body", Kind.SILENT, MEDIUM, set(), {"Code 9.5"}),
        ("how often the resident hears when it takes longer", Kind.SILENT, MEDIUM, set(), {"Code 5.9"}),
    ],
)  # fmt: skip
def test_what_sets_mtvh_apart_from_the_code_is_found(subject, kind, severity, own, code):
    finding = found(MTVH, subject)
    assert (finding.kind, finding.severity) == (kind, severity)
    assert own <= set(finding.own) and code <= set(finding.code)


def test_the_gravest_stand_first_and_every_clause_that_is_named_exists():
    findings = check(MTVH, CODE)
    grades = [list(Severity).index(f.severity) for f in findings]
    assert grades == sorted(grades)
    own, code = {c.id for c in MTVH.clauses}, {c.id for c in CODE.clauses}
    for finding in findings:
        assert set(finding.own) <= own and finding.code and set(finding.code) <= code
        assert finding.says and finding.asks and finding.enforce


# ------------------------------------------------------------------ what enforce is said to do, it does


def test_enforce_mends_what_it_is_said_to_mend():
    policy = load_policy("mtvh", overlay=Overlay.ENFORCE)
    first, second = policy.stages
    assert str(second.acknowledge) == "5 working days from requested"
    assert (first.extension.cap_working_days, second.extension.cap_working_days) == (10, 20)
    for each in policy.stages:
        assert each.extension.needs_reason and each.extension.ombudsman_details
    assert not second.grounds_gate and second.different_person
    assert {"definition", "outcome_sought", "responsibility"} <= set(first.acknowledge_contains)
    by_ground = {e.ground: e for e in policy.exclusions}
    assert (by_ground["age"].months, by_ground["age"].counted_from) == (12, ("event", "awareness"))
    assert "claim form" in by_ground["legal_proceedings"].says
    assert all(e.individually for e in policy.exclusions)


def test_what_the_overlay_changes_in_a_landlords_duties_is_all_found():
    house = read_layer(POLICIES / "house.toml")
    changed = {c.where for c in layers.resolve(MTVH, CODE, house, Overlay.WARN).changes}
    told = {
        "stage 1: acknowledgement carries": "Stage One: what the acknowledgement holds",
        "stage 1: response carries": "Stage One: what the response holds",
        "stage 1: extension": "Stage One: more time",
        "stage 2: who decides": "Stage Two: who decides",
        "stage 2: acknowledgement": "Stage Two: acknowledgement",
        "stage 2: acknowledgement carries": "Stage Two: what the acknowledgement holds",
        "stage 2: response carries": "Stage Two: what the response holds",
        "stage 2: extension": "Stage Two: more time",
        "exclusion: age": "exclusion: how old a complaint may be",
        "exclusion: legal_proceedings": "exclusion: when proceedings have started",
        "the letter that refuses": "exclusion: the letter that refuses",
        "local resolution": "a solution tried before stage 1",
        **{
            f"exclusion: {ground}": "exclusion: whole kinds of complaint"
            for ground in ("insurance_claim", "anti_social_behaviour", "charges_level", "section_20_works")
        },
    }
    # The Code's words for "already handled" replace the landlord's, which say the same.
    assert changed - {"exclusion: already_handled"} == set(told)
    assert set(told.values()) <= subjects(MTVH)


# ------------------------------------------------------------------ each thing mended is no longer found


def test_grounds_that_are_only_tags_are_no_breach():
    kind = replace(MTVH, ambiguities=tuple(a for a in MTVH.ambiguities if a.id != "A2"))
    assert "Stage Two: the grounds for asking" not in subjects(kind)
    assert found(stage(kind, 2, grounds_gate=True), "Stage Two: the grounds for asking").severity is HIGH


def test_a_refusals_letter_that_names_the_ombudsman_is_enough():
    says = "Who is refused gets a letter with the reasons and the way to the Ombudsman."
    whole = replace(MTVH, clauses=(*MTVH.clauses, Clause("3.3 end", says, KeptBy.PERSON, "policy")))
    assert "exclusion: the letter that refuses" not in subjects(whole)


@pytest.mark.parametrize(
    ("months", "counted_from", "exceptions", "severity"),
    [
        (6, ("event",), ("safeguarding",), HIGH),
        (12, ("event",), ("discretion",), MEDIUM),
        (12, ("event", "awareness"), (), MEDIUM),
        (12, ("event", "awareness"), ("discretion",), None),
        (24, ("event", "awareness"), ("discretion",), LOW),
    ],
)
def test_an_age_limit_is_twelve_months_from_event_or_awareness_with_discretion(
    months, counted_from, exceptions, severity
):
    rule = Exclusion("age", "Too old.", ("3.3 e1",), months, counted_from, exceptions)
    some = [f for f in check(replace(MTVH, exclusions=(rule,)), CODE) if "how old" in f.subject]
    assert [f.severity for f in some] == ([severity] if severity else [])


def test_an_exclusion_with_exceptions_is_less_than_wholesale():
    rule = Exclusion(
        "insurance_claim", "An insurance claim.", ("3.3 e4",), exceptions=("how it was handled",)
    )
    finding = found(replace(MTVH, exclusions=(rule,)), "exclusion: whole kinds of complaint")
    assert finding.severity is MEDIUM


@pytest.mark.parametrize(
    ("duty", "text", "kind", "severity"),
    [
        ("acknowledge", "2 working days from received", Kind.STRICTER, LOW),
        ("acknowledge", "5 calendar days from received", Kind.STRICTER, LOW),
        ("acknowledge", "6 working days from received", Kind.BREACH, HIGH),
        ("acknowledge", "5 working days from logged", None, None),
        ("respond", "10 working days from acknowledged", None, None),
        ("respond", "7 working days from received", Kind.STRICTER, LOW),
        ("respond", "12 working days from received", Kind.BREACH, MEDIUM),
        ("respond", "16 working days from received", Kind.BREACH, HIGH),
        ("respond", "11 working days from acknowledged", Kind.BREACH, HIGH),
        ("respond", "1 calendar month from received", Kind.BREACH, HIGH),
    ],
)
def test_a_time_is_a_breach_where_it_can_end_after_the_codes(duty, text, kind, severity):
    subject = "Stage One: acknowledgement" if duty == "acknowledge" else "Stage One: response"
    some = [f for f in check(stage(MTVH, 1, **{duty: within(text)}), CODE) if f.subject == subject]
    assert [(f.kind, f.severity) for f in some] == ([(kind, severity)] if kind else [])


def test_a_review_of_twenty_days_and_an_outcome_five_later_may_end_after_the_codes_date():
    review = within("20 working days from requested")
    answer = replace(within("5 working days from reviewed"), before=((Anchor.REVIEWED, review),))
    finding = found(stage(MTVH, 2, respond=answer), "Stage Two: response")
    assert (finding.kind, finding.severity) == (Kind.BREACH, MEDIUM)


def test_a_time_that_is_unclear_and_too_long_is_both():
    unclear = within("11 working days from acknowledged", target="11 working days from received")
    some = {f.subject: f.severity for f in check(stage(MTVH, 1, respond=unclear), CODE)}
    assert some["Stage One: response"] is HIGH
    assert some["Stage One: response: counted from when"] is MEDIUM


def test_more_time_with_a_cap_and_no_word_of_the_ombudsman_is_silence():
    limits = MTVH.stages[0].extension
    assert limits
    capped = replace(limits, cap_working_days=10, needs_reason=True)
    finding = found(stage(MTVH, 1, extension=capped), "Stage One: more time")
    assert (finding.kind, finding.severity) == (Kind.SILENT, MEDIUM)
    whole = stage(MTVH, 1, extension=replace(capped, ombudsman_details=True))
    assert "Stage One: more time" not in subjects(whole)
    too_long = stage(MTVH, 1, extension=replace(capped, ombudsman_details=True, cap_working_days=15))
    assert found(too_long, "Stage One: more time").severity is HIGH
    assert found(stage(MTVH, 1, extension=None), "Stage One: more time").severity is MEDIUM


def test_a_time_to_ask_for_stage_2_needs_discretion():
    window = ResidentWindow(within("10 working days from responded").sources)
    finding = found(stage(MTVH, 2, window=window), "Stage Two: the time to ask for it")
    assert (finding.severity, finding.own) == (MEDIUM, ("9.9",))


def test_closing_for_silence_without_an_answer_or_with_open_actions_is_a_breach():
    rule = SilenceRule(
        Anchor.RECEIVED, Window.parse("10 working days from received"), False, 2, 0, (), ("9.9",)
    )
    finding = found(replace(MTVH, silence=(rule,)), "closing for silence")
    assert finding.severity is HIGH and "an answer" in finding.says and "open actions" in finding.says
    floor = CODE.silence_floor
    assert floor
    careful = replace(rule, needs_response=True, blocked_by=floor.blocked_by)
    assert "closing for silence" not in subjects(replace(MTVH, silence=(careful,)))


def test_the_same_person_deciding_twice_is_grave_where_the_policy_says_so():
    assert found(MTVH, "Stage Two: who decides").severity is MEDIUM
    assert found(stage(MTVH, 2, different_person=False), "Stage Two: who decides").severity is HIGH
    assert "Stage Two: who decides" not in subjects(stage(MTVH, 2, different_person=True))
