"""How decisions are put into orders: the facts of each letter, the timers of each duty, the words for both.

The rules (`on_mail`, `on_clock`, `on_staff`) say *what* happens; this module says it in orders, once for all
of them. Dates inside facts are ISO strings, so that an order can be stored as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from mailbot.casework.adjusting import suggested
from mailbot.casework.duties import duties_of
from mailbot.casework.offered import buttons
from mailbot.casework.policy import StageRules
from mailbot.casework.promises import promised_in
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
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
    SendLetter,
    Stage,
    StageRecord,
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

PROPOSED: Mapping[str, str] = {"closure": "to close: ", "contact_limit": "to limit contact: "}
"""How a proposal begins that is no ground of the policy's."""

CLOSED_WORDS: Mapping[str, str] = {
    "agreed": "the resident accepts the outcome",
    "silence": "we answered and heard nothing more",
    "decided": "it was answered, and a supervisor closed it",
    "withdrawn": "the resident withdrew it",
    "service_request_answered": "the request was answered",
    "concern": "the resident wants no complaint: settled as a concern",
    "refused": "a supervisor refused it, with reasons",
    "sorted_as_other": "it is no complaint and no request",
    "belongs_elsewhere": "its mail belongs to another case",
    "erased": "what was held on its resident was erased",
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
    shown: dict[str, Fact] = {
        "name": person.name,
        "title": person.title,
        "phone": person.phone,
        "address": address,
    }
    return {**shown, "signature": person.signature} if person.signature else shown


NOBODY_YET: Mapping[str, Fact] = {"name": "Our complaints team", "title": "", "phone": "", "address": ""}
"""The card where a letter can't wait for a person (Code 6.2): the team, by the landlord's telephone and the mailbox."""


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


NOT_REPEATED = (
    "(We do not repeat your words here, because our mail server could not confirm that this mail came from your "
    "address. We have them in full.)"
)
"""What stands in an automatic letter instead of the words of somebody whom nothing vouches for: else our answer could
be used to write to a third person. What people answer holds them."""


PRIVATE = "(We do not repeat your words here, because they are private. We have them in full, and a person reads them.)"
"""What stands in the receipt of a mail that speaks of somebody at risk (House 16): others may read its answer."""


def repeated(case: Case, words: str) -> str:
    """The writer's own words as an automatic letter may tell them."""
    return words if case.vouched else NOT_REPEATED


def acknowledgement(case: Case, rules: Rulebook, record: StageRecord, at: dt.datetime) -> SendLetter:
    number = 2 if case.stage2 else 1
    stage, early = rules.policy.stage(number), rules.policy.early_resolution
    facts: dict[str, Fact] = {
        "stage": number,
        "direct": number == 2 and case.stage1 is None,
        "unanswered": number == 2 and case.stage1 is not None and case.stage1.responded_at is None,
        "received_on": iso(rules.day(record.requested_at)),
        "definition": repeated(case, record.definition),
        "outcome_sought": record.outcome_sought if case.vouched else "",
        "handler": card(rules.person(record.handler), rules) or dict(NOBODY_YET),
        "unnamed": rules.person(record.handler) is None,
        "respond_by": iso(record.promised.target),
        "overdue": rules.day(at) > record.promised.target,
        "contact_by": iso(record.contact.target)
        if record.contact and not record.contacted_at and record.contact.target >= rules.day(at)
        else "",
        "next_stage_name": rules.policy.stage(2).name if number == 1 else "",
        "late": rules.day(at) > record.acknowledge.outer,
        "from_service_request": case.was_service_request and number == 1,
        "provisional": case.stage is Stage.STAGE1_OPEN and any(q.answer == "default" for q in case.questions),
        "representative": case.representative and not case.knows_resident,
        "written_by": writer_of(case) if number == 1 else "",
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


def writer_of(case: Case) -> str:
    """Who wrote the complaint for a resident that we know by now; "" where they wrote themselves."""
    if not (case.representative and case.knows_resident and case.third_parties):
        return ""
    writer = case.third_parties[0]
    return writer.name or writer.address


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
        **time_to_ask(case, rules.day(at)),
        "ombudsman_until": iso(ombudsman_until(case, rules)) if final else "",
    }
    return to_resident(case, rules, Letter.CLOSURE, because, facts, answers=case.request_mail)


def time_to_ask(case: Case, today: dt.date) -> dict[str, Fact]:
    """Until when the resident may ask for stage 2, as a letter of today tells it: the day, or that it has passed."""
    record = case.current
    ends = record.window.outer if record and record.window and not case.stage2 else None
    over = ends is not None and ends < today
    return {"window_ends": "" if over else iso(ends), "window_over": over}


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
    """Each flag with the phrase that raised it. One that no phrase raised says so: a wrong reason beside a right flag
    has people look in the wrong place."""
    whole = " (by the mail as a whole)"
    return [
        {"words": f"{FLAG_WORDS[r.flag]}{whole if r.weighed else ''}", "phrase": r.phrase}
        for r in verdict.flags
    ]


LASTING = (Flag.SAFEGUARDING, Flag.VULNERABILITY, Flag.ADJUSTMENT_REQUEST)
"""What was once said of a resident and matters with every later mail."""


def known_flags(case: Case, verdict: Verdict) -> list[Fact]:
    """What earlier mails of the case raised that whoever acts must still know."""
    return [
        {"words": f"{FLAG_WORDS[flag]} (said before)", "phrase": ""}
        for flag in LASTING
        if flag in case.flags and not verdict.has(flag)
    ]


def adjustments(case: Case) -> list[Fact]:
    """How the resident needs us to write, and whether anything is held back."""
    agreed: list[Fact] = [
        f"{a.number}. {a.text}" + (f" (review on {iso(a.review)})" if a.review else "") for a in case.agreed
    ]
    if case.how_received:
        agreed.append(f"The complaint came by {case.how_received}.")
    if not case.resident.address:
        agreed.append("No email address: each letter comes to you, to be sent another way.")
    if case.held_until:
        agreed.append(f"Nothing goes by itself until {iso(case.held_until)}: {case.held_because}")
    return agreed


MAY_THEY_ACT = (
    "This answers our question whether the writer may act for the resident. Write #authority given if it says yes, "
    "#authority refused if it says no: until one of them is recorded the writer is told nothing."
)
NOBODY_HAS_IT = "Nobody has this case, so it comes to you. Write #assign and a name."
"""It was given to nobody, or whoever had it is no longer with the landlord."""


def case_mail(
    case: Case,
    rules: Rulebook,
    event: MailArrived,
    because: tuple[str, ...],
    letter: Letter = Letter.CASE_MAIL,
    warning: str = "",
) -> tuple[Effect, ...]:
    """The mail that shows a new message to whoever has the case; to the supervisor where nobody has."""
    person = rules.acting(case.handler) or rules.supervisor
    name = stage_name(case, rules)
    if event.answers == Letter.AUTHORITY_REQUEST and case.authority == "needed":
        warning = f"{warning} {rules.call(MAY_THEY_ACT)}".strip()
    if rules.person(case.handler) is None and case.stage is not Stage.UNSORTED:
        warning = f"{warning} {NOBODY_HAS_IT}".strip()
    asked = () if case.restricted else suggested(event.text, tuple(a.text for a in case.agreed))
    agree: list[Fact] = [
        {"label": f"Agree: {words}", "line": f"#adjust {words}", "body": ""} for words in asked
    ]
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
                "history": "" if case.restricted else event.history,
                "kind_words": KIND_WORDS[event.verdict.intent],
                "confidence": round(100 * event.verdict.confidence),
                "reasons": list(event.verdict.reasons),
                "flags": [*flag_facts(event.verdict), *known_flags(case, event.verdict)],
                "adjustments": [*adjustments(case), *(f"They seem to ask for: {words}" for words in asked)],
                "duties": duties(case, rules),
                "actions": actions(case),
                "attachments": list(event.attachments),
                "how_found": event.how_found,
                "commands": [*buttons(case, rules), *agree],
                "because": list(because),
                "warning": warning,
                "service_request": case.stage is Stage.SERVICE_REQUEST,
                "proposals": [
                    f"{PROPOSED.get(p.kind, '')}{p.ground.replace('_', ' ')} ({', '.join(p.clauses)})"
                    for p in case.open_proposals
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
    commands = buttons(case, rules)
    if promised := next((a for a in case.open_actions if what == f"action: {a.text}"), None):
        done: Fact = {"label": "Action done", "line": f"#done {promised.number}", "body": ""}
        commands = [done, *(one for one in commands if not str(one["line"]).startswith("#done"))]  # type: ignore[index,call-overload]
    handler = rules.acting(case.handler)
    waiting = case.current.draft if case.current else None
    approvers = [rules.person(key) for key in waiting.approvers] if waiting else []
    head_after = rules.policy.chase.head_after_working_days
    heads = rules.holding("head") if tell_supervisor and 0 < head_after <= late else ()
    supervisor = rules.supervisor if tell_supervisor or handler is None else None
    told = [person for person in (handler, *approvers, supervisor, *heads) if person]
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
                "commands": commands,
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
                "promise": "" if case.open_actions else promised_in(sent_text),
                "duties": duties(case, rules),
            },
        ),
    )
