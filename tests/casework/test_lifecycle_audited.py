"""What a second reader found between the tables: where a case stands after a no, what a first mail raises wherever its
complaint begins, and what keeps a case open whatever the policy says of silence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import combinations

import pytest
from casework_samples import RESIDENT, at, by_itself, letters, mail, rulebook, timers

from mailbot.casework.lifecycle import decide
from mailbot.casework.policy import Overlay
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Case,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    Matter,
    Party,
    Raised,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.places import config_dir
from mailbot.policyfile import load_policy


def act(what: Act, day: str, who: str = "sam", words: str = "", text: str = "", **more: object) -> StaffActed:
    return StaffActed(at(day), who, what, words=words, text=text, **more)  # type: ignore[arg-type]


def fell(timer: Timer, day: str) -> TimerFell:
    return TimerFell(at(day, "08:30"), timer, at(day, "08:30"))


def last(rules: Rulebook, *events: Event) -> tuple[Case, Decision]:
    case: Case | None = None
    decision = Decision(None)
    for event in events:
        decision = decide(case, event, rules)
        assert not decision.refused, decision.refused
        case = decision.case
    assert case is not None
    return case, decision


def kinds(decision: Decision) -> list[Letter]:
    return [e.letter for e in letters(decision.effects)]


COMPLAINT = mail(Intent.NEW_COMPLAINT, "2026-03-02")
RESPONSE = act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry.")
ASKS = mail(Intent.ESCALATION_REQUEST, "2026-03-12")

# ------------------------------------------------------------------ silence


@pytest.mark.parametrize("overlay", Overlay)
@pytest.mark.parametrize("policy", ["mhs", "mrh"])
@pytest.mark.parametrize("hindrance", ["something promised", "a notice of delay"])
def test_no_text_and_no_overlay_closes_over_what_is_owed(
    policy: str, overlay: Overlay, hindrance: str
) -> None:
    """MRH 7.8 and mhs Closure name days; neither has said that a promise may be forgotten."""
    own = load_policy(policy, config_dir() / "policies", overlay=overlay)
    rules = replace(rulebook(policy), policy=own)
    between = {
        "something promised": act(Act.ACTION, "2026-03-09", words="mend the roof", until=dt.date(2026, 6, 1)),
        "a notice of delay": act(
            Act.EXTEND, "2026-03-09", "alex", until=dt.date(2026, 6, 1), reason="the roof"
        ),
    }[hindrance]
    tried = act(Act.TRIED, "2026-03-11", words="by phone")
    case, _ = last(rules, COMPLAINT, between, RESPONSE, tried)
    decision = decide(case, fell(Timer.CLOSE_SILENT, "2026-04-30"), rules)
    assert decision.case is not None and decision.case.stage is Stage.STAGE1_RESPONDED
    free, _ = last(rules, COMPLAINT, RESPONSE, tried)
    closed = decide(free, fell(Timer.CLOSE_SILENT, "2026-04-30"), rules)
    assert closed.case is not None and closed.case.closed_because == "silence"


STANDS_IN_THE_WAY = (
    "no answer",
    "nobody tried",
    "promise",
    "delay",
    "question",
    "their word",
    "unread mail",
    "too early",
)


@pytest.mark.parametrize("overlay", Overlay)
@pytest.mark.parametrize("policy", ["mhs", "mrh", "code-2024"])
def test_silence_closes_only_when_nothing_at_all_stands_in_the_way(policy: str, overlay: Overlay) -> None:
    """Every combination of what can stand in the way: mhs Closure (b) and (c), MRH 7.8, House 9."""
    resolved = load_policy(policy, config_dir() / "policies", overlay=overlay)
    plain = by_itself(replace(rulebook(policy), policy=resolved))
    asked = tuple(h for h in STANDS_IN_THE_WAY if h != "nobody tried" or policy == "mhs")
    closings = 0
    for count in range(len(asked) + 1):
        for there in combinations(asked, count):
            events: list[Event] = [COMPLAINT]
            if "promise" in there:
                events.append(act(Act.ACTION, "2026-03-09", words="mend it", until=dt.date(2026, 6, 1)))
            if "delay" in there:
                until = dt.date(2026, 6, 1)
                events.append(act(Act.EXTEND, "2026-03-09", "alex", until=until, reason="the roof"))
            if "no answer" not in there:
                events.append(RESPONSE)
            if "nobody tried" not in there:
                events.append(act(Act.TRIED, "2026-03-11", words="by phone"))
            if "question" in there:
                events.append(mail(Intent.UNSURE, "2026-03-12"))
            if "their word" in there:
                events.append(mail(Intent.REPLY, "2026-03-12", "11:00"))
            unread = frozenset({RESIDENT.address} if "unread mail" in there else ())
            case, _ = last(plain, *events)
            day = "2026-03-13" if "too early" in there else "2026-05-29"
            after = decide(case, fell(Timer.CLOSE_SILENT, day), replace(plain, unread=unread)).case
            assert after is not None
            closed = after.stage is Stage.CLOSED
            assert closed == (not there), f"{'closed' if closed else 'open'} with {there or 'nothing'}"
            closings += closed
    assert closings == 1


def test_a_word_on_a_closed_case_starts_no_clock_of_silence() -> None:
    rules = rulebook("mtvh")
    case, _ = last(rules, COMPLAINT, RESPONSE, act(Act.CLOSE, "2026-03-12", words="agreed"))
    told = decide(case, act(Act.UPDATE, "2026-03-16", text="The roofer comes on Friday."), rules)
    assert Letter.UPDATE in kinds(told)
    assert timers(told.effects) == {}


@pytest.mark.parametrize(("policy", "over"), [("mrh", True), ("ivh", True), ("mhs", False), ("mtvh", False)])
def test_no_closing_letter_gives_a_day_that_has_passed(policy: str, over: bool) -> None:
    """MRH's and IVH's time to ask is over by the closing, mhs's begins with it, MTVH has none."""
    rules = by_itself(rulebook(policy))
    tried = act(Act.TRIED, "2026-03-18", words="by phone")
    case, _ = last(rules, COMPLAINT, RESPONSE, tried)
    closed = decide(case, fell(Timer.CLOSE_SILENT, "2026-04-10"), rules)
    (letter,) = [e for e in letters(closed.effects) if e.letter is Letter.CLOSURE]
    assert (letter.facts["window_over"], letter.facts["window_ends"]) == (
        over,
        "2026-05-11" if policy == "mhs" else "",
    )


def test_a_reminder_says_whether_stage_2_may_still_be_asked_for() -> None:
    """IVH 5.1: ten working days, of which the reminder comes five too late; MRH 7.6.1: twenty."""
    for policy, over, ends in (("ivh", True, ""), ("mrh", False, "2026-04-09"), ("mtvh", False, "")):
        rules = rulebook(policy)
        case, _ = last(rules, COMPLAINT, RESPONSE)
        (letter,) = letters(decide(case, fell(Timer.REMIND_WINDOW, "2026-03-31"), rules).effects)
        assert letter.letter is Letter.CLOSING_REMINDER
        assert (letter.facts["window_over"], letter.facts["window_ends"]) == (over, ends)


# ------------------------------------------------------------------ after a no


def test_a_declined_stage_2_goes_back_to_whoever_answered_stage_1() -> None:
    """And whoever was to look at it may still do so when it is asked for again: they had part in nothing."""
    rules = rulebook("ivh")
    asked, _ = last(rules, COMPLAINT, RESPONSE, ASKS)
    assert (asked.stage, asked.handler) == (Stage.STAGE2_OPEN, "morgan")
    no = act(Act.DECLINE, "2026-03-13", "alex", text="It went through both stages.", ground="already_handled")
    declined = decide(asked, no, rules)
    assert declined.case is not None
    assert (declined.case.stage, declined.case.handler) == (Stage.STAGE1_RESPONDED, "priya")
    again = decide(declined.case, mail(Intent.ESCALATION_REQUEST, "2026-03-17"), rules)
    assert again.case is not None and again.case.handler == "morgan"


def test_an_investigation_that_is_declined_leaves_the_frontline_answer_owed() -> None:
    """SPSO: it was asked for while the frontline stage was open; nobody has been answered yet."""
    rules = rulebook("spso")
    asked, _ = last(rules, COMPLAINT, mail(Intent.ESCALATION_REQUEST, "2026-03-03"))
    assert asked.stage is Stage.STAGE2_OPEN
    no = act(Act.DECLINE, "2026-03-04", "alex", text="The claim is at court.", ground="legal_proceedings")
    declined = decide(asked, no, rules)
    assert declined.case is not None
    assert (declined.case.stage, declined.case.handler) == (Stage.STAGE1_OPEN, "priya")
    assert Timer.RESPONSE_LATE in timers(declined.effects)
    assert Letter.NON_ESCALATION in kinds(declined)


def test_a_complaint_that_began_at_the_investigation_is_refused_as_a_complaint() -> None:
    """SPSO: no stage stands behind it that it could fall back to."""
    rules = rulebook("spso")
    opened, _ = last(rules, mail(Intent.ESCALATION_REQUEST, "2026-03-02"))
    assert (opened.stage, opened.stage1) == (Stage.STAGE2_OPEN, None)
    text = "The claim is at court.\n\nInstead: the court decides on it."
    no = act(Act.DECLINE, "2026-03-04", "alex", text=text, ground="legal_proceedings")
    refused = decide(opened, no, rules)
    assert refused.case is not None
    assert (refused.case.stage, refused.case.closed_because) == (Stage.CLOSED, "refused")
    assert Letter.REFUSAL in kinds(refused)


def test_a_refusal_tells_no_stranger_why() -> None:
    """Its reasons are the resident's affair, as an answer is: they wait for permission, or for the resident."""
    rules = rulebook("code-2024")
    flags = (Raised(Flag.REPRESENTATIVE, "my constituent"), Raised(Flag.MP_OR_COUNCILLOR, "MP"))
    case, _ = last(rules, mail(Intent.NEW_COMPLAINT, "2026-03-02", flags=flags))
    no = act(
        Act.DECLINE, "2026-03-03", "alex", text="She told us in 2023.\n\nInstead: we visit.", ground="age"
    )
    assert "#authority given" in decide(case, no, rules).refused
    may, _ = last(
        rules,
        mail(Intent.NEW_COMPLAINT, "2026-03-02", flags=flags),
        act(Act.AUTHORITY, "2026-03-03", "alex", words="given"),
    )
    assert Letter.REFUSAL in kinds(decide(may, no, rules))


def test_nothing_is_declined_that_nobody_asked_for() -> None:
    rules = rulebook("ivh")
    case, _ = last(rules, COMPLAINT, RESPONSE)
    no = act(Act.DECLINE, "2026-03-13", "alex", text="It went through both stages.", ground="already_handled")
    assert "Nobody asks for" in decide(case, no, rules).refused
    closed, _ = last(rules, COMPLAINT, RESPONSE, act(Act.CLOSE, "2026-03-12", words="agreed"))
    assert "Nobody asks for" in decide(closed, no, rules).refused


def test_nobody_is_too_late_where_the_policy_sets_no_time_to_ask() -> None:
    """MTVH 3.2 b6."""
    rules = rulebook("mtvh")
    case, _ = last(rules, COMPLAINT, RESPONSE, ASKS)
    late = act(Act.DECLINE, "2026-03-13", "alex", text="You asked too late.", ground="late")
    assert "late" not in decide(case, late, rules).refused.partition("Nobody is refused")[0]
    assert decide(case, late, rules).refused


# ------------------------------------------------------------------ what a first mail raises


def test_grounds_and_writers_are_seen_where_a_complaint_begins_at_the_second_stage() -> None:
    rules = rulebook("spso")
    flags = (Raised(Flag.LEGAL_PROCEEDINGS_ISSUED, "the court has it"),)
    case, opened = last(rules, mail(Intent.ESCALATION_REQUEST, "2026-03-02", flags=flags))
    assert case.stage is Stage.STAGE2_OPEN
    assert [p.ground for p in case.open_proposals] == ["legal_proceedings"]
    assert Letter.PROPOSAL in kinds(opened)
    office = (Raised(Flag.REPRESENTATIVE, "my constituent"), Raised(Flag.MP_OR_COUNCILLOR, "MP"))
    _, told = last(rules, mail(Intent.ESCALATION_REQUEST, "2026-03-02", flags=office))
    assert Letter.THIRD_PARTY_RECEIPT in kinds(told)


def test_a_mail_that_may_belong_to_a_case_is_passed_on_like_any_other() -> None:
    flags = (Raised(Flag.NEIGHBOUR_DISPUTE, "the neighbours"),)
    asked = mail(Intent.NEW_COMPLAINT, "2026-03-02", flags=flags, suggested="CC-2026-000009-9")
    case, decision = last(rulebook("mtvh"), asked)
    assert case.stage is Stage.UNSORTED
    assert Letter.ROUTED in kinds(decision)


def test_legal_and_elected_members_mail_reaches_a_supervisor_once_and_whole() -> None:
    """By the alarm where that rings, else by being passed on; nobody else holds these matters here."""
    rules = rulebook("mtvh")
    for flag, kind in (
        (Flag.LEGAL_ACTION, Letter.ALERT),
        (Flag.MP_OR_COUNCILLOR, Letter.ALERT),
        (Flag.LEGAL_PROCEEDINGS_ISSUED, Letter.ROUTED),
    ):
        _, opened = last(rules, mail(Intent.NEW_COMPLAINT, "2026-03-02", flags=(Raised(flag, "court"),)))
        told = [e for e in letters(opened.effects) if e.letter in (Letter.ALERT, Letter.ROUTED)]
        assert [(e.letter, e.person, e.carries) for e in told] == [(kind, "alex", "mail-2026-03-02")]


def test_a_person_who_says_that_a_mail_asks_for_the_investigation_opens_the_investigation() -> None:
    """SPSO: what a mail may ask for at once, a person's #sort may grant."""
    unsure = mail(Intent.UNSURE, "2026-03-02")
    escalation = act(Act.SORT, "2026-03-03", "alex", intent=Intent.ESCALATION_REQUEST)
    assert last(rulebook("spso"), unsure, escalation)[0].stage is Stage.STAGE2_OPEN
    assert last(rulebook("mtvh"), unsure, escalation)[0].stage is Stage.STAGE1_OPEN


# ------------------------------------------------------------------ what must not be lost


def test_what_waited_for_approval_is_gone_once_the_approver_has_answered() -> None:
    """TCH 8.1: nobody is chased for a word on a draft that nobody will send."""
    rules = rulebook("tch")
    draft = act(Act.RESPOND, "2026-03-09", words="upheld", text="Sorry.")
    waiting, _ = last(rules, COMPLAINT, draft)
    assert waiting.current is not None and waiting.current.draft is not None
    own = act(
        Act.RESPOND, "2026-03-10", waiting.current.draft.approvers[0], words="upheld", text="We are sorry."
    )
    answered = decide(waiting, own, rules).case
    assert answered is not None and answered.current is not None
    assert (answered.stage, answered.current.draft) == (Stage.STAGE1_RESPONDED, None)


def test_escalating_what_is_no_complaint_opens_one() -> None:
    """A data-protection matter stays what it is; what a supervisor takes up gets a case of its own."""
    rules = rulebook("mtvh")
    flags = (Raised(Flag.DATA_REQUEST, "my data"),)
    own, _ = last(
        rules,
        mail(Intent.OTHER, "2026-03-02", flags=flags),
        act(Act.CLOSE, "2026-03-05", words="answered"),
    )
    assert own.matter is Matter.DATA_PROTECTION
    taken = decide(own, act(Act.ESCALATE, "2026-03-06", "alex", text="They complain of it."), rules)
    assert taken.opens is not None
    assert taken.case is not None and taken.case.stage is Stage.CLOSED
    assert "Stage 2" not in taken.summary


def test_a_case_that_is_reopened_after_a_notice_of_delay_is_told_again_how_it_stands() -> None:
    rules = rulebook("code-2024")
    events = (
        COMPLAINT,
        act(Act.EXTEND, "2026-03-09", working_days=10, reason="the survey is on 24 March"),
        act(Act.CLOSE, "2026-03-10", words="withdrawn"),
    )
    _, reopened = last(rules, *events, act(Act.REOPEN, "2026-03-12"))
    assert Timer.UPDATE in timers(reopened.effects)


def test_the_letters_of_a_case_go_to_one_resident_who_is_named_twice() -> None:
    """#resident again puts a wrong address right; the writer stays who wrote."""
    rules = rulebook("mtvh")
    flags = (Raised(Flag.REPRESENTATIVE, "for my mother"),)
    case, _ = last(
        rules,
        mail(Intent.NEW_COMPLAINT, "2026-03-02", flags=flags),
        act(Act.RESIDENT, "2026-03-03", words="Ann Finch", address="ann@example.com"),
        act(Act.RESIDENT, "2026-03-04", words="Ann Finch", address="ann.finch@example.com"),
    )
    assert case.resident == Party("ann.finch@example.com", "Ann Finch")
    assert [p.address for p in case.third_parties] == [RESIDENT.address]
