"""The lookout: one thread a mailbox that looks, waits, and looks again, for as long as the service lives.

It promises: a look at least every `poll_seconds` while the server can be reached, at once when IDLE tells
of news; a new connection after any failure, later and later (1 second to 5 minutes, jittered; 30 seconds to
15 minutes after a refused login, because servers lock out those who insist); that nothing which the server,
the keeper or anybody else throws ends the thread; and that `stop` returns within two seconds.

It never decides anything about a mail.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from mailbot.casework.parts import ImapSettings
from mailbot.postroom.fetched import Keeper
from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import LoginRefused, in_words

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
FIRST_LOGIN_PAUSE_SECONDS = 30.0
LONGEST_LOGIN_PAUSE_SECONDS = 900.0
HINTS_IN_VAIN = 3  # so often in a row a server may tell of news where there are none, before we slow down
ASIDE_SECONDS = 2.0  # how soon a lookout that stands aside asks again whether it is its turn
STEADY_SECONDS = 30.0  # a connection that held so long starts the count of failures anew


@dataclass(frozen=True)
class LookoutState:
    """How a mailbox fares, for the health check. `failures` counts connections in a row that did not hold."""

    mailbox: str
    connected: bool = False
    last_look_at: dt.datetime | None = None
    last_error: str = ""
    last_error_at: dt.datetime | None = None
    failures: int = 0


class Lookout:
    """Watches one mailbox. `on_news` is called from its thread, after a look that kept something; `may_look` before
    each look, and while it says no, somebody else watches, and we are not even connected."""

    def __init__(
        self,
        settings: ImapSettings,
        keeper: Keeper,
        clock: Callable[[], dt.datetime],
        on_news: Callable[[], None],
        door: ImapDoor | None = None,
        may_look: Callable[[], bool] = lambda: True,
    ) -> None:
        self.settings = settings
        self._door = door or ImapDoor(settings)
        self._keeper = keeper
        self._clock = clock
        self._on_news = on_news
        self._may_look = may_look
        self._stopping = threading.Event()
        self._wake = threading.Event()  # set by stop() and look_now()
        self._thread: threading.Thread | None = None
        self._state = LookoutState(settings.name)
        self._failures = 0

    @property
    def state(self) -> LookoutState:
        return self._state

    def start(self) -> None:
        """Begin to watch. A lookout is started once."""
        self._thread = threading.Thread(target=self._watch, name=f"lookout-{self.settings.name}", daemon=True)
        self._thread.start()

    def look_now(self) -> None:
        """Have a look soon, without waiting for the poll or for the pause after a failure. Only the pause
        after a refused login is kept."""
        self._wake.set()

    def stop(self) -> bool:
        """End the watch, within 2 seconds. True when the thread has ended; a thread still caught in a
        connection attempt or in the keeper ends by itself as soon as that returns, and keeps nothing more."""
        self._stopping.set()
        self._wake.set()
        thread = self._thread
        if thread is None:
            return True
        thread.join(1.0)
        if thread.is_alive():
            self._door.hang_up()
            thread.join(0.8)
        return not thread.is_alive()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            looked = refused = False
            try:
                if not self._may_look():
                    self._stopping.wait(ASIDE_SECONDS)
                    continue
                self._door.connect()
                hints_in_vain = 0
                while not self._stopping.is_set() and (not looked or self._may_look()):
                    kept = self._door.look(self._keeper, self._clock)
                    looked = True
                    self._state = LookoutState(self.settings.name, True, last_look_at=self._clock())
                    if kept:
                        self._on_news()
                    if hints_in_vain > HINTS_IN_VAIN:
                        self._wake.wait(min(hints_in_vain - HINTS_IN_VAIN, self.settings.poll_seconds))
                    hint = self._door.wait(self.settings.poll_seconds, self._wake)
                    hints_in_vain = hints_in_vain + 1 if hint and not kept else 0
                    self._wake.clear()
                self._door.close()
            except Exception as e:  # the thread must outlive everything: told, and tried again after a pause
                refused = isinstance(e, LoginRefused)
                self._door.close(politely=False)
                if not self._stopping.is_set():
                    self._stumbled(e)
            if not self._stopping.is_set():
                self._pause(looked, refused, held=time.monotonic() - began)
        self._door.close()
        self._state = replace(self._state, connected=False)

    def _stumbled(self, error: Exception) -> None:
        text = in_words(error)
        with suppress(Exception):  # a clock or a keeper in trouble must not end the watch; the state tells
            self._state = replace(
                self._state,
                connected=False,
                last_error=text,
                last_error_at=self._clock(),
                failures=self._state.failures + 1,
            )
            self._keeper.stumbled(self.settings.name, text)

    def _pause(self, looked: bool, refused: bool, held: float) -> None:
        if looked and held >= STEADY_SECONDS:
            self._failures = 0
        self._failures += 1
        wanted = pause_seconds(self._failures, refused)
        if looked:  # a line that breaks often must not cost more than looking without IDLE would
            wanted = min(wanted, float(self.settings.poll_seconds))
        wanted *= random.uniform(0.8, 1.2)
        if refused:
            self._stopping.wait(wanted)
        else:
            self._wake.wait(wanted)
        if not self._stopping.is_set():
            self._wake.clear()


def pause_seconds(failures: int, refused: bool) -> float:
    """How long to wait, before jitter, after so many connections in a row that did not hold (1 or more)."""
    first, longest = (
        (FIRST_LOGIN_PAUSE_SECONDS, LONGEST_LOGIN_PAUSE_SECONDS)
        if refused
        else (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    )
    return min(longest, first * 2.0 ** min(failures - 1, 20))
