"""From what a member of staff wrote to what happens: who may act on a case, which acts a mail asks for, and that it
asks for all of them or for nothing.

It promises that a mail of which one act can't be done does none (House 20): every act is tried on the case that the
one before would leave, before the first is recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from mailbot.casework.commands import Parsed, strip_internal
from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Act, Case, Person, StaffActed


def may_act(person: Person, case: Case, people: Sequence[Person] = (), today: dt.date | None = None) -> bool:
    """Whether this person may act on the case now: its handler, the delegate of a handler who is away today,
    supervisors, and whoever is asked to approve a response that waits. Asked at the time of acting, so that an old
    mail gives nobody a right that has ended."""
    waiting = case.current.draft if case.current else None
    approves = waiting is not None and person.key in waiting.approvers
    return (
        person.key == case.handler
        or approves
        or "supervisor" in person.roles
        or stands_in(person, case, people, today)
    )


def stands_in(person: Person, case: Case, people: Sequence[Person], today: dt.date | None) -> bool:
    """The delegate of a handler who is away today."""
    handler = next((p for p in people if p.key == case.handler), None)
    return (
        handler is not None
        and today is not None
        and handler.delegate == person.key
        and handler.is_away(today)
    )


def may_decide(person: Person, people: Sequence[Person], today: dt.date) -> bool:
    """Whether this person says what becomes of what belongs to no case: supervisors, and the delegate of one who is
    away today, who reads their digest."""
    away = (p for p in people if "supervisor" in p.roles and p.is_away(today))
    return "supervisor" in person.roles or any(p.delegate == person.key for p in away)


def acts_of(
    parsed: Parsed,
    who: str,
    at: dt.datetime,
    mail: str,
    shown: int | None = None,
    texts: Mapping[Act, str] | None = None,
) -> tuple[StaffActed, ...]:
    """The acts that a mail without mistakes asks for, in its order.

    `shown` is the number of the question that the answered letter put, for a #sort without one; `texts` are those
    that we write ourselves (#help, #history). What no act takes of the text is said with the last one.
    """
    ours = texts or {}
    return tuple(
        StaffActed(
            at=at,
            who=who,
            act=act.act,
            words=act.words,
            text=ours[act.act] if act.act in ours else strip_internal(parsed.text_for(act.act)),
            mail=mail,
            until=act.until,
            working_days=act.working_days,
            number=shown if act.act is Act.SORT and act.number is None else act.number,
            reason=act.reason,
            intent=act.intent,
            person=act.person,
            ground=act.ground,
            address=act.address,
            name=act.name,
            channel=act.channel,
            amount=act.amount,
            left_inside=act is parsed.acts[-1] and bool(strip_internal(parsed.leftover).strip()),
        )
        for act in parsed.acts
    )


def first_refusal(case: Case, events: Sequence[StaffActed], rules: Rulebook) -> tuple[int, str] | None:
    """The first act that can't be done (its place) and why; None where all of them can."""
    tried: Case | None = case
    for number, event in enumerate(events):
        decision = decide(tried, event, rules)
        if decision.refused:
            return number, decision.refused
        tried = decision.case
    return None
