"""What follows when a member of staff acts by mail. Each function is one answer in the table ON_STAFF.

Promises: an act that can't be done does nothing and says why and what to write instead (`refused`); what is
not plainly meant for the resident stays inside; every act is echoed to the person at the address we know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mailbot.casework import on_clock, on_mail, orders, stages
from mailbot.casework.allocation import find_person
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Action,
    Case,
    Decision,
    Effect,
    Extension,
    Fact,
    Intent,
    Letter,
    MailArrived,
    Person,
    Reading,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    Verdict,
)

Rule = Callable[[Case, StaffActed, Rulebook], Decision]


def refuse(why: str) -> Rule:
    """A cell that says no, with the reason that the member of staff reads."""

    def refused(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
        return no(case, why)

    refused.__name__ = f"refuse: {why}"
    return refused


def no(case: Case, why: str) -> Decision:
    return Decision(case, (), f"Refused: {why}", refused=why)


def yes(
    case: Case,
    event: StaffActed,
    rules: Rulebook,
    sentence: str,
    rule: str,
    effects: tuple[Effect, ...] = (),
    sent_text: str = "",
    because: tuple[str, ...] = (),
) -> Decision:
    """The act is done: its orders, and the echo to who did it. `because` where the stage has clauses of its own
    for what `rule` names."""
    told = (
        f"{sentence} The rest of your mail stayed inside; nobody was sent it."
        if event.left_inside
        else sentence
    )
    echo = orders.done(case, rules, event.who, told, sent_text)
    return Decision(
        case, (*effects, *echo), f"{name_of(event, rules)}: {sentence}", because or rules.policy.why(rule)
    )


def name_of(event: StaffActed, rules: Rulebook) -> str:
    person = rules.person(event.who)
    return person.name if person else event.who


# ------------------------------------------------------------------ words to the resident


def relay(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A plain reply to a case mail goes to the resident, from the shared mailbox."""
    if not event.text.strip():
        return no(case, "The mail had no text for the resident. Write it above the quoted mail.")
    case = replace(case, last_landlord_word_at=event.at, attempts=(*case.attempts, event.at))
    if case.stage is Stage.SERVICE_REQUEST:
        case = replace(case, service_answered_at=event.at)
    record = case.current
    effects: list[Effect] = [
        orders.to_resident(
            case,
            rules,
            Letter.HANDLER_REPLY,
            rules.policy.why("one_contact"),
            {"handler": orders.card(rules.person(event.who), rules), "text": event.text},
            answers=case.request_mail,
            carries=event.mail,
        )
    ]
    if record and record.contacted_at is None and case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN):
        case = stages.with_record(case, replace(record, contacted_at=event.at))
        effects += orders.stop(Timer.CONTACT)
    if case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED):
        effects += orders.silence_timers(case, rules)
    if case.stage is Stage.SERVICE_REQUEST:
        effects += orders.stop(Timer.SERVICE_CHASE)
    return yes(
        case, event, rules, "Your reply was sent to the resident.", "one_contact", tuple(effects), event.text
    )


def respond(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The response of the open stage. An acknowledgement that is still owed goes first."""
    record = case.current
    assert record is not None
    if not event.text.strip():
        return no(
            case,
            "There is no response in the mail. Write #respond upheld (or partly upheld, or not "
            "upheld) on the first line and the response to the resident below it.",
        )
    if case.stage2 and event.who in case.had_part:
        return no(case, had_part_already(event, rules))
    if not case.stage2:
        case = replace(case, had_part=stages.union(case.had_part, (event.who,)))
    effects: list[Effect] = []
    if record.acknowledged_at is None:
        case = stages.with_record(case, replace(record, handler=record.handler or event.who))
        case = replace(case, handler=case.handler or event.who)
        case, first = stages.acknowledge(case, rules, event.at)
        effects += [e for e in first if not isinstance(e, SetTimer)]
        record = case.current
        assert record is not None
    decision = event.words.strip().lower()
    number = 2 if case.stage2 else 1
    stage = rules.policy.stage(number)
    record = replace(
        record, responded_at=event.at, decision=decision, contacted_at=record.contacted_at or event.at
    )
    onward = rules.policy.stage(2).window
    if onward and number == 1:
        record = replace(record, window=onward.due(rules.anchors(record), rules.calendar))
    case = replace(
        stages.with_record(case, record),
        stage=Stage.STAGE1_RESPONDED if number == 1 else Stage.STAGE2_RESPONDED,
        last_landlord_word_at=event.at,
    )
    ends = orders.silence_ends(case, rules)
    facts: dict[str, Fact] = {
        "stage": number,
        "handler": orders.card(rules.person(event.who), rules),
        "decision": decision,
        "definition": record.definition,
        "text": event.text,
        "actions": [{"text": a.text, "due": orders.iso(a.due)} for a in case.open_actions],
        "next_stage_name": rules.policy.stage(2).name if number == 1 else "",
        "window_ends": orders.iso(record.window.outer) if record.window else "",
        "close_on": orders.iso(rules.calendar.add_working_days(ends, 1)) if ends else "",
    }
    if number == 2:
        facts["ombudsman_until"] = orders.iso(orders.ombudsman_until(case, rules))
    rule = "final_response" if number == 2 else "responded"
    final = rules.policy.why("final_response") if number == 2 else ()
    because = tuple(dict.fromkeys((*record.respond.clauses, *stage.respond_clauses, *final)))
    letter = orders.to_resident(
        case,
        rules,
        Letter.FINAL_RESPONSE if number == 2 else Letter.RESPONSE,
        because,
        facts,
        answers=record.request_mail,
        carries=event.mail,
    )
    return yes(
        case,
        event,
        rules,
        f"The {stage.name} response was sent to the resident.",
        rule,
        (*effects, letter, *orders.stop(*orders.CLOCKS_OF_A_STAGE), *orders.silence_timers(case, rules)),
        event.text,
        because,
    )


def extend(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """More time: told in writing before the old date ends, with the reason and the new date, counted from
    the original date, within the cap (Code 6.4, 6.5, 6.15, 6.16)."""
    record = case.current
    assert record is not None
    number = 2 if case.stage2 else 1
    limits = rules.policy.stage(number).extension
    original = record.respond.outer
    if rules.day(event.at) > record.promised.outer:
        return no(
            case,
            f"The response was due by {record.promised.outer.isoformat()}: it can't be extended after that "
            "date. Tell the resident why it is late and when they will hear, and send the response.",
        )
    if limits.needs_reason and not event.reason.strip():
        return no(
            case, "An extension needs its reason: #extend 5 working days because the survey is on 12 May"
        )
    new = event.until
    if new is None and event.working_days is not None:
        new = rules.calendar.add_working_days(original, event.working_days)
    if new is None or new <= record.promised.target:
        return no(case, f"The new date must lie after {record.promised.target.isoformat()}.")
    last = limits.latest(record.respond, rules.calendar)
    if last is not None and new > last and "supervisor" not in roles_of(event, rules):
        return no(
            case,
            f"Without good reason it can be extended by {limits.cap_working_days} working days at most, to "
            f"{last.isoformat()}. For longer, your supervisor sends the #extend line.",
        )
    extension = Extension(new, event.reason.strip(), event.at, limits.clauses)
    case = replace(
        stages.with_record(case, replace(record, extension=extension)), last_landlord_word_at=event.at
    )
    letter = orders.to_resident(
        case,
        rules,
        Letter.EXTENSION_NOTICE,
        limits.clauses,
        {
            "original_due": original.isoformat(),
            "new_due": new.isoformat(),
            "reason": extension.reason,
            "handler": orders.card(rules.person(event.who), rules),
        },
        answers=record.request_mail,
    )
    return yes(
        case,
        event,
        rules,
        f"The resident was told that the response comes by {new.isoformat()}.",
        "extended",
        (letter, *orders.response_timers(case, rules, event.at)),
        because=limits.clauses,
    )


def had_part_already(event: StaffActed, rules: Rulebook) -> str:
    """Code 6.13: whoever answered stage 1 does not answer stage 2."""
    clauses = ", ".join(rules.policy.why("stage2_person"))
    return (
        f"{name_of(event, rules)} had part in stage 1 and can't take or answer stage 2 ({clauses}). "
        "Write #assign and the name of somebody who had none."
    )


def roles_of(event: StaffActed, rules: Rulebook) -> tuple[str, ...]:
    person = rules.person(event.who)
    return person.roles if person else ()


# ------------------------------------------------------------------ keeping the record


def confirm(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    record = case.current
    assert record is not None
    if record.acknowledged_at is not None:
        return no(case, "The acknowledgement has been sent already.")
    if case.stage2 and not case.handler and event.who in case.had_part:
        return no(case, had_part_already(event, rules))
    case = stages.with_record(
        case, replace(record, handler=record.handler or event.who, acknowledgement_confirmed=True)
    )
    case = replace(case, handler=case.handler or event.who)
    case, effects = stages.acknowledge(case, rules, event.at)
    return yes(case, event, rules, "The acknowledgement was sent.", "acknowledged", effects)


def contacted(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    record = case.current
    how = " ".join(t for t in (event.words.strip(), event.text.strip()) if t)
    case = replace(case, attempts=(*case.attempts, event.at), last_landlord_word_at=event.at)
    effects: tuple[Effect, ...] = orders.stop(Timer.CONTACT)
    if record and record.contacted_at is None:
        case = stages.with_record(case, replace(record, contacted_at=event.at))
    if case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED):
        effects = (*effects, *orders.silence_timers(case, rules))
    return yes(
        case,
        event,
        rules,
        f"Contact with the resident recorded{': ' + how if how else ''}.",
        "contact",
        effects,
    )


def add_action(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    if not event.words.strip() or event.until is None:
        return no(case, "An action needs what and by when: #action replace the door seal by 14 March")
    action = Action(len(case.actions) + 1, event.words.strip(), event.until)
    case = replace(case, actions=(*case.actions, action))
    why = rules.policy.why("actions")
    timer = SetTimer(Timer.ACTION_DUE, rules.morning(event.until), why, subject=str(action.number))
    sentence = f"Action {action.number} recorded: {action.text}, by {event.until.isoformat()}."
    return yes(case, event, rules, sentence, "actions", (timer,))


def action_done(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    action = next((a for a in case.open_actions if a.number == event.number), None)
    if action is None:
        numbers = ", ".join(str(a.number) for a in case.open_actions) or "none"
        return no(
            case, f"There is no open action with that number (open: {numbers}). Write #done and a number."
        )
    case = replace(
        case,
        actions=tuple(replace(a, done_at=event.at) if a.number == action.number else a for a in case.actions),
    )
    stopped = orders.stop_action(action.number)
    return yes(case, event, rules, f"Action {action.number} is done: {action.text}.", "actions", (stopped,))


def note(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    text = "\n".join(t for t in (event.words.strip(), event.text.strip()) if t)
    if not text:
        return no(case, "The note is empty. Write it after #note or below it.")
    return yes(case, event, rules, f"Note kept inside: {text}", "recorded")


def history(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Nothing changes; the service hands in the journal as the text of the act."""
    return yes(case, event, rules, "Here is the history of the case.", "recorded", sent_text=event.text)


def show_help(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    return yes(case, event, rules, "Here is what you can write.", "recorded", sent_text=event.text)


def give_to(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    found = find_person(rules.desk, event.person or event.words)
    if not isinstance(found, Person):
        names = ", ".join(p.name for p in found)
        return no(
            case,
            f"More than one person fits: {names}. Write the whole name."
            if names
            else "Nobody of that name is in the staff file. Write #assign and a name from it.",
        )
    if case.stage2 and case.stage in (Stage.STAGE2_OPEN, Stage.UNSORTED) and found.key in case.had_part:
        return no(
            case,
            f"{found.name} had part in stage 1 and can't take stage 2 "
            f"({', '.join(rules.policy.why('stage2_person'))}).",
        )
    record = case.current
    if record is None:
        moved = replace(case, handler=found.key)
        mail = orders.case_mail(
            moved, rules, whole_request(moved, event), rules.policy.why("one_contact"), Letter.CASE_ASSIGNED
        )
        return yes(moved, event, rules, f"{found.name} has it now.", "one_contact", mail)
    if not case.stage2:
        case = replace(
            case, had_part=stages.union(case.had_part, tuple(k for k in (case.handler, found.key) if k))
        )
    case = replace(case, handler=found.key)
    case, effects = stages.assign(
        case, rules, found, f"{name_of(event, rules)} passed it on", whole_request(case, event)
    )
    return yes(case, event, rules, f"{found.name} has the case now.", "one_contact", effects)


def whole_request(case: Case, event: StaffActed) -> MailArrived:
    record = case.current
    return MailArrived(
        at=event.at,
        received_at=record.requested_at if record else case.received_at,
        mail=record.request_mail if record else case.request_mail,
        sender=case.resident,
        subject=case.subject,
        text=record.definition if record else case.request_text,
        verdict=Verdict(
            Intent.NEW_COMPLAINT if record else Intent.SERVICE_REQUEST,
            (Reading(Intent.NEW_COMPLAINT if record else Intent.SERVICE_REQUEST, 1.0),),
        ),
    )


# ------------------------------------------------------------------ stages


def close(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Closing by a person's word: agreed needs a full response and no open action, answered is for service
    requests, withdrawn is always the resident's right."""
    word, _, _ = event.words.strip().lower().partition(" ")
    reason = {"agreed": "agreed", "withdrawn": "withdrawn", "answered": "service_request_answered"}.get(
        word, ""
    )
    answered = case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED)
    if not reason:
        return no(
            case, "Say why: #close agreed, #close withdrawn or, for a service request, #close answered."
        )
    if reason == "agreed" and not answered:
        return no(
            case, "It can be closed as agreed only after the response of the stage was sent with #respond."
        )
    if reason == "agreed" and case.open_actions:
        numbers = ", ".join(str(a.number) for a in case.open_actions)
        return no(
            case,
            f"Something promised is still open (action {numbers}). When it is done, write #done {numbers}.",
        )
    if reason == "service_request_answered" and case.stage is not Stage.SERVICE_REQUEST:
        return no(case, "#close answered is for service requests. Write #close agreed or #close withdrawn.")
    if case.open_questions:
        return no(
            case,
            "Nobody has said yet what one of the mails on this case is, and closing would settle it unread. "
            "Write #sort and what it is (reply, escalation, complaint) first.",
        )
    rule = "closed_withdrawn" if reason == "withdrawn" else "closed_agreed"
    if reason == "service_request_answered":
        rule = "service_request"
    closed = replace(
        case,
        stage=Stage.CLOSED,
        closed_at=event.at,
        closed_because=reason,
        last_landlord_word_at=event.at,
        service_answered_at=event.at if reason == "service_request_answered" else case.service_answered_at,
    )
    letter = orders.closure(closed, rules, reason, rules.policy.why(rule), event.at)
    stopped = orders.stop(*orders.CLOCKS_OF_A_STAGE)
    return yes(closed, event, rules, f"Closed: {orders.CLOSED_WORDS[reason]}.", rule, (letter, *stopped))


def reopen(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    decision = on_mail.reopen(case, rules, None, "Reopened.", event.at)
    assert decision.case is not None
    why = f" {event.text.strip()}" if event.text.strip() else ""
    sentence = f"Reopened; the resident was told.{why}"
    return yes(decision.case, event, rules, sentence, "reopened", decision.effects)


def escalate(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A person moves it to stage 2, in the words of the resident's last request."""
    decision = on_clock.settle_escalation(case, whole_request_now(case, event), rules)
    assert decision.case is not None
    sentence = f"Moved to {rules.policy.stage(2).name}."
    return yes(decision.case, event, rules, sentence, "escalated", decision.effects)


def whole_request_now(case: Case, event: StaffActed) -> MailArrived:
    """The escalation dates from the resident's last word, if it can be the request: what they wrote before
    our response asked for no next stage, and one told by phone dates from now."""
    asked = case.last_resident_word_at or event.at
    answered = case.stage1.responded_at if case.stage1 else None
    if answered and asked < answered:
        asked = event.at
    mail = whole_request(case, event)
    return replace(
        mail,
        received_at=min(asked, event.at),
        text=event.text or mail.text,
        definition=event.text,
        verdict=Verdict(Intent.ESCALATION_REQUEST, (Reading(Intent.ESCALATION_REQUEST, 1.0),)),
    )


def sort(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A person says what a mail is."""
    if event.intent is None:
        return no(case, "Say what it is: #sort complaint, service request, escalation, reply or other.")
    wanted = [q for q in case.open_questions if event.number in (None, q.number)]
    if not wanted:
        if case.stage is Stage.SERVICE_REQUEST and event.intent is Intent.NEW_COMPLAINT:
            mail = replace(
                whole_request_now(case, event), text=case.request_text, definition=case.request_text
            )
            turned = on_mail.turn_into_complaint(case, mail, rules)
            assert turned.case is not None
            return yes(turned.case, event, rules, turned.summary, "dissatisfaction", turned.effects)
        return no(case, "Nothing on this case waits to be sorted.")
    if len(wanted) > 1:
        waiting = ", ".join(f"{q.number} of {rules.day(q.asked_at).isoformat()}" for q in wanted)
        return no(
            case,
            f"Several mails wait to be sorted ({waiting}). Write #sort {wanted[0].number} and what it is.",
        )
    question = wanted[0]
    case = replace(
        case,
        questions=tuple(
            replace(q, answered_at=event.at, answer=f"{event.who}: {event.intent.value}")
            if q.number == question.number
            else q
            for q in case.questions
        ),
    )
    verdict = Verdict(
        event.intent, (Reading(event.intent, 1.0),), reasons=(f"{name_of(event, rules)} said so",)
    )
    decision = on_clock.settle(case, stages.event_of(question, verdict, event.at), rules)
    assert decision.case is not None
    answered = yes(
        decision.case,
        event,
        rules,
        f"It is {orders.KIND_WORDS[event.intent]}. {decision.summary}",
        "triage",
        (*decision.effects, orders.stop_sorting(question)),
    )
    return replace(answered, opens=decision.opens, moves=decision.moves)
