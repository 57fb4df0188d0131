"""What the Ombudsman found and ordered, kept with the case and followed until its evidence is there (House 43)."""

from __future__ import annotations

from dataclasses import replace

from mailbot.casework import orders
from mailbot.casework.acts import no, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Action,
    Case,
    Decision,
    Determination,
    Effect,
    SetTimer,
    StaffActed,
    Timer,
)


def record_determination(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#determination: what was found; the supervisor hears of it."""
    words, text = event.words.strip(), event.text.strip()
    stop = "" if not text or words[-1:] in ("", ".", "!", "?", ":") else "."
    found = f"{words}{stop} {text}".strip()
    if not found:
        return no(case, "Say what the Ombudsman found: #determination maladministration in the repair")
    case = replace(case, determinations=(*case.determinations, Determination(event.at, found, event.mail)))
    why = rules.policy.why("ombudsman_order")
    told: tuple[Effect, ...] = ()
    if rules.supervisor.key != event.who:
        told = (
            orders.alert(
                rules.supervisor,
                case.reference,
                f"{case.reference}: the Ombudsman has decided",
                "Each thing ordered is recorded with #order and its date.",
                why,
                subject="What was found",
                text=found,
            ),
        )
    return yes(case, event, rules, f"Determination recorded: {found}", "ombudsman_order", told)


def record_order(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#order ... by ...: chased like a promise, and done only with its evidence."""
    if not event.words.strip() or event.until is None:
        return no(case, "An order needs what and by when: #order pay 200 pounds by 14 March")
    number = len(case.actions) + 1
    ordered = Action(number, event.words.strip(), event.until, ordered=True)
    case = replace(case, actions=(*case.actions, ordered))
    why = rules.policy.why("ombudsman_order")
    timer = SetTimer(Timer.ACTION_DUE, rules.morning(event.until), why, subject=str(number))
    sentence = (
        f"Order {number} of the Ombudsman recorded: {ordered.text}, by {event.until.isoformat()}. When it is kept, "
        f"write #done {number} and below it what shows that."
    )
    return yes(case, event, rules, sentence, "ombudsman_order", (timer,))
