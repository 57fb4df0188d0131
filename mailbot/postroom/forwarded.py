"""A mail that somebody sends on: whose it was, when it was sent, what it said.

Reads what mail programs make of "forward": the mail itself as an attachment (message/rfc822), or its head and text
written into the new mail (Outlook, Gmail, Apple Mail, Thunderbird). What it finds is what the forwarder's mail says,
no more: whether to believe them is for `trust`. A head that names no address gives no sender; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from mailbot.postroom.reading import Address, Mail, addresses_in

LONDON = ZoneInfo("Europe/London")
_SUBJECT = re.compile(r"\s*(?:\[external\]\s*)?(?:fwd?|wg|tr|doorst)\s*:", re.IGNORECASE)
_MARK = re.compile(
    r"[\s>*_-]*(?:forwarded message|begin forwarded message|original message)\b", re.IGNORECASE
)
_HEAD = re.compile(
    r"[\s>*_]{0,8}(?P<key>from|sent|date|to|cc|subject|reply-to)\s?:[*_]{0,3}\s*(?P<value>.*?)[*_]{0,3}\s*\Z",
    re.IGNORECASE,
)
_MOST_LINES = 4_000
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_WRITTEN = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[a-z]{3,9})|(?P<month2>[a-z]{3,9})\s+(?P<day2>\d{1,2}))\.?,?"
    r"\s+(?P<year>\d{4})(?:,?\s+(?:at\s+)?(?P<time>\d{1,2}[:.]\d\d)(?::\d\d)?\s*(?P<half>[ap]\.?m)?)?",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})(?:,?\s+(?P<time>\d{1,2}[:.]\d\d))?"
)


@dataclass(frozen=True)
class Forwarded:
    """The mail inside. `sender` None: its address can't be read; `sent_at` None: neither can its day."""

    sender: Address | None
    subject: str
    sent_at: dt.datetime | None
    text: str


def forwarded(mail: Mail, ours: Collection[str] = ()) -> Forwarded | None:
    """The newest mail inside that none of `ours` (addresses) wrote; the newest of all where every one is ours, without
    a sender. None: nothing was sent on."""
    inside = [Forwarded(e.sender, e.subject, e.date, e.text.strip()) for e in mail.enclosed]
    inside += _written_in(mail.text.splitlines()[:_MOST_LINES], bool(_SUBJECT.match(mail.subject)))
    theirs = [found for found in inside if found.sender is None or found.sender.address not in ours]
    if theirs:
        return theirs[0]
    return Forwarded(None, inside[0].subject, inside[0].sent_at, inside[0].text) if inside else None


def _written_in(lines: list[str], says_so: bool) -> list[Forwarded]:
    """Each head among the lines, with the text below it up to the next one."""
    heads = [(at, *head) for at in range(len(lines)) if (head := _head(lines, at))]
    if not heads or not (says_so or any(_MARK.match(line) for line in lines)):
        return []
    found: list[Forwarded] = []
    last = 0
    for number, (at, ends, values) in enumerate(heads):
        if at < last:
            continue  # a line of the head before
        last = ends
        until = next((start for start, _, _ in heads[number + 1 :] if start >= ends), len(lines))
        body = [re.sub(r"\A>\s?", "", line) for line in lines[ends:until]]
        while body and (not body[-1].strip() or _MARK.match(body[-1])):
            body.pop()
        sender = next(iter(addresses_in(values.get("from", "").replace("mailto:", ""))), None)
        if sender is None or "@" not in sender.address:
            sender = None
        day = read_moment(values.get("sent") or values.get("date", ""))
        found.append(Forwarded(sender, values.get("subject", ""), day, "\n".join(body).strip()))
    return found


def _head(lines: list[str], at: int) -> tuple[int, dict[str, str]] | None:
    """Where the head that begins here ends, and what it says: From, a date, and To or Subject within ten lines."""
    values: dict[str, str] = {}
    ends = at
    for position in range(at, min(at + 10, len(lines))):
        match = _HEAD.match(lines[position][:1_000])
        if match:
            values.setdefault(match["key"].lower(), match["value"].strip())
            ends = position + 1
        elif position == at or (lines[position].strip(" >") and position > ends):
            break
    if at == ends or not _HEAD.match(lines[at][:1_000]):
        return None
    whole = "from" in values and ("sent" in values or "date" in values)
    return (ends, values) if whole and ("to" in values or "subject" in values) else None


def read_moment(text: str) -> dt.datetime | None:
    """When a mail program says that a mail was sent: RFC 5322, or written out in English. Days come first in
    12/03/2026; where no zone is named it is London's clock, without an hour it is noon."""
    text = " ".join(text.replace("\u202f", " ").split())[:120]
    try:
        sent = parsedate_to_datetime(text)
        return sent.replace(tzinfo=LONDON) if sent.tzinfo is None else sent
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    match = _WRITTEN.search(text)
    if match:
        name = (match["month"] or match["month2"]).lower()
        month = next((n for n, full in enumerate(_MONTHS, 1) if full.startswith(name[:3])), 0)
        day, year, time, half = match["day"] or match["day2"], match["year"], match["time"], match["half"]
    else:
        match = _NUMBERS.search(text)
        if not match:
            return None
        day, month, year, time, half = match["day"], int(match["month"]), match["year"], match["time"], None
    hour, minute = map(int, re.split("[:.]", time)) if time else (12, 0)
    if half:
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    try:
        return dt.datetime(int(year), month, int(day), hour, minute, tzinfo=LONDON)
    except ValueError:
        return None
