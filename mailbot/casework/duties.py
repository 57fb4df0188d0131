"""What the landlord owes on a case, for lists, histories and digests."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Anchor, Moment, Policy
from mailbot.casework.vocabulary import Case, Due, Matter, Stage


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the landlord owes on one case."""

    case: Case
    what: str
    kind: str  # acknowledgement, contact, review, response, action
    due: Due


def duties_of(case: Case, policy: Policy, calendar: Calendar) -> list[Duty]:
    """Everything owed, in the order of the case work."""
    found: list[Duty] = []
    record = case.current
    if record and case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN):
        name = policy.stage(2 if case.stage2 else 1).name
        if record.acknowledged_at is None:
            found.append(Duty(case, f"{name} acknowledgement", "acknowledgement", record.acknowledge))
        if record.contact and record.contacted_at is None:
            found.append(
                Duty(case, f"{name} contact with the {policy.person_noun}", "contact", record.contact)
            )
        if record.review and record.reviewed_at is None:
            found.append(Duty(case, f"{name} review", "review", record.review))
        found.append(Duty(case, f"{name} response", "response", record.promised))
    found += [
        Duty(case, f"Action {a.number}: {a.text}", "action", Due(a.due, a.due, policy.why("actions")))
        for a in case.open_actions
        if a.due
    ]
    answer = policy.service_requests.answer
    own = case.matter is Matter.COMPLAINT
    if case.stage is Stage.SERVICE_REQUEST and own and case.service_answered_at is None and answer:
        received = Moment(policy.received_on(case.received_at, calendar))
        due = answer.due({Anchor.RECEIVED: received}, policy.counting(calendar))
        found.append(Duty(case, "Answer to the service request", "request", due))
    return found
