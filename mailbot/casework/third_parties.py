"""Somebody who writes for a resident: a relative, an adviser, an elected member's office.

A complaint through somebody else is opened at once and its dates run (Code 1.3). What the landlord finds out goes
to the resident, and to the writer as well only once a person has seen that the resident agreed: authority is
recorded by people, never read out of a mail. Until then the writer hears that it came, who has it, and to whom
the answer goes.
"""

from __future__ import annotations

from dataclasses import replace

from mailbot.casework import orders, stages
from mailbot.casework.acts import no, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Decision,
    Effect,
    Fact,
    Letter,
    Party,
    Role,
    StaffActed,
    Stage,
)

ANSWERS = {"given": "given", "refused": "refused", "not needed": "given"}
"""What #authority takes."""


def with_receipt(decision: Decision, rules: Rulebook) -> Decision:
    """A decision that has just made a complaint of what somebody wrote for another: an elected member's office is
    told that it came, who has it, and to whom the answer goes. (Others read that in their acknowledgement.)"""
    case = decision.case
    assert case is not None and case.current is not None
    third, writer, record = rules.policy.third_party, case.parties[0], case.current
    if third is None or writer.role is not Role.OFFICE:
        return decision
    facts: dict[str, Fact] = {
        "received_on": rules.day(record.requested_at).isoformat(),
        "role": "office",
        "handler": orders.card(rules.person(case.handler), rules),
        "respond_by": record.promised.target.isoformat(),
        "response_to": third.response_to,
        "authority": "given" if case.authority == "given" else "needed",
        "recipient_name": writer.name,
        "resident_name": "",
    }
    told = orders.to_resident(
        case,
        rules,
        Letter.THIRD_PARTY_RECEIPT,
        orders.third_party(rules),
        facts,
        answers=record.request_mail,
        to=writer.address,
    )
    return replace(decision, effects=(*decision.effects, told))


def silent_about(case: Case, rules: Rulebook) -> str:
    """Why what was found cannot go out yet: nobody has said that the writer may hear it. "" if nothing hinders."""
    if not case.representative or case.knows_resident or case.authority == "given":
        return ""
    writer, clauses = case.resident, ", ".join(orders.third_party(rules))
    return (
        f"{writer.name or writer.address} writes for somebody else, and nobody has recorded that they may hear the "
        f"answer ({clauses}). If you have seen the resident's permission, write #authority given; otherwise add "
        "the resident: #resident and their address, then their name. Then send it again."
    )


def tell_writers(case: Case, event: StaffActed, rules: Rulebook) -> tuple[Effect, ...]:
    """Beside the resident's own answer: each writer hears that it was given, and reads it where the resident agreed."""
    shared = case.authority == "given"
    return tuple(
        orders.to_resident(
            case,
            rules,
            Letter.OFFICE_REPLY,
            orders.third_party(rules),
            {
                "handler": orders.card(rules.person(event.who), rules),
                "responded_on": rules.day(event.at).isoformat(),
                "shared": shared,
                "text": event.text if shared else "",
                "recipient_name": writer.name,
                "resident_name": "",
            },
            answers=case.request_mail,
            to=writer.address,
        )
        for writer in case.third_parties
    )


# ------------------------------------------------------------------ what people do


def add_resident(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#resident where somebody writes for them: whom they write for. They get the letters from now on, and are asked
    whether the writer may act for them; an acknowledgement that is still owed goes to them now."""
    if not event.address:
        return no(
            case, "Write the resident's address, then their name: #resident jo.finch@example.com Jo Finch"
        )
    if rules.is_ours(event.address):
        return no(case, f"{event.address} is one of our own addresses.")
    writer = case.parties[0]
    resident = Party(event.address.lower(), event.words.strip(), Role.RESIDENT)
    others = tuple(p for p in case.parties if p.address != resident.address and p.role is not Role.RESIDENT)
    case = replace(
        case, parties=(*others, resident), representative=True, authority=case.authority or "needed"
    )
    effects: list[Effect] = []
    if case.authority == "needed":
        effects.append(
            orders.to_resident(
                case,
                rules,
                Letter.AUTHORITY_REQUEST,
                orders.third_party(rules),
                {
                    "writer_name": writer.name or writer.address,
                    "received_on": rules.day(case.received_at).isoformat(),
                    "handler": orders.card(rules.person(case.handler), rules),
                },
            )
        )
    record = case.current
    if (
        record
        and record.acknowledged_at is None
        and record.handler
        and case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)
    ):
        case, acknowledged = stages.acknowledge(case, rules, event.at)
        effects += acknowledged
    who, noun = resident.name or resident.address, rules.policy.person_noun
    sentence = f"{who} is the {noun} of this case: letters go there from now on."
    return yes(case, event, rules, sentence, "third_party", tuple(effects), because=orders.third_party(rules))


def record_authority(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#authority: a person has seen whether the writer may act for the resident."""
    said = ANSWERS.get(" ".join(event.words.lower().split()).strip(" ."))
    if said is None:
        return no(case, "Write #authority given, #authority refused or #authority not needed.")
    if not any(p.role in (Role.REPRESENTATIVE, Role.OFFICE) for p in case.parties):
        return no(case, "Nobody writes for the resident of this case.")
    case = replace(case, authority=said)
    told = {
        "given": "They may hear what the resident hears.",
        "refused": "They hear nothing private; the answer goes to the resident alone.",
    }[said]
    return yes(
        case,
        event,
        rules,
        f"Authority recorded: {said}. {rules.call(told)}",
        "third_party",
        because=orders.third_party(rules),
    )
