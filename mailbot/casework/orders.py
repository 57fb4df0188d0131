"""How decisions are put into orders: the facts of each letter, the timers of each duty, the words for both.

The rules (`on_mail`, `on_clock`, `on_staff`) say *what* happens; this module says it in orders, once for all
of them. Dates inside facts are ISO strings, so that an order can be stored as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from mailbot.casework.duties import duties_of
from mailbot.casework.policy import Anchor, SilenceRule, StageRules
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    CancelTimer,
    Case,
    Due,
    Effect,
    Fact,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Matter,
    Person,
    Question,
    SendLetter,
    SetTimer,
    Stage,
    StageRecord,
    Timer,
    Verdict,
)

KIND_WORDS: Mapping[Intent, str] = {
    Intent.NEW_COMPLAINT: "a complaint",
    Intent.SERVICE_REQUEST: "a service request",
    Intent.ESCALATION_REQUEST: "a request to escalate",
    Intent.REPLY: "a reply",
    Intent.OTHER: "something else",
    Intent.UNSURE: "not clear",
}

FLAG_WORDS: Mapping[Flag, str] = {
    Flag.URGENT_HAZARD: "Danger to health or safety",
    Flag.SAFEGUARDING: "Safeguarding",
    Flag.VULNERABILITY: "Vulnerability",
    Flag.ADJUSTMENT_REQUEST: "Asks for an adjustment",
    Flag.REPRESENTATIVE: "Writes for somebody else",
    Flag.AUTHORITY_GIVEN: "Says that the resident agreed",
    Flag.MP_OR_COUNCILLOR: "MP or councillor",
    Flag.LEGAL_ACTION: "Legal action",
    Flag.LEGAL_PROCEEDINGS_ISSUED: "Court claim issued",
    Flag.INSURANCE_CLAIM: "Insurance claim",
    Flag.NEIGHBOUR_DISPUTE: "Neighbour dispute",
    Flag.CHARGES_LEVEL: "Level of a charge",
    Flag.SECTION_20_WORKS: "Section 20 works",
    Flag.OLDER_THAN_6_MONTHS: "Older than 6 months",
    Flag.OLDER_THAN_12_MONTHS: "Older than 12 months",
    Flag.ALREADY_CONSIDERED: "Considered before",
    Flag.STAFF_COMPLAINT: "About a member of staff",
    Flag.POLICY_COMPLAINT: "About a policy",
    Flag.BUILDING_SAFETY_RISK: "Building safety",
    Flag.COMPENSATION_CLAIM: "Asks for compensation",
    Flag.OMBUDSMAN: "Ombudsman",
    Flag.SURVEY_OPT_OUT: "No surveys",
    Flag.DATA_REQUEST: "Data request",
    Flag.ANONYMOUS: "Anonymous",
    Flag.ABUSIVE: "Abusive",
    Flag.COMPLIMENT: "Compliment",
    Flag.SEVERAL_ISSUES: "Several issues",
}

CLOSED_WORDS: Mapping[str, str] = {
    "agreed": "the resident accepts the outcome",
    "silence": "we answered and heard nothing more",
    "withdrawn": "the resident withdrew it",
    "service_request_answered": "the request was answered",
    "concern": "the resident wants no complaint: settled as a concern",
    "refused": "a supervisor refused it, with reasons",
    "sorted_as_other": "it is no complaint and no request",
    "belongs_elsewhere": "its mail belongs to another case",
}


ROUTE_WORDS: Mapping[str, str] = {
    "anti_social_behaviour": "anti-social behaviour",
    "asb_handling": "how anti-social behaviour was handled",
    "building_safety": "building safety",
    "staff_conduct": "the conduct of a member of staff",
    "policy_content": "what a policy says",
    "legal": "legal action",
    "insurance": "an insurance claim",
    "data_protection": "personal data",
    "anonymous": "a writer who gives no name",
    "stakeholder": "a stakeholder",
    "compliment": "praise",
    "feedback": "feedback",
    "rent_withholding": "withholding rent",
    "charges": "the level of a charge",
    "elected_member": "an elected member",
    "behaviour": "behaviour",
}
"""How people say each kind of matter that is passed on."""


def stage_name(case: Case, rules: Rulebook) -> str:
    """What the landlord's policy calls the place where the case stands."""
    if case.stage is Stage.UNSORTED:
        return "To be sorted"
    if case.matter is not Matter.COMPLAINT:
        return {Matter.DATA_PROTECTION: "Data protection", Matter.OMBUDSMAN: "The Ombudsman"}[case.matter]
    if case.stage2:
        return rules.policy.stage(2).name
    if case.stage1:
        return rules.policy.stage(1).name
    return "Service request"


def iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def common(case: Case, rules: Rulebook) -> dict[str, Fact]:
    return {
        "reference": case.reference,
        "stage_name": stage_name(case, rules),
        "resident_name": case.resident.name,
    }


def card(person: Person | None, rules: Rulebook) -> dict[str, Fact]:
    """A handler as residents see one; empty where nobody has the case. Their own address is shown only where
    the landlord wants that: mail that goes there is mail that the case never sees."""
    if person is None:
        return {}
    address = person.address if rules.habits.show_handler_address else ""
    return {"name": person.name, "title": person.title, "phone": person.phone, "address": address}


# ------------------------------------------------------------------ letters to residents


def to_resident(
    case: Case,
    rules: Rulebook,
    letter: Letter,
    because: tuple[str, ...],
    facts: Mapping[str, Fact],
    answers: str = "",
    carries: str = "",
    to: str = "",
) -> SendLetter:
    return SendLetter(
        letter,
        Audience.RESIDENT,
        to or case.resident.address,
        because,
        {**common(case, rules), **facts},
        answers=answers,
        carries=carries,
    )


def acknowledgement(case: Case, rules: Rulebook, record: StageRecord, at: dt.datetime) -> SendLetter:
    number = 2 if case.stage2 else 1
    stage, early = rules.policy.stage(number), rules.policy.early_resolution
    facts: dict[str, Fact] = {
        "stage": number,
        "received_on": iso(rules.day(record.requested_at)),
        "definition": record.definition,
        "outcome_sought": record.outcome_sought,
        "handler": card(rules.person(record.handler), rules),
        "respond_by": iso(record.promised.target),
        "contact_by": iso(record.contact.target) if record.contact and not record.contacted_at else "",
        "next_stage_name": rules.policy.stage(2).name if number == 1 else "",
        "late": rules.day(at) > record.acknowledge.outer,
        "from_service_request": case.was_service_request and number == 1,
        "provisional": case.stage is Stage.STAGE1_OPEN and any(q.answer == "default" for q in case.questions),
        "representative": case.representative and not case.knows_resident,
        "hazard": Flag.URGENT_HAZARD in case.flags,
        "information": information(case, rules) if number == 1 else [],
        "early_choice": number == 1 and bool(early and early.offers_choice),
        "confirm_by": iso(confirm_by(stage, rules.day(at), rules)),
    }
    because = tuple(
        dict.fromkeys(
            (
                *stage.acknowledge_clauses,
                *record.acknowledge.clauses,
                *(early.clauses if early and number == 1 else ()),
                *(stage.understanding.clauses if stage.understanding else ()),
                *(third_party(rules) if facts["representative"] else ()),
                *(c for r in rules.policy.routes if r.kind in case.routes and r.tells for c in r.clauses),
            )
        )
    )
    return to_resident(case, rules, Letter.ACKNOWLEDGEMENT, because, facts, answers=record.request_mail)


def third_party(rules: Rulebook) -> tuple[str, ...]:
    """Why somebody who writes for a resident hears what they hear, and no more."""
    third = rules.policy.third_party
    return tuple(dict.fromkeys((*(third.clauses if third else ()), *rules.policy.why("third_party"))))


def confirm_by(stage: StageRules, sent: dt.date, rules: Rulebook) -> dt.date | None:
    """By when the resident is asked to say whether we understood them (tch 9.4). Nothing waits for it."""
    said = stage.understanding
    return rules.calendar.add_working_days(sent, said.confirm_working_days) if said else None


def information(case: Case, rules: Rulebook) -> list[Fact]:
    """What the acknowledgement tells of the matters that a case raises, route by route."""
    told = [route for route in rules.policy.routes if route.kind in case.routes and route.tells]
    return [{"title": f"About {ROUTE_WORDS[route.kind]}", "text": route.tells} for route in told]


def closure(
    case: Case, rules: Rulebook, reason: str, because: tuple[str, ...], at: dt.datetime
) -> SendLetter:
    record = case.current
    responded = record is not None and record.responded_at is not None
    final = case.stage2 is not None and case.stage2.responded_at is not None
    facts: dict[str, Fact] = {
        "closed_because": reason,
        "closed_on": iso(rules.day(at)),
        "next_stage_name": rules.policy.stage(2).name if responded and not case.stage2 else "",
        "window_ends": iso(record.window.outer) if record and record.window and not case.stage2 else "",
        "ombudsman_until": iso(ombudsman_until(case, rules)) if final else "",
    }
    return to_resident(case, rules, Letter.CLOSURE, because, facts, answers=case.request_mail)


def ombudsman_until(case: Case, rules: Rulebook) -> dt.date | None:
    """The last day to go to the Ombudsman: counted from the final response."""
    months = rules.policy.referral_months
    if months and case.stage2 and case.stage2.responded_at:
        return rules.calendar.add_months(rules.day(case.stage2.responded_at), months)
    return None


# ------------------------------------------------------------------ letters to staff


def duties(case: Case, rules: Rulebook) -> list[Fact]:
    """What the landlord still owes on this case, soonest first: what, target, outer, clause."""
    owed = duties_of(case, rules.policy, rules.calendar)
    return [
        {
            "what": duty.what,
            "target": iso(duty.due.target),
            "outer": iso(duty.due.outer),
            "clause": ", ".join(duty.due.clauses),
        }
        for duty in sorted(owed, key=lambda d: (d.due.target, d.due.outer))
    ]


def buttons(case: Case) -> list[Fact]:
    """The prepared mails that the case mail offers: what makes sense where the case stands."""

    def button(label: str, line: str, body: str = "") -> Fact:
        return {"label": label, "line": line, "body": body}

    contact = button("Record contact", "#contacted by phone")
    extend = button(
        "Ask for an extension", "#extend 10 working days because ", "Say why after the word because."
    )
    action = button("Add an action", "#action  by ", "What will be done, then the date after the word by.")
    note = button("Note", "#note", "Then the note. It stays inside.")
    update = button(
        "Tell how it stands", "#update", "Then, after an empty line, what the resident is to read."
    )
    tried = button("Record an attempt", "#tried by phone, no answer")
    propose = button(
        "Propose to decline", "#decline age because ", "The ground, then why. A supervisor decides."
    )
    given = button("Permission seen", "#authority given")
    whose = button("Add the resident", "#resident ", "Their address, then their name.")
    writers = [whose, given] if case.representative and case.authority == "needed" else []
    pass_on = button("Pass on", "#assign ")
    answer = "Choose upheld, partly upheld or not upheld, then write the response to the resident."
    match case.stage:
        case Stage.UNSORTED:
            return [*sorting(case), note]
        case Stage.SERVICE_REQUEST:
            return [
                button("Close as answered", "#close answered"),
                *(
                    [button("It is a complaint", "#sort complaint")]
                    if case.matter is Matter.COMPLAINT
                    else []
                ),
                note,
                pass_on,
            ]
        case Stage.STAGE1_OPEN | Stage.STAGE2_OPEN:
            first = []
            if case.current and case.current.acknowledged_at is None:
                first = [button("Send acknowledgement now", "#acknowledge")]
            return [
                *first,
                contact,
                button("Send response", "#respond upheld", answer),
                extend,
                update,
                *([button("Review held", "#reviewed")] if case.current and case.current.review else []),
                action,
                *writers,
                note,
                pass_on,
                propose,
                button("Withdrawn", "#close withdrawn"),
            ]
        case Stage.STAGE1_RESPONDED:
            return [
                button("Close as agreed", "#close agreed"),
                button("Escalate", "#escalate"),
                tried,
                action,
                note,
                pass_on,
            ]
        case Stage.STAGE2_RESPONDED:
            return [button("Close as agreed", "#close agreed"), action, note, pass_on]
        case _:
            return [button("Reopen", "#reopen"), note]


def sorting(case: Case) -> list[Fact]:
    """The answers to a question what a mail is."""
    suggested = next((q.suggested for q in case.open_questions if q.suggested), "")
    choices: tuple[tuple[str, str], ...]
    if case.stage is Stage.UNSORTED:
        choices = (
            ("A complaint", "complaint"),
            ("A service request", "service request"),
            ("Neither", "other"),
        )
        if suggested:
            choices = ((f"Belongs to {suggested}", "reply"), *choices)
    else:
        choices = (
            ("A reply", "reply"),
            ("A request to escalate", "escalation"),
            ("A new complaint", "complaint"),
            ("A service request", "service request"),
            ("Neither", "other"),
        )
    return [{"label": label, "line": f"#sort {word}", "body": ""} for label, word in choices]


def to_staff(
    person: Person,
    letter: Letter,
    audience: Audience,
    because: tuple[str, ...],
    facts: Mapping[str, Fact],
    carries: str = "",
) -> SendLetter:
    return SendLetter(letter, audience, person.address, because, facts, person=person.key, carries=carries)


def flag_facts(verdict: Verdict) -> list[Fact]:
    return [{"words": FLAG_WORDS[r.flag], "phrase": r.phrase} for r in verdict.flags]


def case_mail(
    case: Case,
    rules: Rulebook,
    event: MailArrived,
    because: tuple[str, ...],
    letter: Letter = Letter.CASE_MAIL,
    warning: str = "",
) -> tuple[Effect, ...]:
    """The mail that shows a new message to whoever has the case; to the supervisor where nobody has."""
    person = rules.person(case.handler) or rules.supervisor
    name = stage_name(case, rules)
    return (
        to_staff(
            person,
            letter,
            Audience.HANDLER,
            because,
            {
                "reference": case.reference,
                "stage_name": name,
                "resident_name": case.resident.name,
                "handler_name": person.name,
                "resident": {"name": event.sender.name, "address": event.sender.address},
                "received_on": event.received_at.isoformat(),
                "subject": event.subject,
                "text": event.text,
                "history": "",
                "kind_words": KIND_WORDS[event.verdict.intent],
                "confidence": round(100 * event.verdict.confidence),
                "reasons": list(event.verdict.reasons),
                "flags": flag_facts(event.verdict),
                "duties": duties(case, rules),
                "actions": actions(case),
                "attachments": list(event.attachments),
                "how_found": event.how_found,
                "commands": buttons(case),
                "because": list(because),
                "warning": warning,
                "service_request": case.stage is Stage.SERVICE_REQUEST,
                "proposals": [
                    f"{p.ground.replace('_', ' ')} ({', '.join(p.clauses)})" for p in case.open_proposals
                ],
                "authority": case.authority,
                "linked": list(case.linked),
                "approval": approval(case, rules),
            },
            carries=event.mail,
        ),
    )


def approval(case: Case, rules: Rulebook) -> str:
    """What whoever has the case must know of the approval of its response; "" where nobody approves."""
    record = case.current
    role = rules.stage_rules(case).approver if record and record.responded_at is None else ""
    if not role or record is None:
        return ""
    if record.draft:
        return "A response waits for approval."
    clauses = ", ".join(rules.stage_rules(case).approver_clauses)
    return f"The response is approved before it goes ({clauses}): leave a day for that."


def actions(case: Case) -> list[Fact]:
    return [{"number": a.number, "text": a.text, "due": iso(a.due)} for a in case.open_actions]


def chaser(
    case: Case, rules: Rulebook, what: str, due: Due, at: dt.datetime, tell_supervisor: bool = False
) -> tuple[Effect, ...]:
    """One chaser to the handler, and the same to the supervisor once the outer date has passed."""
    today = rules.day(at)
    late = rules.calendar.working_days_between(due.outer, today) if today > due.outer else 0
    because = tuple(dict.fromkeys((*due.clauses, *rules.policy.why("chase"))))
    line: Fact = {
        "reference": case.reference,
        "subject": case.subject,
        "what": what,
        "target": iso(due.target),
        "outer": iso(due.outer),
        "days_late": late,
        "clause": ", ".join(due.clauses),
        "stage_name": stage_name(case, rules),
    }
    handler = rules.person(case.handler)
    waiting = case.current.draft if case.current else None
    approvers = [rules.person(key) for key in waiting.approvers] if waiting else []
    told = [
        p
        for p in (handler, *approvers, rules.supervisor if tell_supervisor or handler is None else None)
        if p
    ]
    return tuple(
        to_staff(
            person,
            Letter.CHASER,
            Audience.HANDLER if person is handler else Audience.SUPERVISOR,
            because,
            {
                "reference": case.reference,
                "stage_name": stage_name(case, rules),
                "resident_name": case.resident.name,
                "handler_name": person.name,
                "lines": [line],
                "supervisor_copied": tell_supervisor,
                "commands": buttons(case),
            },
        )
        for person in dict.fromkeys(told)
    )


def alert(
    person: Person,
    reference: str,
    headline: str,
    what: str,
    because: tuple[str, ...],
    urgency: str = "today",
    lines: tuple[str, ...] = (),
    subject: str = "",
    text: str = "",
    phrases: tuple[str, ...] = (),
    audience: Audience = Audience.SUPERVISOR,
    carries: str = "",
) -> SendLetter:
    return to_staff(
        person,
        Letter.ALERT,
        audience,
        because,
        {
            "reference": reference,
            "headline": headline,
            "what": what,
            "lines": list(lines),
            "urgency": urgency,
            "subject": subject,
            "text": text,
            "phrases": list(phrases),
        },
        carries=carries,
    )


def done(case: Case, rules: Rulebook, who: str, sentence: str, sent_text: str = "") -> tuple[Effect, ...]:
    """The echo of an act to the person who did it, at the address that we know."""
    person = rules.person(who)
    if person is None:
        return ()
    return (
        to_staff(
            person,
            Letter.COMMAND_DONE,
            Audience.HANDLER,
            rules.policy.why("recorded"),
            {
                **common(case, rules),
                "handler_name": person.name,
                "done": sentence,
                "sent_text": sent_text,
                "duties": duties(case, rules),
            },
        ),
    )


# ------------------------------------------------------------------ timers


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
    """When an unconfirmed acknowledgement goes out by itself: on the working day before its target."""
    eve = rules.calendar.subtract_working_days(record.acknowledge.target, 1)
    when = rules.calendar.instant(eve, rules.habits.acknowledge_at)
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
    tried = sum(at >= record.requested_at for at in case.attempts) >= rule.needs_attempts
    ends = rule.last_day(rules.day(record.requested_at), rules.calendar)
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
        since = rules.day(record.requested_at)
    ends = rule.last_day(since, rules.calendar)
    if record.window and not case.stage2:
        ends = max(ends, record.window.outer)
    return ends


def silence_timers(case: Case, rules: Rulebook) -> tuple[Effect, ...]:
    """Remind, then close: the close falls on the morning after the silence is complete."""
    ends, rule = silence_ends(case, rules), silence_rule(case, rules)
    if ends is None or rule is None:
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
