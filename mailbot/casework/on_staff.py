"""What follows when a member of staff acts by mail. Each function is one answer in the table ON_STAFF.

Promises: an act that can't be done does nothing and says why and what to write instead (`refused`); what is
not plainly meant for the resident stays inside; every act is echoed to the person at the address we know.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailbot.casework import clocks, money, on_clock, on_mail, orders, stages, third_parties
from mailbot.casework.acts import name_of, no, roles_of, yes
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
    Matter,
    Person,
    Reading,
    Recorded,
    SendLetter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    Verdict,
)

# ------------------------------------------------------------------ words to the resident


def relay(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A plain reply to a case mail goes to the resident, from the shared mailbox."""
    if not event.text.strip():
        return no(case, "The mail had no text for the resident. Write it above the quoted mail.")
    if unsaid := money.unsaid(case, event, rules):
        return no(case, unsaid)
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
        effects += clocks.stop(Timer.CONTACT)
    if case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED):
        effects += clocks.silence_timers(case, rules)
    if case.stage is Stage.SERVICE_REQUEST:
        effects += clocks.stop(Timer.SERVICE_CHASE)
    return yes(
        case,
        event,
        rules,
        rules.call("Your reply was sent to the resident."),
        "one_contact",
        tuple(effects),
        event.text,
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
    if unsaid := third_parties.silent_about(case, rules):
        return no(case, unsaid)
    if not case.stage2:
        case = replace(case, had_part=stages.union(case.had_part, (event.who,)))
    effects: list[Effect] = []
    if record.acknowledged_at is None and record.by_hand != "withheld":
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
        record,
        responded_at=event.at,
        decision=decision,
        contacted_at=record.contacted_at or event.at,
        compensation=event.amount,
        draft=None,  # an approver may send their own instead of what was put before them
    )
    onward = rules.policy.stage(2).window
    if onward and number == 1:
        record = replace(record, window=onward.due(rules.anchors(record), rules.calendar))
    case = replace(
        stages.with_record(case, record),
        stage=Stage.STAGE1_RESPONDED if number == 1 else Stage.STAGE2_RESPONDED,
        last_landlord_word_at=event.at,
    )
    if event.amount:
        offered = f"{event.amount // 100}.{event.amount % 100:02}"
        case = replace(
            case, recorded=(*case.recorded, Recorded(event.at, event.who, "compensation", offered))
        )
    ends = clocks.silence_ends(case, rules)
    facts: dict[str, Fact] = {
        "stage": number,
        "handler": orders.card(rules.person(event.who), rules),
        "decision": decision,
        "definition": record.definition,
        "text": event.text,
        "compensation": money.told(event.amount),
        "actions": [{"text": a.text, "due": orders.iso(a.due)} for a in case.open_actions],
        "next_stage_name": rules.policy.stage(2).name if number == 1 else "",
        "window_ends": orders.iso(record.window.outer) if record.window else "",
        "close_on": orders.iso(rules.calendar.add_working_days(ends, 1)) if ends else "",
    }
    if number == 2:
        facts["ombudsman_until"] = orders.iso(orders.ombudsman_until(case, rules))
    rule = "final_response" if number == 2 else "responded"
    final = rules.policy.why("final_response") if number == 2 else ()
    offered_by = rules.policy.why("compensation") if event.amount else ()
    because = tuple(dict.fromkeys((*record.respond.clauses, *stage.respond_clauses, *final, *offered_by)))
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
        f"The {stage.name} response was sent to the {rules.policy.person_noun}.",
        rule,
        (
            *effects,
            letter,
            *third_parties.tell_writers(case, event, rules),
            *clocks.stop(*clocks.CLOCKS_OF_A_STAGE),
            *clocks.silence_timers(case, rules),
        ),
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
    agreed = limits.beyond_by_agreement and "agreed" in event.reason.lower()
    if last is not None and new > last and not agreed and "supervisor" not in roles_of(event, rules):
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
            "agreement": limits.needs_agreement,
            "next_update_by": orders.iso(clocks.next_update(case, rules, rules.day(event.at))),
        },
        answers=record.request_mail,
    )
    return yes(
        case,
        event,
        rules,
        f"The {rules.policy.person_noun} was told that the response comes by {new.isoformat()}.",
        "extended",
        (letter, *clocks.response_timers(case, rules, event.at), *clocks.update_timer(case, rules, event.at)),
        because=limits.clauses,
    )


def had_part_already(event: StaffActed, rules: Rulebook) -> str:
    """Code 6.13: whoever answered stage 1 does not answer stage 2."""
    clauses = ", ".join(rules.policy.why("stage2_person"))
    return (
        f"{name_of(event, rules)} had part in stage 1 and can't take or answer stage 2 ({clauses}). "
        "Write #assign and the name of somebody who had none."
    )


# ------------------------------------------------------------------ keeping the record


OTHERWISE = re.compile(r"by (?:hand|post|letter|e-?mail)\b.{0,200}", re.IGNORECASE)
"""How somebody says that they have acknowledged a complaint in writing themselves."""


def confirm(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#acknowledge: the acknowledgement goes now; `by post` and the like: it was given in another way."""
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
    if how := OTHERWISE.match(event.words.strip()):
        case, effects = stages.acknowledge(case, rules, event.at)
        effects = tuple(e for e in effects if not isinstance(e, SendLetter))
        sentence = f"Recorded: acknowledged {how[0].strip(' .')}. No letter was sent."
        return yes(case, event, rules, sentence, "acknowledged", effects)
    case, effects = stages.acknowledge(case, rules, event.at)
    return yes(case, event, rules, "The acknowledgement was sent.", "acknowledged", effects)


def contacted(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    record = case.current
    how = how_told(event)
    case = replace(case, attempts=(*case.attempts, event.at), last_landlord_word_at=event.at)
    effects: tuple[Effect, ...] = clocks.stop(Timer.CONTACT)
    if record and record.contacted_at is None:
        case = stages.with_record(case, replace(record, contacted_at=event.at))
    if case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED):
        effects = (*effects, *clocks.silence_timers(case, rules))
    return yes(
        case,
        event,
        rules,
        f"Contact with the {rules.policy.person_noun} recorded{': ' + how if how else ''}.",
        "contact",
        effects,
    )


def how_told(event: StaffActed) -> str:
    """What stands behind the command and below it, as the end of a sentence."""
    said = (event.words.strip().rstrip(".:"), event.text.strip().rstrip("."))
    return ": ".join(t for t in said if t)


def tried(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """An attempt to reach the resident that did not: it counts as an attempt, not as contact and not as a word."""
    how = how_told(event)
    case = replace(case, attempts=(*case.attempts, event.at))
    sentence = f"An attempt to reach the {rules.policy.person_noun} recorded{': ' + how if how else ''}."
    because = silence.clauses if (silence := clocks.silence_rule(case, rules)) else ()
    return yes(case, event, rules, sentence, "contact", because=because)


def update(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A word on how things stand, to the resident (Code 5.9, 6.6)."""
    if not event.text.strip():
        return no(case, "Write what the resident is to read below #update, after an empty line.")
    if unsaid := money.unsaid(case, event, rules):
        return no(case, unsaid)
    case = replace(case, last_landlord_word_at=event.at, attempts=(*case.attempts, event.at))
    record = case.current
    open_stage = record is not None and record.responded_at is None
    why = tuple(
        dict.fromkeys((*rules.policy.why("update"), *(u.clauses if (u := rules.policy.updates) else ())))
    )
    letter = orders.to_resident(
        case,
        rules,
        Letter.UPDATE,
        why,
        {
            "handler": orders.card(rules.person(event.who), rules),
            "text": event.text,
            "respond_by": orders.iso(record.promised.target)
            if record and open_stage and record.promised.target >= rules.day(event.at)
            else "",  # a day that has passed is no promise
            "next_update_by": orders.iso(clocks.next_update(case, rules, rules.day(event.at))),
        },
        answers=case.request_mail,
        carries=event.mail,
    )
    timers = clocks.update_timer(case, rules, event.at) if open_stage else clocks.silence_timers(case, rules)
    sentence = f"The update was sent to the {rules.policy.person_noun}."
    return yes(case, event, rules, sentence, "update", (letter, *timers), event.text, why)


def reviewed(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The review of stage 2 was held: its outcome counts from here, or from when it was due."""
    record = case.current
    if record is None or record.review is None:
        return no(case, "The policy has no review at this stage: send the response with #respond.")
    if record.reviewed_at is not None:
        return no(case, "The review is recorded already. Its outcome goes out with #respond.")
    record = stages.recounted(replace(record, reviewed_at=event.at), 2 if case.stage2 else 1, rules)
    case = stages.with_record(case, record)
    why = tuple(
        dict.fromkeys((*(record.review.clauses if record.review else ()), *rules.policy.why("reviewed")))
    )
    sentence = f"The review is recorded; its outcome is due {record.promised.target.isoformat()}."
    timers = (*clocks.stop(Timer.REVIEW), *clocks.response_timers(case, rules, event.at))
    return yes(case, event, rules, sentence, "reviewed", timers, because=why)


def restrict(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Nothing of this case's words stands in notices, lists or digests any more."""
    if case.restricted:
        return no(case, "The case is restricted already.")
    case = replace(case, restricted=True)
    return yes(case, event, rules, "The case is restricted: only who has it sees its words.", "restricted")


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
    evidence = event.text.strip()
    if action.ordered and not evidence:
        return no(
            case,
            f"The Ombudsman ordered it: below #done {action.number}, after an empty line, write what shows that it was "
            "kept, and attach it.",
        )
    case = replace(
        case,
        actions=tuple(
            replace(a, done_at=event.at, evidence=evidence) if a.number == action.number else a
            for a in case.actions
        ),
    )
    stopped = clocks.stop_action(action.number)
    shown = f" Kept inside, sent to nobody: {evidence}" if evidence else ""
    rule = "ombudsman_order" if action.ordered else "actions"
    return yes(case, event, rules, f"Action {action.number} is done: {action.text}.{shown}", rule, (stopped,))


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
    if found.key in case.conflicts:
        return no(
            case, f"{found.name} has a conflict of interest on this case. Write #assign and another name."
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


WAYS_TO_CLOSE = {
    "agreed": "agreed",
    "withdrawn": "withdrawn",
    "answered": "service_request_answered",
    "concern": "concern",
}
"""What #close takes, and what the case then remembers."""


def close(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Closing by a person's word: agreed needs a full response and no open action, answered is for service
    requests, withdrawn is always the resident's right, and a concern is a complaint that the resident did not
    want to make (Code 1.3)."""
    word, _, _ = event.words.strip().lower().partition(" ")
    reason = WAYS_TO_CLOSE.get(word, "")
    if refusal := why_not_close(case, reason):
        return no(case, refusal)
    rule = {
        "withdrawn": "closed_withdrawn",
        "service_request_answered": "service_request",
        "concern": "early_resolution",
    }.get(reason, "closed_agreed")
    early = rules.policy.early_resolution if reason == "concern" else None
    why = tuple(dict.fromkeys((*(early.clauses if early else ()), *rules.policy.why(rule))))
    closed, stopped = stages.close(case, reason, event.at, rules)
    closed = replace(
        closed,
        last_landlord_word_at=event.at,
        service_answered_at=event.at if reason == "service_request_answered" else case.service_answered_at,
    )
    letters = (
        () if case.matter is Matter.OMBUDSMAN else (orders.closure(closed, rules, reason, why, event.at),)
    )
    return yes(
        closed,
        event,
        rules,
        f"Closed: {rules.call(orders.CLOSED_WORDS[reason])}.",
        rule,
        (*letters, *stopped),
        because=why,
    )


def why_not_close(case: Case, reason: str) -> str:
    """What stands in the way of closing for this reason; "" if nothing does."""
    answered = case.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED)
    if not reason:
        return "Say why: #close agreed, #close withdrawn, #close concern or, for a service request, #close answered."
    if reason == "agreed" and not answered:
        return "It can be closed as agreed only after the response of the stage was sent with #respond."
    if reason in ("agreed", "concern") and case.open_actions:
        numbers = ", ".join(str(a.number) for a in case.open_actions)
        return f"Something promised is still open (action {numbers}). When it is done, write #done {numbers}."
    if reason == "service_request_answered" and case.stage is not Stage.SERVICE_REQUEST:
        return "#close answered is for service requests. Write #close agreed or #close withdrawn."
    if reason == "concern" and case.stage is not Stage.STAGE1_OPEN:
        return "A concern is a complaint that has no response yet. Write #close agreed or #close withdrawn."
    if case.open_questions:
        return (
            "Nobody has said yet what one of the mails on this case is, and closing would settle it unread. "
            "Write #sort and what it is (reply, escalation, complaint) first."
        )
    return ""


def reopen(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    decision = on_mail.reopen(case, rules, None, "Reopened.", event.at)
    assert decision.case is not None
    why = f" {event.text.strip()}" if event.text.strip() else ""
    sentence = f"Reopened; the {rules.policy.person_noun} was told.{why}"
    return yes(decision.case, event, rules, sentence, "reopened", decision.effects)


def escalate(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A person moves it to stage 2, in the words of the resident's last request; where there is no stage 1 to go on
    from, or none after it, what such a request leads to is done and said."""
    decision = on_clock.settle_escalation(case, whole_request_now(case, event, rules), rules)
    assert decision.case is not None
    moved = yes(
        decision.case, event, rules, decision.summary, "escalated", decision.effects, because=decision.because
    )
    return replace(moved, opens=decision.opens)


def whole_request_now(case: Case, event: StaffActed, rules: Rulebook) -> MailArrived:
    """The escalation dates from the resident's last word, if it can be the request: what they wrote before
    our response asked for no next stage, and one told by phone dates from now. What a member of staff notes of it
    goes to whoever gets the case; the letters repeat the resident's own words alone."""
    asked = case.last_resident_word_at or event.at
    answered = case.stage1.responded_at if case.stage1 else None
    if answered and asked < answered:
        asked = event.at
    mail = whole_request(case, event)
    return replace(
        mail,
        received_at=min(asked, event.at),
        text=f"{name_of(event, rules)} notes: {event.text}" if event.text.strip() else mail.text,
        definition=mail.text,
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
                whole_request_now(case, event, rules), text=case.request_text, definition=case.request_text
            )
            turned = on_mail.turn_into_complaint(case, mail, rules)
            assert turned.case is not None
            answered = yes(turned.case, event, rules, turned.summary, "dissatisfaction", turned.effects)
            return replace(answered, opens=turned.opens)
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
        (*decision.effects, clocks.stop_sorting(question)),
    )
    return replace(answered, opens=decision.opens, moves=decision.moves)
