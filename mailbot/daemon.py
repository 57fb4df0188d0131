"""`mailbot run` and `mailbot once`: who wakes whom.

APScheduler says when we wake up, the database says what is due. Mail wakes us at once (IDLE), everything else
on its tick; all of it runs under one lock, one turn after the other, so a turn never meets a half-done one.
SIGTERM and SIGINT end the turn in hand and then the process; SIGKILL costs nothing but a restart.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import functools
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from apscheduler.schedulers.background import BackgroundScheduler

from mailbot import modes
from mailbot.alarms import Alarms
from mailbot.attended import Attended
from mailbot.casework.calendar import LONDON
from mailbot.casework.parts import Mode
from mailbot.casework.vocabulary import Decision, Intent
from mailbot.clock import Clock, monotonic
from mailbot.health import token_sources
from mailbot.healthdoor import DutyCount, HealthDoor, Tally, look_into, metrics_text
from mailbot.mistakes import Mistake, Mistakes
from mailbot.postroom.imap_login import in_words
from mailbot.postroom.lookout import Lookout
from mailbot.presence import at_work
from mailbot.reckoning import Lying, reckon_all
from mailbot.reporting import send_reports
from mailbot.restored import begin_again
from mailbot.sending import Sent
from mailbot.service import Service
from mailbot.settings.crosschecks import MAILBOT
from mailbot.shadow import watched
from mailbot.upkeep import keep_up
from storage import away
from storage.engines import belong_to_the_folder, unwritable

log = logging.getLogger("mailbot.daemon")

STALLED_AFTER = 600.0
"""Seconds in which nothing gets done after which the process gives up, so that its supervisor starts it again."""

GAVE_UP = 3
"""The exit code then."""

ENDS_WITHIN = 3.0
"""Seconds that a turn in hand has to end, when we are told to stop; once more after servers were hung up on."""


class AlreadyRunning(Exception):
    """Another mailbot works on this database."""


@dataclass
class Turn:
    """What one round of all verbs did."""

    kept: int = 0
    attended: list[Attended] = field(default_factory=list)
    fell: list[tuple[str, Decision]] = field(default_factory=list)
    digests: int = 0
    sent: list[Sent] = field(default_factory=list)


class Rounds:
    """All verbs once, in their order: mails are attended to before timers, and letters go last."""

    def __init__(self, service: Service) -> None:
        self._service = service
        modes.enter(service)
        places = watched(service)
        self._keepers = {place.name: place.keeper for place in places}
        self._doors = {place.name: place.door for place in places}
        self._duties = service.duties
        self._reckoned: dt.date | None = None
        self._taken_up = False

    def take_up(self) -> None:
        """Where the database was put back from a backup: what is to be done once before all else, as far as it can be
        done now."""
        if not self._taken_up:
            self._taken_up = begin_again(self._service)

    def look(self, clock: Clock) -> int:
        """Look into every mailbox; one that can't be reached is noted and never stops the others."""
        self.take_up()
        kept = 0
        for name, door in self._doors.items():
            if not self._duties.looks_into(name):
                continue  # another process does
            try:
                if not door.connected:
                    door.connect()
                kept += door.look(self._keepers[name], clock.now)
            except Exception as error:  # whatever a server does: this mailbox waits, the others are read
                door.close(politely=False)
                why = away(error)
                told = f"the database can't be used ({why})" if why else in_words(error)
                self._keepers[name].stumbled(name, told)
        return kept

    def work(self, turn: Turn | None = None, digests: bool = True) -> Turn:
        """Attend, tick, digests and lists (unless nobody is to read them), dispatch, until nothing is left that
        can be done now."""
        turn = self._attend_and_tick(turn or Turn())
        if digests:
            turn.digests += write_mornings(self._service)
        while sent := self._service.dispatch():
            turn.sent += sent
        return turn

    def _attend_and_tick(self, turn: Turn) -> Turn:
        while attended := self._service.attend():
            turn.attended += attended
            turn.sent += self._service.dispatch()
        while fell := self._service.tick():
            turn.fell += fell
        return turn

    def turn(self, clock: Clock) -> Turn:
        """Everything once. The day's reckoning comes before the digest, which shows what it found."""
        turn = self._attend_and_tick(Turn(kept=self.look(clock)))
        self.reckon(clock)
        return self.work(turn)

    def reckon(self, clock: Clock) -> None:
        """On the first turn of each day: hold what lies on the server against what is on file. A server that can't
        be reached is left out; what is on file is counted all the same."""
        self.take_up()
        today = clock.now().astimezone(LONDON).date()
        if self._reckoned == today or not self._duties.keeps_house() or not self._duties.is_quiet():
            return
        lying = {}
        for name, door in self._doors.items():
            try:
                if not door.connected:
                    door.connect()
                lying[name] = Lying(door.settings.folder, *door.lying())
            except (
                Exception
            ) as error:  # whatever a server does: the others are counted, and the next look tells
                door.close(politely=False)
                log.warning("not reckoned", extra={"mailbox": name, "error": type(error).__name__})
        if self._service.settings.mode is Mode.SHADOW:
            modes.say_that_we_work_instead(self._service.settings, clock.now())
        reckon_all(self._service, lying)
        keep_up(self._service)
        self._reckoned = today

    def close(self) -> None:
        for door in self._doors.values():
            door.close()

    def hang_up(self) -> None:
        """Cut the lines to all mailboxes, from any thread."""
        for door in self._doors.values():
            door.hang_up()


def write_mornings(service: Service) -> int:
    """Digests, reports and lists, where it is ours to write them: as the morning left things, so once nothing is under
    way. Gives the digests and reports."""
    if not service.duties.keeps_house() or not service.duties.is_quiet():
        return 0
    written = service.digest() + send_reports(service)
    service.worklists()
    return written


class Daemon:
    """The service, running until it is told to stop."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._rounds = Rounds(service)
        self._scheduler = BackgroundScheduler(
            timezone="Europe/London",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._lookouts = [
            Lookout(
                place.door.settings,
                place.keeper,
                clock.now,
                self._news,
                place.door,
                functools.partial(service.duties.looks_into, place.name),
            )
            for place in watched(service)
        ]
        self._last_turn = monotonic()
        self._tally = Tally()
        settings, now = service.settings, clock.now
        self._look = look_into(service.store, settings, now)
        self._duties = DutyCount(service.store, settings, now)
        self._alarms = Alarms(settings, service.store, service.outbox.door)
        self._health = self._health_door(settings.health_at)
        if settings.heartbeat:
            try:
                settings.heartbeat.touch()
            except OSError as error:
                fix = "name a file in a folder that is there and may be written, or leave the key out"
                raise _mistake("casework.heartbeat", str(settings.heartbeat), error, fix) from error
        self.exit_code = 0

    def _health_door(self, at: tuple[str, int] | None) -> HealthDoor | None:
        if at is None:
            return None
        try:
            return HealthDoor(at, self._look, self._metrics, self._alive)
        except OSError as error:
            fix = "name an address of this machine and a port that nobody else has"
            raise _mistake("health.listen", f"{at[0]}:{at[1]}", error, fix) from error

    def run(self, until: threading.Event | None = None) -> int:
        """Run until SIGTERM, SIGINT or `until`. Gives the exit code."""
        stop = until or self._stopping
        self._stopping = stop
        self._catch_signals()
        with at_work(self._service):
            self._service.recompute_dates()
            self._rounds.take_up()
            self._run(stop)
        return self.exit_code

    def _run(self, stop: threading.Event) -> None:
        jobs: tuple[tuple[str, Callable[[], object], float], ...] = (
            ("attend", self._attend, 5),
            ("tick", self._tick, 30),
            ("dispatch", self._dispatch, 15),
            ("heartbeat", self._beat, 20),
            ("reckon", self._reckon, 900),
            ("alarm", self._alarm, 60),
        )
        for name, job, seconds in jobs:
            self._scheduler.add_job(
                job, "interval", seconds=seconds, id=name, next_run_time=dt.datetime.now(dt.UTC)
            )
        self._scheduler.start()
        for lookout in self._lookouts:
            lookout.start()
        if self._health:
            self._health.start()
        notify("READY=1")
        mode = self._service.settings.mode.value
        log.info("running", extra={"mailboxes": len(self._lookouts), "mode": mode})
        while not stop.wait(5):
            if monotonic() - self._last_turn > STALLED_AFTER:
                log.critical("nothing has been done for too long: giving up, to be started again")
                give_up()
        self._stop()

    def _stop(self) -> None:
        """End in good order, and in some seconds whatever a server does. The turn in hand may end; a server that is
        silent then is hung up on, and the letter in hand counts as never sent before its content was on its way, as
        unknown after."""
        notify("STOPPING=1")
        ending = [threading.Thread(target=lookout.stop, daemon=True) for lookout in self._lookouts]
        for thread in ending:
            thread.start()
        ended = self._turn_ends()
        self._service.outbox.door.close()  # an alarm may be on its way besides
        if not ended:
            self._rounds.hang_up()
            ended = self._turn_ends()
        for thread in ending:
            thread.join(ENDS_WITHIN)
        if not ended:
            log.warning("a turn hangs: ending without it")
            give_up(0)  # what is on record is whole, as after a power cut
        self._scheduler.shutdown(wait=True)
        if self._health:
            self._health.close()
        log.info("stopped")

    def _turn_ends(self) -> bool:
        """Whether no turn is at work any more, or ends within a few seconds; none begins, for we are stopping."""
        if not self._lock.acquire(timeout=ENDS_WITHIN):
            return False
        self._lock.release()
        return True

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return

        def stop(number: int, frame: FrameType | None) -> None:
            self._stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    # -------------------------------------------------------------- turns

    def _news(self) -> None:
        """Mail was kept: attend to it now rather than on the next tick."""
        if job := self._scheduler.get_job("attend"):
            job.modify(next_run_time=dt.datetime.now(dt.UTC))

    @contextlib.contextmanager
    def _one_turn(self) -> Iterator[None]:
        with self._lock:
            yield
            self._moved()

    def _moved(self) -> None:
        """Something was done. A long turn (many letters, a slow relay) is none that stands still."""
        self._last_turn = monotonic()

    def _attend(self) -> None:
        with self._one_turn():
            while not self._stopping.is_set() and (attended := self._service.attend(20)):
                for one in attended:
                    self._tally.count("mails_attended", taken_for(one))
                self._count_sent(self._service.dispatch(20))
                self._moved()

    def _tick(self) -> None:
        with self._one_turn():
            while not self._stopping.is_set() and self._service.tick(100):
                self._moved()
            if not self._stopping.is_set():
                write_mornings(self._service)

    def _reckon(self) -> None:
        with self._one_turn():
            if not self._stopping.is_set():
                self._rounds.reckon(self._clock)
                self._rounds.close()

    def _dispatch(self) -> None:
        with self._one_turn():
            while not self._stopping.is_set() and (sent := self._service.dispatch(10)):
                self._count_sent(sent)
                self._moved()

    def _count_sent(self, sent: list[Sent]) -> None:
        for one in sent:
            self._tally.count("letters_handled", one.outcome.value if one.outcome else "held")

    def _alarm(self) -> None:
        """How the service is, told to its operator. Apart from the turns: one of them may be what hangs."""
        try:
            for source in token_sources(self._service.settings):
                source.keep_fresh()  # also where no new connection asks: so trouble is known before it matters
            if self._service.duties.keeps_house():
                self._alarms.raise_for(self._look())
        except Exception as error:  # a database that is away is told by what needs it
            log.warning("no alarm could be given", extra={"error": type(error).__name__})

    def _alive(self) -> bool:
        return monotonic() - self._last_turn < STALLED_AFTER / 2

    def _metrics(self) -> bytes:
        return metrics_text(self._look(), self._tally.counted(), self._duties())

    def _beat(self) -> None:
        with self._one_turn():
            with self._service.store.begin() as work:
                work.beat("daemon", self._clock.now())
        notify("WATCHDOG=1")
        if self._service.settings.heartbeat:
            try:
                self._service.settings.heartbeat.touch()
            except OSError as error:  # whoever looks at its age sees it as well
                log.warning("the heartbeat's file can't be written", extra={"error": str(error.strerror)})


def _mistake(key: str, value: str, error: OSError, fix: str) -> Mistakes:
    return Mistakes([Mistake(MAILBOT, key, repr(value), f"it can't be had: {error.strerror or error}", fix)])


def taken_for(attended: Attended) -> str:
    """For the count of what the classifier decides by itself."""
    if attended.verdict is None:
        return "neither"
    return "asked" if attended.verdict.intent is Intent.UNSURE else "decided"


def give_up(code: int = GAVE_UP) -> NoReturn:
    """End the process although a turn hangs: an orderly end would wait for it for ever. It costs no more than
    a SIGKILL does."""
    logging.shutdown()
    os._exit(code)


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); nothing where there is no systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(state.encode())


@contextlib.contextmanager
def alone_on(url: str) -> Iterator[None]:
    """Hold a SQLite database for this process; a second mailbot on it is refused. PostgreSQL needs no lock."""
    if not url.startswith("sqlite"):
        yield
        return
    database = Path(url.partition(":///")[2])
    try:
        path = Path(f"{database.resolve()}.lock")  # whatever links lead to it
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.open("w")
    except OSError as error:
        raise unwritable(database, error) from error
    with held:
        belong_to_the_folder(path)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as busy:
            raise AlreadyRunning(
                f"another mailbot works on {url} already. Stop it first, or use PostgreSQL for several processes"
            ) from busy
        yield
