"""The three tables, cell by cell, and the stories that run through them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

import pytest
from casework_samples import (
    ALEX,
    DANA,
    MORGAN,
    PRIYA,
    RESIDENT,
    SAM,
    at,
    by_itself,
    letters,
    mail,
    policy,
    rulebook,
    timers,
)

from mailbot.casework.lifecycle import ON_CLOCK, ON_MAIL, ON_STAFF, decide
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Bounced,
    CancelTimer,
    Case,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    Note,
    Raised,
    ReplyKind,
    SendLetter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.reports.flow import samples

POLICIES = ("code-2024", "mtvh")
STAGES = tuple(s for s in Stage if s is not Stage.NONE)


def act(
    what: Act, day: str, *, who: str = "sam", words: str = "", text: str = "", **more: object
) -> StaffActed:
    return StaffActed(at(day), who, what, words=words, text=text, **more)  # type: ignore[arg-type]


def fell(timer: Timer, day: str, time: str = "08:30", subject: str = "") -> TimerFell:
    return TimerFell(at(day, time), timer, at(day, time), subject)


def run(rules: Rulebook, *events: Event) -> list[Decision]:
    """Carry the events out one after the other on one case."""
    case: Case | None = None
    decisions = []
    for event in events:
        decision = decide(case, event, rules)
        assert not decision.refused, decision.refused
        decisions.append(decision)
        case = decision.case
    return decisions


def complaint(day: str = "2026-03-02") -> Event:
    return mail(Intent.NEW_COMPLAINT, day)


# ------------------------------------------------------------------ the tables are total


def test_every_table_answers_every_stage_and_cause() -> None:
    assert set(ON_MAIL) == set(Stage)
    assert set(ON_CLOCK) == set(ON_STAFF) == set(STAGES)
    assert all(set(row) == set(Intent) for row in ON_MAIL.values())
    assert all(set(row) == set(Timer) for row in ON_CLOCK.values())
    assert all(set(row) == set(Act) for row in ON_STAFF.values())


def well_formed(decision: Decision, before: Case | None) -> None:
    """What every decision keeps: a case is never lost, every order has its clauses, staff letters go to staff."""
    assert decision.summary
    if before is not None:
        assert decision.case is not None
        assert decision.case.reference == before.reference
        assert decision.case.parties == before.parties
    for effect in decision.effects:
        match effect:
            case SendLetter():
                assert effect.because, effect.letter
                assert effect.to
                assert (effect.audience is Audience.RESIDENT) == (not effect.person)
            case SetTimer():
                assert effect.because, effect.timer
                assert effect.due_at.tzinfo is not None
            case CancelTimer() | Note():
                pass


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(("stage", "intent"), list(itertools.product(Stage, Intent)))
def test_every_mail_gets_an_answer_at_every_stage(name: str, stage: Stage, intent: Intent) -> None:
    rules = rulebook(name)
    before = None if stage is Stage.NONE else samples(rules)[stage]
    decision = decide(before, mail(intent, "2026-03-05"), rules)
    well_formed(decision, before)
    assert decision.because
    if before is not None and decision.opens is None:
        assert letters(decision.effects), "a mail about a case always reaches a person"
    if intent in (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST, Intent.UNSURE):
        assert decision.case is not None, "what may be a complaint is never just filed"


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(("stage", "timer"), list(itertools.product(STAGES, Timer)))
def test_every_timer_gets_an_answer_at_every_stage(name: str, stage: Stage, timer: Timer) -> None:
    rules = rulebook(name)
    before = samples(rules)[stage]
    decision = decide(before, fell(timer, "2026-05-29", subject="1"), rules)
    well_formed(decision, before)


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(("stage", "what"), list(itertools.product(STAGES, Act)))
def test_every_act_is_done_or_refused_with_a_reason_at_every_stage(
    name: str, stage: Stage, what: Act
) -> None:
    rules = rulebook(name)
    before = samples(rules)[stage]
    event = act(
        what,
        "2026-03-05",
        who="alex",
        words="agreed" if what is Act.CLOSE else "upheld",
        text="Dear Jo",
        until=dt.date(2026, 3, 23),
        number=1,
        reason="the survey is on 20 March",
        intent=Intent.NEW_COMPLAINT,
        person="alex",
    )
    decision = decide(before, event, rules)
    if decision.refused:
        assert decision.case == before
        assert decision.effects == ()
        assert decision.refused.endswith(".") or "#" in decision.refused
    else:
        well_formed(decision, before)
        echo = [e for e in letters(decision.effects) if e.letter is Letter.COMMAND_DONE]
        opens = decision.opens.handed_in_by if decision.opens else ""  # the case that it opens says so
        assert [e.person for e in echo] == ["alex"] or opens == "alex", "every act is echoed to who did it"


@pytest.mark.parametrize(
    ("stage", "what"), list(itertools.product(STAGES, (Act.NOTE, Act.HELP, Act.HISTORY)))
)
def test_what_is_internal_has_no_way_to_the_resident(stage: Stage, what: Act) -> None:
    rules = rulebook()
    decision = decide(samples(rules)[stage], act(what, "2026-03-05", text="He is difficult"), rules)
    assert [e.audience for e in letters(decision.effects)] == [Audience.HANDLER]


# ------------------------------------------------------------------ opening and acknowledging


def test_a_complaint_is_opened_given_to_somebody_and_acknowledged_at_once() -> None:
    """mtvh 3.2 b3: reference, handler's name and contact details within 5 working days."""
    (decision,) = run(rulebook(), complaint())
    case = decision.case
    assert case is not None and case.stage1 is not None
    assert case.stage is Stage.STAGE1_OPEN
    assert case.handler == case.stage1.handler
    assert case.handler in {"priya", "sam"}
    (letter,) = [e for e in letters(decision.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.to == RESIDENT.address
    assert letter.facts["definition"] == "The kitchen ceiling leaks and nobody has come."
    assert letter.facts["outcome_sought"] == "Please mend it."
    assert letter.facts["handler"]["name"] in {SAM.name, PRIYA.name}  # type: ignore[index, call-overload]
    assert "3.2 b3" in letter.because


def test_the_dates_of_stage_1_are_those_of_the_policy_received_before_christmas() -> None:
    """mtvh 3.2 b3 and b4, Code 6.2 and 6.3: received 19 December 2025, acknowledged on the last day."""
    rules = rulebook(habits=Habits(confirm_acknowledgement=True))
    opened, late = run(rules, complaint("2025-12-19"), fell(Timer.ACKNOWLEDGE, "2025-12-30", "16:00"))
    assert opened.case is not None and opened.case.stage1 is not None
    assert opened.case.stage1.acknowledge.outer == dt.date(2025, 12, 30)
    assert late.case is not None and late.case.stage1 is not None
    assert late.case.stage1.respond.target == dt.date(2026, 1, 7)  # ten working days from receipt
    assert late.case.stage1.respond.outer == dt.date(2026, 1, 14)  # ten from the acknowledgement


def test_an_acknowledgement_that_nobody_confirms_goes_by_itself_before_its_window_ends() -> None:
    rules = rulebook(habits=Habits(confirm_acknowledgement=True))
    opened, sent = run(rules, complaint("2026-03-02"), fell(Timer.ACKNOWLEDGE, "2026-03-06", "16:00"))
    assert Letter.ACKNOWLEDGEMENT not in {e.letter for e in letters(opened.effects)}
    assert Letter.CONFIRM_ACKNOWLEDGEMENT in {e.letter for e in letters(opened.effects)}
    assert timers(opened.effects)[Timer.ACKNOWLEDGE] == dt.date(2026, 3, 6)  # due on the 9th
    assert Letter.ACKNOWLEDGEMENT in {e.letter for e in letters(sent.effects)}


def test_a_confirmed_acknowledgement_goes_once() -> None:
    rules = rulebook(habits=Habits(confirm_acknowledgement=True))
    _, confirmed, timer = run(
        rules,
        complaint("2026-03-02"),
        act(Act.CONFIRM, "2026-03-03"),
        fell(Timer.ACKNOWLEDGE, "2026-03-06", "16:00"),
    )
    assert Letter.ACKNOWLEDGEMENT in {e.letter for e in letters(confirmed.effects)}
    assert letters(timer.effects) == []


def test_nothing_is_acknowledged_before_somebody_has_the_case() -> None:
    away = tuple(
        dataclasses.replace(p, away=((dt.date(2026, 3, 2), dt.date(2026, 3, 31)),))
        if p in (SAM, PRIYA)
        else p
        for p in (SAM, PRIYA, MORGAN, ALEX)
    )
    rules = rulebook(people=away)
    opened, asked, held = run(
        rules,
        complaint("2026-03-02"),
        fell(Timer.ASSIGN, "2026-03-03"),
        fell(Timer.ASSIGN, "2026-03-06"),
    )
    for decision in (opened, asked):
        assert {e.letter for e in letters(decision.effects)} == {Letter.ALERT}
        assert {e.person for e in letters(decision.effects)} == {"alex"}
    assert held.case is not None and held.case.handler == "alex"  # so that it is acknowledged by the 9th
    assert Letter.ACKNOWLEDGEMENT in {e.letter for e in letters(held.effects)}


def test_a_complaint_that_names_a_handler_never_goes_to_them() -> None:
    """mtvh 4: each complaint is reviewed for conflicts of interest."""
    event = mail(Intent.NEW_COMPLAINT, "2026-03-02", text="Priya Shah hung up on me.")
    (decision,) = run(rulebook(loads={"sam": 30}), event)
    assert decision.case is not None and decision.case.handler == "sam"


def test_mail_on_the_case_of_somebody_who_left_says_that_nobody_has_it() -> None:
    (opened,) = run(rulebook(), mail(Intent.NEW_COMPLAINT, "2026-03-02"))
    assert opened.case is not None
    left = dataclasses.replace(opened.case, handler="somebody-who-left")
    decision = decide(left, mail(Intent.REPLY, "2026-03-04"), rulebook())
    (shown,) = (e for e in letters(decision.effects) if e.letter is Letter.CASE_MAIL)
    assert shown.person == "alex" and "#assign" in str(shown.facts["warning"])


# ------------------------------------------------------------------ danger


@pytest.mark.parametrize("intent", list(Intent))
def test_a_danger_reaches_the_duty_person_at_once_whatever_else_the_mail_is(intent: Intent) -> None:
    event = mail(intent, "2026-03-28", "20:00", flags=(Raised(Flag.URGENT_HAZARD, "smell of gas"),))
    decision = decide(None, event, rulebook())
    first = letters(decision.effects)[0]
    assert (first.letter, first.audience, first.person) == (Letter.ALERT, Audience.DUTY, DANA.key)
    assert first.facts["urgency"] == "now"
    assert first.facts["phrases"] == ["smell of gas"]
    assert "29 March 2026 at 21:00" in str(
        first.facts["lines"]
    )  # 24 elapsed hours over the change of the clocks


# ------------------------------------------------------------------ service requests


def test_a_service_request_gets_its_own_receipt_and_becomes_a_complaint_when_dissatisfaction_follows() -> (
    None
):
    """Code 1.4 and 1.5: the complaint's clock runs from the dissatisfied mail."""
    asked, turned = run(
        rulebook("code-2024"),
        mail(Intent.SERVICE_REQUEST, "2026-03-02"),
        mail(Intent.NEW_COMPLAINT, "2026-03-16"),
    )
    assert asked.case is not None and asked.case.stage is Stage.SERVICE_REQUEST
    assert Letter.SERVICE_REQUEST_RECEIPT in {e.letter for e in letters(asked.effects)}
    case = turned.case
    assert case is not None and case.stage1 is not None
    assert case.stage is Stage.STAGE1_OPEN
    assert case.was_service_request
    assert case.stage1.acknowledge.outer == dt.date(2026, 3, 23)
    (letter,) = [e for e in letters(turned.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["from_service_request"] is True


def test_an_unanswered_service_request_is_chased_until_it_is_answered() -> None:
    rules = rulebook()
    asked, chased = run(
        rules, mail(Intent.SERVICE_REQUEST, "2026-03-02"), fell(Timer.SERVICE_CHASE, "2026-03-05")
    )
    assert timers(asked.effects)[Timer.SERVICE_CHASE] == dt.date(2026, 3, 5)
    assert [e.letter for e in letters(chased.effects)] == [Letter.CHASER]
    assert timers(chased.effects)[Timer.SERVICE_CHASE] == dt.date(2026, 3, 10)
    assert chased.case is not None
    answered = decide(chased.case, act(Act.REPLY, "2026-03-05", text="The fob is in the post."), rules)
    assert CancelTimer(Timer.SERVICE_CHASE) in answered.effects


# ------------------------------------------------------------------ unsure


def test_an_unclear_mail_goes_to_a_person_and_counts_as_a_complaint_if_nobody_decides() -> None:
    rules = rulebook()
    asked, taken = run(rules, mail(Intent.UNSURE, "2026-03-02"), fell(Timer.SORT, "2026-03-06", "16:00", "1"))
    assert asked.case is not None and asked.case.stage is Stage.UNSORTED
    assert [e.letter for e in letters(asked.effects)] == [Letter.QUESTION]
    assert timers(asked.effects)[Timer.SORT] == dt.date(2026, 3, 6)
    case = taken.case
    assert case is not None and case.stage1 is not None
    assert case.stage1.requested_at == at("2026-03-02")
    (letter,) = [e for e in letters(taken.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["provisional"] is True
    assert letter.facts["late"] is False


@pytest.mark.parametrize(
    ("intent", "stage"),
    [
        (Intent.NEW_COMPLAINT, Stage.STAGE1_OPEN),
        (Intent.SERVICE_REQUEST, Stage.SERVICE_REQUEST),
        (Intent.OTHER, Stage.CLOSED),
    ],
)
def test_a_person_says_what_an_unclear_mail_is(intent: Intent, stage: Stage) -> None:
    rules = rulebook()
    asked, sorted_ = run(
        rules, mail(Intent.UNSURE, "2026-03-02"), act(Act.SORT, "2026-03-03", who="alex", intent=intent)
    )
    assert sorted_.case is not None and sorted_.case.stage is stage
    assert CancelTimer(Timer.SORT, "1") in sorted_.effects
    assert sorted_.case.open_questions == ()
    assert asked.case is not None
    late = decide(sorted_.case, fell(Timer.SORT, "2026-03-06", "16:00", "1"), rules)
    assert late.case == sorted_.case


def test_the_only_open_case_of_sender_and_subject_is_a_suggestion_that_a_person_decides() -> None:
    rules = rulebook()
    event = mail(Intent.REPLY, "2026-03-02", suggested="CC-2026-000009-1")
    asked, moved = run(rules, event, act(Act.SORT, "2026-03-03", who="alex", intent=Intent.REPLY))
    assert "CC-2026-000009-1" in str(letters(asked.effects)[0].facts["readings"])
    assert moved.moves is not None and moved.moves[0] == "CC-2026-000009-1"
    assert moved.case is not None and moved.case.stage is Stage.CLOSED


# ------------------------------------------------------------------ responding, extending, escalating


def answered(rules: Rulebook, *more: Event) -> list[Decision]:
    return run(
        rules, complaint("2026-03-02"), act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry."), *more
    )


def test_the_response_stops_the_clocks_of_the_stage_and_says_how_to_go_on() -> None:
    _, decision = answered(rulebook())
    assert decision.case is not None and decision.case.stage is Stage.STAGE1_RESPONDED
    (letter,) = [e for e in letters(decision.effects) if e.letter is Letter.RESPONSE]
    assert letter.facts["next_stage_name"]
    assert letter.facts["decision"] == "upheld"
    for timer in (Timer.RESPONSE_NEAR, Timer.RESPONSE_DUE, Timer.RESPONSE_LATE, Timer.CONTACT):
        assert CancelTimer(timer) in decision.effects


def test_a_response_before_the_acknowledgement_sends_the_acknowledgement_first() -> None:
    rules = rulebook(habits=Habits(confirm_acknowledgement=True))
    _, decision = run(
        rules, complaint("2026-03-02"), act(Act.RESPOND, "2026-03-03", words="upheld", text="Sorry.")
    )
    resident = [e.letter for e in letters(decision.effects) if e.audience is Audience.RESIDENT]
    assert resident == [Letter.ACKNOWLEDGEMENT, Letter.RESPONSE]


def test_an_extension_counts_from_the_original_date_and_has_a_cap() -> None:
    """Code 6.4: ten working days without good reason, reasons given, told before the date has passed."""
    rules = rulebook()
    opened, extended = run(
        rules,
        complaint("2026-03-02"),
        act(Act.EXTEND, "2026-03-12", working_days=10, reason="the survey is late"),
    )
    assert opened.case is not None and opened.case.stage1 is not None
    original = opened.case.stage1.respond.outer
    (letter,) = [e for e in letters(extended.effects) if e.letter is Letter.EXTENSION_NOTICE]
    assert letter.facts["original_due"] == original.isoformat()
    assert letter.facts["new_due"] == rules.calendar.add_working_days(original, 10).isoformat()
    too_long = decide(opened.case, act(Act.EXTEND, "2026-03-12", working_days=11, reason="x"), rules)
    assert "10 working days" in too_long.refused
    by_supervisor = decide(
        opened.case,
        act(Act.EXTEND, "2026-03-12", who="alex", working_days=15, reason="asbestos found"),
        rules,
    )
    assert not by_supervisor.refused
    assert "reason" in decide(opened.case, act(Act.EXTEND, "2026-03-12", working_days=5), rules).refused
    too_late = decide(opened.case, act(Act.EXTEND, "2026-03-31", working_days=5, reason="x"), rules)
    assert "after that" in too_late.refused


def test_stage_2_goes_to_somebody_who_had_no_part_in_stage_1_and_asks_for_no_reasons() -> None:
    """mtvh 3.2 b6 and b8, Code 6.10, 6.12, 6.13."""
    *_, decision = answered(
        rulebook(), mail(Intent.ESCALATION_REQUEST, "2026-03-12", text="I want this looked at again")
    )
    case = decision.case
    assert case is not None and case.stage2 is not None
    assert case.stage is Stage.STAGE2_OPEN
    assert case.handler == MORGAN.key
    assert case.had_part and MORGAN.key not in case.had_part
    assert case.stage2.acknowledge.outer == dt.date(2026, 3, 19)
    assert case.stage2.respond.target == dt.date(
        2026, 4, 13
    )  # twenty working days over Easter, from the request
    (letter,) = [e for e in letters(decision.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["stage"] == 2


def test_stage_2_waits_for_a_person_where_everybody_had_part_in_stage_1() -> None:
    people = (dataclasses.replace(SAM, roles=("handler", "stage2")), ALEX)
    *_, decision = answered(rulebook(people=people), mail(Intent.ESCALATION_REQUEST, "2026-03-12"))
    assert decision.case is not None and decision.case.handler == ""
    assert Letter.ALERT in {e.letter for e in letters(decision.effects)}
    refused = decide(
        decision.case, act(Act.ASSIGN, "2026-03-12", who="alex", person="Sam Okafor"), rulebook(people=people)
    )
    assert "had part in stage 1" in refused.refused


def test_the_final_response_names_the_last_day_for_the_ombudsman() -> None:
    *_, final = answered(
        rulebook(),
        mail(Intent.ESCALATION_REQUEST, "2026-03-12"),
        act(Act.RESPOND, "2026-03-31", who="morgan", words="not upheld", text="We looked again."),
    )
    (letter,) = [e for e in letters(final.effects) if e.letter is Letter.FINAL_RESPONSE]
    assert letter.facts["ombudsman_until"] == "2027-03-31"


def test_dissatisfaction_after_the_final_response_is_signposted() -> None:
    *_, signposted = answered(
        rulebook(),
        mail(Intent.ESCALATION_REQUEST, "2026-03-12"),
        act(Act.RESPOND, "2026-03-31", who="morgan", words="not upheld", text="We looked again."),
        mail(Intent.ESCALATION_REQUEST, "2026-04-02"),
    )
    assert signposted.case is not None and signposted.case.stage is Stage.STAGE2_RESPONDED
    assert [e.letter for e in letters(signposted.effects)] == [Letter.SIGNPOSTING, Letter.CASE_MAIL]


def test_a_correction_joins_what_we_understood() -> None:
    event = mail(
        Intent.REPLY,
        "2026-03-03",
        kind=ReplyKind.CORRECTS_SUMMARY,
        text="It is the bathroom, not the kitchen.",
    )
    _, decision = run(rulebook(), complaint(), event)
    assert decision.case is not None and decision.case.stage1 is not None
    assert "It is the bathroom" in decision.case.stage1.definition


# ------------------------------------------------------------------ chasing


def test_a_response_is_chased_before_its_target_on_it_and_every_working_day_after_the_outer_date() -> None:
    rules = rulebook()
    (opened,) = run(rules, complaint("2026-03-02"))
    case = opened.case
    assert case is not None and case.stage1 is not None
    assert case.stage1.respond.target == dt.date(2026, 3, 16)
    due = timers(opened.effects)
    assert due[Timer.RESPONSE_NEAR] == dt.date(2026, 3, 12)
    assert due[Timer.RESPONSE_DUE] == dt.date(2026, 3, 16)
    near = decide(case, fell(Timer.RESPONSE_NEAR, "2026-03-12"), rules)
    assert [e.person for e in letters(near.effects)] == [case.handler]
    late_from = due[Timer.RESPONSE_LATE]
    assert late_from == rules.calendar.add_working_days(case.stage1.respond.outer, 1)
    late = decide(case, fell(Timer.RESPONSE_LATE, late_from.isoformat()), rules)
    assert {e.person for e in letters(late.effects)} == {case.handler, "alex"}
    assert timers(late.effects)[Timer.RESPONSE_LATE] == rules.calendar.add_working_days(late_from, 1)


def test_nothing_is_chased_that_is_done() -> None:
    *_, decision = answered(rulebook(), fell(Timer.RESPONSE_LATE, "2026-03-20"))
    assert decision.effects == ()


def test_a_promise_is_chased_until_it_is_done_even_after_the_case_is_answered() -> None:
    rules = rulebook()
    *_, promised = run(
        rules,
        complaint("2026-03-02"),
        act(Act.ACTION, "2026-03-05", words="replace the door seal", until=dt.date(2026, 3, 13)),
    )
    assert timers(promised.effects)[Timer.ACTION_DUE] == dt.date(2026, 3, 13)
    assert promised.case is not None
    chased = decide(promised.case, fell(Timer.ACTION_DUE, "2026-03-16", subject="1"), rules)
    assert {e.person for e in letters(chased.effects)} == {promised.case.handler, "alex"}
    done = decide(promised.case, act(Act.DONE, "2026-03-16", number=1), rules)
    assert CancelTimer(Timer.ACTION_DUE, "1") in done.effects


# ------------------------------------------------------------------ silence


def test_silence_closes_only_after_a_full_answer_and_the_whole_window() -> None:
    rules = by_itself(rulebook("code-2024"))
    _, response = answered(rules)
    due = timers(response.effects)
    assert due[Timer.CLOSE_SILENT] == dt.date(
        2026, 4, 10
    )  # 20 working days from 10 March, over Easter, are 9 April
    assert due[Timer.REMIND_WINDOW] == dt.date(2026, 3, 31)
    assert response.case is not None
    reminded = decide(response.case, fell(Timer.REMIND_WINDOW, "2026-03-31"), rules)
    assert [e.letter for e in letters(reminded.effects)] == [Letter.CLOSING_REMINDER]
    assert letters(reminded.effects)[0].facts["close_on"] == "2026-04-10"
    early = decide(response.case, fell(Timer.CLOSE_SILENT, "2026-04-09"), rules)
    assert early.case == response.case
    closed = decide(response.case, fell(Timer.CLOSE_SILENT, "2026-04-10"), rules)
    assert closed.case is not None and closed.case.closed_because == "silence"
    assert [e.letter for e in letters(closed.effects)] == [Letter.CLOSURE]


@pytest.mark.parametrize("hindrance", ["promise", "question", "their word", "bounce"])
def test_silence_is_none_while_something_is_owed_or_the_resident_was_not_reached(hindrance: str) -> None:
    rules = rulebook("code-2024")
    event: Event = {
        "promise": act(Act.ACTION, "2026-03-12", words="mend the roof", until=dt.date(2026, 5, 1)),
        "question": mail(Intent.UNSURE, "2026-03-12"),
        "their word": mail(Intent.REPLY, "2026-03-12", kind=ReplyKind.CHASES_UPDATE),
        "bounce": Bounced(at("2026-03-12"), "m", RESIDENT.address, "response"),
    }[hindrance]
    *_, before = answered(rules, event)
    assert before.case is not None
    decision = decide(before.case, fell(Timer.CLOSE_SILENT, "2026-04-10"), rules)
    assert decision.case == before.case
    assert decision.summary.startswith("Not closed")
    assert timers(decision.effects)[Timer.CLOSE_SILENT] > dt.date(2026, 4, 10)


def test_our_word_starts_the_silence_again() -> None:
    rules = rulebook("code-2024")
    *_, replied = answered(
        rules,
        mail(Intent.REPLY, "2026-03-12", kind=ReplyKind.CHASES_UPDATE),
        act(Act.REPLY, "2026-03-17", text="The roofer comes on Friday."),
    )
    assert timers(replied.effects)[Timer.CLOSE_SILENT] == dt.date(2026, 4, 17)


def test_a_bounce_is_no_contact_and_moves_no_stage() -> None:
    _, decision = run(
        rulebook(), complaint(), Bounced(at("2026-03-03"), "m", RESIDENT.address, "acknowledgement")
    )
    assert decision.case is not None
    assert decision.case.stage is Stage.STAGE1_OPEN
    assert decision.case.unreachable == (RESIDENT.address,)
    assert [e.letter for e in letters(decision.effects)] == [Letter.ALERT]


# ------------------------------------------------------------------ closing and reopening


def test_agreement_closes_only_what_is_answered_and_done() -> None:
    rules = rulebook()
    (opened,) = run(rules, complaint())
    assert opened.case is not None
    assert "response" in decide(opened.case, act(Act.CLOSE, "2026-03-05", words="agreed"), rules).refused
    *_, promised = answered(rules, act(Act.ACTION, "2026-03-11", words="paint", until=dt.date(2026, 4, 1)))
    assert promised.case is not None
    assert "#done 1" in decide(promised.case, act(Act.CLOSE, "2026-03-12", words="agreed"), rules).refused
    *_, closed = answered(rules, act(Act.CLOSE, "2026-03-12", words="agreed"))
    assert closed.case is not None and closed.case.closed_because == "agreed"
    assert Letter.CLOSURE in {e.letter for e in letters(closed.effects)}


@pytest.mark.parametrize(
    ("kind", "reopens"),
    [
        (ReplyKind.PROVIDES_INFORMATION, True),
        (ReplyKind.CHASES_UPDATE, True),
        (ReplyKind.THANKS, False),
        (None, True),
    ],
)
def test_any_real_reply_reopens_a_closed_case_and_thanks_do_not(
    kind: ReplyKind | None, reopens: bool
) -> None:
    rules = by_itself(rulebook("code-2024"))
    *_, decision = answered(
        rules, fell(Timer.CLOSE_SILENT, "2026-04-10"), mail(Intent.REPLY, "2026-04-20", kind=kind)
    )
    assert decision.case is not None
    assert (decision.case.stage is Stage.STAGE1_RESPONDED) == reopens
    assert (Letter.REOPENED in {e.letter for e in letters(decision.effects)}) == reopens
    assert Letter.CASE_MAIL in {e.letter for e in letters(decision.effects)}


def test_a_closed_case_can_still_go_to_stage_2() -> None:
    rules = by_itself(rulebook("code-2024"))
    *_, decision = answered(
        rules, fell(Timer.CLOSE_SILENT, "2026-04-10"), mail(Intent.ESCALATION_REQUEST, "2026-04-20")
    )
    assert decision.case is not None and decision.case.stage is Stage.STAGE2_OPEN
    assert decision.case.closed_at is None


# ------------------------------------------------------------------ trust


def test_a_stranger_with_the_reference_changes_nothing_and_learns_nothing() -> None:
    rules = rulebook()
    (opened,) = run(rules, complaint())
    for intent in Intent:
        decision = decide(opened.case, mail(intent, "2026-03-04", trusted=False), rules)
        assert decision.case == opened.case
        assert Audience.RESIDENT not in {e.audience for e in letters(decision.effects)}


def test_the_policy_names_every_clause_that_a_decision_cites() -> None:
    for name in POLICIES:
        rules = rulebook(name)
        known = set(policy(name).clauses)
        for stage, intent in itertools.product(Stage, Intent):
            before = None if stage is Stage.NONE else samples(rules)[stage]
            decision = decide(before, mail(intent, "2026-03-05"), rules)
            cited = set(decision.because) | {
                c for e in decision.effects if isinstance(e, SendLetter | SetTimer) for c in e.because
            }
            assert cited <= known
