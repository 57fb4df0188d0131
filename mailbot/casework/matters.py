"""What a mail raises beside being a complaint: matters for other teams, and cases of their own.

Promises: a matter that is passed on never stops the complaint; each kind is passed on once a case; of a restricted
case nothing is told beyond its reference. A data-protection matter gets a case and a clock of its own, linked to the
complaint that it came with (DPA 2018 s.164A, House 27); what the Ombudsman writes goes to people alone, with a
day on which it is to be answered (House 18).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from mailbot.casework import orders, stages
from mailbot.casework.policy import Anchor, Deadline, Moment
from mailbot.casework.provisions import Route
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Action,
    Audience,
    Case,
    Decision,
    Due,
    Effect,
    Fact,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Matter,
    Person,
    Role,
    SendLetter,
    SetTimer,
    Stage,
    Timer,
    Verdict,
)

_ALARMED: Final = {"legal": Flag.LEGAL_ACTION, "elected_member": Flag.MP_OR_COUNCILLOR}
"""Kinds whose flag alarms the supervisor anyway (`on_mail.ALARMS`), with the mail: one mail is enough for them."""


def with_matters(before: Case | None, decision: Decision, event: MailArrived, rules: Rulebook) -> Decision:
    """The decision, with what the mail raises for other teams passed on once a case."""
    case = decision.case
    if case is None or event.told or decision.opens is not None or not event.trusted:
        return decision
    known = before.routes if before else ()
    links = decision.links
    effects: list[Effect] = []
    for route in stages.raised_routes(event, rules):
        if route.kind in known:
            continue
        if route.kind != "data_protection":
            effects += pass_to(case, event, rules, route)
        elif case.matter is Matter.COMPLAINT:
            links = replace(event, matter=Matter.DATA_PROTECTION, linked=case.reference, told=True)
    return replace(decision, effects=(*decision.effects, *effects), links=links)


def pass_to(case: Case | None, event: MailArrived, rules: Rulebook, route: Route) -> tuple[Effect, ...]:
    """The mail to whoever holds the route's role; the supervisor where nobody does. Whom an alarm has told of this
    already is not told twice."""
    holders = rules.holding(route.to) or (rules.supervisor,)
    rang = _ALARMED.get(route.kind)
    if rang and event.verdict.has(rang):
        holders = tuple(person for person in holders if person is not rules.supervisor)
    why = tuple(dict.fromkeys((*route.clauses, *rules.policy.why("routed"))))
    complaint = case is not None and case.matter is Matter.COMPLAINT
    handler = rules.person(case.handler) if case else None
    return tuple(
        orders.to_staff(
            person,
            Letter.ROUTED,
            Audience.HANDLER,
            why,
            {
                **(orders.common(case, rules) if case else {"reference": "", "stage_name": "", "resident_name": ""}),
                "kind_words": orders.ROUTE_WORDS[route.kind],
                "why": f"It speaks of {orders.ROUTE_WORDS[route.kind]}.{_unsaid(case, rules, route)}",
                "clauses": list(why),
                "sender": {"name": event.sender.name, "address": event.sender.address},
                "received_on": event.received_at.isoformat(),
                "subject": "" if route.restricted else event.subject,
                "text": "" if route.restricted else event.text,
                "restricted": route.restricted,
                "attachments": [] if route.restricted else list(event.attachments),
                "case_handler": handler.name if handler else "",
                "goes_on": "The complaint goes on meanwhile, with its dates." if complaint else "",
                "complaint": complaint,
            },
            carries="" if route.restricted else event.mail,
        )
        for person in holders
    )  # fmt: skip


def _unsaid(case: Case | None, rules: Rulebook, route: Route) -> str:
    """What whoever gets it must know where our letters name no Ombudsman."""
    if case is None or not (case.stakeholder and route.no_ombudsman):
        return ""
    noun, clauses = rules.policy.person_noun, ", ".join(route.clauses)
    return (
        f" Our letters name no Ombudsman to them ({clauses}). If they are a {noun} after all, write #resident and "
        "their address in answer to the case mail."
    )


# ------------------------------------------------------------------ praise and comments


def feedback(event: MailArrived, rules: Rulebook) -> Decision | None:
    """A mail that is praise, or what somebody thinks of a policy, and nothing else: passed to whom it concerns, with
    thanks to its writer. None where it is neither."""
    for flag, kind, rule in (
        (Flag.COMPLIMENT, "compliment", "compliment"),
        (Flag.POLICY_COMPLAINT, "policy", "policy_feedback"),
    ):
        route = rules.policy.route("compliment" if kind == "compliment" else "feedback")
        if not event.verdict.has(flag) or route is None:
            continue
        why = tuple(dict.fromkeys((*rules.policy.why(rule), *route.clauses)))
        thanks = SendLetter(
            Letter.FEEDBACK_RECEIPT,
            Audience.RESIDENT,
            event.sender.address,
            why,
            {
                "reference": "",
                "stage_name": "",
                "resident_name": event.sender.name,
                "kind": kind,
                "passed_to": team_of(rules, route),
            },
            answers=event.mail,
        )
        said = "praise" if kind == "compliment" else "what somebody thinks of a policy"
        return Decision(
            None,
            (*pass_to(None, event, rules, route), thanks),
            f"Filed as {said}: passed to whom it concerns, with thanks.",
            why,
        )
    return None


def team_of(rules: Rulebook, route: Route) -> str:
    holders = rules.holding(route.to)
    return holders[0].team if holders else ""


# ------------------------------------------------------------------ data protection


def is_data_matter(event: MailArrived, rules: Rulebook) -> bool:
    """A request or a complaint about personal data that comes alone."""
    return event.verdict.has(Flag.DATA_REQUEST) and rules.policy.route("data_protection") is not None


def open_data_protection(event: MailArrived, rules: Rulebook) -> Decision:
    """A case of its own for a data-protection matter: acknowledged at once, chased until it is answered."""
    route = rules.policy.route("data_protection")
    holders = rules.holding(route.to) if route else ()
    person = holders[0] if holders else rules.supervisor
    why = rules.policy.why("data_protection")
    opened = own_case(event, rules, Matter.DATA_PROTECTION, person)
    receipt = orders.to_resident(
        opened,
        rules,
        Letter.DATA_PROTECTION_ACKNOWLEDGEMENT,
        why,
        {
            "received_on": rules.day(event.received_at).isoformat(),
            "request": orders.repeated(opened, stages.own_words(event)),
            "handler": orders.card(person, rules),
            "linked_reference": event.linked,
        },
        answers=event.mail,
    )
    due = data_due(opened, rules)
    told = f"Acknowledge by {due.target.isoformat()}: done with the receipt. " if due else ""
    return Decision(
        replace(opened, last_landlord_word_at=event.at),
        (
            receipt,
            *orders.case_mail(opened, rules, event, why, Letter.CASE_ASSIGNED),
            chase_own(opened, rules, event.at),
        ),
        f"A data-protection matter of its own. {told}{person.name} has it.",
        why,
    )


def data_due(case: Case, rules: Rulebook) -> Due | None:
    """By when a data-protection matter is acknowledged: the last day, and that day rolled to a working one."""
    return rolled(rules.policy.data_protection, case, rules)


def rolled(duty: Deadline | None, case: Case, rules: Rulebook) -> Due | None:
    if duty is None:
        return None
    due = duty.due({Anchor.RECEIVED: Moment(rules.received_on(case.received_at))}, rules.calendar)
    return Due(due.target, rules.calendar.next_working(due.outer), due.clauses)


def own_case(event: MailArrived, rules: Rulebook, matter: Matter, person: Person) -> Case:
    """A case that is no complaint: somebody has it, and it is chased like a request."""
    opened = stages.new_case(replace(event, verdict=Verdict(Intent.OTHER)), rules, Stage.SERVICE_REQUEST)
    return replace(
        opened,
        matter=matter,
        handler=person.key,
        linked=(event.linked,) if event.linked else (),
        flags=tuple(raised.flag for raised in event.verdict.flags),
        routes=("data_protection",) if matter is Matter.DATA_PROTECTION else (),
    )


def chase_own(case: Case, rules: Rulebook, at: dt.datetime) -> SetTimer:
    every = max(rules.policy.service_requests.chase_every_working_days, 1)
    when = rules.morning(rules.calendar.add_working_days(rules.day(at), every))
    rule = "ombudsman_mail" if case.matter is Matter.OMBUDSMAN else "data_protection"
    return SetTimer(Timer.SERVICE_CHASE, when, rules.policy.why(rule))


# ------------------------------------------------------------------ the Ombudsman


def ombudsman_wrote(case: Case | None, event: MailArrived, rules: Rulebook) -> Decision:
    """The Ombudsman's own mail: to the handler and the supervisor at once, with a day for the answer. It changes no
    stage, is no word of the resident's, and gets no letter of mailbot's."""
    why = rules.policy.why("ombudsman_mail")
    duty = rules.policy.ombudsman_mail
    sender = replace(event.sender, role=Role.OMBUDSMAN)
    if case is None:
        case = own_case(replace(event, sender=sender), rules, Matter.OMBUDSMAN, rules.supervisor)
        shown: tuple[Effect, ...] = (
            *orders.case_mail(case, rules, event, why, Letter.CASE_ASSIGNED),
            chase_own(case, rules, event.at),
        )
    else:
        warning = "From the Ombudsman. Nothing of ours goes there by itself: answer it yourself, from here."
        shown = orders.case_mail(case, rules, event, why, warning=warning)
    day = rules.day(event.received_at)
    by = duty.due({Anchor.RECEIVED: Moment(day)}, rules.calendar) if duty else Due(day, day, why)
    number = len(case.actions) + 1
    action = Action(number, f"answer the Ombudsman's mail of {day.day} {day:%B %Y}", by.target)
    case = replace(case, actions=(*case.actions, action))
    handler = rules.person(case.handler)
    told = [p for p in (rules.supervisor,) if p is not handler or case.matter is not Matter.OMBUDSMAN]
    return Decision(
        case,
        (
            *shown,
            *(
                orders.alert(
                    person,
                    case.reference,
                    "The Ombudsman has written",
                    "People answer it, nobody else. If its letter names another day, that day counts: "
                    f"write #done {number} and add it with #action.",
                    why,
                    urgency="now",
                    lines=(f"Answer by {by.target.isoformat()}",),
                    subject=event.subject,
                    text=event.text,
                )
                for person in told
            ),
            SetTimer(Timer.ACTION_DUE, rules.morning(by.target), by.clauses or why, subject=str(number)),
        ),
        f"The Ombudsman wrote: handler and supervisor told, answer due {by.target.isoformat()}.",
        why,
    )


# ------------------------------------------------------------------ restricted cases


def withhold(case: Case | None, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Of a restricted case nothing but the reference stands in what people get who do not have it. Danger is told
    in full: whoever is called out must know what it is."""
    if case is None or not case.restricted:
        return effects
    return tuple(
        replace(effect, facts={**effect.facts, **_veiled(effect.facts)}, carries="")
        if isinstance(effect, SendLetter)
        and effect.letter in (Letter.ALERT, Letter.CHASER, Letter.ROUTED, Letter.PROPOSAL)
        and effect.facts.get("urgency") != "now"
        else effect
        for effect in effects
    )


RESTRICTED: Final = "Restricted case"


def _veiled(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    veiled: dict[str, Fact] = {}
    if "subject" in facts:
        veiled["subject"] = RESTRICTED
    if "text" in facts:
        veiled["text"] = ""
    if "phrases" in facts:
        veiled["phrases"] = []
    if "resident_name" in facts:
        veiled["resident_name"] = ""
    lines = facts.get("lines")
    if isinstance(lines, list):
        veiled["lines"] = [
            {**line, "subject": RESTRICTED} if isinstance(line, dict) and "subject" in line else line for line in lines
        ]  # fmt: skip
    return veiled
