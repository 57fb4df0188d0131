"""A mail of staff that lacks one of the three things that acting takes: our keyed token, a sender whom the landlord's
server vouches for, a person who has the case. It is put by, and whoever is asked by a fresh mail confirms it.

Promises: nothing is done before; what is confirmed is done once and whole, or not at all; what nobody confirms in time
lapses with a note (House 45). What was recorded (a call, a promise, a note) keeps the time at which it was written;
what goes to a resident is dated when it goes, because nobody is told earlier by our asking first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from mailbot.casework import orders
from mailbot.casework.acts import name_of, no
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    CancelTimer,
    Case,
    Decision,
    Effect,
    Fact,
    Letter,
    Person,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
    Unconfirmed,
)

CarryOut = Callable[[Case, StaffActed, Rulebook], Decision]

WORKING_DAYS: Final = 2
"""So long a mail that was put by can be confirmed."""
MOST: Final = 10
"""Mails that wait to be confirmed on one case."""
LACKS: Final = {
    "token": "it does not answer a mail that we sent you",
    "authentication": "the mail server could not confirm that it came from you",
    "role": "the case is with you, and not with whoever wrote it",
}
_TO_RESIDENT: Final = (
    *(Act.REPLY, Act.RESPOND, Act.UPDATE, Act.DECLINE, Act.APPROVE, Act.CONFIRM, Act.EXTEND, Act.CLOSE),
    *(Act.REOPEN, Act.RESIDENT),
)
"""Acts that write to the resident, and so are dated when they are done."""


def put_by(
    case: Case,
    acts: Sequence[StaffActed],
    lines: Sequence[str],
    asked: Person,
    writer: Person,
    lacks: str,
    rules: Rulebook,
) -> Decision:
    """The case with what the mail asks for put by, and the mail that asks about it."""
    at, mail = acts[0].at, acts[0].mail
    number = max((u.number for u in case.unconfirmed), default=0) + 1
    ends = rules.calendar.add_working_days(rules.day(at), WORKING_DAYS)
    waiting = Unconfirmed(number, asked.key, mail, at, lacks, tuple(acts))
    why = rules.policy.why("confirmed")
    facts: dict[str, Fact] = {
        **orders.common(case, rules),
        "handler_name": asked.name,
        "written_by": writer.name,
        "written_at": at.isoformat(),
        "lacks": LACKS[lacks],
        "lines": [line for line in lines if line],
        "text": next((act.text for act in acts if act.text.strip() and act.act is not Act.HISTORY), ""),
        "until": ends.isoformat(),
        "commands": [{"label": "Confirm", "line": f"#confirm {number}", "body": ""}],
    }
    letter = orders.to_staff(asked, Letter.CONFIRM_ACT, Audience.HANDLER, why, facts)
    timer = SetTimer(Timer.CONFIRM, rules.calendar.instant(ends, dt.time(23, 59)), why, subject=str(number))
    return Decision(
        replace(case, unconfirmed=(*case.unconfirmed, waiting)),
        (letter, timer),
        f"{writer.name} wrote: {', '.join(f'#{act.act.value}' for act in acts)}. It was put by, because it lacks one "
        f"thing to act on ({lacks}); {asked.name} was asked to confirm it.",
        why,
    )


def confirm(case: Case, event: StaffActed, rules: Rulebook, carry_out: CarryOut) -> Decision:
    """#confirm: what was put by is done now, once."""
    own = [u for u in case.unconfirmed if u.person == event.who and event.number in (None, u.number)]
    if not own:
        return no(
            case, "Nothing of yours waits to be confirmed: it was done already, or it lapsed. Write it again."
        )
    if len(own) > 1:
        numbers = ", ".join(str(u.number) for u in own)
        return no(case, f"Several mails wait to be confirmed ({numbers}): write #confirm and its number.")
    waiting = own[0]
    case = replace(case, unconfirmed=tuple(u for u in case.unconfirmed if u is not waiting))
    done = Decision(case)
    for act in waiting.acts:
        assert done.case is not None
        if done.opens or done.moves:
            return no(
                case, "It opens or moves a case and asks for more: send it again as an answer to our mail."
            )
        at = event.at if act.act in _TO_RESIDENT else act.at
        followed = carry_out(done.case, replace(act, at=at, who=event.who), rules)
        if followed.refused:
            return no(case, f"It can't be done any more. {followed.refused}")
        done = replace(
            followed,
            effects=(*done.effects, *(e for e in followed.effects)),
            summary=f"{done.summary} {followed.summary}".strip(),
            because=tuple(dict.fromkeys((*done.because, *followed.because))),
            links=done.links or followed.links,
        )
    why = rules.policy.why("confirmed")
    told = rules.told_time(waiting.at)
    assert done.case is not None
    stop: tuple[Effect, ...] = (CancelTimer(Timer.CONFIRM, subject=str(waiting.number)),)
    return replace(
        done,
        effects=(*stop, *done.effects),
        summary=f"{name_of(event, rules)} confirmed what was written on {told}: {done.summary}",
        because=tuple(dict.fromkeys((*done.because, *why))),
    )


def lapse(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Nobody confirmed it in time: it is gone, with a note."""
    why = rules.policy.why("confirmed")
    waiting = next((u for u in case.unconfirmed if str(u.number) == event.subject), None)
    if waiting is None:
        return Decision(case, (), "Nothing waits to be confirmed.", why)
    case = replace(case, unconfirmed=tuple(u for u in case.unconfirmed if u is not waiting))
    person = rules.person(waiting.person)
    asked = ", ".join(f"#{act.act.value}" for act in waiting.acts)
    sentence = (
        f"{person.name if person else waiting.person} did not confirm what was written on "
        f"{rules.told_time(waiting.at)} ({asked}): it lapsed and nothing was done."
    )
    return Decision(case, (), sentence, why)
