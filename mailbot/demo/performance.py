"""The demo itself: servers, service and clock, and the agenda that moves the clock from one moment to the next.

The daemon's own rounds run over real IMAP and SMTP sockets; only the clock is ours. It jumps to the next moment
at which anything can happen: a mail that arrives, a colleague who sits down to write, a timer of the database, the
hour of the digest. What comes out of SMTP is read by the people it was meant for, and they put their answers on
the agenda.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mailbot import settings as settings_room
from mailbot.casework.commands import strip_internal
from mailbot.clock import SetClock
from mailbot.daemon import Rounds
from mailbot.demo import cast
from mailbot.demo.answers import Outside
from mailbot.demo.cast import BORDER, MAILBOXES, PASSWORD, STAFF
from mailbot.demo.clients import LONDON, receive
from mailbot.demo.happenings import Happening, happenings_of
from mailbot.demo.players import Players, Posted
from mailbot.demo.servers import HOST, EmbeddedMail
from mailbot.demo.servers import Sent as Carried
from mailbot.demo.story import FIRST_DAY, LAST_DAY, Arrival, first_mails
from mailbot.postroom.reading import read
from mailbot.settings import Settings
from mailbot.start import Parts, build
from storage import Store, open_store

OPENING, EVENING = dt.time(7, 0), dt.time(18, 0)


@dataclass
class Told:
    """What the demo knows from outside: what was delivered, what came out, and what happened in between."""

    delivered: list[Arrival] = field(default_factory=list)
    posted: int = 0  # mails that staff wrote
    carried: list[Carried] = field(default_factory=list)  # letters of mailbot that SMTP took
    happenings: list[Happening] = field(default_factory=list)
    seconds: float = 0.0


class Performance:
    """One run of the story. Use `raised` to build it up and take it down."""

    def __init__(self, mail: EmbeddedMail, parts: Parts, settings: Settings, clock: SetClock) -> None:
        self.mail = mail
        self.parts = parts
        self.settings = settings
        self.clock = clock
        self.told = Told()
        self._rounds = Rounds(parts.service)
        self._outside = Outside()
        self._players = Players(settings.calendar)
        self._agenda: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._read_until = 0

    @property
    def store(self) -> Store:
        return self.parts.store

    def play(self, show: Callable[[list[Happening]], None], until: dt.date = LAST_DAY) -> Told:
        """Everything from the first morning to the evening of `until`."""
        began = time.monotonic()
        end = self.settings.calendar.instant(until, EVENING)
        for arrival in first_mails():
            self._plan(arrival.at, self._delivery(arrival))
        self._turn(show)
        while (moment := self._next(end)) is not None:
            self.clock.put(moment)
            while self._agenda and self._agenda[0][0] <= moment:
                heapq.heappop(self._agenda)[2]()
            self._turn(show)
        self._rounds.close()
        self.told.seconds = time.monotonic() - began
        return self.told

    def _next(self, end: dt.datetime) -> dt.datetime | None:
        """The next moment at which anything can happen; None once the story is over."""
        now = self.clock.now()
        with self.store.read() as work:
            due, letter = work.next_due(), work.next_letter_at()
        agenda = self._agenda[0][0] if self._agenda else None
        coming = [at for at in (due, letter, self._digest_hour(now)) if at and at > now]
        if agenda:
            coming.append(max(agenda, now))
        moment = min(coming)
        return moment if moment <= end else None

    def _digest_hour(self, now: dt.datetime) -> dt.datetime:
        calendar = self.settings.calendar
        day = calendar.london_date(now)
        for ahead in range(7):
            hour = calendar.instant(day + dt.timedelta(days=ahead), self.settings.digest_at)
            if hour > now and calendar.is_working(day + dt.timedelta(days=ahead)):
                return hour
        return now + dt.timedelta(days=7)

    def _turn(self, show: Callable[[list[Happening]], None]) -> None:
        turn = self._rounds.turn(self.clock)
        found = happenings_of(turn, self.clock.now(), self._typed)
        self.told.happenings += found
        show(found)
        self._hand_out()

    # -------------------------------------------------------------- what people do

    def _plan(self, at: dt.datetime, doing: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._numbers), doing))

    def _delivery(self, arrival: Arrival) -> Callable[[], None]:
        def deliver() -> None:
            for address in arrival.to:
                self.mail.deliver(address, arrival.raw, self.clock.now(), arrival.honest)
            self.told.delivered.append(arrival)

        return deliver

    def _posting(self, posted: Posted) -> Callable[[], None]:
        """A colleague sends a mail from the work account, through the landlord's own server."""

        def post() -> None:
            written = posted.write(self.clock.now())
            if written is None:
                return
            raw, to = written
            with smtplib.SMTP(HOST, self.mail.smtp_port, timeout=20) as smtp:
                smtp.login(posted.who.address, PASSWORD)
                smtp.sendmail(posted.who.address, [to], raw)
            self.told.posted += 1

        return post

    def _hand_out(self) -> None:
        """Everybody reads what came out of SMTP since the last time, and plans an answer."""
        sent = self.mail.sent[self._read_until :]
        self._read_until += len(sent)
        now = self.clock.now()
        for carried in sent:
            if any(address.split("+")[0].split("@")[0] in MAILBOXES for address in carried.recipients):
                continue  # written by staff, to mailbot
            self.told.carried.append(carried)
            letter = receive(carried.raw, carried.recipients[0])
            for posted in self._players.read(letter, now):
                self._plan(posted.at, self._posting(posted))
            for at, arrival in self._outside.read(letter, now):
                self._plan(at, self._delivery(arrival))

    # -------------------------------------------------------------- for the timeline

    def _typed(self, mail_id: str) -> str:
        with self.store.read() as work:
            raw = work.raw(mail_id)
        lines = [line for line in strip_internal(read(raw).new_text).splitlines() if line.strip()]
        commands = [line for line in lines if line.startswith("#")]
        return ", ".join(commands) if commands else " ".join(lines[:3])


@contextmanager
def raised(policy: str, folder: Path) -> Iterator[Performance]:
    """Servers, configuration, database and service in `folder`, on the first morning. Raises SettingsMistake for a
    policy that there is not, DemoExtraMissing without the servers' packages."""
    clock = SetClock(dt.datetime.combine(FIRST_DAY, OPENING, tzinfo=LONDON).astimezone(dt.UTC))
    users = dict.fromkeys((*MAILBOXES.values(), *(one.address for one in STAFF)), PASSWORD)
    with EmbeddedMail(users, clock=clock.now, authserv_id=BORDER) as mail:
        cast.write_config(folder, policy, mail.imap_port, mail.smtp_port)
        settings = settings_room.load(folder, environ={})
        store = open_store(settings.database.url)
        store.upgrade()
        parts = build(settings, store, clock)
        try:
            yield Performance(mail, parts, settings, clock)
        finally:
            parts.close()
