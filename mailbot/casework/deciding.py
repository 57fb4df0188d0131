"""What only a supervisor decides: to close for silence or for a handler's reason, and to limit how somebody may get in
touch. mailbot and handlers propose it, with the ground, its clause and what shows it (House 46).

Nothing happens before a supervisor approves with one line, and what stood in the way by then is looked at again. A
proposal to close lapses as soon as the resident writes.
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.casework import clocks, on_clock, orders, stages
from mailbot.casework.acts import name_of, no, roles_of, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Adjustment,
    Audience,
    Case,
    Decision,
    Effect,
    Fact,
    Letter,
    Proposal,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)

CLOSURE, LIMIT = "closure", "contact_limit"
KINDS = (CLOSURE, LIMIT)
AGAIN = 5
"""Working days after which a supervisor is reminded of a proposal to close for silence."""
STILL_WAITS = "a proposal to close waits for you"
"""How the headline of that reminder ends."""
ANSWERED = (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED)
WITHOUT_RESPONSE = (
    "No response was sent. Without one a complaint ends only if it was withdrawn (#close withdrawn), if they want no "
    "complaint (#close concern), or on a ground of the policy (#decline)."
)
SAYS = {
    "silence": "After a full answer and the time that the policy gives, silence lets a case be closed.",
    "reason": "A case that was answered is closed for another reason only when a supervisor says so.",
    LIMIT: "Limits rest on what somebody did and how it was put to them, are in proportion, mind the Equality Act, and "
    "are looked at again (Code 5.14, 5.15). The complaint itself goes on.",
}
WEIGH = {
    CLOSURE: (
        "Did our answer reach them, and in a form that they can read?",
        "Is somebody vulnerable, ill or away?",
        "Is everything done that we promised?",
    ),
    LIMIT: (
        "What did they do, when, and were they told what would follow?",
        "Does a disability or their state explain it, and would an adjustment help instead?",
        "Can they still reach us in an emergency, and go on with this complaint?",
    ),
}


def put_before(case: Case, proposal: Proposal, rules: Rulebook, said_by: str = "") -> tuple[Case, Effect]:
    """The case with the proposal, and the mail that puts it before the supervisor."""
    case = replace(case, proposals=(*case.proposals, proposal))
    why = tuple(dict.fromkeys((*proposal.clauses, *rules.policy.why("proposed"))))
    number = proposal.number
    answers: list[Fact] = [
        {"label": "Approve", "line": f"#approve {number}", "body": ""},
        {
            "label": "Refuse",
            "line": f"#return {number} because ",
            "body": "Say why; whoever proposed it reads it.",
        },
    ]
    if proposal.kind == CLOSURE and case.stage not in ANSWERED:
        answers[0] = {"label": "Close as withdrawn", "line": "#close withdrawn", "body": ""}
    says = (
        SAYS["silence" if proposal.ground == "silence" else "reason"]
        if proposal.kind == CLOSURE
        else SAYS[LIMIT]
    )
    facts: dict[str, Fact] = {
        **orders.common(case, rules),
        "kind": proposal.kind,
        "ground": proposal.ground,
        "ground_words": "silence" if proposal.ground == "silence" else proposal.ground,
        "says": says,
        "clauses": list(why),
        "code_says": "",
        "exceptions": [],
        "lifted_by": [],
        "earliest": "",
        "discretion": [rules.call(line) for line in WEIGH[proposal.kind]],
        "sender": {"name": case.resident.name, "address": case.resident.address},
        "received_on": case.received_at.isoformat(),
        "subject": case.subject,
        "text": proposal.text,
        "proposed_by": said_by,
        "reason": proposal.reason,
        "evidence": [rules.call(line) for line in proposal.evidence],
        "answers": answers,
        "goes_on": "Nothing happens until you decide.",
    }
    return case, orders.to_staff(rules.supervisor, Letter.PROPOSAL, Audience.SUPERVISOR, why, facts)


def evidence_of(case: Case, rules: Rulebook) -> tuple[str, ...]:
    """What the record shows of an answered case, for whoever decides whether it closes."""
    record = case.current
    told = []
    if record and record.responded_at:
        told.append(f"Answered on {rules.day(record.responded_at).isoformat()}")
    else:
        told.append("No response of this stage was sent")
    if case.attempts:
        days = dict.fromkeys(rules.day(at).isoformat() for at in case.attempts)
        told.append(f"We wrote, rang or tried on {', '.join(days)}")
    if case.last_resident_word_at:
        told.append(f"The resident's last word came on {rules.day(case.last_resident_word_at).isoformat()}")
    if record and record.window:
        told.append(f"They may ask for the next stage until {record.window.outer.isoformat()}")
    open_actions = [f"{a.number}. {a.text}" for a in case.open_actions]
    told.append(
        f"Promised and not done: {'; '.join(open_actions)}" if open_actions else "Nothing promised is open"
    )
    return tuple(told)


# ------------------------------------------------------------------ closing for silence


def propose_silence(case: Case, event: TimerFell, rules: Rulebook, clauses: tuple[str, ...]) -> Decision:
    """The silence is whole, and the policy leaves the closing to a supervisor: put before them once, and they are
    reminded."""
    again = SetTimer(
        Timer.CLOSE_SILENT,
        rules.morning(rules.calendar.add_working_days(rules.day(event.at), AGAIN)),
        clauses,
    )
    waits = next((p for p in case.open_proposals if p.kind == CLOSURE), None)
    if waits is not None:
        reminder = orders.alert(
            rules.supervisor,
            case.reference,
            f"{case.reference}: {STILL_WAITS}",
            f"It was put before you on {rules.day(waits.proposed_at).isoformat()}. Answer with #approve "
            f"{waits.number}, or #return {waits.number} because ...",
            clauses,
            subject=case.subject,
        )
        return Decision(case, (reminder, again), "A proposal to close still waits for a supervisor.", clauses)
    evidence = evidence_of(case, rules)
    proposal = Proposal(len(case.proposals) + 1, CLOSURE, "silence", clauses, event.at, evidence=evidence)
    case, mail = put_before(case, proposal, rules)
    why = tuple(dict.fromkeys((*clauses, *rules.policy.why("proposed"))))
    sentence = f"Answered in full and nothing more heard: put before {rules.supervisor.name} to close."
    return Decision(case, (mail, again), sentence, why)


def propose_to_close(case: Case, event: StaffActed, rules: Rulebook, ground: str) -> Decision:
    """A handler's proposal to close, for silence or for a reason of theirs."""
    if not event.reason.strip():
        return no(case, f"Say why: #close {'silence ' if ground == 'silence' else ''}because ...")
    if any(p.kind == CLOSURE for p in case.open_proposals):
        return no(case, "A proposal to close this case waits for a supervisor already.")
    decides = "supervisor" in roles_of(event, rules)
    if (ground == "silence" or decides) and (hindrance := why_not_for_silence(case)):
        return no(case, hindrance if ground == "silence" or case.stage in ANSWERED else WITHOUT_RESPONSE)
    clauses = rules.policy.why("closed_silence") if ground == "silence" else rules.policy.why("closed_agreed")
    proposal = Proposal(
        len(case.proposals) + 1,
        CLOSURE,
        ground,
        clauses,
        event.at,
        event.who,
        event.reason.strip(),
        evidence=evidence_of(case, rules),
    )
    if decides:
        return close_decided(replace(case, proposals=(*case.proposals, proposal)), proposal, event, rules)
    case, mail = put_before(case, proposal, rules, name_of(event, rules))
    sentence = (
        f"Put before {rules.supervisor.name}, who decides whether it is closed. Until then nothing changes."
    )
    return yes(case, event, rules, sentence, "proposed", (mail,))


def why_not_for_silence(case: Case) -> str:
    """What stands in the way of closing for silence whoever asks for it; "" if nothing does."""
    if case.stage not in ANSWERED:
        return "Only a case that was answered in full can be closed for silence: send the response with #respond first."
    if case.open_actions:
        numbers = ", ".join(str(a.number) for a in case.open_actions)
        return f"Something promised is still open (action {numbers}). When it is done, write #done {numbers}."
    if case.open_questions:
        return "Nobody has said yet what one of the mails on this case is: write #sort and what it is first."
    if clocks.owes_a_word(case):
        return "The last word is the resident's: answer it first."
    return ""


# ------------------------------------------------------------------ limits


def limit_contact(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#restrict contact ... because ..., review ...: a supervisor's, for everybody else a proposal. The words below it
    are what the resident reads."""
    if not event.reason.strip() or event.until is None:
        return no(
            case,
            "A limit needs its reason and the day on which it is looked at again: #restrict contact to one email a "
            "week because of 40 calls a day, review 1 June",
        )
    if event.until <= rules.day(event.at):
        return no(case, "The day of its review has passed.")
    if not event.text.strip():
        return no(
            case, "Below the command, after an empty line, write what the resident is to read about it."
        )
    proposal = Proposal(
        len(case.proposals) + 1,
        LIMIT,
        event.words.strip(),
        rules.policy.why("contact_limited"),
        event.at,
        event.who,
        event.reason.strip(),
        text=event.text.strip(),
        review=event.until,
    )
    if "supervisor" in roles_of(event, rules):
        case = replace(case, proposals=(*case.proposals, proposal))
        return _approve_limit(case, proposal, event, rules)
    case, mail = put_before(case, proposal, rules, name_of(event, rules))
    sentence = f"Put before {rules.supervisor.name}, who alone may limit contact. Until then nothing changes."
    return yes(case, event, rules, sentence, "proposed", (mail,))


def _approve_limit(case: Case, proposal: Proposal, event: StaffActed, rules: Rulebook) -> Decision:
    number = len(case.adjustments) + 1
    limit = Adjustment(number, f"Contact limited: {proposal.ground}", event.at, False, proposal.review)
    case = replace(_decided(case, proposal, event, "approved"), adjustments=(*case.adjustments, limit))
    why = tuple(dict.fromkeys((*proposal.clauses, *rules.policy.why("contact_limited"))))
    letter = orders.to_resident(
        case,
        rules,
        Letter.CONTACT_LIMIT,
        why,
        {
            "handler": orders.card(rules.person(event.who), rules),
            "text": proposal.text,
            "limit": proposal.ground,
            "review_on": orders.iso(proposal.review),
        },
        answers=case.request_mail,
    )
    timers: tuple[Effect, ...] = ()
    if proposal.review:
        timers = (SetTimer(Timer.ADJUSTMENT, rules.morning(proposal.review), why, subject=str(number)),)
    review = orders.iso(proposal.review)
    told = f"Contact is limited ({proposal.ground}); the resident was told, and it is reviewed on {review}."
    return yes(
        case, event, rules, rules.call(told), "contact_limited", (letter, *timers), proposal.text, because=why
    )


# ------------------------------------------------------------------ one line decides


def open_here(case: Case, number: int | None) -> tuple[Proposal, ...]:
    """The proposals that #approve and #return decide on: with this number, or all that wait."""
    return tuple(p for p in case.open_proposals if p.kind in KINDS and number in (None, p.number))


def approve(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#approve: what was proposed is done, if nothing has come between."""
    found = _one(case, event, rules, "#approve")
    if isinstance(found, Decision):
        return found
    if found.kind == LIMIT:
        return _approve_limit(case, found, event, rules)
    if case.stage not in ANSWERED:
        return no(case, WITHOUT_RESPONSE)
    hindrance = on_clock.why_not_silent(case, rules, event.at) if not found.by else why_not_for_silence(case)
    if found.ground == "silence" and hindrance:
        return no(
            case, f"It can't be closed for silence now: {hindrance[:1].lower()}{hindrance[1:].rstrip('.')}."
        )
    if case.open_actions or case.open_questions:
        return no(case, why_not_for_silence(case))
    return close_decided(case, found, event, rules)


def close_decided(case: Case, proposal: Proposal, event: StaffActed, rules: Rulebook) -> Decision:
    reason = "silence" if proposal.ground == "silence" else "decided"
    case = _decided(case, proposal, event, "approved")
    closed, stopped = stages.close(case, reason, event.at, rules)
    why = tuple(dict.fromkeys((*proposal.clauses, *rules.policy.why("proposed"))))
    letter = orders.closure(closed, rules, reason, why, event.at)
    sentence = f"Closed: {rules.call(orders.CLOSED_WORDS[reason])}."
    return yes(closed, event, rules, sentence, "proposed", (letter, *stopped), because=why)


def give_back(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#return: it is not done, and whoever proposed it hears why."""
    found = _one(case, event, rules, "#return")
    if isinstance(found, Decision):
        return found
    reason = (event.reason or event.text).strip()
    if not reason:
        return no(case, f"Say why: #return {found.number} because ...")
    case = _decided(case, found, event, "refused")
    why = rules.policy.why("proposed")
    effects: list[Effect] = []
    person = rules.person(found.by) or rules.person(case.handler)
    if person and person.key != event.who:
        what = "to close" if found.kind == CLOSURE else "to limit contact"
        effects.append(
            orders.alert(
                person,
                case.reference,
                f"{case.reference}: the proposal {what} was refused",
                f"{name_of(event, rules)} says: {reason} Nothing was done and nothing was sent.",
                why,
                subject=case.subject,
                audience=Audience.HANDLER,
            )
        )
    if found.ground == "silence" and case.stage in ANSWERED:
        later = rules.calendar.add_working_days(rules.day(event.at), 4 * AGAIN)
        effects.append(SetTimer(Timer.CLOSE_SILENT, rules.morning(later), why))
    return yes(case, event, rules, "Refused; nothing was done.", "proposed", tuple(effects))


def _one(case: Case, event: StaffActed, rules: Rulebook, command: str) -> Proposal | Decision:
    """The proposal that the line means, or why it can't be decided."""
    found = open_here(case, event.number)
    if not found:
        sent = (
            "The response of this stage has been sent, and nothing" if case.stage in ANSWERED else "Nothing"
        )
        return no(case, f"{sent} with that number waits for a decision on this case.")
    if len(found) > 1:
        told = ", ".join(str(p.number) for p in found)
        return no(case, f"Several proposals wait ({told}): write {command} and the number.")
    if "supervisor" not in roles_of(event, rules):
        return no(case, f"A supervisor decides on that: {rules.supervisor.name} has been asked.")
    if found[0].by == event.who:
        return no(case, "Nobody approves their own proposal.")
    return found[0]


def _decided(case: Case, proposal: Proposal, event: StaffActed, decision: str) -> Case:
    return replace(
        case,
        proposals=tuple(
            replace(p, decided_at=event.at, decision=decision, decided_by=event.who)
            if p.number == proposal.number
            else p
            for p in case.proposals
        ),
    )
