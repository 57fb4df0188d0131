"""What follows when a timer falls. Each function is one answer in the table ON_CLOCK.

A timer that fell is gone; whoever still wants it sets it again. Twice is as once: what was done meanwhile is
looked at first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from mailbot.casework import clocks, on_mail, orders, stages, withholding
from mailbot.casework.policy import Anchor, SilenceRule
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Decision,
    Due,
    Effect,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Matter,
    SetTimer,
    Stage,
    Timer,
    TimerFell,
    Verdict,
)

Propose: TypeAlias = Callable[[Case, TimerFell, Rulebook, tuple[str, ...]], Decision]


def gone(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """The stage has moved on: there is nothing left to do."""
    return Decision(case, (), f"The {event.timer.value.replace('_', ' ')} timer had nothing left to do.")


# ------------------------------------------------------------------ handler and acknowledgement


def find_somebody(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Try again to give the stage to somebody. On the working day before the acknowledgement is due the
    supervisor holds it, so that the letter can name a person; where none of them may, it goes without a name on the
    morning of its day, and people are asked on (Code 6.2)."""
    record = case.current
    if record is None or rules.person(case.handler):
        return gone(case, event, rules)
    number = 2 if case.stage2 else 1
    person, why = stages.find_handler(case, rules, number, event.at)
    eve = rules.calendar.subtract_working_days(record.acknowledge.target, 1)
    if person is None and rules.day(event.at) >= eve:
        person = stages.find_supervisor(case, rules, number, event.at)
        why = "a supervisor holds it, so that it can be acknowledged in time"
    if person is None:
        case, letter = (
            stages.acknowledge(case, rules, event.at) if event.timer is Timer.ACKNOWLEDGE else (case, ())
        )
        case, effects = stages.unassigned(case, rules, event.at)
        told, why_so = "Still without a handler.", rules.policy.why("one_contact")
        if letter:
            told = "Acknowledged in the team's name, for its day does not wait: nobody may take the case."
            why_so = stages.union(rules.stage_rules(case).acknowledge_clauses, why_so)
        return Decision(case, (*letter, *effects), told, why_so)
    case, effects = stages.assign(case, rules, person, why, remembered(case, event))
    return Decision(case, effects, f"{person.name} was given the case.", rules.policy.why("one_contact"))


def remembered(case: Case, event: TimerFell) -> MailArrived:
    """The request that opened the current stage, for the handler who gets it late."""
    record = case.current
    assert record is not None
    intent = Intent.ESCALATION_REQUEST if case.stage2 else Intent.NEW_COMPLAINT
    return MailArrived(
        at=event.at,
        received_at=record.requested_at,
        mail=record.request_mail,
        sender=case.resident,
        subject=case.subject,
        text=record.definition,
        verdict=Verdict(intent),
        definition=record.definition,
        outcome_sought=record.outcome_sought,
    )


def send_acknowledgement(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Nobody confirmed it in time: it goes by itself, before the window ends."""
    record = case.current
    if record is None or record.acknowledged_at is not None:
        return gone(case, event, rules)
    if rules.person(record.handler) is None:  # nobody yet, or somebody who is no longer with the landlord
        return find_somebody(case, event, rules)
    if rules.habits.by_hand or record.by_hand:
        record = replace(record, by_hand=record.by_hand or "asked")
        case = stages.with_record(case, record)
        return withholding.remind_of_acknowledgement(case, record, event, rules)
    case, effects = stages.acknowledge(case, rules, event.at)
    return Decision(
        case,
        effects,
        "Nobody confirmed the acknowledgement: it went by itself.",
        rules.stage_rules(case).acknowledge_clauses,
    )


def take_the_safe_reading(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Nobody said what the mail is: the reading that protects the resident is taken, and the supervisor told."""
    question = next(
        (q for q in case.questions if str(q.number) == event.subject and q.answered_at is None), None
    )
    if question is None:
        return gone(case, event, rules)
    case = replace(
        case,
        questions=tuple(
            replace(q, answered_at=event.at, answer="default") if q.number == question.number else q
            for q in case.questions
        ),
    )
    told = orders.alert(
        rules.supervisor,
        case.reference,
        f"{case.reference}: nobody said what the mail is",
        f"It was taken as {orders.KIND_WORDS[question.default]}, so that no deadline is missed.",
        rules.policy.why("triage"),
        subject=question.subject,
    )
    mail = stages.event_of(question, Verdict(question.default, reasons=("nobody answered",)), event.at)
    decision = settle(case, mail, rules)
    return replace(decision, effects=(*decision.effects, told), because=rules.policy.why("triage"))


def settle(case: Case, mail: MailArrived, rules: Rulebook) -> Decision:
    """Carry out a reading that a person (or the default) gave to a mail on this case."""
    intent, stage = mail.verdict.intent, case.stage
    if stage is Stage.UNSORTED:
        return settle_unsorted(case, mail, rules)
    if intent is Intent.NEW_COMPLAINT:
        if stage is Stage.SERVICE_REQUEST:
            return on_mail.turn_into_complaint(case, mail, rules)
        return on_mail.open_another(case, mail, rules)
    if intent is Intent.ESCALATION_REQUEST:
        return settle_escalation(case, mail, rules)
    if intent is Intent.SERVICE_REQUEST and stage is not Stage.SERVICE_REQUEST:
        return on_mail.open_another(case, mail, rules)
    if stage is Stage.CLOSED and intent is Intent.REPLY:
        return on_mail.reopen_on_reply(case, mail, rules)
    return Decision(
        stages.heard(case, mail),
        (),
        f"The mail counts as {orders.KIND_WORDS[intent]}: the handler has it.",
        rules.policy.why("triage"),
    )


def settle_unsorted(case: Case, mail: MailArrived, rules: Rulebook) -> Decision:
    intent = mail.verdict.intent
    if intent is Intent.ESCALATION_REQUEST and (direct := rules.policy.stage(2).direct) and direct.allowed:
        case, effects = stages.open_stage(case, 2, mail, rules)
        why = tuple(dict.fromkeys((*direct.clauses, *rules.policy.why("opened"))))
        return Decision(case, effects, f"Opened at {rules.policy.stage(2).name} at once.", why)
    if intent in (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST):
        case, effects = stages.open_stage(case, 1, mail, rules)
        name = rules.policy.stage(1).name
        return Decision(case, effects, f"Opened as a {name} complaint.", rules.policy.why("opened"))
    if intent is Intent.SERVICE_REQUEST:
        as_request = on_mail.open_service_request(None, mail, replace(rules, reference=case.reference))
        assert as_request.case is not None
        kept = replace(as_request.case, version=case.version, questions=case.questions)
        return replace(as_request, case=kept)
    closed = replace(case, stage=Stage.CLOSED, closed_at=mail.at, closed_because="sorted_as_other")
    suggested = next((q.suggested for q in case.questions if q.mail == mail.mail), "")
    if intent is Intent.REPLY and suggested:
        return Decision(
            replace(closed, closed_because="belongs_elsewhere"),
            clocks.stop(*clocks.CLOCKS_OF_A_STAGE),
            f"A person says that the mail belongs to {suggested}: moved there.",
            rules.policy.why("triage"),
            moves=(suggested, mail),
        )
    return Decision(
        closed,
        clocks.stop(*clocks.CLOCKS_OF_A_STAGE),
        "A person says that it is neither a complaint nor a request: closed without a letter.",
        rules.policy.why("triage"),
    )


def settle_escalation(case: Case, mail: MailArrived, rules: Rulebook) -> Decision:
    """An escalation by a person's word (or the default's): no window is asked after again."""
    if case.stage2 and case.stage2.responded_at:
        return on_mail.signpost(case, mail, rules)
    if case.stage2:
        return on_mail.pass_on(case, mail, rules)
    if case.stage1 is None:
        return on_mail.turn_into_complaint(case, mail, rules)
    open_window = replace(case, stage1=replace(case.stage1, window=None))
    return on_mail.escalate(open_window, mail, rules)


# ------------------------------------------------------------------ chasing


def chase_contact(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    record = case.current
    if record is None or record.contact is None or record.contacted_at is not None:
        return gone(case, event, rules)
    every = rules.policy.chase.contact_every_working_days
    what = f"contact with the {rules.policy.person_noun}"
    return chased(case, event, rules, what, record.contact, every)


def chase_response(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Before the target and on its day: the handler alone."""
    record = case.current
    if record is None or record.responded_at is not None:
        return gone(case, event, rules)
    return chased(case, event, rules, f"{orders.stage_name(case, rules)} response", record.promised)


def chase_late_response(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """After the outer date: handler and supervisor, again every working day until it is sent."""
    record = case.current
    if record is None or record.responded_at is not None:
        return gone(case, event, rules)
    if rules.day(event.at) <= record.promised.outer:
        return Decision(case, clocks.response_timers(case, rules, event.at), "The date has moved.")
    what = f"{orders.stage_name(case, rules)} response"
    chase = rules.policy.chase
    late = chased(
        case, event, rules, what, record.promised, chase.late_every_working_days, chase.supervisor_when_late
    )
    if record.extension is None and event.due_at <= rules.morning(
        rules.calendar.add_working_days(record.promised.outer, 1)
    ):  # the first time: from now on the resident is to hear how it stands
        late = replace(late, effects=(*late.effects, *clocks.update_timer(case, rules, event.at)))
    return late


def chase_action(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """A promise is due: chased every working day until it is done, whatever the stage (Code 6.6)."""
    action = next((a for a in case.open_actions if str(a.number) == event.subject), None)
    if action is None or action.due is None:
        return gone(case, event, rules)
    due = Due(action.due, action.due, rules.policy.why("actions"))
    overdue = rules.day(event.at) > action.due
    every = rules.policy.chase.late_every_working_days
    return chased(case, event, rules, f"action: {action.text}", due, every, overdue)


def chase_service_request(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    if case.service_answered_at is not None and not clocks.owes_a_word(case):
        return gone(case, event, rules)
    today = rules.day(event.at)
    own = {Matter.DATA_PROTECTION: "data_protection", Matter.OMBUDSMAN: "ombudsman_mail"}.get(case.matter)
    due = Due(today, today, rules.policy.why(own) if own else clocks.chasing_requests(rules))
    every = rules.policy.service_requests.chase_every_working_days
    effects = (
        *orders.chaser(case, rules, f"answer to {WANTS[case.matter]}", due, event.at),
        SetTimer(
            Timer.SERVICE_CHASE,
            rules.morning(rules.calendar.add_working_days(today, every)),
            due.clauses,
        ),
    )
    return Decision(case, effects, f"Chased: {WANTS[case.matter]} has no answer yet.", due.clauses)


WANTS = {
    Matter.COMPLAINT: "the service request",
    Matter.DATA_PROTECTION: "the data-protection matter",
    Matter.OMBUDSMAN: "the Ombudsman's mail",
}
"""What waits for an answer in a case that is no complaint."""


def chased(
    case: Case,
    event: TimerFell,
    rules: Rulebook,
    what: str,
    due: Due,
    every_working_days: int = 0,
    supervisor: bool = False,
) -> Decision:
    effects: tuple[Effect, ...] = orders.chaser(case, rules, what, due, event.at, tell_supervisor=supervisor)
    why = tuple(dict.fromkeys((*due.clauses, *rules.policy.why("chase"))))
    if every_working_days:
        again = rules.morning(rules.calendar.add_working_days(rules.day(event.at), every_working_days))
        effects = (*effects, SetTimer(event.timer, again, why, event.subject))
    told = "handler and supervisor" if supervisor else "handler"
    return Decision(case, effects, f"Chased the {told}: {what}, due {due.target.isoformat()}.", why)


def chase_answer(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """The resident wrote after our response and has no answer: the handler is chased until there is one."""
    assert case.last_resident_word_at is not None
    wrote = rules.day(case.last_resident_word_at)
    due = Due(wrote, wrote, rules.policy.why("one_contact"))
    what = f"answer to the mail of {wrote.isoformat()} (or #close agreed)"
    return Decision(
        case,
        (*orders.chaser(case, rules, what, due, event.at), *clocks.answer_timer(case, rules, event.at)),
        "Not closed: the last word is the resident's; the handler was chased.",
        due.clauses,
    )


def chase_review(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """The review of stage 2 is due: its outcome counts from it."""
    record = case.current
    if record is None or record.review is None or record.reviewed_at or record.responded_at:
        return gone(case, event, rules)
    every = rules.policy.chase.late_every_working_days
    late = rules.day(event.at) > record.review.outer
    return chased(case, event, rules, "review (then #reviewed)", record.review, every, late)


def chase_update(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """It takes longer than was said: the resident hears how it stands, as often as the policy asks (Code 5.9)."""
    record, updates = case.current, rules.policy.updates
    if record is None or record.responded_at is not None or updates is None:
        return gone(case, event, rules)
    today = rules.day(event.at)
    due = clocks.next_update(case, rules, today)
    if due is None or due > today:  # they have heard from us meanwhile
        return Decision(case, clocks.update_timer(case, rules, event.at), "The resident has heard from us.")
    why = tuple(dict.fromkeys((*updates.clauses, *rules.policy.why("update"))))
    again = rules.morning(rules.calendar.add_working_days(today, updates.every_working_days or 1))
    what = f"word to the {rules.policy.person_noun} on how it stands (#update)"
    effects = (
        *orders.chaser(case, rules, what, Due(today, today, why), event.at),
        SetTimer(Timer.UPDATE, again, why),
    )
    return Decision(case, effects, f"Chased the handler: {what}.", why)


# ------------------------------------------------------------------ after a case was closed


def ask_how_it_was(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Ask how the complaint was handled, once, and nobody who does not want it."""
    survey = rules.policy.survey
    if survey is None or case.surveyed_at is not None or case.closed_at is None:
        return gone(case, event, rules)
    why = tuple(dict.fromkeys((*survey.clauses, *rules.policy.why("survey"))))
    unwanted = tuple(dict.fromkeys((*survey.opt_out_clauses, *rules.policy.why("no_survey"))))
    if Flag.SURVEY_OPT_OUT in case.flags or case.resident.address in rules.no_surveys:
        return Decision(case, (), f"No survey: the {rules.policy.person_noun} wants none.", unwanted)
    if not case.knows_resident or case.resident.address in case.unreachable:
        return Decision(case, (), f"No survey: the {rules.policy.person_noun} can't be reached.", why)
    letter = orders.to_resident(
        case,
        rules,
        Letter.SURVEY,
        why,
        {"closed_on": rules.day(case.closed_at).isoformat()},
        answers=case.request_mail,
    )
    return Decision(
        replace(case, surveyed_at=event.at), (letter,), "Asked how the complaint was handled.", why
    )


# ------------------------------------------------------------------ silence


def why_not_silent(case: Case, rules: Rulebook, at: dt.datetime) -> str:
    """What stands in the way of closing for silence; "" if nothing does. The last word must be ours, it must
    have reached the resident, and nothing may be owed."""
    record = case.current
    rule = clocks.silence_rule(case, rules)
    if rule is None or record is None or record.responded_at is None:
        return "there is no full answer yet"
    if "open_actions" in rule.blocked_by and case.open_actions:
        return "something promised is still open"
    if "open_questions" in rule.blocked_by and case.open_questions:
        return "a question about a mail is still open"
    if clocks.owes_a_word(case):
        return "the last word is the resident's"
    if any(held.order.letter is Letter.CLOSING_REMINDER for held in case.unsent):
        return "the reminder waits for a person's word"
    if rules.unread & {party.address for party in case.parties}:
        return "a mail of theirs was set aside and nobody has read it"
    if case.resident.address in case.unreachable:
        return "our mail did not reach the resident"
    since = record.requested_at if rule.after is Anchor.RECEIVED else record.responded_at
    if sum(at >= since for at in case.attempts) < rule.needs_attempts:
        return LACKS_ATTEMPTS
    if "delay_notice" in rule.blocked_by and record.extension and rules.day(at) <= record.extension.to:
        return "the resident was told that it takes longer"
    return ""


LACKS_ATTEMPTS = "nobody has tried to reach the resident as the policy asks"
"""Why a silent case is not closed although everything else is there: the handler can help that."""


def remind(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    ends, record = clocks.silence_ends(case, rules), case.current
    why = rules.policy.why("reminder")
    hindrance = why_not_silent(case, rules, event.at)
    rule = clocks.silence_rule(case, rules)
    if rule is None or ends is None or record is None or record.responded_at is None:
        return Decision(case, (), "No reminder: no rule of silence.", why)
    if hindrance:  # nobody is closed without having been reminded: both wait
        again = SetTimer(Timer.REMIND_WINDOW, rules.next_morning(event.at), why)
        moved = SetTimer(
            Timer.CLOSE_SILENT, closing_after(ends, rule, rules.day(event.at), rules), rule.clauses
        )
        if hindrance == LACKS_ATTEMPTS:
            every = rules.calendar.add_working_days(rules.day(event.at), TRY_EVERY)
            again = SetTimer(Timer.REMIND_WINDOW, rules.morning(every), why)
            moved = SetTimer(Timer.CLOSE_SILENT, closing_after(ends, rule, every, rules), rule.clauses)
            return Decision(
                case, (*ask_to_try(case, event, rules, rule), again, moved), f"No reminder: {hindrance}.", why
            )
        return Decision(case, (again, moved), f"No reminder: {hindrance}.", why)
    closing = closing_after(ends, rule, rules.day(event.at), rules)
    letter = orders.to_resident(
        case,
        rules,
        Letter.CLOSING_REMINDER,
        why,
        {
            "responded_on": rules.day(record.responded_at).isoformat(),
            "close_on": rules.day(closing).isoformat(),
            "next_stage_name": "" if case.stage2 else rules.policy.stage(2).name,
            **orders.time_to_ask(case, rules.day(event.at)),
        },
        answers=case.request_mail,
    )
    close = SetTimer(Timer.CLOSE_SILENT, closing, rule.clauses)
    return Decision(case, (letter, close), "Reminded the resident that the case will close.", why)


def closing_after(ends: dt.date, rule: SilenceRule, reminded_on: dt.date, rules: Rulebook) -> dt.datetime:
    """When the case may close if the resident is reminded on that day: a late reminder leaves its reader as much
    time as one in time."""
    read = rules.calendar.add_working_days(reminded_on, max(rule.remind_before_working_days or 0, 1))
    return rules.morning(max(rules.calendar.add_working_days(ends, 1), read))


TRY_EVERY = 5
"""How many working days lie between two reminders that somebody is to try to reach the resident."""


def ask_to_try(case: Case, event: TimerFell, rules: Rulebook, rule: SilenceRule) -> tuple[Effect, ...]:
    today = rules.day(event.at)
    what = (
        f"attempt to reach the {rules.policy.person_noun} (#tried or #contacted), before the case may close"
    )
    return orders.chaser(case, rules, what, Due(today, today, rule.clauses), event.at)


def close_for_silence(case: Case, event: TimerFell, rules: Rulebook, propose: Propose) -> Decision:
    """Close, if the silence is whole, or put that before a supervisor where the policy does not close by itself; else
    look again the next working day."""
    ends = clocks.silence_ends(case, rules)
    hindrance = why_not_silent(case, rules, event.at)
    rule = clocks.silence_rule(case, rules)
    record = case.current
    if record and record.responded_at and clocks.owes_a_word(case):
        return chase_answer(case, event, rules)
    if rule is None or ends is None:
        return gone(case, event, rules)
    if not hindrance and rules.day(event.at) <= ends:
        return Decision(case, clocks.silence_timers(case, rules), "The silence is not complete yet.")
    if hindrance == LACKS_ATTEMPTS:
        later = rules.calendar.add_working_days(rules.day(event.at), TRY_EVERY)
        again = SetTimer(Timer.CLOSE_SILENT, rules.morning(later), rule.clauses)
        return Decision(
            case,
            (*ask_to_try(case, event, rules, rule), again),
            f"Not closed: {hindrance}; the handler was told.",
            rule.clauses,
        )
    if hindrance:
        again = SetTimer(Timer.CLOSE_SILENT, rules.next_morning(event.at), rule.clauses)
        return Decision(case, (again,), f"Not closed: {hindrance}.", rule.clauses)
    if rule.decided_by == "supervisor" or rules.habits.by_hand:
        return propose(case, event, rules, rule.clauses)
    closed, stopped = stages.close(case, "silence", event.at, rules)
    letter = orders.closure(closed, rules, "silence", rule.clauses, event.at)
    return Decision(
        closed,
        (letter, *stopped),
        "Closed: answered in full, and nothing more was heard.",
        rule.clauses,
    )
