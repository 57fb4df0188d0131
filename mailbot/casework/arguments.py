"""Arguments of the commands that tell of people and days: a complaint by phone, an adjustment, a time of quiet.

Each reader gives what was asked for, or in words why it can't be read; like all of `commands` it never guesses.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re

from mailbot.casework.forms import ParsedAct
from mailbot.casework.plain_dates import AddWorkingDays, read_date, read_past_date
from mailbot.casework.recording import FIELDS, TENURES
from mailbot.casework.vocabulary import Act, Intent

BECAUSE = re.compile(r"[\s,;:(-]*\b(?:because(?: of)?|due to|since|as|reason)\b[\s:,-]*", re.IGNORECASE)
AN_ADDRESS = re.compile(r"<?(?:mailto:)?(?P<address>[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})>?[,;]?")
CHANNELS = {
    "phone": "phone",
    "telephone": "phone",
    "call": "phone",
    "post": "post",
    "letter": "post",
    "visit": "visit",
    "in person": "visit",
    "person": "visit",
    "social media": "social media",
    "email": "email",
    "mail": "email",
    "text": "text message",
    "text message": "text message",
}
_NEW = re.compile(
    r"(?:a )?(?:new )?(?P<kind>complaint|service request|request)\s+(?:from|by|of)\s+(?P<who>.+?)"
    r"(?:\s+received\s+(?:on\s+)?(?P<day>.+?))?\s+(?:by|in|via|on|through)\s+(?:the |a )?(?P<how>[a-z ]{3,20})\Z",
    re.IGNORECASE,
)
_REVIEW = re.compile(r"[,;.]?\s*\b(?:to be )?review(?:ed)?(?: on| by)?\b[\s:]*(?P<day>.+)\Z", re.IGNORECASE)
_ENDED = re.compile(r"(?:ended?|over|stop(?:ped)?|off)\b[\s#:]*(?P<number>\d{1,2})?\Z", re.IGNORECASE)

Answer = tuple[ParsedAct, ...] | str


def read_new(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    said = _NEW.match(" ".join(rest.split()).rstrip(" .!"))
    if not said:
        return (
            "say what it is, from whom, when it was received and how: complaint from NAME <address> "
            "received 12 March by phone (without an address where there is none)"
        )
    channel = CHANNELS.get(said["how"].strip().lower())
    if channel is None:
        return f"“{said['how'][:30]}” is not a way that it can have come: phone, post, visit, social media or email"
    found = {match["address"].lower() for match in AN_ADDRESS.finditer(said["who"])}
    if len(found) > 1:
        return "it holds more than one address"
    if "@" in said["who"] and not found:
        return f"“{said['who'][:60]}” holds an address that can't be read"
    name = " ".join(AN_ADDRESS.sub(" ", said["who"]).split()).strip(" ,;\"'<>()")
    if not name and not found:
        return "it lacks the resident's name"
    day = read_past_date(said["day"], today) if said["day"] else today
    if isinstance(day, str):
        return day
    intent = Intent.NEW_COMPLAINT if said["kind"].lower() == "complaint" else Intent.SERVICE_REQUEST
    address = found.pop() if found else ""
    return (
        ParsedAct(Act.NEW, words=rest, until=day, address=address, name=name, channel=channel, intent=intent),
    )


def read_adjustment(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    ended = _ENDED.match(rest.strip())
    if ended:
        if not ended["number"]:
            return "it lacks the number of the adjustment that ended"
        return (ParsedAct(Act.ADJUST, words="", number=int(ended["number"])),)
    review = _REVIEW.search(rest)
    text = (rest[: review.start()] if review else rest).strip(" ,;.:\"'")
    if not text:
        return "it lacks what the resident needs"
    day = read_date(review["day"], today, add) if review else None
    if isinstance(day, str):
        return day
    return (ParsedAct(Act.ADJUST, words=text, until=day),)


def read_language(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    said = re.sub(r"\A(?:in|into)\s+", "", rest.strip(" ,;.:\"'"), flags=re.IGNORECASE)
    if not said:
        return "it lacks which language"
    return (ParsedAct(Act.LANGUAGE, words=said),)


def read_hold(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    said = rest.strip(" .!").lower()
    if said in ("off", "over", "ended", "end"):
        return (ParsedAct(Act.HOLD, words="off"),)
    because = BECAUSE.search(rest)
    when = re.sub(r"\A(?:until|till|to)\b\s*", "", (rest[: because.start()] if because else rest).strip())
    reason = rest[because.end() :].strip(" \"'") if because else ""
    missing = ([] if when else ["until when"]) + ([] if reason else ["the reason"])
    if missing:
        return f"it lacks {' and '.join(missing)}"
    day = read_date(when, today, add)
    if isinstance(day, str):
        return day
    return (ParsedAct(Act.HOLD, words=rest, until=day, reason=reason),)


_THEME = re.compile(r"(?P<theme>[A-Za-z][A-Za-z &/-]{1,39}?)\s*:\s+(?P<text>\S.*)\Z", re.DOTALL)
_MONEY = re.compile(
    r"(?:\N{POUND SIGN}|gbp)?\s*(?P<pounds>\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(?P<pence>\d\d))?\s*(?:pounds?|gbp)?\Z",
    re.IGNORECASE,
)


def read_learned(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    theme = _THEME.match(rest)
    if theme:
        return (ParsedAct(Act.LEARNED, words=theme["text"], name=" ".join(theme["theme"].lower().split())),)
    return (ParsedAct(Act.LEARNED, words=rest),)


def read_record(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    what, _, said = rest.strip().partition(" ")
    what, said = what.lower().strip(" :,"), said.strip(" :,.\"'")
    if what not in FIELDS:
        near = difflib.get_close_matches(what, FIELDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"“{what[:30]}” is nothing that can be recorded{hint} ({', '.join(FIELDS)})"
    if not said:
        return f"it lacks the {what}"
    if what == "tenure":
        known = TENURES.get(said.lower(), "")
        if not known:
            return f"“{said[:40]}” is no tenure: rented, shared ownership, leaseholder or other"
        said = known
    if what == "compensation":
        money = _MONEY.match(said)
        if not money:
            return f"“{said[:40]}” is no amount in pounds: 150, or 150.50"
        said = f"{money['pounds'].replace(',', '')}.{money['pence'] or '00'}"
    return (ParsedAct(Act.RECORD, words=said, name=what),)


_CONTACT = re.compile(r"contact\b[\s:,-]*", re.IGNORECASE)


def read_restriction(rest: str, today: dt.date, add: AddWorkingDays) -> Answer:
    """Alone, or "contact", what the limit is, why, and when it is looked at again."""
    said = _CONTACT.match(rest)
    if said is None:
        return (ParsedAct(Act.RESTRICT),)
    rest = rest[said.end() :]
    review = _REVIEW.search(rest)
    rest = rest[: review.start()] if review else rest
    because = BECAUSE.search(rest)
    limit = re.sub(r"\Ato\b\s*", "", rest[: because.start()] if because else rest).strip(" ,;.:\"'")
    reason = rest[because.end() :].strip(" ,;.:\"'") if because else ""
    asked = (("what the limit is", limit), ("the reason", reason), ("its review", review))
    lacks = [word for word, there in asked if not there]
    if lacks or review is None:
        return f"it lacks {' and '.join(lacks)}"
    day = read_date(review["day"], today, add)
    if isinstance(day, str):
        return day
    return (ParsedAct(Act.RESTRICT, words=limit, until=day, reason=reason),)
