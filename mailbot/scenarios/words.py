"""The words of scenarios: letters, verdicts, stages and days as people write them, and what they stand for."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import (
    Flag,
    Intent,
    Letter,
    Raised,
    Reading,
    ReplyKind,
    Topic,
    Verdict,
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
NUMBERS = {word: n for n, word in enumerate(("no", "one", "two", "three", "four", "five", "six", "seven"))}
ORDINALS = {word: n for n, word in enumerate(("first", "second", "third", "fourth", "fifth"), 1)}


class Unreadable(ValueError):
    """Words that a scenario can't hold: what is wrong, and what to write instead."""

    def __init__(self, problem: str, fix: str) -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(f"{problem}: {fix}")


def spoken(name: str) -> str:
    return name.replace("_", " ")


def nearest(word: str, known: Iterable[str], most: int = 3) -> str:
    """The known words that are likeliest meant, for a message."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=most, cutoff=0.5)
    return f"did you mean {' or '.join(repr(w) for w in close)}?" if close else f"known: {', '.join(words)}"


# ------------------------------------------------------------------ letters

_ALSO: Mapping[str, tuple[Letter, ...]] = {
    # Whoever is given a case gets its mail at once: both are "the case mail".
    "case mail": (Letter.CASE_MAIL, Letter.CASE_ASSIGNED),
    "reply": (Letter.HANDLER_REPLY,),
    "receipt": (Letter.SERVICE_REQUEST_RECEIPT,),
    "reminder": (Letter.CLOSING_REMINDER,),
    "closing letter": (Letter.CLOSURE,),
    "preview": (Letter.CONFIRM_ACKNOWLEDGEMENT,),
    "echo": (Letter.COMMAND_DONE,),
    "refusal of the command": (Letter.COMMAND_REFUSED,),
}
LETTERS: Mapping[str, tuple[Letter, ...]] = {
    **{spoken(letter.value): (letter,) for letter in Letter},
    **_ALSO,
}


def letters(words: str) -> tuple[Letter, ...]:
    """The letters that these words mean, singular or plural; () for "letter", which means any."""
    said = " ".join(words.lower().split())
    for form in (said, said.removesuffix("s"), re.sub(r"ies$", "y", said)):
        if form == "letter":
            return ()
        if form in LETTERS:
            return LETTERS[form]
    raise Unreadable(f"there is no letter called {said!r}", nearest(said, LETTERS))


# ------------------------------------------------------------------ verdicts

SO = ("the scenario says so",)
INTENTS = {spoken(intent.value): intent for intent in Intent}
_MORE = {
    **{spoken(kind.value): kind for kind in ReplyKind},
    **{spoken(topic.value): topic for topic in Topic},
    **{spoken(flag.value): flag for flag in Flag},
}


def verdict(words: str) -> Verdict:
    """What a mail is taken as: "escalation request; staff complaint". Two readings ("new complaint or service
    request") make a mail that a person must sort."""
    first, *rest = [" ".join(piece.lower().split()) for piece in words.split(";")]
    intents = []
    for word in re.split(r"\s+or\s+", first):
        if word not in INTENTS:
            raise Unreadable(f"a mail can't be taken as {word!r}", nearest(word, INTENTS))
        intents.append(INTENTS[word])
    kind: ReplyKind | None = None
    topics: list[Topic] = []
    flags: list[Raised] = []
    for word in filter(None, rest):
        match _MORE.get(word):
            case ReplyKind() as found:
                kind = found
            case Topic() as found:
                topics.append(found)
            case Flag() as found:
                flags.append(Raised(found))
            case _:
                raise Unreadable(f"no mail is marked {word!r}", nearest(word, _MORE))
    if len(intents) == 1:
        readings: tuple[Reading, ...] = (Reading(intents[0], 0.98, SO),)
    else:
        readings = tuple(Reading(i, 1 / len(intents), SO) for i in intents)
    intent = intents[0] if len(intents) == 1 else Intent.UNSURE
    return Verdict(intent, readings, kind, tuple(topics), tuple(flags), SO)


def flags(words: str) -> tuple[Flag, ...]:
    known = {spoken(flag.value): flag for flag in Flag}
    said = [" ".join(piece.lower().split()) for piece in re.split(r";| and ", words)]
    for word in said:
        if word not in known:
            raise Unreadable(f"there is no flag {word!r}", nearest(word, known))
    return tuple(known[word] for word in said)


# ------------------------------------------------------------------ stages and clauses


def stage_number(words: str, policy: Policy) -> int:
    """1 or 2, by number or by the policy's own name."""
    said = " ".join(words.lower().split()).removeprefix("the ")
    names: dict[str, int] = {}
    for stage in policy.stages:
        spelled = {1: "one", 2: "two"}.get(stage.number, "")
        for name in (stage.name, f"stage {stage.number}", f"stage {spelled}"):
            names[name.lower()] = stage.number
    if said not in names:
        raise Unreadable(f"{policy.id} has no stage called {said!r}", nearest(said, names))
    return names[said]


def clauses(words: str, known: Iterable[str]) -> tuple[str, ...]:
    """Clauses as people list them: "3.2 b3; Code 6.2", "3.2 b3 and Code 6.2". Each must be one of `known`."""
    all_known = set(known)

    def split(piece: str, marks: Sequence[str]) -> list[str]:
        piece = piece.strip().rstrip(",")
        if piece in all_known or not marks:
            return [piece]
        return [one for part in re.split(marks[0], piece) for one in split(part, marks[1:])]

    found = [piece for piece in split(words, (r";", r",", r"\s+and\s+")) if piece]
    for piece in found:
        if piece not in all_known:
            raise Unreadable(f"there is no clause {piece!r}", nearest(piece, sorted(all_known), 5))
    return tuple(dict.fromkeys(found))


# ------------------------------------------------------------------ days

DATE = r"(?:[A-Za-z]+day,? )?\d{1,2} [A-Za-z]+ \d{4}"
TIME = r"\d{1,2}[:.]\d{2}"
_DATE = re.compile(
    r"(?:(?P<weekday>[A-Za-z]+day),?\s+)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]+)\s+(?P<year>\d{4})"
)


def tell_day(day: dt.date) -> str:
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def read_day(text: str) -> dt.date:
    """A day as people write it. Where it names a weekday, it must be the right one."""
    found = _DATE.fullmatch(" ".join(text.split()))
    if not found:
        raise Unreadable(f"{text!r} is no date", 'write it like "Friday 19 December 2025"')
    names = [m.lower() for m in MONTHS]
    said = found["month"].lower()
    month = next((n for n, name in enumerate(names, 1) if said in (name, name[:3])), 0)
    if not month:
        raise Unreadable(f"{found['month']!r} is no month", nearest(found["month"].title(), MONTHS))
    try:
        day = dt.date(int(found["year"]), month, int(found["day"]))
    except ValueError:
        raise Unreadable(f"there is no {text}", "write a day that the month has") from None
    if not 2000 <= day.year <= 2099:
        raise Unreadable(f"the year {day.year} lies outside 2000 to 2099", "write another year")
    if found["weekday"] and found["weekday"].title() != DAYS[day.weekday()]:
        told = f"{day.day} {MONTHS[day.month - 1]} {day.year} is a {DAYS[day.weekday()]}"
        if found["weekday"].title() not in DAYS:
            raise Unreadable(f"{found['weekday']!r} is no day of the week", f"write {tell_day(day)}")
        raise Unreadable(told, f"write {tell_day(day)}, or the date that you mean")
    return day


def read_time(text: str) -> dt.time:
    hours, minutes = re.split(r"[:.]", text)
    try:
        return dt.time(int(hours), int(minutes))
    except ValueError:
        raise Unreadable(f"there is no time {text!r}", 'write it like "09:30"') from None
