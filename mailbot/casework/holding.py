"""The moment between a handler's send to a resident and ours, in which #cancel takes it back (House 40).

What is held is the act, not the letter: it is kept with the case at once and carried out when the moment is over, by
the same table and dated when the handler sent it. So a letter that was taken back leaves the case as if it had never
been sent; nothing has to be undone. What can't be done is refused at once and is never held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mailbot.casework import orders
from mailbot.casework.acts import name_of, no, roles_of, yes
from mailbot.casework.clocks import stop_sending
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Decision,
    Effect,
    Fact,
    Letter,
    SendLetter,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
    Waiting,
)

ENDS: Final = (Act.RESPOND, Act.APPROVE, Act.DECLINE)
"""Acts that end a stage: one of them waits at a time."""
HELD: Final = (Act.REPLY, Act.UPDATE, *ENDS)
"""Acts that carry a person's words to a resident. What mailbot writes by itself, such as a closure, is not held."""
CANCEL: Final[Fact] = {"label": "Take it back", "line": "#cancel", "body": ""}


def hold(case: Case, event: StaffActed, rules: Rulebook, decision: Decision) -> Decision:
    """The decision, or the promise to carry it out in a moment where it writes to a resident. Either way whoever
    acted is shown the letter whole."""
    shown = next((e for e in decision.effects if _to_resident(e)), None)
    if event.act not in HELD or decision.refused or not isinstance(shown, SendLetter):
        return decision
    if not rules.habits.hold_minutes:
        return replace(decision, effects=tuple(_show(e, shown) for e in decision.effects))
    if event.act in ENDS and (first := next((w for w in case.waiting if w.act.act in ENDS), None)):
        goes = rules.told_time(first.goes_at)
        return no(case, f"Another one waits until {goes}. To send this one instead, write #cancel first.")
    goes_at = event.at + dt.timedelta(minutes=rules.habits.hold_minutes)
    number = max((w.number for w in case.waiting), default=0) + 1
    why = rules.policy.why("held")
    held = replace(case, waiting=(*case.waiting, Waiting(number, event, goes_at)))
    told = yes(
        held,
        event,
        rules,
        f"It goes to the {rules.policy.person_noun} on {rules.told_time(goes_at)}.",
        "held",
        (SetTimer(Timer.SEND, goes_at, why, subject=str(number)),),
        event.text,
    )
    waits: dict[str, Fact] = {"goes_at": goes_at.isoformat(), "commands": [CANCEL]}
    return replace(told, effects=tuple(_show(e, shown, waits) for e in told.effects))


def _to_resident(effect: Effect) -> bool:
    return isinstance(effect, SendLetter) and effect.audience is Audience.RESIDENT


def _show(effect: Effect, shown: SendLetter, more: dict[str, Fact] | None = None) -> Effect:
    """The echo with the letter as the resident gets it, in place of the handler's text alone."""
    if not isinstance(effect, SendLetter) or effect.letter is not Letter.COMMAND_DONE:
        return effect
    facts = {"preview_of": dict(shown.facts), "preview_letter": shown.letter.value, **(more or {})}
    return replace(effect, facts={**effect.facts, **facts})


def send(
    case: Case,
    event: TimerFell,
    rules: Rulebook,
    carry_out: Callable[[Case, StaffActed, Rulebook], Decision],
) -> Decision:
    """The moment is over: what waited is carried out. Where the case has moved on so that it can't be, nothing is
    sent and whoever sent it hears why, with their text."""
    waited = next((w for w in case.waiting if str(w.number) == event.subject), None)
    why = rules.policy.why("held")
    if waited is None:
        return Decision(case, (), "Nothing waits to be sent: it was taken back.", why)
    case = replace(case, waiting=tuple(w for w in case.waiting if w is not waited))
    decision = carry_out(case, waited.act, rules)
    if decision.refused:
        return Decision(
            case, _not_sent(case, waited.act, rules, decision.refused), f"Not sent: {decision.refused}", why
        )
    effects = tuple(e for e in decision.effects if not _echo(e, waited.act))
    return replace(decision, effects=effects, because=tuple(dict.fromkeys((*decision.because, *why))))


def _echo(effect: Effect, act: StaffActed) -> bool:
    """They were shown it when they sent it: one echo is enough."""
    return (
        isinstance(effect, SendLetter) and effect.letter is Letter.COMMAND_DONE and effect.person == act.who
    )


def _not_sent(case: Case, act: StaffActed, rules: Rulebook, refused: str) -> tuple[Effect, ...]:
    person = rules.person(act.who) or rules.person(case.handler) or rules.supervisor
    return (
        orders.alert(
            person,
            case.reference,
            f"{case.reference}: your letter was not sent",
            f"The case changed after you wrote it. {refused} Nothing went to the {rules.policy.person_noun}.",
            rules.policy.why("held"),
            subject=case.subject,
            text=act.text,
            audience=Audience.HANDLER,
        ),
    )


def cancel(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Everything of this person's that has not gone is taken back; a supervisor takes back anybody's."""
    anybodys = "supervisor" in roles_of(event, rules)
    back = tuple(w for w in case.waiting if w.act.who == event.who or anybodys)
    if not back:
        return no(
            case,
            "Nothing of yours waits to be sent. What you sent before has gone out and can't be taken back: "
            "answer the case mail to put it right.",
        )
    case = replace(case, waiting=tuple(w for w in case.waiting if w not in back))
    whose = {w.act.who for w in back} - {event.who}
    by = "" if not whose else f" ({', '.join(name_of(w.act, rules) for w in back if w.act.who in whose)})"
    count = "It was" if len(back) == 1 else f"{len(back)} letters were"
    sentence = (
        f"{count} taken back{by}. Nothing was sent, and the case stands as before. To send it after all, "
        "write it again."
    )
    stopped = tuple(stop_sending(w.number) for w in back)
    return yes(case, event, rules, sentence, "held", stopped)
