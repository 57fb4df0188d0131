"""Letters to a resident that wait for a person's word (House 48).

In assist mode, and for what fell due while mailbot was set aside, nothing goes to a resident by itself. The letter is
put before whoever has the case, whole, with a button to send it and one not to. Its clock runs on: whoever has the case
is reminded, and on the last day of an acknowledgement the supervisors are alarmed until somebody decides. It never goes
by itself, also not later in another mode. What a person writes is theirs and is not held. A letter of no case has no
clock: it is put before a supervisor in the same way, and stands in every digest until somebody decides.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from mailbot.casework import offered, orders
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Decision,
    Due,
    Effect,
    Event,
    Fact,
    HeldLetter,
    Letter,
    LetterHeld,
    Person,
    SendLetter,
    SetTimer,
    StaffActed,
    StageRecord,
    Timer,
    TimerFell,
)

MOST_ASKED: Final = 10
"""Letters of one case that somebody is asked about by a mail each; more of them stand in the reminders alone."""
SUPERVISOR_AFTER: Final = 2
"""Working days after which a supervisor hears of a held letter that nobody decides on."""
WAITS: Final = "letter that waits for your word"
"""How a reminder begins that speaks of a held letter."""
FOR_A_SUPERVISOR: Final = "waits for a supervisor's word"
"""Why a letter of no case is held that would else go by itself."""


def name_of_letter(letter: Letter) -> str:
    return letter.value.replace("_", " ")


def by_hand(decision: Decision, event: Event, rules: Rulebook) -> Decision:
    """The decision with what would go to a resident by itself put before a person instead."""
    itself = not isinstance(event, StaffActed | LetterHeld)
    sent_by_somebody = isinstance(event, TimerFell) and event.timer is Timer.SEND and not rules.stale
    if not rules.habits.by_hand or not itself or sent_by_somebody:
        return decision
    case, effects, told = decision.case, [], []
    for effect in decision.effects:
        if not isinstance(effect, SendLetter) or effect.audience is not Audience.RESIDENT:
            effects.append(effect)
        elif case is None:
            effects.append(replace(effect, waits=True))
            told.append(f"The {name_of_letter(effect.letter)} {FOR_A_SUPERVISOR}.")
        else:
            case, more = hold(case, effect, rules, event.at)
            effects += more
    summary = " ".join((decision.summary, *told))
    return replace(decision, case=case, effects=tuple(effects), summary=summary)


def ask_supervisor(
    letter: SendLetter, called: str, person: Person, rules: Rulebook, why: str = "", shown: bool = True
) -> SendLetter:
    """A letter that belongs to no case before a supervisor, whole (unless it can't be `shown`), with the buttons.
    `called`: its own reference."""
    clauses = tuple(dict.fromkeys((*letter.because, *rules.policy.why("by_hand"))))
    facts: dict[str, Fact] = {
        "about_letter": called,
        "handler_name": person.name,
        "letter_words": name_of_letter(letter.letter),
        "to": letter.to,
        "why": why,
        "commands": offered.release_buttons(),
        "because": list(clauses),
    }
    if shown:
        facts |= {"preview_of": dict(letter.facts), "preview_letter": letter.letter.value}
    return orders.to_staff(
        person, Letter.RELEASE_REQUEST, Audience.SUPERVISOR, clauses, facts, carries=letter.carries
    )


def put_before(case: Case, event: LetterHeld, rules: Rulebook) -> Decision:
    """A letter that could not go, or may not any more by itself, is put before whoever has the case."""
    case, effects = hold(case, event.order, rules, event.at, event.why, event.row, event.quiet)
    sentence = f"The {name_of_letter(event.order.letter)} was put before somebody: {event.why}."
    return Decision(case, effects, sentence, rules.policy.why("by_hand"))


def hold(
    case: Case,
    letter: SendLetter,
    rules: Rulebook,
    at: dt.datetime,
    why: str = "",
    row: int = 0,
    quiet: bool = False,
) -> tuple[Case, tuple[Effect, ...]]:
    """The case with this letter waiting, the mail that asks about it, and the reminder."""
    number = max((h.number for h in case.unsent), default=0) + 1
    case = replace(case, unsent=(*case.unsent, HeldLetter(number, letter, at, why, row)))
    clauses = tuple(dict.fromkeys((*letter.because, *rules.policy.why("by_hand"))))
    timer = SetTimer(Timer.RELEASE, rules.next_morning(at), clauses, subject=str(number))
    if quiet or len(case.unsent) > MOST_ASKED:
        return case, (timer,)
    person = rules.acting(case.handler) or rules.supervisor
    asked = _request(case, person, letter, rules, clauses, offered.release_buttons(number), why=why)
    return case, (asked, timer)


def _request(
    case: Case,
    person: Person,
    letter: SendLetter,
    rules: Rulebook,
    clauses: tuple[str, ...],
    commands: list[Fact],
    why: str = "",
    last_day: dt.date | None = None,
    tone: str = "",
) -> SendLetter:
    facts: dict[str, Fact] = {
        **orders.common(case, rules),
        "handler_name": person.name,
        "letter_words": name_of_letter(letter.letter),
        "to": letter.to,
        "why": why,
        "last_day": orders.iso(last_day),
        "tone": tone,
        "commands": commands,
        "because": list(clauses),
    }
    own = person.key == case.handler or not case.restricted
    if own:
        facts |= {"preview_of": dict(letter.facts), "preview_letter": letter.letter.value}
    audience = Audience.SUPERVISOR if tone == "alarm" else Audience.HANDLER
    return orders.to_staff(
        person, Letter.RELEASE_REQUEST, audience, clauses, facts, carries=letter.carries if own else ""
    )


# ------------------------------------------------------------------ acknowledgements


def ask_for_acknowledgement(
    case: Case, record: StageRecord, rules: Rulebook, at: dt.datetime, tone: str = ""
) -> SendLetter:
    """The acknowledgement before whoever has the stage. It is dated, and counts, when they send it."""
    person = rules.acting(record.handler) or rules.supervisor
    return _acknowledgement_for(case, record, person, rules, at, tone)


def _acknowledgement_for(
    case: Case, record: StageRecord, person: Person, rules: Rulebook, at: dt.datetime, tone: str
) -> SendLetter:
    letter = orders.acknowledgement(case, rules, record, at)
    clauses = tuple(dict.fromkeys((*record.acknowledge.clauses, *rules.policy.why("by_hand"))))
    why = "it was held back, and nobody has said that it was acknowledged in another way"
    withheld = why if record.by_hand == "withheld" else ""
    return _request(
        case, person, letter, rules, clauses, offered.acknowledgement_buttons(), withheld,
        record.acknowledge.outer, tone,
    )  # fmt: skip


def remind_of_acknowledgement(case: Case, record: StageRecord, event: TimerFell, rules: Rulebook) -> Decision:
    """Nobody has said whether it goes: a reminder before its last day, and from that day on an alarm every working
    morning to supervisors as well. It does not go by itself."""
    today, last = rules.day(event.at), record.acknowledge.outer
    alarm = today >= last
    asked = ask_for_acknowledgement(case, record, rules, event.at, "alarm" if alarm else "reminder")
    if alarm:
        again = rules.next_morning(event.at)
        others = (rules.supervisor,) if rules.supervisor.address != asked.to else ()
        told = tuple(_acknowledgement_for(case, record, p, rules, event.at, "alarm") for p in others)
        sentence = "Alarm: nobody has released the acknowledgement, and it must be with the resident by now."
    else:
        again, told = rules.morning(last), ()
        sentence = "Nobody has released the acknowledgement yet: reminded."
    clauses = tuple(dict.fromkeys((*record.acknowledge.clauses, *rules.policy.why("by_hand"))))
    timer = SetTimer(Timer.ACKNOWLEDGE, again, clauses)
    return Decision(case, (asked, *told, timer), rules.call(sentence), clauses)


# ------------------------------------------------------------------ all others


def chase(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """A held letter still waits: whoever has the case is reminded every working morning, soon a supervisor too."""
    held = next((h for h in case.unsent if str(h.number) == event.subject), None)
    clauses = rules.policy.why("by_hand")
    if held is None:
        return Decision(case, (), "No letter waits: somebody has decided.", clauses)
    since, today = rules.day(held.since), rules.day(event.at)
    waited = rules.calendar.working_days_between(since, today)
    what = f"{WAITS}: {name_of_letter(held.order.letter)} (#release {held.number} or #discard {held.number})"
    told = orders.chaser(
        case, rules, what, Due(since, since, clauses), event.at, tell_supervisor=waited >= SUPERVISOR_AFTER
    )
    again = SetTimer(Timer.RELEASE, rules.next_morning(event.at), clauses, subject=event.subject)
    return Decision(case, (*told, again), f"Chased: the {what}.", clauses)
