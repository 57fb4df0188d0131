"""Opening a stage: its record, its dates, who takes it, its acknowledgement and its clocks.

A complaint, a service request turned complaint, an escalation and a question that nobody answered all end
here, so that a stage is opened in one way only.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from mailbot.casework import clocks, offered, orders, withholding
from mailbot.casework.allocation import choose_handler, conflicted_in
from mailbot.casework.policy import Anchor, Moment
from mailbot.casework.provisions import Route
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Due,
    Effect,
    Flag,
    Letter,
    MailArrived,
    Matter,
    Note,
    Party,
    Person,
    Question,
    Raised,
    Role,
    SetTimer,
    Stage,
    StageRecord,
    Timer,
    Verdict,
)


def new_case(event: MailArrived, rules: Rulebook, stage: Stage) -> Case:
    """A case as it is on receipt: nobody has it yet."""
    writes_for_another = event.verdict.has(Flag.REPRESENTATIVE)  # "I will tell my MP" does not make one
    role = Role.RESIDENT
    if writes_for_another:
        role = Role.OFFICE if event.verdict.has(Flag.MP_OR_COUNCILLOR) else Role.REPRESENTATIVE
    routes = raised_routes(event, rules)
    return Case(
        reference=rules.reference,
        policy=f"{rules.policy.id}@{rules.policy.version}",
        mailbox=rules.mailbox,
        stage=stage,
        subject=event.subject,
        parties=(replace(event.sender, role=role),),
        received_at=event.received_at,
        supervisor=rules.supervisor.key,
        request_mail=event.mail,
        request_text=own_words(event),
        vouched=event.vouched,
        topics=event.verdict.topics,
        flags=tuple(r.flag for r in event.verdict.flags),
        last_resident_word_at=event.received_at,
        representative=writes_for_another,
        authority="needed" if writes_for_another else "",
        routes=tuple(route.kind for route in routes),
        how_received=event.channel,
        restricted=any(route.restricted for route in routes),
        stakeholder=any(route.no_ombudsman for route in routes) and _speaks_for_a_body(event.text),
    )


_FOR_A_BODY: Final = re.compile(
    r"\b(?:i|we)\s+(?:write|wrote|am|are|act|complain)\b[^.!?\n]{0,60}\b(?:clerk|chair\w*|councillors?|officers?|behalf|for)\b"
    r"[^.!?\n]{0,60}\b(?:council|authority|association|society)\b",
    re.IGNORECASE,
)


def _speaks_for_a_body(text: str) -> bool:
    """Whether the writer says of themselves that they write for a body, and not only names one."""
    return _FOR_A_BODY.search(text[:20_000]) is not None


def raised_routes(event: MailArrived, rules: Rulebook) -> tuple[Route, ...]:
    """The matters for other teams that a mail raises, as the policy names them. Praise and feedback come alone or not
    at all: in a complaint they are part of it."""
    flags = frozenset(raised.flag for raised in event.verdict.flags)
    text = f"{event.subject}\n{event.text}"
    return tuple(
        route
        for route in rules.policy.routes
        if route.kind not in ("compliment", "feedback") and route.raised_by(flags, text)
    )


def with_routes(case: Case, event: MailArrived, rules: Rulebook) -> Case:
    """The case with what this mail raises, so that whatever letter answers it can speak of that."""
    routes = raised_routes(event, rules)
    return replace(
        case,
        routes=union(case.routes, (route.kind for route in routes)),
        restricted=case.restricted or any(route.restricted for route in routes),
    )


NO_WORDS = "(Your email came without words of its own. Please tell us in a few words what it is about.)"
"""What stands for the words of a mail that has none: photographs alone, or only what it quotes."""


def own_words(event: MailArrived) -> str:
    """What the writer says, in their own words: never nothing, so that every letter can say what was understood, or
    ask (Code 5.6)."""
    told = (event.definition, event.text, event.subject)
    return next((words for words in told if words.strip()), NO_WORDS)


def heard(case: Case, event: MailArrived) -> Case:
    """The case after a word from a party: when it came, and what it raised. Who speaks is not closed for silence."""
    latest = max(event.received_at, case.last_resident_word_at or event.received_at)
    return replace(
        case,
        proposals=tuple(
            replace(p, decided_at=event.at, decision="lapsed")
            if p.ground == "silence" and p.decided_at is None
            else p
            for p in case.proposals
        ),
        last_resident_word_at=latest,
        vouched=case.vouched or event.vouched,
        flags=union(case.flags, (r.flag for r in event.verdict.flags)),
        topics=union(case.topics, event.verdict.topics),
    )


T = TypeVar("T")


def union(old: tuple[T, ...], new: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*old, *new)))


def event_of(question: Question, verdict: Verdict, at: dt.datetime) -> MailArrived:
    """The mail that a question was about, as an event again, now with a person's reading (or the default's)."""
    sender = question.sender or Party("")
    return MailArrived(
        at=at,
        received_at=question.received_at or question.asked_at,
        mail=question.mail,
        sender=sender,
        subject=question.subject,
        text=question.text,
        verdict=replace(verdict, flags=tuple(Raised(f) for f in question.flags), topics=question.topics),
        definition=question.definition,
        outcome_sought=question.outcome_sought,
        told=True,
        vouched=question.vouched,
    )


def find_handler(
    case: Case, rules: Rulebook, number: int, at: dt.datetime, asked: str = ""
) -> tuple[Person | None, str]:
    """Who takes the stage and why: never somebody whom the complaint or the request (`asked`) names, and at
    stage 2 nobody who had part in stage 1 (Code 6.13)."""
    return _choose(case, rules, number, at, asked, "stage2" if number == 2 else "handler")


def find_supervisor(case: Case, rules: Rulebook, number: int, at: dt.datetime) -> Person | None:
    """The supervisor who holds a stage that nobody else can take, by the same rules."""
    return _choose(case, rules, number, at, "", "supervisor")[0]


def _choose(
    case: Case, rules: Rulebook, number: int, at: dt.datetime, asked: str, role: str
) -> tuple[Person | None, str]:
    avoid = frozenset(case.had_part) if number == 2 else frozenset()
    record = case.stage2 if number == 2 else case.stage1
    parties = (case.resident.name, *(p.address for p in case.parties))
    told = (case.resident.name, case.subject, case.request_text, asked, record.definition if record else "")
    text = "\n".join(told)
    conflicted = conflicted_in(rules.desk.people, parties, text) | frozenset(case.conflicts)
    chosen = choose_handler(rules.desk, rules.day(at), text, case.topics, avoid, role, conflicted)
    return (chosen.person, chosen.why) if chosen else (None, "")


def open_stage(
    case: Case,
    number: int,
    event: MailArrived,
    rules: Rulebook,
    definition: str = "",
) -> tuple[Case, tuple[Effect, ...]]:
    """The case with this stage opened, and every order that opening it asks for.

    Stage 1 keeps a handler who already has the case; stage 2 always takes another.
    """
    acknowledge = rules.acknowledge_due(number, event.received_at)
    record = StageRecord(
        requested_at=event.received_at,
        request_mail=event.mail,
        definition=definition or own_words(event),
        outcome_sought=event.outcome_sought or (case.stage1.outcome_sought if case.stage1 else ""),
        acknowledge=acknowledge,
        respond=acknowledge,  # until its own dates are known, just below
    )
    if number == 2:
        had_part = union(case.had_part, (case.handler, case.stage1.handler if case.stage1 else ""))
        case = replace(case, handler="", had_part=tuple(k for k in had_part if k))
    held = rules.person(case.handler)
    person, why = (
        (held, "has had it since the request")
        if held
        else find_handler(case, rules, number, event.at, event.text)
    )
    record = with_dates(replace(record, handler=person.key if person else ""), number, rules)
    case = replace(
        case,
        stage=Stage.STAGE1_OPEN if number == 1 else Stage.STAGE2_OPEN,
        handler=person.key if person else "",
        stage1=record if number == 1 else case.stage1,
        stage2=record if number == 2 else case.stage2,
        closed_at=None,
        closed_because="",
    )
    stopped = clocks.stop(*clocks.CLOCKS_OF_A_STAGE)
    if person is None:
        case, wait = unassigned(case, rules, event.at)
        return case, (*stopped, *clocks.response_timers(case, rules, event.at), *wait)
    case, hand_over = assign(case, rules, person, why, event)
    return case, (*stopped, *hand_over)


def with_dates(record: StageRecord, number: int, rules: Rulebook) -> StageRecord:
    """The record with its contact and response dates as they follow from what is done so far."""
    stage = rules.policy.stage(number)
    anchors = rules.anchors(record)
    contact = stage.contact.due(anchors, rules.calendar) if stage.contact else None
    record = replace(record, contact=contact)
    for _, duty in stage.respond.before:
        record = replace(record, review=duty.due(rules.anchors(record), rules.calendar))
    return replace(record, respond=stage.respond.due(rules.anchors(record), rules.calendar))


def recounted(record: StageRecord, number: int, rules: Rulebook) -> StageRecord:
    """The record with its dates counted anew. Once acknowledged, the resident has dates in writing: each stays
    where it is the earlier. An extension is such a date and stays whatever it was counted from."""
    fresh = replace(record, acknowledge=rules.acknowledge_due(number, record.requested_at))
    fresh = with_dates(fresh, number, rules)
    fresh = replace(
        fresh,
        contact=record.contact if record.contacted_at else fresh.contact,
        review=record.review if record.reviewed_at else fresh.review,
    )
    if record.acknowledged_at is None:
        return fresh
    contact = _promise(record.contact, fresh.contact, rules) if record.contact else fresh.contact
    respond = _promise(record.respond, fresh.respond, rules)
    return replace(fresh, contact=contact, respond=respond)


def _promise(told: Due, fresh: Due | None, rules: Rulebook) -> Due:
    """What people work to is never later than what the resident was told; a breach is reported by what the rules
    say now. A promise outlives the rule that it came from."""
    if fresh is None:
        return told
    if told.target >= fresh.target:
        return fresh
    why = (*fresh.clauses, *told.clauses, *rules.policy.why("dates_changed"))
    return Due(told.target, fresh.outer, tuple(dict.fromkeys(why)))


def close(case: Case, reason: str, at: dt.datetime, rules: Rulebook) -> tuple[Case, tuple[Effect, ...]]:
    """The case closed for this reason, and its clocks stopped. Where the resident's time to go on counts from
    closing, it begins now (mhs Appeal); where the policy surveys people, they are asked later."""
    record = case.stage1
    window = rules.policy.stage(2).window
    if record and record.responded_at and case.stage2 is None and window and record.window is None:
        anchors = {**rules.anchors(record), Anchor.CLOSED: Moment(rules.day(at))}
        case = replace(case, stage1=replace(record, window=window.due(anchors, rules.calendar)))
    closed = replace(case, stage=Stage.CLOSED, closed_at=at, closed_because=reason)
    survey = rules.policy.survey
    effects: tuple[Effect, ...] = clocks.stop(*clocks.CLOCKS_OF_A_STAGE)
    if survey and case.matter is Matter.COMPLAINT and case.stage1 and Flag.ANONYMOUS not in case.flags:
        day = rules.calendar.add_working_days(rules.day(at), survey.after_working_days)
        effects = (*effects, SetTimer(Timer.SURVEY, rules.morning(day), survey.clauses))
    return closed, effects


def unassigned(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Nobody can take it: a supervisor is told now and asked again every working morning. Its acknowledgement does not
    wait for a person: it goes in the team's name before its day ends (Code 6.2)."""
    record = case.current
    number = 2 if case.stage2 else 1
    why = rules.policy.why("stage2_person" if number == 2 else "one_contact")
    what = "Nobody who may take this case is free. {} with #assign and a name."
    lines: tuple[str, ...] = ()
    waiting: tuple[Effect, ...] = ()
    if record and record.acknowledged_at is None:
        goes = clocks.acknowledge_timer(record, rules, at)
        what += (
            f" If nobody has it by {rules.told_time(goes.due_at)}, the acknowledgement goes out then without a name, "
            "for it must not be late."
        )
        lines, waiting = (f"Acknowledge by {record.acknowledge.target.isoformat()}",), (goes,)
    elif record and record.unnamed:
        what += (
            f" The {rules.policy.person_noun} has an acknowledgement that names nobody, and waits for a name."
        )
        lines = (f"Answer by {record.promised.target.isoformat()}",)
    return case, (
        *(
            orders.alert(
                person,
                case.reference,
                f"{case.reference} has no handler",
                what.format("Answer" if "supervisor" in person.roles else "A supervisor answers"),
                why,
                lines=lines,
                subject=case.subject,
            )
            for person in _who_is_asked(case, rules, number, at)
        ),
        SetTimer(Timer.ASSIGN, rules.next_morning(at), why),
        *waiting,
    )


def _who_is_asked(case: Case, rules: Rulebook, number: int, at: dt.datetime) -> tuple[Person, ...]:
    """A supervisor whom the complaint does not concern; where it concerns them all, the first and whoever leads
    them."""
    free = find_supervisor(case, rules, number, at)
    return (free,) if free else tuple(dict.fromkeys((rules.supervisor, *rules.holding("head"))))


FOR_ANOTHER = (
    "The writer acts for somebody else. Write #resident and the resident's address and name, so that "
    "the letters go there, and #authority given once you have seen their permission; until then share nothing "
    "about them. The dates run meanwhile."
)
UNNAMED = (
    "The resident was told in our acknowledgement that somebody would be chosen, and that they would hear the name "
    "when that person first writes. Write to them soon: they do not know yet that you have it."
)
"""What whoever gets the case must know where it was acknowledged in the team's name."""


def assign(
    case: Case, rules: Rulebook, person: Person, why: str, event: MailArrived
) -> tuple[Case, tuple[Effect, ...]]:
    """Give the open stage to this person, tell them, and acknowledge (or ask them to confirm it)."""
    record = case.current
    assert record is not None
    case = with_record(replace(case, handler=person.key), replace(record, handler=person.key))
    clauses = rules.policy.why("stage2_person" if case.stage2 else "one_contact")
    case, acknowledging = acknowledge_or_ask(case, rules, event.at)
    mail = orders.case_mail(
        case,
        rules,
        event,
        rules.policy.why("escalated" if case.stage2 else "opened"),
        Letter.CASE_ASSIGNED,
        warning="\n\n".join(
            rules.call(words)
            for words, said in ((FOR_ANOTHER, case.representative), (UNNAMED, record.unnamed))
            if said
        ),
    )
    if record.unnamed:
        case = with_record(case, replace(record, handler=person.key, unnamed=False))
    return case, (
        *clocks.stop(Timer.ASSIGN),
        Note(f"{person.name} has the case: {why}.", union(clauses, rules.policy.why("conflict"))),
        *acknowledging,
        *mail,
        *(clocks.response_timers(case, rules, event.at) if record.responded_at is None else ()),
    )


def resume(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Case, tuple[Effect, ...]]:
    """A stage that was closed unanswered is open again: all its clocks run on from where they began."""
    record = case.current
    assert record is not None
    if rules.person(case.handler) is None:
        case, waiting = unassigned(case, rules, at)
    elif record.acknowledged_at is None:
        case, waiting = acknowledge_or_ask(case, rules, at)
    else:
        waiting = clocks.contact_timer(record, rules, at)
    updates = clocks.update_timer(case, rules, at) if record.extension else ()
    return case, (*waiting, *clocks.response_timers(case, rules, at), *updates)


def with_record(case: Case, record: StageRecord) -> Case:
    """The case with the record of its current stage replaced."""
    return replace(case, stage2=record) if case.stage2 else replace(case, stage1=record)


def acknowledge_or_ask(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Send the acknowledgement now; where the landlord wants the handler to confirm it, show it and let it
    go by itself before the window ends."""
    record = case.current
    assert record is not None
    if record.acknowledged_at is not None:
        return case, ()
    timer = clocks.acknowledge_timer(record, rules, at)
    person = rules.person(record.handler)
    if case.resident.role is Role.OFFICE and timer.due_at > at:  # it is the resident's, once we know them
        return case, (timer, *clocks.contact_timer(record, rules, at))
    if rules.habits.by_hand or record.by_hand:
        record = replace(record, by_hand="asked")
        case = with_record(case, record)
        again = timer if timer.due_at > at else replace(timer, due_at=rules.next_morning(at))
        asked = withholding.ask_for_acknowledgement(case, record, rules, at)
        return case, (again, *clocks.contact_timer(record, rules, at), asked)
    if not rules.habits.confirm_acknowledgement or timer.due_at <= at or person is None:
        return acknowledge(case, rules, at)
    goes_out = rules.day(timer.due_at)
    return case, (
        timer,
        *clocks.contact_timer(record, rules, at),
        orders.to_staff(
            person,
            Letter.CONFIRM_ACKNOWLEDGEMENT,
            Audience.HANDLER,
            record.acknowledge.clauses,
            {
                **orders.common(case, rules),
                "handler_name": person.name,
                "goes_out_on": goes_out.isoformat(),
                "preview": "",
                "preview_of": dict(orders.acknowledgement(case, rules, record, timer.due_at).facts),
                "commands": offered.buttons(case, rules),
            },
        ),
    )


def acknowledge(case: Case, rules: Rulebook, at: dt.datetime) -> tuple[Case, tuple[Effect, ...]]:
    """Send the acknowledgement and let the clocks that count from it run. Where nobody has the case it is in the team's
    name."""
    record = case.current
    assert record is not None
    number = 2 if case.stage2 else 1
    unnamed = rules.person(record.handler) is None
    record = with_dates(replace(record, acknowledged_at=at, unnamed=unnamed), number, rules)
    case = replace(with_record(case, record), last_landlord_word_at=at)
    return case, (
        *clocks.stop(Timer.ACKNOWLEDGE),
        orders.acknowledgement(case, rules, record, at),
        *clocks.contact_timer(record, rules, at),
        *clocks.response_timers(case, rules, at),
    )
