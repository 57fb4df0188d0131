"""Weeks of mail and timers while the process is killed at random, at named points and at any instruction: the world is
the one of an undisturbed run. Short here; `make soak` runs it for long (docs/reliability.md has its figures)."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import ALEX, House, london
from doors.catcher import SmtpCatcher
from doors.dovecot import Dovecot
from doors.primed import Primed
from journey_weeks import Weeks, but_for_doubts
from journey_worlds import TURN, World, difference, empty, world
from test_journey_kills import named_points

from mailbot.clock import SetClock

KILLS = int(os.environ.get("MAILBOT_SOAK_KILLS", "8"))
MAILS = int(os.environ.get("MAILBOT_SOAK_MAILS", "24"))
SEED = int(os.environ.get("MAILBOT_SOAK_SEED", "20260302"))
MORNINGS = [
    day
    for day in (dt.date(2026, 3, 2) + dt.timedelta(days=n) for n in range(20))
    if day.weekday() < 5
][: 4 if KILLS < 50 else 15]  # fmt: skip

BEGINNING = ("keep", "look", "attend")
MIDDLE = ("attend", "step", "record", "commit", "committed", "dispatch")
END = ("tick", "digest", "record", "dispatch")
"""The verbs of a morning, in the order in which it comes to them."""


class Soak(Weeks):
    """The same weeks, played with and without deaths."""

    def __init__(self, house: House, catcher: SmtpCatcher, primed: Primed, blank: Path) -> None:
        super().__init__(house, catcher, MAILS, MORNINGS)
        self.primed, self.blank = primed, blank

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
            if self.most_deaths() >= 2:  # three in one mail would have it set aside
                how = "attend"
                ended = self.start(at, "attend:done:2").wait()
            elif lots.random() < 0.5:
                verbs = BEGINNING if died < 2 else MIDDLE if died < kills - 2 else END
                point = lots.choice([one for one in named_points() if one.partition(":")[0] in verbs])
                how = point.partition(":")[0]
                count = lots.randint(1, share) if how in MIDDLE else 1
                ended = self.start(at, f"{point}:{count}").wait()
            else:
                how, process = "any instruction", self.start(at)
                time.sleep(lots.uniform(0.1, 0.4 + 0.015 * share))
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


@pytest.fixture
def weeks(
    dovecot: Dovecot, smtp_catcher: SmtpCatcher, primed: Primed, ready_made_sqlite: Path, tmp_path: Path
) -> Soak:
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
    return Soak(house, smtp_catcher, primed, ready_made_sqlite)


@pytest.mark.long
@pytest.mark.timeout(60 + 40 * KILLS + MAILS)
def test_random_deaths_over_weeks_lose_nothing_and_double_nothing(weeks: Soak) -> None:
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
        print(told)
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
    # Of doubt about a mail to the only supervisor there is nobody to tell by mail: the digest shows it.
    assert bool(further) == any(to != ALEX for _, to in unknown)
    ids = Counter(letter.message_id for letter in weeks.letters())
    assert max(ids.values()) == 1
