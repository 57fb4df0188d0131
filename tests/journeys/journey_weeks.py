"""Weeks of a landlord's mail, to be played again and again: with deaths and without, by one process and by many. And
how two of such plays are held against each other, to the letter."""

from __future__ import annotations

import datetime as dt
import email
import email.message
import email.policy
import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from conftest import COMPLAINT, REQUEST, SAM, House, Received, london
from doors.catcher import Caught, SmtpCatcher
from journey_worlds import World
from sqlalchemy import case, create_engine, func, select

from storage import schema


class Weeks:
    """What people write on each of these mornings."""

    def __init__(self, house: House, catcher: SmtpCatcher, mails: int, mornings: Sequence[dt.date]) -> None:
        self.house, self.catcher, self.mails, self.mornings = house, catcher, mails, mornings
        self.begun_at = 0  # that many letters had been delivered before
        self.deaths: Counter[str] = Counter()
        self._read: list[Received] = []

    def post(self, morning: int, day: dt.date) -> None:
        """This morning's mail: complaints, requests, machines, nonsense, and answers to what came before."""
        house, each = self.house, self.mails // len(self.mornings)
        letters = self.known_letters()
        mine = {letter.to: letter for letter in letters if letter.kind == "acknowledgement"}
        about = ((letter, re.search(r"Matter (\d+)", letter.subject)) for letter in letters)
        assigned = {int(found[1]): one for one, found in about if found and one.kind == "case_assigned"}
        for n in range(each):
            number = morning * each + n
            who = f"resident{number}@example.com"
            at = london(day.isoformat(), "07:30") + dt.timedelta(seconds=n)
            if number % 8 == 5:
                self.put(house.compose(who, REQUEST, subject=f"Key fob {number}"), at)
            elif number % 8 == 6:
                self.put(
                    house.compose(
                        who,
                        "I am away.",
                        subject=f"Away {number}",
                        headers={"Auto-Submitted": "auto-replied"},
                    ),
                    at,
                )
            elif number % 8 == 7:
                self.put(b"Subject: Nobody %d\r\n\r\nWho wrote this?\r\n" % number, at)
            elif number % 8 == 3 and (answered := mine.get(f"resident{number - each}@example.com")):
                self.put(house.compose(answered.to, f"Is there any news? {number}", answers=answered), at)
            elif number % 8 == 4 and (given := assigned.get(number - each)):
                self.put(
                    house.compose(SAM, "#respond upheld\n\nDear resident, we are sorry.", answers=given), at
                )
            else:
                self.put(house.compose(who, f"{COMPLAINT}\nMatter {number}", subject=f"Matter {number}"), at)

    def letters(self) -> list[Received]:
        """What people got in these weeks; each is read once, for there are thousands."""
        self._read += self.house.letters(since=len(self._read))
        return self._read[self.begun_at :]

    def known_letters(self) -> list[Received]:
        """What people answer: also a letter of which nobody knows whether it went out. Somebody has seen to that one,
        so that the same mail is written whether or not it was lost."""
        engine = create_engine(self.house.url)
        letters, blobs = schema.letters, schema.blobs
        asked = (
            select(letters.c.to_address, blobs.c.content)
            .join(blobs, blobs.c.sha256 == letters.c.blob)
            .where(letters.c.letter.in_(["acknowledgement", "case_assigned"]))
            .order_by(letters.c.id.desc())
            .limit(4 * self.mails // len(self.mornings))  # of yesterday
        )
        with engine.connect() as connection:
            found = [Caught("", (to,), bytes(raw)) for to, raw in connection.execute(asked)]
        engine.dispose()
        return [as_read(one) for one in found]

    def put(self, raw: bytes, at: dt.datetime) -> None:
        domain = b"landlord.example.org" if b"From: " + SAM.encode() in raw else b"example.com"
        stamp = b"Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=" + domain + b"\r\n"
        self.house.mail_server.put(self.house.address, stamp + raw, at)

    def most_deaths(self) -> int:
        """How often a process has died with one certain mail in hand, or will have, if the one that has it in hand is
        dead. Three would have that mail set aside."""
        engine = create_engine(self.house.url)
        mails = schema.mails.c
        deaths = mails.deaths + case((mails.claimed_by != "", 1), else_=0)
        with engine.connect() as connection:
            found = connection.execute(select(func.max(deaths)).where(mails.state == "kept")).scalar()
        engine.dispose()
        return int(found or 0)


# ------------------------------------------------------------------ two plays of the same weeks


def but_for_doubts(told: World, doubted: Collection[str | None]) -> World:
    """Without what shows people the letters in doubt: the history of just those cases in what staff are told of them,
    and the part of a digest that lists such letters. Everything else must be the same to the letter."""
    letters = Counter(
        (*row[:5], plain_facts(row[1], row[5], row[0] in doubted), *row[6:])
        for row in told.record["letters"].elements()
    )
    journal = Counter(
        (*row[:7], *(HISTORY.sub("", str(part)) if row[0] in doubted else part for part in row[7:9]), row[9])
        for row in told.record["journal"].elements()
    )
    delivered = Counter(
        (to, kind, subject, "" if kind == "digest" or (to == SAM and case_in(subject) in doubted) else text)
        for to, kind, subject, text in told.delivered.elements()
    )
    record = {**told.record, "letters": letters, "journal": journal}
    return replace(told, record=record, delivered=delivered)


HISTORY = re.compile(r'"history":"(?:[^"\\]|\\.)*"')
VERIFIED = re.compile(r"journal's [\d,]+ lines? w(?:as|ere)")
"""A line more for each letter in doubt."""
IN_TROUBLE = re.compile(r"[\d,]+ letters? (?:is|are) in trouble", re.IGNORECASE)


def case_in(subject: str) -> str:
    found = re.search(r"\[([^]]+)\]", subject)
    return found[1] if found else ""


def plain_facts(kind: str, body: str, in_doubt: bool) -> str:
    """The order of a letter, as said above."""
    if kind != "digest":
        return HISTORY.sub("", body) if in_doubt else body
    order = json.loads(body)
    facts = order["facts"]
    said = re.split(r", and | and |, |\.", " ".join(facts["headline_lines"]))
    facts["headline_lines"] = sorted(p.strip().lower() for p in said if p and not IN_TROUBLE.search(p))
    facts["sections"] = [one for one in facts["sections"] if one["title"] != "Letters in trouble"]
    facts["health"] = [VERIFIED.sub("journal's lines", line) for line in facts["health"]]
    if facts["list_csv"]:  # that table takes room from the others; the list that goes along has every row
        facts["sections"] = [one["title"] for one in facts["sections"]]
    return json.dumps(order)


def as_read(caught: Caught) -> Received:
    message = email.message_from_bytes(caught.raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return Received(message, caught)
