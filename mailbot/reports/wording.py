"""How the digest and the morning list say things: numbers, days, subject lines, kinds. Pure, short, for people."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from mailbot.casework.vocabulary import Case, Topic

LONGEST_SUBJECT = 64  # characters of a resident's subject line that a row shows
_SHORTEST_NAME = 3  # letters of a name that is taken out of a subject line; "Li" may be any word

TOPIC_WORDS: Mapping[Topic, str] = {
    Topic.REPAIRS: "Repairs",
    Topic.DAMP_MOULD_LEAKS: "Damp, mould and leaks",
    Topic.HEATING_HOT_WATER: "Heating and hot water",
    Topic.BUILDING_SAFETY: "Building safety",
    Topic.ESTATE_MANAGEMENT: "Estate management",
    Topic.ANTI_SOCIAL_BEHAVIOUR: "Anti-social behaviour",
    Topic.CHARGES: "Rent and charges",
    Topic.STAFF_CONDUCT: "Staff conduct",
    Topic.COMMUNICATION: "Communication",
    Topic.MOVING_AND_LETTINGS: "Moving and lettings",
    Topic.TENANCY: "Tenancy",
    Topic.HOME_OWNERSHIP: "Home ownership",
    Topic.DATA_PROTECTION: "Data protection",
    Topic.COMPENSATION: "Compensation",
    Topic.CONTRACTORS: "Contractors",
}
KINDS: Mapping[str, tuple[str, str]] = {
    "acknowledgement": ("acknowledgement", "acknowledgements"),
    "contact": ("first contact", "first contacts"),
    "review": ("review", "reviews"),
    "response": ("response", "responses"),
    "action": ("promised action", "promised actions"),
    "request": ("answer to a service request", "answers to service requests"),
}
STATE_WORDS: Mapping[str, str] = {
    "failed": "could not be sent",
    "unknown": "may or may not have gone out",
    "held": "was held back",
}
OF_A_PROGRAM = re.compile(r"[A-Za-z_.]*(?:Error|Exception|Mistake|Refused|Warning)\b")


def count(number: int, one: str, many: str) -> str:
    """1 letter, 2 letters, 1,204 letters."""
    return f"{number:,} {one if number == 1 else many}"


def listed(parts: Sequence[str]) -> str:
    """The parts as people list them: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def sentence(parts: Sequence[str]) -> str:
    """The parts as one sentence: joined with commas and an and, a capital first, a full stop last."""
    told = listed(parts)
    return f"{told[0].upper()}{told[1:]}."


def near_day(day: dt.date, today: dt.date) -> str:
    """Wed 1 Apr; with the year where it is another one; today by name."""
    if day == today:
        return "today"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def ago(span: dt.timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{count(minutes, 'minute', 'minutes')} ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} hours ago"
    return f"{minutes // (24 * 60)} days ago"


def shorten(text: str, most: int = LONGEST_SUBJECT) -> str:
    """A subject line that leaves room for others."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def without_names(text: str, case: Case) -> str:
    """The text with the names and addresses of the case's parties taken out: a row names no resident."""
    known = {word for p in case.parties for word in (p.name, *p.name.split(), p.address)}
    low = text.lower() if text.isascii() else None
    for word in sorted(filter(None, known), key=len, reverse=True):
        if low is not None and word.isascii() and word.lower() not in low:
            continue  # as almost always: then no pattern is made of it
        if len(word) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return re.sub(r"…(?:[\s,]*…)+", "…", text)


def subject_of(case: Case) -> str:
    """The resident's subject line as a row shows it."""
    return shorten(without_names(case.subject, case)) or "(no subject)"


def plain_cause(cause: str) -> str:
    """Why a mail was set aside, in words for people. What a program says of its own error may quote the mail,
    so of that only the error's name is kept."""
    kind = OF_A_PROGRAM.match(cause)
    return f"It could not be worked on ({kind[0]})" if kind else cause[:1].upper() + cause[1:]
