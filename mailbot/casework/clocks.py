"""The clocks of a case: what falls due when, and why.

Each function gives the timers that follow from how a case stands; whoever changes a date asks for them again. A
timer is a row, so setting one twice is as once.
"""

from __future__ import annotations

import datetime as dt

from mailbot.casework.policy import Anchor, SilenceRule
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    CancelTimer,
    Case,
    Effect,
    Question,
    SetTimer,
    Stage,
    StageRecord,
    Timer,
)


def response_timers(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Effect, ...]:
    """The chasing ladder of the open stage: near, on the day, late. Steps that lie behind are left out,
    except the last one, which falls due at once."""
    record = case.current
    assert record is not None
    due = record.promised
    why = tuple(dict.fromkeys((*due.clauses, *rules.policy.why("chase"))))
    near = rules.calendar.subtract_working_days(due.target, rules.policy.chase.near_working_days)
    late = rules.calendar.add_working_days(due.outer, 1)
    ladder = (
        (Timer.RESPONSE_NEAR, rules.morning(near), True),
        (Timer.RESPONSE_DUE, rules.morning(due.target), rules.policy.chase.on_target_day),
        (Timer.RESPONSE_LATE, rules.morning(late), True),
    )
    review: tuple[Effect, ...] = (CancelTimer(Timer.REVIEW),)
    if record.review and record.reviewed_at is None:
        review = (SetTimer(Timer.REVIEW, rules.morning(record.review.target), record.review.clauses),)
    return (
        *(
            SetTimer(timer, when, why)
            if wanted and (when > at or timer is Timer.RESPONSE_LATE)
            else CancelTimer(timer)
            for timer, when, wanted in ladder
        ),
        *review,
    )


def next_update(case: Case, rules: Rulebook, day: dt.date) -> dt.date | None:
    """By when the resident is to hear from us again while it takes longer; None where nobody asks for it."""
    updates = rules.policy.updates
    if updates is None or not updates.every_working_days:
        return None
    last = rules.day(case.last_landlord_word_at) if case.last_landlord_word_at else day
    return rules.calendar.add_working_days(last, updates.every_working_days)


def update_timer(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Effect, ...]:
    """From an extension or a missed date on: the resident hears every so many working days how it stands."""
    due, updates = next_update(case, rules, rules.day(at)), rules.policy.updates
    if due is None or updates is None:
        return ()
    why = tuple(dict.fromkeys((*updates.clauses, *rules.policy.why("update"))))
    return (SetTimer(Timer.UPDATE, max(rules.morning(due), at), why),)


def acknowledge_timer(record: StageRecord, rules: Rulebook, at: dt.datetime) -> SetTimer:
    """When an unconfirmed acknowledgement goes out by itself: on the working day before its target. Where nobody has
    the case, on the morning of the target itself, after the last try to find somebody whom it can name."""
    eve = rules.calendar.subtract_working_days(record.acknowledge.target, 1)
    when = rules.calendar.instant(eve, rules.habits.acknowledge_at)
    if rules.person(record.handler) is None:
        when = rules.morning(record.acknowledge.target)
    return SetTimer(Timer.ACKNOWLEDGE, max(when, at), record.acknowledge.clauses)


def contact_timer(record: StageRecord, rules: Rulebook, at: dt.datetime) -> tuple[Effect, ...]:
    if record.contact is None or record.contacted_at is not None:
        return (CancelTimer(Timer.CONTACT),)
    when = rules.morning(record.contact.target)
    return (SetTimer(Timer.CONTACT, max(when, at), record.contact.clauses),)


def silence_rule(case: Case, rules: Rulebook) -> SilenceRule | None:
    """The rule by which silence after our answer closes this case, if the policy has one.

    A rule that counts from receipt (mhs Closure (b)) is for somebody who has not said a word since they complained,
    who was answered before it was complete, who was not told of a delay and whom we tried to reach; everybody else
    has the longer time that counts from our last word."""
    counted = [s for s in rules.policy.silence if s.after is Anchor.RECEIVED]
    for rule in counted:
        if _never_spoke(case, rule, rules):
            return rule
    return next((s for s in rules.policy.silence if s.after is Anchor.RESPONDED), None)


def _never_spoke(case: Case, rule: SilenceRule, rules: Rulebook) -> bool:
    record = case.stage1
    if record is None or record.responded_at is None or case.stage2 or record.extension:
        return False
    heard = case.last_resident_word_at
    ends = rule.last_day(rules.received_on(record.requested_at), rules.calendar)
    # Whoever is first tried after that has the longer time, and is reminded.
    attempts = [at for at in case.attempts if at >= record.requested_at and rules.day(at) <= ends]
    tried = len(attempts) >= rule.needs_attempts
    silent = heard is None or heard <= record.requested_at
    return silent and tried and rules.day(record.responded_at) <= ends


def silence_ends(case: Case, rules: Rulebook) -> dt.date | None:
    """The last day of the silence: counted from our last word (or from receipt, where the rule does), not before
    the resident's window is over."""
    rule = silence_rule(case, rules)
    record = case.current
    if rule is None or record is None or record.responded_at is None:
        return None
    since = rules.day(max(record.responded_at, case.last_landlord_word_at or record.responded_at))
    if rule.after is Anchor.RECEIVED:
        since = rules.received_on(record.requested_at)
    ends = rule.last_day(since, rules.calendar)
    if record.window and not case.stage2:
        ends = max(ends, record.window.outer)
    return ends


def silence_timers(case: Case, rules: Rulebook) -> tuple[Effect, ...]:
    """Remind, then close: the close falls on the morning after the silence is complete."""
    ends, rule = silence_ends(case, rules), silence_rule(case, rules)
    if ends is None or rule is None or case.stage is Stage.CLOSED:
        return (CancelTimer(Timer.REMIND_WINDOW), CancelTimer(Timer.CLOSE_SILENT))
    closing = rules.calendar.add_working_days(ends, 1)
    before = rule.remind_before_working_days or 0
    remind = rules.calendar.subtract_working_days(ends, before)
    return (
        SetTimer(Timer.REMIND_WINDOW, rules.morning(remind), rules.policy.why("reminder"))
        if before
        else CancelTimer(Timer.REMIND_WINDOW),
        SetTimer(Timer.CLOSE_SILENT, rules.morning(closing), rule.clauses),
    )


def answer_timer(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Effect, ...]:
    """The resident has spoken after our response: no reminder of silence, and whoever has the case is chased
    if the landlord lets the word stand."""
    if case.stage not in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED):
        return ()
    days = max(rules.policy.chase.contact_every_working_days, 1)
    when = rules.morning(rules.calendar.add_working_days(rules.day(at), days))
    return (
        CancelTimer(Timer.REMIND_WINDOW),
        SetTimer(Timer.CLOSE_SILENT, when, rules.policy.why("one_contact")),
    )


def owes_a_word(case: Case) -> bool:
    """Whether the last word on the case is the resident's."""
    ours = [at for at in (case.last_landlord_word_at, case.current and case.current.responded_at) if at]
    heard = case.last_resident_word_at
    return heard is not None and (not ours or heard > max(ours))


def stop(*timers: Timer) -> tuple[CancelTimer, ...]:
    return tuple(CancelTimer(t) for t in timers)


CLOCKS_OF_A_STAGE = (
    Timer.ASSIGN,
    Timer.ACKNOWLEDGE,
    Timer.CONTACT,
    Timer.RESPONSE_NEAR,
    Timer.RESPONSE_DUE,
    Timer.RESPONSE_LATE,
    Timer.REMIND_WINDOW,
    Timer.CLOSE_SILENT,
    Timer.SERVICE_CHASE,
    Timer.REVIEW,
    Timer.UPDATE,
)


def sort_timer(question: Question, rules: Rulebook) -> SetTimer:
    """When the safe reading is taken; its day comes from the triage rule."""
    because = tuple(dict.fromkeys((*rules.policy.why("triage"), *rules.policy.triage.clauses)))
    return SetTimer(Timer.SORT, question.default_at, because, subject=str(question.number))


def chasing_requests(rules: Rulebook) -> tuple[str, ...]:
    """Why a service request is chased, and every how many days."""
    policy = rules.policy
    return tuple(dict.fromkeys((*policy.why("service_request_chase"), *policy.service_requests.clauses)))


def stop_sorting(question: Question) -> CancelTimer:
    return CancelTimer(Timer.SORT, subject=str(question.number))


def stop_action(number: int) -> CancelTimer:
    return CancelTimer(Timer.ACTION_DUE, subject=str(number))


def stop_reviewing(number: int) -> CancelTimer:
    return CancelTimer(Timer.ADJUSTMENT, subject=str(number))


def stop_sending(number: int) -> CancelTimer:
    return CancelTimer(Timer.SEND, subject=str(number))


def service_chase(case: Case, rules: Rulebook, at: dt.datetime) -> SetTimer:
    every = rules.policy.service_requests.chase_every_working_days
    when = rules.morning(rules.calendar.add_working_days(rules.day(at), every))
    return SetTimer(Timer.SERVICE_CHASE, when, chasing_requests(rules))


def owe_an_answer(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Effect, ...]:
    """The resident has spoken: the silence is over, the landlord owes the next word and is chased for it."""
    if case.stage is Stage.SERVICE_REQUEST and case.service_answered_at is not None:
        return (service_chase(case, rules, at),)
    return answer_timer(case, rules, at)
