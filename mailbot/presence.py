"""Being at work on a database that other processes may work on as well, and noticing who is not any more.

A worker shows life every third of its lease, from a thread of its own, so that no long turn makes it look dead. Who
shows none for a whole lease is taken off the list by whoever notices first: its mails and letters are anybody's then,
its duties too, and letters that it was handing over are told to a supervisor, for nobody knows whether they went out.
On SQLite there is one worker, held apart by a lock on the file: it clears up at its start and shows no life.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mailbot.clock import monotonic
from mailbot.logs import place_of

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import Settings
    from storage.work import Work

log = logging.getLogger("mailbot.presence")

HOUSE: Final = "house"
"""The lease of who does what is done once for all: digests, lists, reports, reckoning, upkeep, alarms, reminders."""
LOOK: Final = "look:"
"""Before the name of a mailbox: the lease of who looks into it."""


MODEL: Final = "model:"
"""Before a worker's name: the file of the classifier's own model as it was when the worker began."""

PATIENCE: Final = 600.0
"""Seconds for which a morning's mails are put off because mails wait or timers are due."""


def new_name() -> str:
    """A name that no process had before: where it runs, for people, and something drawn by lot."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def model_file(settings: Settings) -> str:
    """What tells one file of the classifier's own model from another; "" for the shipped model, or for none."""
    if settings.classifier.model is None:
        return ""
    try:
        found = settings.classifier.model.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


def works_with_an_older_model(work: Work, settings: Settings) -> bool:
    """Whether somebody at work read the classifier's own model before its file was written anew."""
    now = model_file(settings)
    if not now:
        return False
    there = work.on_the_list()
    return any(
        then not in ("", now) and key.removeprefix(MODEL) in there
        for key, then in work.recall_all(MODEL).items()
    )


class Presence:
    """Puts the service on the list of workers, keeps it there, and takes it off."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lease = dt.timedelta(seconds=service.settings.database.lease_seconds)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown_at = monotonic()
        self._patient_until = 0.0

    def begin(self) -> None:
        """Be on the list, and clear up after those who are not any more."""
        service = self._service
        with service.store.begin() as work:
            work.present(service.worker, self._lease)
            work.bury(everybody_but="" if work.shared else service.worker)
            if service.settings.classifier.model:
                there = {f"{MODEL}{name}" for name in work.on_the_list()}
                work.drop_remembered(key for key in work.recall_all(MODEL) if key not in there)
                work.remember(f"{MODEL}{service.worker}", model_file(service.settings))
            shared = work.shared
        service.outbox.recover()
        if shared:
            self._shown_at = monotonic()
            self._thread = threading.Thread(target=self._keep_on, name="presence", daemon=True)
            self._thread.start()

    def show(self) -> None:
        """Show life, and take those off the list who show none. A worker that was itself late may have found the
        database away, as all others have: for a whole lease it takes nobody for dead."""
        service, lease = self._service, self._lease.total_seconds()
        now = monotonic()
        if now - self._shown_at > lease:
            self._patient_until = now + lease
        with service.store.begin() as work:
            if not work.present(service.worker, self._lease):
                log.warning("was taken for dead, goes on", extra={"worker": service.worker})
            gone = work.bury() if now >= self._patient_until else []
        self._shown_at = monotonic()
        if gone:
            log.warning("no longer there", extra={"workers": gone})
            service.outbox.recover()

    def end(self) -> None:
        """Leave in good order: what it has in hand can be taken at once. Where the database is away, it is missed
        after its lease."""
        self._stopping.set()
        if self._thread:
            self._thread.join(5)
        try:
            with self._service.store.begin() as work:
                work.leave(self._service.worker)
        except Exception as error:  # the process ends in any case, and others notice
            log.warning("left without a word", extra={"error": place_of(error)})

    def _keep_on(self) -> None:
        while not self._stopping.wait(self._lease.total_seconds() / 3):
            try:
                self.show()
            except Exception as error:  # the database is away: the next time may do
                log.warning("could show no life", extra={"error": place_of(error)})


@contextmanager
def at_work(service: Service) -> Iterator[Presence]:
    """The service is on the list of workers for as long as the block lasts."""
    presence = Presence(service)
    presence.begin()
    try:
        yield presence
    finally:
        presence.end()


class Duties:
    """What only one worker does: asked each time, for a worker may have been taken for dead meanwhile."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting_since: float | None = None

    def keeps_house(self) -> bool:
        return self._may(HOUSE)

    def looks_into(self, mailbox: str) -> bool:
        return self._may(f"{LOOK}{mailbox}")

    def is_quiet(self) -> bool:
        """Whether nothing is under way that other workers may be at; what stays under way is waited for a while."""
        service = self._service
        if not service.store.shared:
            return True
        if not service.under_way():
            self._waiting_since = None
            return True
        now = monotonic()
        self._waiting_since = now if self._waiting_since is None else self._waiting_since
        return now - self._waiting_since > PATIENCE

    def _may(self, name: str) -> bool:
        store, worker = self._service.store, self._service.worker
        if not store.shared:
            return True
        with store.read() as work:
            if work.has_lease(name, worker):
                return True
        with store.begin() as work:
            return work.take_lease(name, worker)
