"""Several processes on one PostgreSQL database, killed at random while they work: what they leave is what one process
leaves that nobody disturbs. Short here; `make crowd` runs it for long (docs/reliability.md has its figures).

Every morning they find its mail (in the mailbox here; in the long form kept already, where IMAP is not what is
measured), timers that fell due, and the digest to be written, and work until nothing is left that any of them can do.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import ALEX, House, london
from doors.catcher import SmtpCatcher
from doors.dovecot import Dovecot
from doors.postgres import Postgres
from doors.primed import Primed, Process
from journey_weeks import Weeks, but_for_doubts
from journey_worlds import World, difference, empty, world
from sqlalchemy import create_engine, select
from test_journey_kills import named_points

from mailbot.chasing import MOST_LINES
from mailbot.clock import SetClock
from storage import Store, open_store, schema
from storage.rows import KeptMail

WORKERS = int(os.environ.get("MAILBOT_CROWD_WORKERS", "3"))
KILLS = int(os.environ.get("MAILBOT_CROWD_KILLS", "6"))
MAILS = int(os.environ.get("MAILBOT_CROWD_MAILS", "72"))
SEED = int(os.environ.get("MAILBOT_CROWD_SEED", "20260302"))
LONG = MAILS > 1000
MORNINGS = [dt.date(2026, 3, day) for day in ((2, 3, 4, 5, 6, 9, 10, 11, 12, 13) if LONG else (2, 3, 6))]
"""A Friday is among them: the first contacts that Monday's complaints ask for are due then."""

WORK = """
import datetime as dt, sys, time
from pathlib import Path
from mailbot import settings
from mailbot.clock import SetClock
from mailbot.daemon import Rounds
from mailbot.presence import at_work
from mailbot.start import build
from storage import open_store
from storage.rows import LetterState
loaded = settings.load(Path(sys.argv[1]))
at = dt.datetime.fromisoformat(sys.argv[2])
parts = build(loaded, open_store(loaded.database.url), SetClock(at))
service, name = parts.service, loaded.mailboxes[0].name
def is_done():
    with parts.store.read() as work:
        if work.last_looks().get(name) != at:
            return False
        if at.hour >= 9 and not work.digest_is_claimed("daily", "alex", at.date()):
            return False
        if work.letters_in(LetterState.CLAIMED, LetterState.HANDING):
            return False
        if any(one.next_at <= at for one in work.letters_in(LetterState.WAITING)):
            return False
    return not service.under_way()
with at_work(service):
    service.recompute_dates()
    rounds = Rounds(service)
    while not is_done():
        rounds.turn(parts.clock)
        time.sleep(0.02)
    rounds.close()
parts.close()
"""
"""A daemon that has no pauses and ends when there is nothing left for anybody. Arguments as for `TURN`."""

POINTS = [one for one in named_points() if one.partition(":")[0] not in ("begin", "recover")]


def lift_caps(config: Path) -> None:
    """Which letters wait until tomorrow when a cap is reached hangs on whose turn it was, and so would what people
    answer. Caps have a race of their own (`test_caps_hold_over_all_processes_together`)."""
    lifted = re.sub(r"(?m)^((?:letters|mails)_\w+) = \d+$", r"\1 = 1000000", config.read_text())
    config.write_text(lifted.replace("[limits]", "[limits]\nletters_per_day = 1000000"))


class Crowd(Weeks):
    """The same weeks, by one process and by many."""

    def __init__(self, house: House, catcher: SmtpCatcher, primed: Primed) -> None:
        super().__init__(house, catcher, MAILS, MORNINGS)
        self.primed = primed
        self.kept: list[KeptMail] = []
        self.uids = itertools.count(1)
        self.lookers: set[str] = set()
        self.seconds = 0.0

    def play(self, url: str, workers: int, kills: int, lots: random.Random) -> World:
        house = self.house
        house.url = url
        lift_caps(house.write_config() / "mailbot.toml")
        store = open_store(url)
        store.upgrade()
        empty(house.mail_server, house.address)
        self.begun_at, self.seconds, died = len(self.catcher.letters), 0.0, 0
        self.work(london("2026-03-02", "07:00"), 1, 0, lots)  # the first look, at an empty mailbox
        for n, day in enumerate(self.mornings):
            self.post(n, day)
            self.keep(store)
            due = kills * (n + 1) // len(self.mornings) - died
            died += self.work(london(day.isoformat(), "09:00"), workers, due, lots)
        store.close()
        return world(url, house.mail_server, house.address, self.catcher.letters[self.begun_at :])

    def put(self, raw: bytes, at: dt.datetime) -> None:
        if not LONG:
            super().put(raw, at)
            return
        stamp = b"Authentication-Results: mx.landlord.example.org; dmarc=pass header.from="
        domain = b"landlord.example.org" if b"From: sam@" in raw else b"example.com"
        self.kept.append(
            KeptMail("complaints", "Elsewhere", 1, next(self.uids), at, at, stamp + domain + b"\r\n" + raw)
        )

    def keep(self, store: Store) -> None:
        with store.begin() as work:
            for mail in self.kept:
                work.keep_mail(mail)
        self.kept.clear()

    def work(self, at: dt.datetime, workers: int, kills: int, lots: random.Random) -> int:
        """Have so many of them work until nothing is left, and kill so many of those. Gives how many died."""
        begun, died = time.monotonic(), 0
        if kills and not LONG:  # whoever looks into the mailbox dies of it
            died += self.start(at, "keep:kept").wait().killed
        crowd = [self.start(at) for _ in range(workers)]
        while died < kills and any(one.running for one in crowd):
            time.sleep(lots.uniform(0.05, 0.5 + 0.01 * self.mails / len(self.mornings) / kills))
            self.lookers |= self.who_looks()
            while self.most_deaths() >= 2 and any(one.running for one in crowd):
                time.sleep(0.05)
            nth = lots.randrange(workers)
            if crowd[nth].running:
                crowd[nth].kill()
                self.deaths["any instruction"] += (killed := crowd[nth].wait().killed)
                died += killed
            else:
                ended = crowd[nth].wait()
                assert ended.killed or ended.code == 0, ended.err
                died += ended.killed
                self.deaths["a named point"] += ended.killed
            if lots.random() < 0.4:
                crowd[nth] = self.start(at, f"{lots.choice(POINTS)}:{lots.randint(1, 20)}")
            else:
                crowd[nth] = self.start(at)
        for one in crowd:
            ended = one.wait(3600)
            assert ended.killed or ended.code == 0, ended.err
            died += ended.killed
            self.deaths["a named point"] += ended.killed
        last = self.start(at).wait(3600)  # where all have died, this one does the rest
        assert last.code == 0, last.err
        self.lookers |= self.who_looks()
        self.seconds += time.monotonic() - begun
        return died

    def start(self, at: dt.datetime, crash_at: str = "") -> Process:
        words = (WORK, self.house.folder / "config", at.isoformat())
        return self.primed.start("-c", *words, env={"MAILBOT_CRASH_AT": crash_at})

    def who_looks(self) -> set[str]:
        engine = create_engine(self.house.url)
        with engine.connect() as connection:
            asked = select(schema.leases.c.worker).where(schema.leases.c.name == "look:complaints")
            found = set(connection.execute(asked).scalars())
        engine.dispose()
        return found


@pytest.fixture
def crowd(dovecot: Dovecot, smtp_catcher: SmtpCatcher, primed: Primed, tmp_path: Path) -> Crowd:
    house = House(
        dovecot,
        smtp_catcher,
        tmp_path,
        "",
        dovecot.fresh_mailbox(),
        SetClock(london("2026-03-02", "07:00")),
        after="move",
        database="lease_seconds = 2",
    )
    return Crowd(house, smtp_catcher, primed)


@pytest.mark.long
@pytest.mark.timeout(120 + 10 * KILLS + MAILS)
def test_many_processes_that_are_killed_leave_what_one_would(crowd: Crowd, postgres: Postgres) -> None:
    lots = random.Random(SEED)
    urls = [postgres.fresh_database() for _ in range(2)]
    one = crowd.play(urls[0], 1, 0, lots)
    alone = crowd.seconds
    crowd.lookers.clear()
    many = crowd.play(urls[1], WORKERS, KILLS, lots)
    one, many = in_any_order(one), in_any_order(many)
    doubted = {row[0] for row in many.record["letters"].elements() if row[-1] == "unknown"}
    found, wanted = (but_for_doubts(told, doubted) for told in (many, one))
    unknown = Counter((row[1], row[4]) for row in found.record["letters"].elements() if row[-1] == "unknown")
    lost = Counter((kind, to) for (to, kind, _, _) in (wanted.delivered - found.delivered).elements())
    print(
        f"\n{MAILS} mails, {sum(found.record['cases'].values())} cases, {sum(found.delivered.values())} letters; one "
        f"process {alone:.0f} s, {WORKERS} processes {crowd.seconds:.0f} s; died: {dict(crowd.deaths)}; "
        f"{len(crowd.lookers)} processes looked into the mailbox in turn; {sum(unknown.values())} letters unknown, of "
        f"which {sum(lost.values())} had not gone out; seed {SEED}"
    )
    if told := difference(wanted, found):
        print(told)
    for table in ("mails", "cases", "parties", "timers", "sequences"):
        assert found.record[table] == wanted.record[table], table
    assert found.folders == wanted.folders
    assert not wanted.record["journal"] - found.record["journal"], "every line is there"
    more = Counter(row[3] for row in (found.record["journal"] - wanted.record["journal"]).elements())
    assert more == Counter({"letter": sum(unknown.values())} if unknown else {}), (
        "a line more for each in doubt"
    )
    changed = Counter(
        (row[1], row[4]) for row in (wanted.record["letters"] - found.record["letters"]).elements()
    )
    assert changed == unknown, "each letter is as it would have been, but for those in doubt"
    assert lost <= unknown, "what did not go out is on record as unknown"
    further = Counter((kind, to) for (to, kind, _, _) in (found.delivered - wanted.delivered).elements())
    assert set(further) <= {("alert", ALEX)}, "people got nothing twice, only a supervisor was told of deaths"
    assert max(Counter(letter.message_id for letter in crowd.letters()).values()) == 1
    assert len(crowd.lookers) > 1, "another one took over when who looked into the mailbox died"
    for url in urls:
        with open_store(url).read() as work:
            assert not work.verify_journal().faults
            assert work.at_work() == []
        postgres.drop(url)


CERTAINTY = re.compile(r'"(?:probability|confidence)":[0-9.]+')
"""Of a mail whose subject quotes a case's number: its last digits hang on that number."""
REFERENCE = re.compile(r"CC-2026-\d{6}-[0-9X]")


def in_any_order(told: World) -> World:
    """Cases by what they are about instead of by their numbers, which hang on whose turn it was; lists sorted."""
    names = {row[0]: f"(case of {row[5]}, {row[6]})" for row in told.record["cases"]}

    def plain(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return CERTAINTY.sub("", REFERENCE.sub(lambda m: names.get(m[0], m[0]), value))

    def told_text(kind: str, body: str) -> str:
        return "" if kind in ("digest", "chaser") else str(plain(body))  # their facts are compared

    def sorted_facts(kind: str, body: str) -> str:
        if kind not in ("digest", "chaser"):
            return str(plain(body))
        order = json.loads(body)
        if order["facts"].get("list_csv"):  # which rows a long table leaves out hangs on the numbers
            order["facts"]["sections"] = []
        lines = order["facts"].get("lines", [])
        if len(lines) > MOST_LINES:  # as does which of them are set out, with buttons
            for line in lines:
                line.pop("commands", None)
        order = json.loads(plain(json.dumps(order)))
        return json.dumps(sorted_within(order), sort_keys=True)

    record = {
        name: Counter(tuple(plain(value) for value in row) for row in rows.elements())
        for name, rows in told.record.items()
        if name != "letters"
    }
    record["letters"] = Counter(
        (*map(plain, row[:5]), sorted_facts(row[1], row[5]), *row[6:])
        for row in told.record["letters"].elements()
    )
    return World(
        record,
        {folder: Counter(map(plain, mails.elements())) for folder, mails in told.folders.items()},
        Counter(
            (to, kind, plain(subject), told_text(kind, body))
            for to, kind, subject, body in told.delivered.elements()
        ),
    )


def sorted_within(value: Any) -> Any:
    """Every list sorted, at every depth, and the lines of a sheet."""
    if isinstance(value, dict):
        return {key: sorted_within(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted((sorted_within(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(value, str) and "\n" in value:
        return "\n".join(sorted(value.splitlines()))
    return value
