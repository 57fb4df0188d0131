"""Weeks of mail and timers while the process is killed at random, at named points and at any instruction: the world is
the one of an undisturbed run. Short here; `make soak` runs it for long (docs/reliability.md has its figures)."""

from __future__ import annotations

import datetime as dt
import email
import email.message
import email.policy
import json
import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ALEX, COMPLAINT, REQUEST, SAM, House, Received, london
from doors.catcher import Caught, SmtpCatcher
from doors.dovecot import Dovecot
from doors.primed import Primed
from journey_worlds import TURN, World, difference, empty, world
from sqlalchemy import create_engine, select
from test_journey_kills import named_points

from mailbot.clock import SetClock
from storage import schema

KILLS = int(os.environ.get("MAILBOT_SOAK_KILLS", "8"))
MAILS = int(os.environ.get("MAILBOT_SOAK_MAILS", "24"))
SEED = int(os.environ.get("MAILBOT_SOAK_SEED", "20260302"))
MORNINGS = [
    day
    for day in (dt.date(2026, 3, 2) + dt.timedelta(days=n) for n in range(20))
    if day.weekday() < 5
][: 4 if KILLS < 50 else 15]  # fmt: skip


class Weeks:
    """The same weeks, played with and without deaths."""

    def __init__(self, house: House, catcher: SmtpCatcher, primed: Primed, blank: Path) -> None:
        self.house, self.catcher, self.primed, self.blank = house, catcher, primed, blank
        self.begun_at = 0
        self._read: list[Received] = []
        self.deaths: Counter[str] = Counter()

    def play(self, kills: int, lots: random.Random) -> World:
        house = self.house
        empty(house.mail_server, house.address)
        file = Path(house.url.removeprefix("sqlite:///"))
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        shutil.copy(self.blank, file)
        self.begun_at = len(self.catcher.letters)
        self.turn(london("2026-03-02", "07:00"))
        died = 0
        for n, day in enumerate(MORNINGS):
            self.post(n, day)
            due = (
                kills * (n + 1) // len(MORNINGS) - died
            )  # what a morning was too short for, the next makes up
            died += self.live_through(london(day.isoformat(), "09:00"), due, lots)
        return world(house.url, house.mail_server, house.address, self.catcher.letters[self.begun_at :])

    def live_through(self, at: dt.datetime, kills: int, lots: random.Random) -> int:
        """Die so many times in what this morning asks for, each time a little further, then do the rest. Gives how
        often it died."""
        share = max(1, MAILS // len(MORNINGS) // max(kills, 1))  # of the mails, for each life
        died = 0
        while died < kills:
            if lots.random() < 0.5:
                point = lots.choice(named_points())
                ended, how = (
                    self.start(at, f"{point}:{lots.randint(1, share)}").wait(),
                    point.partition(":")[0],
                )
            else:
                process, how = self.start(at), "any instruction"
                time.sleep(lots.uniform(0.1, 0.4 + 0.03 * share))
                process.kill()
                ended = process.wait()
            self.deaths[how if ended.killed else "none, the morning was done"] += 1
            if not ended.killed and ended.code == 0 and how == "any instruction":
                break
            died += ended.killed
        self.turn(at)
        return died

    def start(self, at: dt.datetime, crash_at: str = ""):  # type: ignore[no-untyped-def]
        words = (TURN, self.house.folder / "config", at.isoformat())
        return self.primed.start("-c", *words, env={"MAILBOT_CRASH_AT": crash_at})

    def turn(self, at: dt.datetime) -> None:
        ended = self.start(at).wait(600)
        assert ended.code == 0, ended.err

    # ---------------------------------------------------------- what people write

    def post(self, morning: int, day: dt.date) -> None:
        """This morning's mail: complaints, requests, machines, nonsense, and answers to what came before."""
        house, each = self.house, MAILS // len(MORNINGS)
        letters = self.known_letters()
        mine = {letter.to: letter for letter in letters if letter.kind == "acknowledgement"}
        assigned = [letter for letter in letters if letter.kind == "case_assigned"]
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
            elif number % 8 == 4 and (given := nth(assigned, number - each)):
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
            .order_by(letters.c.id)
        )
        with engine.connect() as connection:
            found = [Caught("", (to,), bytes(raw)) for to, raw in connection.execute(asked)]
        engine.dispose()
        return [as_read(one) for one in found]

    def put(self, raw: bytes, at: dt.datetime) -> None:
        domain = b"landlord.example.org" if b"From: " + SAM.encode() in raw else b"example.com"
        stamp = b"Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=" + domain + b"\r\n"
        self.house.mail_server.put(self.house.address, stamp + raw, at)


def nth(assigned: list[Received], number: int) -> Received | None:
    return next((letter for letter in assigned if f"Matter {number}," in f"{letter.subject},"), None)


@pytest.fixture
def weeks(
    dovecot: Dovecot, smtp_catcher: SmtpCatcher, primed: Primed, ready_made_sqlite: Path, tmp_path: Path
) -> Weeks:
    house = House(
        dovecot,
        smtp_catcher,
        tmp_path,
        f"sqlite:///{tmp_path}/mailbot.db",
        dovecot.fresh_mailbox(),
        SetClock(london("2026-03-02", "07:00")),
        after="move",
    )
    house.write_config()
    return Weeks(house, smtp_catcher, primed, ready_made_sqlite)


@pytest.mark.long
@pytest.mark.timeout(60 + 40 * KILLS + MAILS)
def test_random_deaths_over_weeks_lose_nothing_and_double_nothing(weeks: Weeks) -> None:
    lots = random.Random(SEED)
    unharmed = weeks.play(0, lots)
    begun = time.monotonic()
    found = weeks.play(KILLS, lots)
    doubted = {row[0]: row[1] for row in found.record["letters"].elements() if row[-1] == "unknown"}
    unknown = Counter((row[1], row[4]) for row in found.record["letters"].elements() if row[-1] == "unknown")
    unharmed, found = (but_for_doubts(told, doubted.keys()) for told in (unharmed, found))
    lost = Counter((kind, to) for (to, kind, _, _) in (unharmed.delivered - found.delivered).elements())
    cases, delivered = sum(found.record["cases"].values()), sum(found.delivered.values())
    print(
        f"\n{MAILS} mails, {cases} cases, {delivered} letters; {sum(weeks.deaths.values())} starts that were to die, "
        f"by where they did: {dict(weeks.deaths.most_common())}; {sum(unknown.values())} letters unknown, of which "
        f"{sum(lost.values())} had not gone out; {time.monotonic() - begun:.0f} s; seed {SEED}"
    )
    if told := difference(unharmed, found):
        print(told[:20_000])
    for table in ("mails", "cases", "parties", "timers", "sequences"):
        assert found.record[table] == unharmed.record[table], table
    assert found.folders == unharmed.folders
    assert not unharmed.record["journal"] - found.record["journal"], "every line is there"
    more = Counter(row[3] for row in (found.record["journal"] - unharmed.record["journal"]).elements())
    assert more == Counter({"letter": sum(unknown.values())} if unknown else {}), (
        "a line more for each in doubt"
    )
    changed = Counter(
        (row[1], row[4]) for row in (unharmed.record["letters"] - found.record["letters"]).elements()
    )
    assert changed == unknown, "each letter is as it would have been, but for those in doubt"
    assert lost <= unknown, "what did not go out is on record as unknown"
    further = Counter((kind, to) for (to, kind, _, _) in (found.delivered - unharmed.delivered).elements())
    assert set(further) <= {("alert", ALEX)}, "people got nothing twice, only a supervisor was told of deaths"
    assert bool(further) == bool(unknown)
    ids = Counter(letter.message_id for letter in weeks.letters())
    assert max(ids.values()) == 1


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
IN_TROUBLE = re.compile(r"[\d,]+ letters? (?:is|are) in trouble", re.IGNORECASE)


def case_in(subject: str) -> str:
    found = re.search(r"\[(\S+)\]", subject)
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
    if facts["list_csv"]:  # that table takes room from the others; the list that goes along has every row
        facts["sections"] = [one["title"] for one in facts["sections"]]
    return json.dumps(order)


def as_read(caught: Caught) -> Received:
    message = email.message_from_bytes(caught.raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return Received(message, caught)
