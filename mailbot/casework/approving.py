"""A response that somebody approves before it goes (tch 8.1, House 30).

Where the policy of a stage names an approver, what a handler sends with #respond waits as a draft: the approver
gets it whole, sends it on its way with #approve or gives it back with #return. The dates run meanwhile, and
approver and handler are reminded alike.
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.casework import deciding, money, orders, stages
from mailbot.casework.acts import name_of, no, yes
from mailbot.casework.on_staff import respond
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Decision,
    Draft,
    Effect,
    Fact,
    Letter,
    Person,
    StaffActed,
)


def approvers(case: Case, rules: Rulebook) -> tuple[Person, ...]:
    """Who may approve the response of the open stage; () where the policy asks for nobody. Where nobody holds the
    role, the supervisors do."""
    role = rules.stage_rules(case).approver
    if not role:
        return ()
    return rules.holding(role) or rules.holding("supervisor")


def respond_or_ask(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#respond: at once, or as a draft where somebody else is to approve it."""
    if event.amount is None and money.speaks_of_it(event.text):
        return no(
            case,
            "The response speaks of money. Say how much it offers, on the first line: #respond upheld compensation "
            "£250. If it offers none: #respond upheld compensation none.",
        )
    may = approvers(case, rules)
    sum_of = event.amount or 0
    if not money.may_offer(rules.person(event.who), sum_of):
        allowed = tuple(p for p in may if money.may_offer(p, sum_of))
        may = allowed or money.who_may(sum_of, rules)
    if not may or event.who in [p.key for p in may]:
        return respond(case, event, rules)
    tried = respond(case, event, rules)  # what could not be sent is not put before anybody
    if tried.refused:
        return tried
    record = case.current
    assert record is not None
    draft = Draft(
        event.text, event.words, event.who, event.at, event.mail, tuple(p.key for p in may), event.amount
    )
    case = stages.with_record(case, replace(record, draft=draft))
    why = _why(case, draft, rules)
    names = " or ".join(p.name for p in may)
    sentence = f"Put before {names}, without whose approval no response goes. The dates run meanwhile."
    asked = tuple(_request(case, draft, person, event, rules, why) for person in may)
    return yes(case, event, rules, sentence, "approved", asked, because=why)


def _why(case: Case, draft: Draft, rules: Rulebook) -> tuple[str, ...]:
    """Why it is approved before it goes: the stage's approver, or the money that it offers."""
    offered = rules.policy.why("compensation") if draft.amount else ()
    return tuple(
        dict.fromkeys((*rules.stage_rules(case).approver_clauses, *offered, *rules.policy.why("approved")))
    )


def _request(
    case: Case, draft: Draft, person: Person, event: StaffActed, rules: Rulebook, why: tuple[str, ...]
) -> Effect:
    record = case.current
    assert record is not None
    commands: list[Fact] = [
        {"label": "Approve and send", "line": "#approve", "body": ""},
        {"label": "Give back", "line": "#return because ", "body": "Say what should be different."},
    ]
    facts: dict[str, Fact] = {
        **orders.common(case, rules),
        "handler_name": person.name,
        "by": name_of(event, rules),
        "decision": draft.decision.strip().lower(),
        "definition": record.definition,
        "text": draft.text,
        "due": record.promised.target.isoformat(),
        "commands": commands,
        "duties": orders.duties(case, rules),
        "compensation": money.told(draft.amount),
        "because": list(why),
    }
    return orders.to_staff(person, Letter.APPROVAL_REQUEST, Audience.HANDLER, why, facts, carries=draft.mail)


def approve(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The draft goes out as it was put before the approver; with a number, or where no draft waits, what was proposed
    is done."""
    record = case.current
    if event.number is not None or (not (record and record.draft) and deciding.open_here(case, None)):
        return deciding.approve(case, event, rules)
    if record is None or record.draft is None:
        return no(case, "No response waits for approval on this case.")
    draft = record.draft
    if event.who not in draft.approvers:
        return no(case, "Only whom the policy names may approve a response.")
    if event.who == draft.by:
        return no(case, "Nobody approves their own response.")
    if not money.may_offer(rules.person(event.who), draft.amount or 0):
        return no(
            case,
            f"It offers {money.told(draft.amount)}, which is more than you may: another supervisor approves it.",
        )
    case = stages.with_record(case, replace(record, draft=None, approved_by=event.who))
    sent = replace(
        event,
        who=draft.by,
        words=draft.decision,
        text=draft.text,
        mail=draft.mail,
        amount=draft.amount,
        number=None,
    )
    decision = respond(case, sent, rules)
    if decision.refused or decision.case is None:
        return decision
    why = tuple(
        dict.fromkeys(
            (*decision.because, *rules.stage_rules(case).approver_clauses, *rules.policy.why("approved"))
        )
    )
    return yes(
        decision.case,
        event,
        rules,
        "Approved: the response was sent.",
        "approved",
        decision.effects,
        because=why,
    )


def give_back(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The approver wants it otherwise: the handler hears why, and nothing was sent. A proposal is refused likewise."""
    record = case.current
    if event.number is not None or (not (record and record.draft) and deciding.open_here(case, None)):
        return deciding.give_back(case, event, rules)
    if record is None or record.draft is None:
        return no(case, "No response waits for approval on this case.")
    if event.who not in record.draft.approvers:
        return no(case, "Only whom the policy names may give a response back.")
    reason = (event.reason or event.words or event.text).strip()
    if not reason:
        return no(case, "Say what should be different: #return because the date of the visit is missing")
    draft = record.draft
    case = stages.with_record(case, replace(record, draft=None))
    handler = rules.person(draft.by) or rules.person(case.handler)
    why = rules.policy.why("approved")
    told: tuple[Effect, ...] = ()
    if handler:
        told = (
            orders.alert(
                handler,
                case.reference,
                f"{case.reference}: your response came back",
                f"{name_of(event, rules)} wants it otherwise: {reason} Nothing was sent. "
                "Change it and send #respond again.",
                why,
                lines=(f"Due {record.promised.target.isoformat()}",),
                subject=case.subject,
                text=draft.text,
                audience=Audience.HANDLER,
            ),
        )
    return yes(case, event, rules, "Given back to the handler; nothing was sent.", "approved", told)
