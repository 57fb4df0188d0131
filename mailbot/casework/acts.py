"""How an act of staff is answered: done, with an echo to whoever did it, or not done, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable

from mailbot.casework import orders
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Decision, Effect, StaffActed

Rule = Callable[[Case, StaffActed, Rulebook], Decision]


def refuse(why: str) -> Rule:
    """A cell that says no, with the reason that the member of staff reads."""

    def refused(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
        return no(case, why)

    refused.__name__ = f"refuse: {why}"
    return refused


def no(case: Case, why: str) -> Decision:
    return Decision(case, (), f"Refused: {why}", refused=why)


def yes(
    case: Case,
    event: StaffActed,
    rules: Rulebook,
    sentence: str,
    rule: str,
    effects: tuple[Effect, ...] = (),
    sent_text: str = "",
    because: tuple[str, ...] = (),
) -> Decision:
    """The act is done: its orders, and the echo to who did it. `because` where the stage has clauses of its own
    for what `rule` names."""
    told = (
        f"{sentence} The rest of your mail stayed inside; nobody was sent it."
        if event.left_inside
        else sentence
    )
    echo = orders.done(case, rules, event.who, told, sent_text)
    return Decision(
        case, (*effects, *echo), f"{name_of(event, rules)}: {sentence}", because or rules.policy.why(rule)
    )


def name_of(event: StaffActed, rules: Rulebook) -> str:
    person = rules.person(event.who)
    return person.name if person else event.who


def roles_of(event: StaffActed, rules: Rulebook) -> tuple[str, ...]:
    person = rules.person(event.who)
    return person.roles if person else ()
