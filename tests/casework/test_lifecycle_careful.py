"""Nobody is closed, forgotten or misled: what goes wrong between the cells of the tables."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from casework_samples import (
    ALEX,
    MORGAN,
    PRIYA,
    RESIDENT,
    SAM,
    at,
    by_itself,
    letters,
    mail,
    rulebook,
    timers,
)

from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    Person,
    Raised,
    ReplyKind,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.reports.flow import samples


def act(what: Act, day: str, who: str = "sam", words: str = "", text: str = "", **more: object) -> StaffActed:
    return StaffActed(at(day), who, what, words=words, text=text, **more)  # type: ignore[arg-type]


def fell(timer: Timer, day: str, time: str = "08:30", subject: str = "") -> TimerFell:
    return TimerFell(at(day, time), timer, at(day, time), subject)


def after(rules: Rulebook, *events: Event) -> Case:
    """The case that these events leave behind."""
    return last(rules, *events)[0]


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

# ------------------------------------------------------------------ silence


def test_a_reminder_that_comes_late_leaves_its_reader_as_much_time() -> None:
    """The service stood still from 30 March to 20 April; the silence was complete on 9 April."""
    rules = rulebook("code-2024")
    case, reminded = last(rules, COMPLAINT, RESPONSE, fell(Timer.REMIND_WINDOW, "2026-04-20"))
    (letter,) = letters(reminded.effects)
    assert letter.facts["close_on"] == "2026-04-27"
    assert timers(reminded.effects)[Timer.CLOSE_SILENT] == dt.date(2026, 4, 27)
    assert case.stage is Stage.STAGE1_RESPONDED


def test_nobody_is_closed_for_silence_without_having_been_reminded() -> None:
    """A promise stood in the way of the reminder; when it is kept the reminder goes first."""
    rules = rulebook("code-2024")
    case = after(
        rules,
        COMPLAINT,
        act(Act.ACTION, "2026-03-05", words="mend the roof", until=dt.date(2026, 4, 1)),
        RESPONSE,
    )
    waits = decide(case, fell(Timer.REMIND_WINDOW, "2026-03-31"), rules)
    assert letters(waits.effects) == []
    assert timers(waits.effects)[Timer.REMIND_WINDOW] == dt.date(2026, 4, 1)
    done = after(rules, COMPLAINT, RESPONSE)
    reminded = decide(done, fell(Timer.REMIND_WINDOW, "2026-04-14"), rules)
    assert kinds(reminded) == [Letter.CLOSING_REMINDER]
    assert timers(reminded.effects)[Timer.CLOSE_SILENT] == dt.date(2026, 4, 21)


@pytest.mark.parametrize("name", ["code-2024", "mtvh"])
def test_a_question_after_the_response_is_chased_until_it_is_answered(name: str) -> None:
    rules = rulebook(name)
    asks = mail(Intent.REPLY, "2026-03-12", kind=ReplyKind.CHASES_UPDATE)
    case, asked = last(rules, COMPLAINT, RESPONSE, asks)
    due = timers(asked.effects)[Timer.CLOSE_SILENT]
    assert dt.date(2026, 3, 12) < due <= dt.date(2026, 3, 19)
    chased = decide(case, fell(Timer.CLOSE_SILENT, due.isoformat()), rules)
    assert chased.case == case
    assert [(e.letter, e.person) for e in letters(chased.effects)] == [(Letter.CHASER, case.handler)]
    assert timers(chased.effects)[Timer.CLOSE_SILENT] > due


def test_a_mail_that_was_set_aside_breaks_the_silence_of_its_sender() -> None:
    rules = rulebook("code-2024")
    case = after(rules, COMPLAINT, RESPONSE)
    unread = dataclasses.replace(rules, unread=frozenset({RESIDENT.address}))
    for timer in (Timer.REMIND_WINDOW, Timer.CLOSE_SILENT):
        decision = decide(case, fell(timer, "2026-04-10"), unread)
        assert decision.case == case
        assert letters(decision.effects) == []


def test_a_case_that_a_reply_reopened_is_chased_and_not_closed_again_unanswered() -> None:
    rules = rulebook("code-2024")
    case, reopened = last(
        rules,
        COMPLAINT,
        RESPONSE,
        fell(Timer.CLOSE_SILENT, "2026-04-10"),
        mail(Intent.REPLY, "2026-04-20", kind=ReplyKind.CHASES_UPDATE),
    )
    assert case.stage is Stage.STAGE1_RESPONDED
    due = timers(reopened.effects)[Timer.CLOSE_SILENT]
    assert due <= dt.date(2026, 4, 27)
    for day in (due.isoformat(), "2026-06-30"):
        decision = decide(case, fell(Timer.CLOSE_SILENT, day), rules)
        assert decision.case == case
        assert kinds(decision) == [Letter.CHASER]


def test_a_stage_that_is_reopened_unacknowledged_is_acknowledged_after_all() -> None:
    rules = rulebook(habits=Habits(confirm_acknowledgement=True))
    _, reopened = last(
        rules,
        COMPLAINT,
        act(Act.CLOSE, "2026-03-03", words="withdrawn"),
        mail(Intent.REPLY, "2026-03-04", kind=ReplyKind.PROVIDES_INFORMATION),
    )
    assert timers(reopened.effects)[Timer.ACKNOWLEDGE] == dt.date(2026, 3, 6)
    assert Timer.RESPONSE_LATE in timers(reopened.effects)


def test_a_further_word_on_an_answered_request_is_chased() -> None:
    rules = rulebook("code-2024")
    case, again = last(
        rules,
        mail(Intent.SERVICE_REQUEST, "2026-03-02"),
        act(Act.REPLY, "2026-03-04", text="It is in the post."),
        mail(Intent.REPLY, "2026-03-12", kind=ReplyKind.CHASES_UPDATE),
    )
    due = timers(again.effects)[Timer.SERVICE_CHASE]
    chased = decide(case, fell(Timer.SERVICE_CHASE, due.isoformat()), rules)
    assert kinds(chased) == [Letter.CHASER]


# ------------------------------------------------------------------ questions


def test_nothing_is_closed_while_nobody_has_said_what_a_mail_is() -> None:
    rules = rulebook("code-2024")
    case = after(rules, COMPLAINT, RESPONSE, mail(Intent.UNSURE, "2026-03-12"))
    for word in ("agreed", "withdrawn"):
        refused = decide(case, act(Act.CLOSE, "2026-03-13", words=word), rules).refused
        assert "#sort" in refused


def test_a_further_grievance_can_be_made_a_case_of_its_own_as_its_mail_says() -> None:
    """Code 6.8."""
    rules = rulebook("code-2024")
    further = mail(Intent.NEW_COMPLAINT, "2026-03-04", text="And the lift is broken again.")
    case, folded = last(rules, COMPLAINT, further)
    (shown,) = letters(folded.effects)
    assert "#sort complaint" in str(shown.facts["warning"])
    parted = decide(case, act(Act.SORT, "2026-03-05", intent=Intent.NEW_COMPLAINT), rules)
    assert not parted.refused
    assert parted.opens is not None and parted.opens.received_at == further.received_at
    joined = decide(case, fell(Timer.SORT, "2026-03-10", "16:00", "1"), rules)
    assert joined.opens is None
    assert joined.case is not None and joined.case.open_questions == ()


def test_with_several_questions_open_a_person_says_which_is_meant() -> None:
    rules = rulebook("code-2024")
    case = after(
        rules, COMPLAINT, RESPONSE, mail(Intent.UNSURE, "2026-03-12"), mail(Intent.UNSURE, "2026-03-13")
    )
    assert "#sort 1" in decide(case, act(Act.SORT, "2026-03-13", intent=Intent.REPLY), rules).refused
    second = decide(case, act(Act.SORT, "2026-03-13", intent=Intent.REPLY, number=2), rules)
    assert second.case is not None and [q.number for q in second.case.open_questions] == [1]


# ------------------------------------------------------------------ who and when


def test_an_escalation_told_by_phone_dates_from_that_day() -> None:
    """What the resident wrote before the response asked for no next stage: stage 2 is not late at its birth."""
    rules = rulebook("code-2024")
    case, escalated = last(rules, COMPLAINT, RESPONSE, act(Act.ESCALATE, "2026-04-01", text="He rang."))
    assert case.stage2 is not None and case.stage2.requested_at == at("2026-04-01")
    (letter,) = [e for e in letters(escalated.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert (letter.facts["received_on"], letter.facts["late"]) == ("2026-04-01", False)


def test_who_answered_stage_1_does_not_answer_stage_2() -> None:
    """Code 6.13, for supervisors too: they may act on every case."""
    rules = rulebook("code-2024")
    by_alex = dataclasses.replace(RESPONSE, who="alex")
    case = after(rules, COMPLAINT, by_alex, mail(Intent.ESCALATION_REQUEST, "2026-03-12"))
    assert case.handler == MORGAN.key
    for who in ("alex", "sam", "priya"):
        answer = act(Act.RESPOND, "2026-03-16", who=who, words="upheld", text="Again.")
        refused = decide(case, answer, rules).refused
        assert ("had part in stage 1" in refused) == (who in case.had_part)
    assert "alex" in case.had_part


def away(*people: Person) -> tuple[Person, ...]:
    gone = ((dt.date(2026, 3, 2), dt.date(2026, 3, 31)),)
    return tuple(dataclasses.replace(p, away=gone) for p in people)


def test_a_supervisor_whom_the_complaint_names_does_not_hold_it_either() -> None:
    """mtvh 4: nobody looks into a complaint about themselves."""
    about = mail(Intent.NEW_COMPLAINT, "2026-03-02", text="Alex Reid shouted at me on the phone.")
    rules = rulebook(people=(*away(SAM, PRIYA), MORGAN, ALEX))
    case, decision = last(rules, about, fell(Timer.ASSIGN, "2026-03-06"))
    assert case.handler == ""
    assert timers(decision.effects)[Timer.ASSIGN] == dt.date(2026, 3, 9)


def test_stage_2_does_not_go_to_somebody_whom_the_request_names() -> None:
    people = (SAM, PRIYA, MORGAN, dataclasses.replace(MORGAN, key="zoe", name="Zoe Lamb"), ALEX)
    asks = mail(Intent.ESCALATION_REQUEST, "2026-03-12", text="Morgan Bell has laughed at this before.")
    case = after(rulebook("code-2024", people=people), COMPLAINT, RESPONSE, asks)
    assert case.handler == "zoe"


def test_another_matter_on_a_closed_case_alarms_people_once() -> None:
    rules = by_itself(rulebook("code-2024"))
    case = after(rules, COMPLAINT, RESPONSE, fell(Timer.CLOSE_SILENT, "2026-04-10"))
    gas = mail(Intent.NEW_COMPLAINT, "2026-04-20", flags=(Raised(Flag.URGENT_HAZARD, "smell of gas"),))
    first = decide(case, gas, rules)
    assert first.opens is not None
    second = decide(None, first.opens, rules)
    told = [e for d in (first, second) for e in letters(d.effects) if e.audience is Audience.DUTY]
    assert len(told) == 1


def test_a_case_that_was_neither_complaint_nor_request_did_not_begin_as_a_request() -> None:
    rules = rulebook("code-2024")
    _, turned = last(
        rules,
        mail(Intent.UNSURE, "2026-03-02"),
        act(Act.SORT, "2026-03-03", who="alex", intent=Intent.OTHER),
        mail(Intent.ESCALATION_REQUEST, "2026-03-04"),
    )
    (letter,) = [e for e in letters(turned.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["from_service_request"] is False


def test_an_escalation_from_an_unknown_address_is_shown_to_two_people() -> None:
    rules = rulebook("code-2024")
    case, decision = last(
        rules, COMPLAINT, RESPONSE, mail(Intent.ESCALATION_REQUEST, "2026-03-12", trusted=False)
    )
    assert case.stage is Stage.STAGE1_RESPONDED
    assert [(e.letter, e.person) for e in letters(decision.effects)] == [
        (Letter.CASE_MAIL, case.handler),
        (Letter.ALERT, "alex"),
    ]


@pytest.mark.parametrize("shown", [True, False])
def test_a_handlers_own_address_is_shown_only_where_the_landlord_wants_it(shown: bool) -> None:
    rules = rulebook(people=(SAM, ALEX), habits=Habits(show_handler_address=shown))
    _, decision = last(rules, COMPLAINT)
    (letter,) = [e for e in letters(decision.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    assert letter.facts["handler"]["address"] == (SAM.address if shown else "")  # type: ignore[index, call-overload]


def test_a_case_of_somebody_who_has_left_is_acknowledged_by_somebody_who_is_there() -> None:
    habits = Habits(confirm_acknowledgement=True)
    before = rulebook(people=(SAM, PRIYA, MORGAN, ALEX), habits=habits)
    case = after(before, COMPLAINT)
    stayed = tuple(p for p in (SAM, PRIYA, MORGAN, ALEX) if p.key != case.handler)
    decision = decide(
        case, fell(Timer.ACKNOWLEDGE, "2026-03-06", "16:00"), rulebook(people=stayed, habits=habits)
    )
    assert decision.case is not None and decision.case.handler in {p.key for p in stayed}
    resident = [e for e in letters(decision.effects) if e.letter is Letter.ACKNOWLEDGEMENT]
    asked = timers(decision.effects).get(Timer.ACKNOWLEDGE)
    assert resident or asked == dt.date(2026, 3, 6)


def test_an_alarm_rings_once_even_if_a_person_moves_the_mail_to_another_case() -> None:
    rules = rulebook()
    gas = (Raised(Flag.URGENT_HAZARD, "smell of gas"),)
    arrived = mail(Intent.REPLY, "2026-03-02", flags=gas, suggested="CC-2026-000009-1")
    asked = decide(None, arrived, rules)
    assert Letter.ALERT in {e.letter for e in letters(asked.effects)}
    sorted_ = decide(
        asked.case,
        StaffActed(at("2026-03-02", "11:00"), "alex", Act.SORT, intent=Intent.REPLY, number=1),
        rules,
    )
    assert sorted_.moves is not None
    target = decide(None, mail(Intent.NEW_COMPLAINT, "2026-02-20"), rules).case
    moved = decide(target, sorted_.moves[1], rules)
    assert Letter.ALERT not in {e.letter for e in letters(moved.effects)}
    assert moved.case is not None and Flag.URGENT_HAZARD in moved.case.flags


@pytest.mark.parametrize(
    ("number", "theirs", "not_theirs"), [(1, "Code 6.4", "Code 6.15"), (2, "Code 6.15", "Code 6.4")]
)
def test_an_act_cites_the_clauses_of_its_own_stage(number: int, theirs: str, not_theirs: str) -> None:
    rules = rulebook("code-2024")
    case = samples(rules)[Stage.STAGE1_OPEN if number == 1 else Stage.STAGE2_OPEN]
    event = StaffActed(at("2026-03-05"), "alex", Act.EXTEND, working_days=5, reason="the survey is late")
    decision = decide(case, event, rules)
    assert theirs in decision.because
    assert not_theirs not in decision.because


def test_what_a_supervisor_must_hear_goes_to_one_who_is_there() -> None:
    away = dataclasses.replace(ALEX, away=((dt.date(2026, 3, 2), dt.date(2026, 3, 6)),))
    robin = Person("robin", "Robin Hale", "robin@landlord.example.org", roles=("supervisor",))
    rules = dataclasses.replace(rulebook(people=(SAM, MORGAN, away, robin)), today=dt.date(2026, 3, 2))
    asked = decide(None, mail(Intent.UNSURE, "2026-03-02"), rules)
    assert [e.person for e in letters(asked.effects) if e.letter is Letter.QUESTION] == ["robin"]
    back = dataclasses.replace(rules, today=dt.date(2026, 3, 9))
    assert back.supervisor.key == "alex"


@pytest.mark.parametrize("subject", ["Leak in the kitchen", "", "   "])
def test_a_mail_without_words_is_acknowledged_with_its_subject_or_a_question(subject: str) -> None:
    """Photographs alone, or only quoted text: the acknowledgement still says what was understood, or asks."""
    empty = dataclasses.replace(
        mail(Intent.NEW_COMPLAINT, "2026-03-02", text=""), subject=subject, definition=""
    )
    decision = decide(None, empty, rulebook())
    (letter,) = [order for order in letters(decision.effects) if order.letter is Letter.ACKNOWLEDGEMENT]
    told = str(letter.facts["definition"])
    assert told == subject if subject.strip() else "Please tell us" in told


def test_the_acknowledgement_repeats_nothing_to_whom_nothing_vouches_for_and_people_keep_the_words() -> None:
    """Else our answer could be used to write to a third person. The case holds every word, for the handler and for the
    response that a person writes."""
    said = "BUY PILLS. The kitchen ceiling leaks."
    forged = dataclasses.replace(mail(Intent.NEW_COMPLAINT, "2026-03-02", text=said), vouched=False)
    decision = decide(None, forged, rulebook())
    (letter,) = [order for order in letters(decision.effects) if order.letter is Letter.ACKNOWLEDGEMENT]
    assert "PILLS" not in str(letter.facts) and "We have them in full" in str(letter.facts["definition"])
    assert decision.case and decision.case.stage1 and decision.case.stage1.definition == said
    confirmed = mail(Intent.REPLY, "2026-03-03", text="It is still leaking.")
    again = decide(decision.case, confirmed, rulebook()).case
    assert again and again.vouched
