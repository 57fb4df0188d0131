"""Two cases that are one, one that is two, and a case that somebody should not have.

Promises: merging goes into the older case, so that no date is won by it, and nothing of the younger is lost; what is
split off counts from the day on which the whole was received; who declares a conflict, or is complained about by name
on the case that they have, is rid of it at once and gets it back from nobody (Code 6.8, mtvh 4).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from mailbot.casework import orders, stages
from mailbot.casework.acts import name_of, no, yes
from mailbot.casework.allocation import named_in
from mailbot.casework.on_staff import whole_request
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
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
    SetTimer,
    StaffActed,
    Timer,
    Topic,
    Verdict,
)


def merge(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#merge CC-...: what this case holds goes to the older one's handler, and this one ends. The service has seen to
    it that the other is the same resident's, open and older."""
    target = event.words.strip()
    if not target or target == case.reference:
        return no(case, "Say into which other case: #merge CC-2026-004217-7")
    if case.open_actions:
        numbers = ", ".join(str(a.number) for a in case.open_actions)
        return no(
            case, f"Something promised is still open here (action {numbers}): write #done {numbers} first."
        )
    closed, stopped = stages.close(case, "belongs_elsewhere", event.at, rules)
    closed = replace(closed, linked=stages.union(case.linked, (target,)))
    mail = replace(
        whole_request(case, event),
        verdict=Verdict(
            Intent.REPLY, (Reading(Intent.REPLY, 1.0),), reasons=(f"merged from {case.reference}",)
        ),
        told=True,
    )
    sentence = (
        f"Merged into {target}, whose handler has what it says now. Nobody was written to: say in your next letter "
        "that both are answered together."
    )
    quiet = tuple(e for e in stopped if not (isinstance(e, SetTimer) and e.timer is Timer.SURVEY))
    return replace(yes(closed, event, rules, sentence, "new_issue", quiet), moves=(target, mail))


def split(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#split: the text below is a matter of its own, from the day on which this case was received."""
    if not event.text.strip():
        return no(
            case, "Write what the other matter is below #split, after an empty line, in the resident's words."
        )
    text = event.text.strip()
    part = replace(
        whole_request(case, event),
        mail=event.mail or case.request_mail,
        received_at=case.received_at,
        text=text,
        definition=text,
        verdict=Verdict(
            Intent.NEW_COMPLAINT,
            (Reading(Intent.NEW_COMPLAINT, 1.0),),
            reasons=(f"{name_of(event, rules)} split it from {case.reference}",),
        ),
        handed_in_by=event.who,
    )
    why = rules.policy.why("new_issue")
    return Decision(case, (), "A part of it becomes a case of its own.", why, opens=part)


def declare_conflict(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#conflict: whoever has the case should not; it moves on at once."""
    if event.who != case.handler:
        return no(
            case, "The case is not with you: its handler declares a conflict, a supervisor writes #assign."
        )
    number = 2 if case.stage2 else 1
    case = replace(case, conflicts=stages.union(case.conflicts, (event.who,)), handler="")
    if case.current:
        case = stages.with_record(case, replace(case.current, handler=""))
    person, why = stages.find_handler(case, rules, number, event.at)
    effects: tuple[Effect, ...]
    if person is None:
        case, effects = stages.unassigned(case, rules, event.at)
        told = "a supervisor gives it to somebody"
    elif case.current is None:
        case = replace(case, handler=person.key)
        because = rules.policy.why("conflict")
        effects = orders.case_mail(case, rules, whole_request(case, event), because, Letter.CASE_ASSIGNED)
        told = f"{person.name} has it now"
    else:
        case, effects = stages.assign(case, rules, person, why, whole_request(case, event))
        told = f"{person.name} has it now"
    return yes(case, event, rules, f"Your conflict of interest is recorded; {told}.", "conflict", effects)


_GREETING: Final = re.compile(
    r"\s*(?:dear|hi|hello|hiya|hey|good (?:morning|afternoon|evening))\b[^,\n]{0,40}[,\n]", re.IGNORECASE
)
"""Whom a mail greets it need not be about."""


def away_from_whom_it_is_about(
    case: Case, event: MailArrived, rules: Rulebook
) -> tuple[Case, tuple[Effect, ...]]:
    """The case with somebody else, where its handler is complained about by name in this very mail: they are not shown
    the words, and do not look into themselves (mtvh 4, Code 5.8). Untouched where that is not so."""
    handler = rules.person(case.handler)
    if handler is None or case.matter is not Matter.COMPLAINT or not event.verdict.has(Flag.STAFF_COMPLAINT):
        return case, ()
    said = _GREETING.sub("", event.text[:20_000], count=1)
    if not named_in(said, (handler,), bare=Topic.STAFF_CONDUCT in event.verdict.topics):
        return case, ()
    why, record = rules.policy.why("conflict"), case.current
    case = replace(
        case,
        conflicts=stages.union(case.conflicts, (handler.key,)),
        had_part=case.had_part if case.stage2 else stages.union(case.had_part, (handler.key,)),
    )
    if (
        event.verdict.intent is Intent.ESCALATION_REQUEST
        and record
        and record.responded_at
        and not case.stage2
    ):
        return case, ()  # it goes to somebody else by itself (Code 6.13)
    person, chosen = stages.find_handler(case, rules, 2 if case.stage2 else 1, event.at, event.text)
    case = replace(case, handler=person.key if person else "")
    if record:
        case = stages.with_record(case, replace(record, handler=case.handler))
    shown: tuple[Effect, ...]
    if person is None:
        case, shown = stages.unassigned(case, rules, event.at)
    else:
        request = whole_request(case, StaffActed(event.at, person.key, Act.CONFLICT))
        warning = (
            f"{handler.name} had this case and is complained about on it, so it is with you now, and they were not "
            f"shown that mail. The resident knows {handler.name} from our letters: tell them that you have it."
        )
        shown = (
            Note(f"{person.name} has the case: {chosen}.", why),
            *orders.case_mail(case, rules, request, why, Letter.CASE_ASSIGNED, rules.call(warning)),
        )
    told = orders.alert(
        handler,
        case.reference,
        f"{case.reference} is no longer with you",
        f"What came on it today concerns you, so {person.name if person else 'a supervisor'} has it now. That happens "
        "with every such mail, and says nothing of who is right. Nothing is left for you to do on it.",
        why,
        audience=Audience.HANDLER,
    )
    return case, (*shown, told)
