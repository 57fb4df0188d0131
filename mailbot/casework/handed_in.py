"""What a colleague hands in: a mail that they pass on, or what somebody said by phone, post or at a visit.

Promises: whoever said it is the complainant, not the colleague; the dates count from the day on which it first
reached anybody at the landlord; the resident gets the same letters as anybody else, and where we have no address to
write to, whoever has the case gets them to send on (House 42).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from mailbot.casework import orders
from mailbot.casework.acts import no
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Claim,
    Decision,
    Intent,
    MailArrived,
    Party,
    Reading,
    StaffActed,
    Verdict,
)

NOON = dt.time(12, 0)


def log_new(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#new on the mail of some case: nothing of that case changes, the new one is opened beside it. Without words of
    their own it is what came on the case from that unknown address, from its day."""
    claim = next((c for c in case.claims if c.address == event.address.lower() and c.mails), None)
    if claim and not event.text.strip():
        return theirs_alone(case, claim, event, rules)
    if refused := why_not_new(event, rules):
        return no(case, refused)
    why = rules.policy.why("handed_in")
    return Decision(
        case, (), "A colleague wrote down what somebody else said.", why, opens=event_of(event, rules)
    )


def theirs_alone(case: Case, claim: Claim, event: StaffActed, rules: Rulebook) -> Decision:
    """Whoever wrote on somebody else's case, with its reference, complains for themselves: a case of their own."""
    first, intent = claim.mails[0], event.intent or Intent.NEW_COMPLAINT
    text = "\n\n".join(dict.fromkeys(mail.text for mail in claim.mails))
    person = rules.person(event.who)
    said_so = f"{person.name if person else event.who} said so"
    opened = replace(
        first,
        at=event.at,
        sender=Party(claim.address, event.name or claim.name),
        text=text,
        definition=text.strip() if len(claim.mails) > 1 else first.definition,
        verdict=replace(first.verdict, intent=intent, readings=(Reading(intent, 1.0),), reasons=(said_so,)),
        how_found="",
        answers="",
        answers_about="",
    )
    case = replace(case, claims=tuple(c for c in case.claims if c is not claim))
    why = rules.policy.why("handed_in")
    return Decision(case, (), f"What came from {claim.address} becomes a case of its own.", why, opens=opened)


def why_not_new(event: StaffActed, rules: Rulebook) -> str:
    """What a complaint that staff write down lacks; "" where it is whole."""
    if not event.text.strip():
        return "Write what they said below the #new line, after an empty line, in their own words."
    if event.address and rules.is_ours(event.address):
        return f"{event.address} is one of our own addresses. Write the resident's, or none."
    return ""


def with_thanks(decision: Decision, event: MailArrived, rules: Rulebook) -> Decision:
    """The decision, with a word to the colleague: which case it is, who has it, and from which day it counts."""
    case = decision.case
    if not event.handed_in_by or case is None or decision.opens is not None:
        return decision
    handler = rules.person(case.handler)
    who = case.resident.name or case.resident.address
    has_it = f"{handler.name} has it" if handler else "a supervisor gives it to somebody"
    by_hand = (
        ""
        if case.resident.address
        else " There is no email address: each letter comes to whoever has the case."
    )
    sentence = (
        f"Thank you. What you handed in for {who} is {case.reference}; {has_it}. Its dates count from "
        f"{rules.day(event.received_at).isoformat()}. The {rules.policy.person_noun} hears from us.{by_hand}"
    )
    why = tuple(dict.fromkeys((*decision.because, *rules.policy.why("handed_in"))))
    thanks = orders.done(case, rules, event.handed_in_by, sentence)
    return replace(decision, effects=(*decision.effects, *thanks), because=why)


def event_of(event: StaffActed, rules: Rulebook) -> MailArrived:
    """What they said, as if it had come by mail on its true day."""
    intent = event.intent or Intent.NEW_COMPLAINT
    received = min(event.at, rules.calendar.instant(event.until, NOON)) if event.until else event.at
    return MailArrived(
        at=event.at,
        received_at=received,
        mail=event.mail,
        sender=Party(event.address, event.name),
        subject=f"{intent.value.replace('_', ' ').removeprefix('new ').capitalize()} by {event.channel}",
        text=event.text,
        verdict=Verdict(intent, (Reading(intent, 1.0),), reasons=("a colleague wrote it down",)),
        definition=event.text.strip(),
        handed_in_by=event.who,
        channel=event.channel,
    )
