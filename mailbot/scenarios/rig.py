"""The real service with its doors in the story's hands.

Reading, screening, threading, deciding, storage, outbox and letters are those that a landlord runs. In place of a
mail server stands a shelf on which mails lie until somebody looks; in place of the relay a tray on which letters
are laid; the clock stands where the story puts it. A mail whose verdict the story states gets that one, all others
are read by the classifier, which is loaded only for them.

What many scenarios need alike (settings, policies, stationery, an empty database, the classifier) is made once a
process.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from classifiers import Ask
from mailbot import settings as settings_room
from mailbot.calendarfile import publish
from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import Document
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case, Person, Timer, Verdict
from mailbot.clock import SetClock
from mailbot.daemon import Rounds, Turn
from mailbot.demo.clients import Received, receive
from mailbot.mistakes import Mistake, Mistakes
from mailbot.places import config_dir
from mailbot.postroom.fetched import Fetched, Position
from mailbot.postroom.reading import read
from mailbot.postroom.smtp import Handed, Outcome
from mailbot.scenarios import cast
from mailbot.scenarios.story import Scenario
from mailbot.scenarios.words import spoken
from mailbot.service import Service
from mailbot.settings import Settings
from mailbot.start import shipped_chain, stationery
from storage import JournalRow, LetterRow, LetterState, Store, open_store

_CONFIG = f"""
[landlord]
name = "Brackenfield Homes Limited"
short_name = "Brackenfield Homes"
phone = "01632 960100"
web = "https://www.brackenfieldhomes.example"
postal_address = "1 High Street, Anytown AN1 1AA"
complaints_address = "{cast.MAILBOX}"

[[mailbox]]
name = "complaints"
address = "{cast.MAILBOX}"
policy = "code-2024"
plus_addressing = true

[mailbox.imap]
host = "imap.invalid"
port = 993
security = "tls"

[smtp]
host = "smtp.invalid"
port = 587
security = "starttls"

[trust]
authserv_id = "{cast.BORDER}"

[limits]
letters_per_hour = 100000
letters_per_address_per_hour = 1000
letters_per_address_per_day = 10000
"""
_STAFF = """
[[person]]
key = "sam"
name = "Sam Okafor"
address = "sam@brackenfieldhomes.example"
roles = ["handler", "stage2", "supervisor"]
"""
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID: *(<[^>]+>)")
EARLY, FAR = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@functools.cache
def common_settings() -> Settings:
    """A landlord's settings, read as any are; policy, people and calendar are the scenario's."""
    with tempfile.TemporaryDirectory(prefix="mailbot-scenario-") as folder:
        Path(folder, "mailbot.toml").write_text(_CONFIG, encoding="utf-8")
        Path(folder, "staff.toml").write_text(_STAFF, encoding="utf-8")
        return settings_room.load(Path(folder), environ={}, today=dt.date(2026, 1, 1))


@functools.cache
def working_days(nation: str) -> Calendar:
    """The nation's working days as they were published. Mistakes: the shipped list can't be used."""
    mistakes: list[Mistake] = []
    calendar = publish(Calendar(nation), config_dir(), mistakes)
    if calendar is None:
        raise Mistakes(mistakes)
    return calendar


class Shelter:
    """The database of whichever scenario is played: one a process, emptied for each, one scenario at a time.

    A store keeps the statements that it has put into SQL once, so it is used again: a closed one opens its file
    anew. Where the machine has a file system in memory the file lies there, for nothing of it need last."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        within = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        self._folder = tempfile.TemporaryDirectory(prefix="mailbot-scenario-", dir=within)
        self._file = Path(self._folder.name, "mailbot.db")
        self.store: Store = open_store(f"sqlite:///{self._file}")
        self.store.upgrade()
        self.store.close()
        self._empty = self._file.read_bytes()
        self.taken = False

    def take(self) -> Store:
        assert not self.taken, "one scenario is played after the other"
        self.taken = True
        self._file.write_bytes(self._empty)
        return self.store

    def give_back(self) -> None:
        self.store.close()
        for left in self._file.parent.glob("mailbot.db-*"):
            left.unlink()
        self.taken = False


@functools.cache
def shelter() -> Shelter:
    return Shelter()


def settings_for(scenario: Scenario, policy: Policy) -> Settings:
    common = common_settings()
    (box,) = common.mailboxes
    document = Document(scenario.document, b"The complaints policy.") if scenario.document else None
    return replace(
        common,
        mailboxes=(replace(box, policy=policy, versions=(policy,), document=document),),
        people=scenario.people,
        habits=replace(
            common.habits, confirm_acknowledgement=scenario.confirmed, hold_minutes=2 if scenario.held else 0
        ),
        calendar=replace(
            working_days(policy.nation),
            extra_holidays=frozenset(scenario.holidays),
            closure_days=frozenset(scenario.closure_days),
        ),
    )


class Readings:
    """Reads a mail as the story states it, and as the classifier does where it states nothing."""

    def __init__(self) -> None:
        self._stated: dict[tuple[str, str], Verdict] = {}

    def state(self, raw: bytes, verdict: Verdict) -> None:
        mail = read(raw)
        for text in (mail.text, mail.new_text):
            self._stated[mail.subject, text] = verdict

    def read_many(self, asks: Sequence[Ask]) -> list[Verdict]:
        stated = [self._stated.get((ask.subject, ask.text)) for ask in asks]
        return [one or shipped_chain().read(ask) for one, ask in zip(stated, asks, strict=True)]


@dataclass(frozen=True)
class Laid:
    """A letter on the tray, with the order that made it."""

    number: int
    at: dt.datetime
    to: str
    raw: bytes
    row: LetterRow

    @functools.cached_property
    def letter(self) -> Received:
        """As its reader's mail client shows it."""
        return receive(self.raw, self.to)

    @property
    def because(self) -> tuple[str, ...]:
        return self.row.order.because

    @property
    def about(self) -> frozenset[str]:
        """The references of the cases that it speaks of: a mail of reminders may speak of several."""
        lines = self.row.order.facts.get("lines")
        named = (
            [line.get("reference") for line in lines if isinstance(line, dict)]
            if isinstance(lines, list)
            else []
        )
        return frozenset(str(one) for one in (self.row.reference, *named) if one)


class Tray:
    """Takes every letter; in place of the relay."""

    def __init__(self) -> None:
        self.handed: list[tuple[bytes, str]] = []

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        self.handed.append((raw, to))
        return Handed(Outcome.ACCEPTED, 250, "2.0.0 laid on the tray")

    def close(self) -> None:
        """There is no line to cut."""


class Stumbles(logging.Handler):
    """What the service logs as an error: a scenario in which it stumbles has not come true."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{record.getMessage()} ({getattr(record, 'error', 'no more is known')})")


@dataclass
class Rig:
    """One scenario's landlord. Use it as a context: it leaves nothing behind."""

    settings: Settings
    clock: SetClock
    digests: bool = False  # whether the supervisors' digests are written: in most stories nobody reads them
    laid: list[Laid] = field(default_factory=list)
    out_of_reach_until: dt.datetime | None = None

    def __enter__(self) -> Rig:
        self.store = shelter().take()
        self.tray = Tray()
        self.readings = Readings()
        self._shelf: list[tuple[dt.datetime, bytes]] = []
        self._uid = 0
        self._stumbles = Stumbles()
        self._log = logging.getLogger("mailbot")
        self._log.addHandler(self._stumbles)
        self._propagated, self._log.propagate = self._log.propagate, False
        self.start(self.settings)
        (self._box,) = self.settings.mailboxes
        self._keeper = self.service.keeper(self._box.name)
        self._keeper.begin_at(self._box.name, Position(1, 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.removeHandler(self._stumbles)
        self._log.propagate = self._propagated
        shelter().give_back()

    def start(self, settings: Settings) -> None:
        """Begin, or begin anew after the landlord changed its settings: the database is all that stays."""
        self.settings = settings
        self.service = Service(settings, self.store, self.readings, stationery(), self.tray, self.clock)
        self.service.outbox.recover()
        self.service.recompute_dates()
        self._rounds = Rounds(self.service)

    # -------------------------------------------------------------- mail and time

    def arrive(self, raw: bytes, sender: str, vouched: bool = True) -> None:
        """A mail reaches the server now; the border says whether it vouches for the sender's domain."""
        verdict, domain = "pass" if vouched else "fail", sender.rpartition("@")[2]
        stamp = f"Authentication-Results: {cast.BORDER}; dmarc={verdict} header.from={domain}\r\n"
        self._shelf.append((self.clock.now(), stamp.encode() + raw))

    def turn(self) -> None:
        """One round of all verbs, now."""
        turn = Turn(kept=self._look())
        self._rounds.work(turn, self.digests)
        self._gather()

    def _look(self) -> int:
        now, name = self.clock.now(), self._box.name
        if self.out_of_reach_until and now < self.out_of_reach_until:
            self._keeper.stumbled(name, "the server does not answer")
            return 0
        self.out_of_reach_until = None
        batch = []
        for received_at, raw in self._shelf:
            self._uid += 1
            batch.append(Fetched(name, "INBOX", 1, self._uid, received_at, raw, len(raw), False, False))
        self._shelf.clear()
        if batch:
            self._keeper.keep(batch, Position(1, self._uid))
        self._keeper.looked(name, now)
        return len(batch)

    def _gather(self) -> None:
        new = self.tray.handed[len(self.laid) :]
        if not new:
            return
        ids = [found[1].decode() for raw, _ in new if (found := _MESSAGE_ID.search(raw))]
        with self.store.read() as work:
            rows = {row.message_id: row for row in work.letters_by_message_id(ids)}
        for (raw, to), message_id in zip(new, ids, strict=True):
            self.laid.append(Laid(len(self.laid), self.clock.now(), to, raw, rows[message_id]))

    def next_moment(self) -> dt.datetime | None:
        """When something can happen next by itself, after now."""
        now = self.clock.now()
        with self.store.read() as work:
            due = work.due_timers_of(self._box.name, tuple(Timer), FAR, 10_000)
            letter = work.next_letter_at()
        moments = [row.due_at for row in due if row.due_at > now]
        if letter and letter > now:
            moments.append(letter)
        if self.out_of_reach_until and self.out_of_reach_until > now:
            moments.append(self.out_of_reach_until)
        if self.digests:
            moments.append(self._next_digest(now))
        return min(moments, default=None)

    def _next_digest(self, now: dt.datetime) -> dt.datetime:
        calendar, hour = self.settings.calendar, self.settings.digest_at
        day = calendar.london_date(now)
        if not (calendar.is_working(day) and now < calendar.instant(day, hour)):
            day = calendar.next_working(day, inclusive=False)
        return calendar.instant(day, hour)

    # -------------------------------------------------------------- the record

    def cases(self) -> list[Case]:
        """In the order in which they were opened."""
        with self.store.read() as work:
            return sorted(work.cases(), key=lambda case: case.reference)

    def journal(self, since: dt.datetime = EARLY) -> list[JournalRow]:
        with self.store.read() as work:
            return work.journal_between(since, FAR)

    def person(self, key: str) -> Person | None:
        return next((p for p in self.settings.people if p.key == key), None)

    def faults(self) -> list[str]:
        """What the service stumbled over, and letters that did not go out."""
        with self.store.read() as work:
            stuck = work.letters_in(LetterState.FAILED, LetterState.UNKNOWN, LetterState.HELD)
        letters = [f"the {spoken(one.order.letter)} to {one.order.to}: {one.last_error}" for one in stuck]
        return [*dict.fromkeys(self._stumbles.told), *letters]
