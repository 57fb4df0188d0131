"""The gate before a resident's letter box: what may not go to them by email, or not by itself, goes to a person.

Promises: an agreed adjustment is kept by every letter of the case, also by those that nobody writes; a letter that
is stopped here is never lost, it comes whole to whoever has the case, and its deadline still runs (House 41). What a
person sends is theirs: #hold stops only what mailbot writes by itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from mailbot.casework import orders
from mailbot.casework.acts import no, yes
from mailbot.casework.adjusting import LANGUAGES, how_to_send, language_of, written_in
from mailbot.casework.clocks import stop_reviewing
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Adjustment,
    Audience,
    Case,
    Decision,
    Due,
    Effect,
    Event,
    Letter,
    SendLetter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)

_BARS_EMAIL: Final = re.compile(
    r"\b(?:no|not by|without|never by|don'?t|do not|instead of)\s+(?:use\s+)?e-?mails?\b"
    r"|\b(?:post|phone|letters?|telephone|visits?|text messages?) only\b"
    r"|\bonly (?:by |in )?(?:post|phone|letters?|visit)\b"
    r"|\bby (?:post|phone|letter)\b"
    r"|\b(?:large print|braille|easy[- ]read|audio|on tape|sign language|bsl|yellow paper|coloured paper)\b"
    r"|\binterpreter\b",
    re.IGNORECASE,
)
"""What email can't give."""
_BY_LANGUAGE: Final = re.compile(
    rf"\b(?:in|into) (?:{'|'.join(LANGUAGES)})\b|\btranslat(?:ion|ed|or)\b", re.IGNORECASE
)
"""What email can give in a language that there are templates in."""


def barred(case: Case, letter: Letter, rules: Rulebook) -> str:
    """Why this letter does not go to this resident by email; "" where it may."""
    if not case.resident.address:
        return "we have no email address"
    return "; ".join(a.text for a in case.agreed if a.bars_email and not _speaks(a, letter, rules))


def _speaks(adjustment: Adjustment, letter: Letter, rules: Rulebook) -> bool:
    """All that it asks for is a language, and the landlord has this letter in it."""
    there = rules.habits.languages.get(language_of(adjustment.text), frozenset())
    return letter in there and not _BARS_EMAIL.search(adjustment.text)


def through_gate(decision: Decision, event: Event, rules: Rulebook) -> Decision:
    """The decision with the letters that may not go turned into mails to whoever has the case."""
    case = decision.case
    if case is None:
        return decision
    itself = not isinstance(event, StaffActed) and not _was_sent(event)
    quiet = itself and case.held_until is not None and rules.day(event.at) <= case.held_until

    def passed(effect: Effect) -> Effect:
        if not isinstance(effect, SendLetter) or effect.audience is not Audience.RESIDENT:
            return effect
        if effect.to != case.resident.address:
            return effect
        why_not = barred(case, effect.letter, rules)
        if not why_not and not quiet:
            return effect
        reason = f"no email: {why_not}" if why_not else f"nothing goes by itself: {case.held_because}"
        return by_hand(case, effect, rules, reason)

    return replace(decision, effects=tuple(map(passed, decision.effects)))


def _was_sent(event: Event) -> bool:
    """A person's letter whose moment of waiting is over."""
    return isinstance(event, TimerFell) and event.timer is Timer.SEND


def by_hand(case: Case, letter: SendLetter, rules: Rulebook, reason: str) -> Effect:
    """The letter, whole, to whoever has the case, or to whoever is there in their place."""
    person = rules.at_hand(case.handler)
    name = letter.letter.value.replace("_", " ")
    who = case.resident.name or f"the {rules.policy.person_noun}"
    order = orders.alert(
        person,
        case.reference,
        f"{case.reference}: please send the {name} another way",
        " ".join(
            told
            for told in (
                f"It was not sent ({reason}). Give it to {who} the way they need, today: its date runs.",
                how_to_send(reason),
                "Then write #note and how it went.",
            )
            if told
        ),
        tuple(dict.fromkeys((*letter.because, *rules.policy.why("adjusted")))),
        subject="" if case.restricted else case.subject,
        audience=Audience.HANDLER,
        carries=letter.carries,
    )
    preview = {"preview_of": dict(letter.facts), "preview_letter": letter.letter.value}
    return replace(order, facts={**order.facts, **preview})


# ------------------------------------------------------------------ what people say


def adjust(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#adjust: how the resident needs us to write, and when that is looked at again (Code 5.10)."""
    if not event.words.strip():
        return _end_adjustment(case, event, rules)
    if event.until and event.until < rules.day(event.at):
        return no(case, "The day of its review has passed. Write #adjust large print, review 1 June")
    number = len(case.adjustments) + 1
    text = event.words.strip()
    by_language = bool(_BY_LANGUAGE.search(text))
    made = Adjustment(number, text, event.at, by_language or bool(_BARS_EMAIL.search(text)), event.until)
    case = replace(case, adjustments=(*case.adjustments, made))
    why = rules.policy.why("adjusted")
    effects: tuple[Effect, ...] = ()
    if event.until:
        effects = (SetTimer(Timer.ADJUSTMENT, rules.morning(event.until), why, subject=str(number)),)
    review = f", to be reviewed on {event.until.isoformat()}" if event.until else ""
    then = " Letters come to you instead of going by email." if made.bars_email else ""
    there = rules.habits.languages.get(language_of(text), frozenset())
    if any(_speaks(made, letter, rules) for letter in there):
        then = " Letters that we have in that language go in it by themselves; the others come to you."
        if there >= set(Letter):
            then = " Letters that we have in that language go in it, the others in English."
    return yes(
        case, event, rules, f"Adjustment {number} recorded: {text}{review}.{then}", "adjusted", effects
    )


def write_in(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#language: letters to the resident go in that language from now on, by an adjustment (Code 5.10); only where the
    landlord has letters in it, so that nobody believes in what is not there."""
    said = event.words.strip()
    code = LANGUAGES.get(said.lower(), said.lower())
    if code in ("en", "english"):
        return _back_to_english(case, event, rules)
    there = {one: name for name, one in LANGUAGES.items() if rules.habits.languages.get(one)}
    if code not in there:
        names = ", ".join(f"{name.title()} ({one})" for one, name in sorted(there.items()))
        have = f"There are letters in {names}." if there else "There are no letters in another language."
        known = next((name.title() for name, one in LANGUAGES.items() if one == code), "")
        otherwise = (
            f"Write #adjust in {known} to have each letter come to you instead, for somebody to translate it."
            if known
            else "Please check its spelling."
        )
        return no(
            case,
            f"We have no letters in “{said[:30]}”. {have} {otherwise}",
        )
    if written_in(a.text for a in case.agreed) == code:
        return no(case, f"Letters to this resident go in {there[code].title()} already.")
    return adjust(case, replace(event, words=f"in {there[code].title()}"), rules)


_ONLY_A_LANGUAGE: Final = re.compile(
    rf"(?:(?:everything|translated|all letters)\s+)*(?:in|into)\s+(?:{'|'.join(LANGUAGES)})(?:\s+please)?",
    re.IGNORECASE,
)


def _back_to_english(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """What was agreed on a language ends; an adjustment that asks for more than that is not ended by the way."""
    spoken = [a for a in case.agreed if language_of(a.text)]
    if not spoken:
        return no(case, "Letters to this resident go in English already.")
    if more := next((a for a in spoken if not _ONLY_A_LANGUAGE.fullmatch(a.text.strip())), None):
        why = f"Adjustment {more.number} asks for more than a language: {more.text}."
        return no(case, f"{why} Write #adjust ended {more.number}, and #adjust with what still holds.")
    ended = {a.number for a in spoken}
    told = "; ".join(f"{a.number}: {a.text}" for a in spoken)
    case = replace(
        case,
        adjustments=tuple(
            replace(a, ended_at=event.at) if a.number in ended else a for a in case.adjustments
        ),
    )
    effects = tuple(stop_reviewing(number) for number in sorted(ended))
    return yes(
        case, event, rules, f"Letters go in English again. Adjustment ended: {told}.", "adjusted", effects
    )


def _end_adjustment(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    found = next((a for a in case.agreed if a.number == event.number), None)
    if found is None:
        numbers = ", ".join(str(a.number) for a in case.agreed) or "none"
        return no(case, f"There is no adjustment with that number (agreed: {numbers}).")
    case = replace(
        case,
        adjustments=tuple(
            replace(a, ended_at=event.at) if a.number == found.number else a for a in case.adjustments
        ),
    )
    sentence = f"Adjustment {found.number} ended: {found.text}."
    return yes(case, event, rules, sentence, "adjusted", (stop_reviewing(found.number),))


def review_adjustment(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """The day of its review: whoever has the case asks the resident whether it still fits, and says so."""
    why = rules.policy.why("adjusted")
    found = next((a for a in case.agreed if str(a.number) == event.subject), None)
    if found is None or case.stage is Stage.CLOSED:
        return Decision(case, (), "No adjustment is to be reviewed.", why)
    today = rules.day(event.at)
    what = (
        f"review of adjustment {found.number}: {found.text} (#adjust ended {found.number}, or #adjust anew)"
    )
    again = SetTimer(
        Timer.ADJUSTMENT,
        rules.morning(rules.calendar.add_working_days(today, 5)),
        why,
        subject=event.subject,
    )
    due = Due(found.review or today, found.review or today, why)
    return Decision(
        case,
        (*orders.chaser(case, rules, what, due, event.at), again),
        "An adjustment is to be reviewed.",
        why,
    )


def hold_back(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#hold: until that day nothing goes to the resident by itself. No date of ours moves for it."""
    if event.words.strip().lower() == "off":
        if case.held_until is None:
            return no(case, "Nothing is held back on this case.")
        case = replace(case, held_until=None, held_because="")
        return yes(case, event, rules, "Letters go by themselves again.", "adjusted")
    if event.until is None or not event.reason.strip():
        return no(case, "Say until when and why: #hold until 14 March because she is in hospital")
    if event.until < rules.day(event.at):
        return no(case, "That day has passed. Write #hold until a day to come.")
    case = replace(case, held_until=event.until, held_because=event.reason.strip())
    sentence = (
        f"Held back until {event.until.isoformat()}: what would go to the {rules.policy.person_noun} by itself comes "
        "to you. The dates run meanwhile."
    )
    return yes(case, event, rules, sentence, "adjusted")
