"""What follows from a resident's mail. Each function is one answer in the table ON_MAIL.

Promises: a mail about a case always reaches a person; nothing here decides against a resident; what may be
a complaint or an escalation is never just filed. Danger, safeguarding, legal action, the Ombudsman and
elected members alert people whatever else the mail is (`with_alarms`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from mailbot.casework import addresses, asking, clocks, matters, orders, stages
from mailbot.casework.policy import Anchor
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Case,
    Decision,
    Effect,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Matter,
    Note,
    Reading,
    ReplyKind,
    Role,
    Stage,
)

# ------------------------------------------------------------------ no case yet

_CHOOSES_STAGE_2 = re.compile(
    r"\b(?:complain\w*|complaint|straight|direct\w*|start|begin|go(?:es)?|take\w*|open\w*|rais\w+|log\w*|deal\w*|treat\w*)"
    r"\b[^.?!\n]{0,40}\b(?:at|to|as|under|by)\b[^.?!\n]{0,20}\b(?:stage (?:2|two)|(?:the )?investigation stage)\b",
    re.IGNORECASE,
)
"""Somebody who complains for the first time and says that it is to begin at the second stage."""


def open_complaint(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """Stage 1, logged on receipt: no local resolution comes before it (Code 5.2, 1.3). Stage 2 where the policy lets
    people choose it, and this one does (SPSO)."""
    direct = rules.policy.stage(2).direct
    if direct and direct.allowed and _CHOOSES_STAGE_2.search(f"{event.subject}\n{event.text[:20_000]}"):
        return ask_or_open_stage2(case, event, rules)
    opened = stages.new_case(event, rules, Stage.STAGE1_OPEN)
    opened, effects = stages.open_stage(opened, 1, event, rules)
    name = rules.policy.stage(1).name
    return Decision(opened, effects, f"Opened as a {name} complaint.", rules.policy.why("opened"))


def open_service_request(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """Recorded and passed on, with a receipt that says how to make it a complaint (Code 1.4)."""
    why = rules.policy.why("service_request")
    opened = stages.new_case(event, rules, Stage.SERVICE_REQUEST)
    person, reason = stages.find_handler(opened, rules, 1, event.at)
    opened = replace(opened, handler=person.key if person else "", last_landlord_word_at=event.at)
    receipt = orders.to_resident(
        opened,
        rules,
        Letter.SERVICE_REQUEST_RECEIPT,
        why,
        {
            "received_on": rules.day(event.received_at).isoformat(),
            "request": orders.PRIVATE
            if event.verdict.has(Flag.SAFEGUARDING)
            else orders.repeated(opened, stages.own_words(event)),
            "handler": orders.card(person, rules),
            "hazard": event.verdict.has(Flag.URGENT_HAZARD),
        },
        answers=event.mail,
    )
    return Decision(
        opened,
        (
            receipt,
            Note(
                f"{person.name} has the request: {reason}."
                if person
                else "Nobody is free to take the request."
            ),
            *orders.case_mail(
                opened,
                rules,
                event,
                why,
                Letter.CASE_ASSIGNED,
                warning=rules.call(stages.FOR_ANOTHER) if opened.representative else "",
            ),
            clocks.service_chase(opened, rules, event.at),
        ),
        "Recorded as a service request.",
        why,
    )


def ask_what_it_is(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """A person is to say what the mail is. Meanwhile it counts as a complaint: if nobody decides, it becomes
    one on the working day before it would have to be acknowledged."""
    opened = stages.new_case(event, rules, Stage.UNSORTED)
    eve = rules.sort_by(1, event.received_at)
    note = "" if event.sender.address else _FROM_A_FORM
    return asking.put_question(
        opened, event, rules, Intent.NEW_COMPLAINT, eve, "What is this mail?", note=note
    )


_FROM_A_FORM = (
    "It came from a form or a program that takes no answers, so nobody was written to. If somebody complains in it, "
    "write #resident with their address and name as well, so that our letters reach them; until then each letter "
    "comes to whoever has the case."
)


def ask_or_open_stage2(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """Asks for stage 2 of a case that we don't know: a person says what it is. Where a policy lets people choose the
    second stage at once (SPSO), it is opened."""
    direct = rules.policy.stage(2).direct
    if not (direct and direct.allowed):
        return ask_what_it_is(case, event, rules)
    opened = stages.new_case(event, rules, Stage.STAGE2_OPEN)
    opened, effects = stages.open_stage(opened, 2, event, rules)
    why = tuple(dict.fromkeys((*direct.clauses, *rules.policy.why("opened"), *rules.policy.why("escalated"))))
    return Decision(opened, effects, f"Opened at {rules.policy.stage(2).name} at once.", why)


def ask_which_case(event: MailArrived, rules: Rulebook) -> Decision:
    """The only open case of the same sender and subject is a suggestion, not a fact: a person says whether the
    mail belongs to it. Meanwhile it counts as a complaint of its own."""
    reason = f"the only open case of this sender with this subject is {event.suggested}"
    others = tuple(r for r in event.verdict.readings if r.intent is not Intent.REPLY)
    reply = next((r for r in event.verdict.readings if r.intent is Intent.REPLY), Reading(Intent.REPLY, 0.5))
    readings = (replace(reply, reasons=(reason, *reply.reasons)), *others[:2])
    return ask_what_it_is(None, replace(event, verdict=replace(event.verdict, readings=readings)), rules)


def file_it(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """Neither complaint nor request: kept and shown in the digest, no answer. A data-protection matter gets a case of
    its own; praise and comments are passed to whom they concern."""
    if matters.is_data_matter(event, rules):
        return matters.open_data_protection(event, rules)
    if found := matters.feedback(event, rules):
        return found
    if event.verdict.has(Flag.SURVEY_OPT_OUT):
        survey = rules.policy.survey
        why = (*(survey.opt_out_clauses if survey else ()), *rules.policy.why("no_survey"))
        return Decision(
            None, (), "Wants no surveys: none will be sent to this address.", tuple(dict.fromkeys(why))
        )
    return Decision(None, (), "Filed: neither a complaint nor a request.", rules.policy.why("filed"))


# ------------------------------------------------------------------ not sorted yet


def add_to_question(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Another mail while a person still sorts the first: they see it, the clock stays."""
    case = stages.heard(case, event)
    why = rules.policy.why("triage")
    return Decision(
        case,
        orders.case_mail(case, rules, event, why),
        "A further mail, added to the one that waits to be sorted.",
        why,
    )


def sorted_by_the_resident(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """The resident makes plain that it is a complaint: it counts from the first mail."""
    first = next((q for q in case.questions if q.answered_at is None), None)
    case = stages.heard(asking.answer_all(case, event.at, "resident"), event)
    began = replace(event, received_at=case.received_at, mail=case.request_mail) if first else event
    definition = "\n\n".join(dict.fromkeys(t for t in (case.request_text, stages.own_words(event)) if t))
    case, effects = stages.open_stage(case, 1, began, rules, definition=definition)
    name = rules.policy.stage(1).name
    return Decision(
        case,
        (*effects, *(clocks.stop_sorting(q) for q in case.questions)),
        f"The resident makes it a complaint: opened at {name}, counted from the first mail.",
        rules.policy.why("opened"),
    )


# ------------------------------------------------------------------ on a case


def turn_into_complaint(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Dissatisfied with how a request was handled: a complaint from this mail on; the work goes on (Code 1.5). A case
    that is no request (personal data, the Ombudsman's own mail) stays what it is, and the complaint gets its own."""
    if case.matter is not Matter.COMPLAINT:
        return open_another(case, event, rules)
    asked_before = case.closed_because not in ("sorted_as_other", "belongs_elsewhere")
    case = replace(stages.heard(case, event), was_service_request=asked_before)
    case, effects = stages.open_stage(case, 1, event, rules)
    return Decision(
        case,
        effects,
        f"The service request became a {rules.policy.stage(1).name} complaint.",
        rules.policy.why("dissatisfaction"),
    )


def pass_on(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """To the handler; the stage stays."""
    case = stages.heard(case, event)
    why = rules.policy.why("one_contact")
    return Decision(
        case,
        (*orders.case_mail(case, rules, event, why), *clocks.owe_an_answer(case, rules, event.at)),
        f"{said(event).capitalize()} from {who(event)}: passed to the handler.",
        why,
    )


def said(event: MailArrived) -> str:
    kind = event.verdict.reply_kind
    if event.verdict.intent is Intent.REPLY and kind:
        return {
            ReplyKind.PROVIDES_INFORMATION: "information",
            ReplyKind.CHASES_UPDATE: "a question how things stand",
            ReplyKind.ACCEPTS_OUTCOME: "an acceptance",
            ReplyKind.WITHDRAWS: "a withdrawal",
            ReplyKind.AGREES_EXTENSION: "agreement to the extension",
            ReplyKind.REFUSES_EXTENSION: "refusal of the extension",
            ReplyKind.CONFIRMS_SUMMARY: "confirmation of our summary",
            ReplyKind.CORRECTS_SUMMARY: "a correction of our summary",
            ReplyKind.THANKS: "thanks",
        }[kind]
    return orders.KIND_WORDS[event.verdict.intent]


def who(event: MailArrived) -> str:
    return {Role.RESIDENT: "the resident", Role.OFFICE: "the member's office"}.get(
        event.sender.role, "the representative"
    )


def reply_at_stage(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """A reply while a stage is open. A correction joins what we understood (Code 5.6); a withdrawal waits
    for the handler, who alone closes; an answer to an extension is noted, and a refusal told to the supervisor."""
    decision = pass_on(case, event, rules)
    assert decision.case is not None
    record = decision.case.current
    kind = event.verdict.reply_kind
    if record and record.extension and kind in (ReplyKind.AGREES_EXTENSION, ReplyKind.REFUSES_EXTENSION):
        return answer_to_extension(decision, event, rules)
    if record and kind is ReplyKind.CONFIRMS_SUMMARY:
        understanding = rules.stage_rules(decision.case).understanding
        clauses = understanding.clauses if understanding else ()
        why = tuple(dict.fromkeys((*clauses, *rules.policy.why("understanding"))))
        return replace(decision, summary="The resident confirms what we understood.", because=why)
    if event.verdict.reply_kind is ReplyKind.CORRECTS_SUMMARY and record:
        day = rules.day(event.received_at)
        words = stages.own_words(event)
        corrected = f"{record.definition}\n\nCorrected on {day.day} {day:%B %Y}: {words}"
        stage = rules.stage_rules(decision.case)
        said = stage.understanding.clauses if stage.understanding else ()
        return replace(
            decision,
            case=stages.with_record(decision.case, replace(record, definition=corrected)),
            summary="The resident corrected our summary: it joined the definition of the complaint.",
            because=tuple(dict.fromkeys((*said, *stage.acknowledge_clauses))),
        )
    return decision


def answer_to_extension(decision: Decision, event: MailArrived, rules: Rulebook) -> Decision:
    """The resident agrees to more time, or does not: then they may go to the Ombudsman, as the notice told them,
    and a supervisor looks whether it can be answered sooner."""
    case = decision.case
    assert case is not None and case.current is not None and case.current.extension is not None
    agreed = event.verdict.reply_kind is ReplyKind.AGREES_EXTENSION
    extension = replace(case.current.extension, answer="agreed" if agreed else "refused")
    case = stages.with_record(case, replace(case.current, extension=extension))
    why = tuple(dict.fromkeys((*extension.clauses, *rules.policy.why("extended"))))
    if agreed:
        return replace(decision, case=case, summary="The resident agrees to the new date.", because=why)
    told = orders.alert(
        rules.supervisor,
        case.reference,
        f"{case.reference}: does not agree to more time",
        f"The response was put off to {extension.to.isoformat()}. The notice told them of the Ombudsman; see "
        "whether it can be answered sooner.",
        why,
        subject=event.subject,
        text=event.text,
    )
    said = "The resident does not agree to more time: handler and supervisor told."
    return replace(decision, case=case, effects=(*decision.effects, told), summary=said, because=why)


def fold_in(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """A further grievance before stage 1 is answered: the handler joins it if it is related and it would
    not delay the answer, or has it opened as a case of its own (Code 6.8)."""
    eve = rules.sort_by(1, event.received_at)
    case, question = asking.with_question(stages.heard(case, event), event, rules, Intent.REPLY, eve)
    why = rules.policy.why("new_issue")
    return Decision(
        case,
        (
            *orders.case_mail(
                case,
                rules,
                event,
                why,
                warning="This may raise a further matter. If it is related, write #sort reply and answer it "
                "with this complaint. If it is not, write #sort complaint and it becomes a case of its own.",
            ),
            clocks.sort_timer(question, rules),
        ),
        "A further grievance on an open complaint: the handler decides whether it belongs to it.",
        why,
    )


def early_escalation(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Asked for the next stage before stage 1 was answered: stage 1 still owes its answer, people decide. Where a
    policy lets people choose the next stage at once (SPSO), it is opened."""
    direct = rules.policy.stage(2).direct
    if direct and direct.allowed:
        chosen = escalate(case, event, rules)
        return replace(chosen, because=tuple(dict.fromkeys((*direct.clauses, *chosen.because))))
    case = stages.heard(case, event)
    why = rules.policy.why("escalated")
    return Decision(
        case,
        (
            *orders.case_mail(
                case, rules, event, why, warning="The resident asks for the next stage already."
            ),
            orders.alert(
                rules.supervisor,
                case.reference,
                f"{case.reference}: asks to escalate before an answer",
                "Stage 1 has not been answered yet. Answer #escalate to move it on now.",
                why,
                subject=event.subject,
                text=event.text,
            ),
        ),
        "Asked to escalate before the stage 1 response: handler and supervisor told.",
        why,
    )


def escalate(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Stage 2, without reasons asked for (Code 6.10, 6.12), with another person (Code 6.13). After the
    window of a policy that has one, a person decides, and without a decision it is accepted."""
    record = case.stage1
    if record and record.window and rules.day(event.received_at) > record.window.outer:
        ended = record.window.outer
        headline = f"Asks for the next stage; the time to ask ended on {ended.day} {ended:%B %Y}."
        ask = asking.ask_about_mail(
            Intent.ESCALATION_REQUEST, headline, asking.LATE_DISCRETION, record.window.clauses
        )
        return ask(case, event, rules)
    case = stages.heard(asking.answer_all(case, event.at, "escalated"), event)
    definition = stages.own_words(event)
    if record and record.definition not in ("", definition):
        definition = f"{definition}\n\nFirst complaint: {record.definition}"
    case, effects = stages.open_stage(case, 2, event, rules, definition=definition)
    return Decision(
        case,
        (*effects, *(clocks.stop_sorting(q) for q in case.questions)),
        f"Escalated to {rules.policy.stage(2).name}.",
        rules.policy.why("escalated"),
    )


def signpost(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """The final response stands; the Ombudsman is next. A person sees it as well."""
    case = replace(stages.heard(case, event), last_landlord_word_at=event.at)
    why = rules.policy.why("signposting")
    answered = case.stage2.responded_at if case.stage2 else None
    until = orders.ombudsman_until(case, rules)
    letter = orders.to_resident(
        case,
        rules,
        Letter.SIGNPOSTING,
        why,
        {
            "final_response_on": rules.day(answered).isoformat() if answered else "",
            "ombudsman_until": until.isoformat() if until else "",
        },
        answers=event.mail,
    )
    return Decision(
        case,
        (
            letter,
            *orders.case_mail(
                case, rules, event, why, warning="Still dissatisfied after the final response."
            ),
            *clocks.silence_timers(case, rules),
        ),
        "Dissatisfied after the final response: told about the Ombudsman.",
        why,
    )


def open_another(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Another matter on the thread of a closed case: a case of its own, linked by the journal."""
    case = stages.heard(case, event)
    return Decision(
        case,
        (),
        f"Raises {orders.KIND_WORDS[event.verdict.intent]} afresh: opened as a case of its own.",
        rules.policy.why("opened"),
        opens=event,
    )


def escalate_closed(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """A closed case is not the end: what follows depends on how far it went."""
    if case.stage2 and case.stage2.responded_at:
        return signpost(case, event, rules)
    if case.stage1 and case.stage1.responded_at and case.stage2 is None:
        return escalate(case, event, rules)
    if case.stage1 is None:
        return turn_into_complaint(case, event, rules)
    return reopen_on_reply(case, event, rules)


def reopen_on_reply(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Any real reply reopens a closed case, except thanks and acceptance, which a person reads; so does whether a
    complaint that a supervisor refused is taken up after all."""
    if case.closed_because == "refused":
        asked = orders.alert(
            rules.supervisor,
            case.reference,
            f"{case.reference}: writes again after the refusal",
            "Look at it once more. #reopen takes the complaint up.",
            rules.policy.why("refused"),
            subject=event.subject,
            text=event.text,
        )
        passed = pass_on(case, event, rules)
        return replace(passed, effects=(*passed.effects, asked))
    if event.verdict.reply_kind in _CONTENT:
        return pass_on(case, event, rules)
    return reopen(stages.heard(case, event), rules, event, "The resident wrote again: reopened.")


_ask_or_escalate = asking.ask_about_mail(Intent.ESCALATION_REQUEST)
_CONTENT = (
    ReplyKind.THANKS,
    ReplyKind.ACCEPTS_OUTCOME,
    ReplyKind.CONFIRMS_SUMMARY,
    ReplyKind.WITHDRAWS,
)


def reopen_or_ask(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """Not clear what it asks for. A complaint that was withdrawn, or was to be none, is open again, as our letter said
    of any answer to it; of others, and of what seems to be thanks or no business of ours, a person is asked."""
    likeliest = event.verdict.readings[0].intent if event.verdict.readings else Intent.OTHER
    content = likeliest is Intent.OTHER or (
        likeliest is Intent.REPLY and event.verdict.reply_kind in _CONTENT
    )
    if case.closed_because not in ("withdrawn", "concern") or content:
        return _ask_or_escalate(case, event, rules)
    return reopen(
        stages.heard(case, event), rules, event, "The resident wrote again: reopened, as our letter promised."
    )


def reopen(
    case: Case, rules: Rulebook, event: MailArrived | None, summary: str, at: dt.datetime | None = None
) -> Decision:
    """Back to where the case stood before it was closed."""
    now = event.at if event else at
    assert now is not None
    if case.stage2:
        stage = Stage.STAGE2_RESPONDED if case.stage2.responded_at else Stage.STAGE2_OPEN
    elif case.stage1:
        stage = Stage.STAGE1_RESPONDED if case.stage1.responded_at else Stage.STAGE1_OPEN
    else:
        stage = Stage.SERVICE_REQUEST
    case = replace(case, stage=stage, closed_at=None, closed_because="", service_answered_at=None)
    if case.stage1 and counts_from_closing(rules):  # not closed, not begun
        case = replace(case, stage1=replace(case.stage1, window=None))
    if event is None:  # a notice that their case is open again is no answer to what they wrote
        case = replace(case, last_landlord_word_at=now)
    why = rules.policy.why("reopened")
    effects: list[Effect] = [
        orders.to_resident(
            case,
            rules,
            Letter.REOPENED,
            why,
            {"handler": orders.card(rules.person(case.handler), rules)},
            answers=event.mail if event else case.request_mail,
        )
    ]
    if event:
        effects += orders.case_mail(case, rules, event, why)
    if stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN):
        case, resumed = stages.resume(case, rules, now)
        effects += resumed
    elif stage is Stage.SERVICE_REQUEST:
        effects.append(clocks.service_chase(case, rules, now))
    else:
        effects += clocks.answer_timer(case, rules, now)
    return Decision(case, tuple(effects), summary, why)


def counts_from_closing(rules: Rulebook) -> bool:
    """The resident's time to ask for stage 2 counts from the day on which the case was closed (mhs Appeal)."""
    window = rules.policy.stage(2).window
    sources = window.sources if window else ()
    return any(w.anchor is Anchor.CLOSED for s in sources for w in (s.target, s.outer))


def survey_mark(text: str) -> int | None:
    """The mark from 1 to 5 that an answer to a survey begins with, None where it holds none."""
    found = re.search(r"(?<![\d.])[1-5](?![\d.])", text[:200])
    return int(found.group()) if found else None


def survey_answered(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """What somebody says of how their complaint was handled: noted, and a low mark looked at by a person. It opens
    nothing again, unless it asks for that."""
    survey = rules.policy.survey
    why = tuple(dict.fromkeys((*(survey.clauses if survey else ()), *rules.policy.why("survey"))))
    mark = survey_mark(event.text)
    low = mark is not None and mark <= 2
    told: tuple[Effect, ...] = ()
    if low or mark is None:
        told = (
            orders.alert(
                rules.supervisor,
                case.reference,
                f"{case.reference}: an answer to the survey",
                "How it was handled did not please them. If they are still dissatisfied, #reopen or #escalate."
                if low
                else "Read it: it holds no mark.",
                why,
                subject=event.subject,
                text=event.text,
            ),
        )
    said = f"mark {mark}" if mark else "no mark"
    return Decision(case, told, f"An answer to the survey: {said}.", why)


# ------------------------------------------------------------------ for every mail


_MAY_BE_A_COMPLAINT = (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST, Intent.UNSURE)


def untrusted(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """The reference is right, the sender is nobody of this case: filed, acted on by nobody but a person."""
    why = tuple(dict.fromkeys((*rules.policy.why("untrusted"), *rules.policy.why("second_address"))))
    case, asked, told = addresses.claimed(case, event, rules)
    shown: tuple[Effect, ...] = orders.case_mail(
        case,
        rules,
        event,
        why,
        warning=rules.call(
            "This address does not belong to the case. Nothing was done and nothing of the case "
            "was sent there. If it is the resident's, answer them at the address on the case. " + told
        ),
    )
    if event.answers in addresses.TO_STAFF:
        asked = (
            *asked,
            orders.alert(
                rules.supervisor,
                case.reference,
                f"{case.reference}: a mail to staff was answered from an unknown address",
                "Somebody holds a mail that only staff got: a former colleague, or a colleague with another address. "
                "Nothing was done. An address of a colleague's belongs into staff.toml.",
                why,
                subject=event.subject,
            ),
        )
    elif event.verdict.intent in _MAY_BE_A_COMPLAINT and case.handler:
        unclear = event.verdict.intent is Intent.UNSURE
        said_there = "what may be a complaint" if unclear else orders.KIND_WORDS[event.verdict.intent]
        shown += (
            orders.alert(
                rules.supervisor,
                case.reference,
                f"{case.reference}: {said_there} from an unknown address",
                "The handler was shown it; no clock runs for it. If it is the resident's, move the case on; if it is "
                f"somebody else's own complaint, answer with #new complaint from {event.sender.address} by email: it "
                "becomes a case of its own, from the day on which it came.",
                why,
                subject=event.subject,
                text=event.text,
            ),
        )
    return Decision(
        case,
        (*asked, *shown),
        "From an address that is no party to the case: filed, nothing done, handler told.",
        why,
    )


ALARMS: tuple[tuple[Flag, str, str, str], ...] = (
    (Flag.URGENT_HAZARD, "hazard", "now", "Danger to health or safety"),
    (Flag.SAFEGUARDING, "safeguarding", "now", "Safeguarding concern"),
    (Flag.OMBUDSMAN, "ombudsman_mail", "today", "The Ombudsman is mentioned or copied in"),
    (Flag.MP_OR_COUNCILLOR, "representative", "today", "From or about an MP or councillor"),
    (Flag.LEGAL_ACTION, "supervisor_told", "today", "Legal action is mentioned; the complaint goes on"),
)


def route_of(flag: Flag, rules: Rulebook) -> tuple[str, ...]:
    """The clauses by which what a flag shows is passed on, where the alarm takes the place of that."""
    kind = {Flag.LEGAL_ACTION: "legal", Flag.MP_OR_COUNCILLOR: "elected_member"}.get(flag, "")
    route = rules.policy.route(kind)
    return route.clauses if route else ()


def with_alarms(decision: Decision, event: MailArrived, rules: Rulebook) -> Decision:
    """Tell people at once what can't wait for the case work: a danger counts 24 elapsed hours from receipt."""
    if event.told or decision.opens is not None:
        return decision  # they know, or the step that opens the other case tells them: once is enough
    reference = decision.case.reference if decision.case else ""
    effects: list[Effect] = []
    for flag, rule, urgency, headline in ALARMS:
        raised = [r for r in event.verdict.flags if r.flag is flag]
        if not raised or (flag is Flag.OMBUDSMAN and event.from_ombudsman):  # they are told of that already
            continue
        until = event.received_at + dt.timedelta(hours=24)
        lines = (
            (f"24 hours from receipt end on {rules.told_time(until)}",) if flag is Flag.URGENT_HAZARD else ()
        )
        people = rules.called_out if urgency == "now" else (rules.supervisor,)
        effects += [
            orders.alert(
                person,
                reference,
                headline,
                f"From {event.sender.name or event.sender.address}.",
                tuple(dict.fromkeys((*rules.policy.why(rule), *route_of(flag, rules)))),
                urgency=urgency,
                lines=lines,
                subject=event.subject,
                text=event.text,
                phrases=tuple(r.phrase for r in raised if r.phrase),
                audience=Audience.DUTY if urgency == "now" else Audience.SUPERVISOR,
                carries=event.mail if flag in (Flag.MP_OR_COUNCILLOR, Flag.LEGAL_ACTION) else "",
            )
            for person in people
        ]
    return replace(decision, effects=(*effects, *decision.effects))


def bounced(case: Case, event: Bounced, rules: Rulebook) -> Decision:
    """A letter came back: no contact, no change of stage; the duty still runs, so a person must reach them."""
    why = rules.policy.why("bounced")
    if not case.is_party(event.address):
        return Decision(case, (), "A bounce for an address that is no party to the case: noted.", why)
    case = replace(case, unreachable=stages.union(case.unreachable, (event.address,)))
    person = rules.at_hand(case.handler)
    return Decision(
        case,
        (
            orders.alert(
                person,
                case.reference,
                f"{case.reference}: the {rules.policy.person_noun} was not reached",
                f"Our {event.letter.replace('_', ' ')} came back. The dates still run: reach the "
                f"{rules.policy.person_noun} another way and record it with #contacted.",
                why,
                lines=(event.diagnostic,) if event.diagnostic else (),
                subject=case.subject,
                audience=Audience.HANDLER,
            ),
        ),
        "A letter to the resident came back: the handler was told.",
        why,
    )
