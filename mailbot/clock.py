"""Where time comes from. The service asks a clock; tests and the demo bring their own."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> dt.datetime:
        """The time, aware, in UTC."""


class WallClock:
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


class SetClock:
    """A clock that stands where it was put: tests and the demo move it by hand."""

    def __init__(self, at: dt.datetime) -> None:
        self._at = at
        self._lock = threading.Lock()

    def now(self) -> dt.datetime:
        with self._lock:
            return self._at

    def put(self, at: dt.datetime) -> None:
        with self._lock:
            self._at = max(at, self._at)


def monotonic() -> float:
    """Seconds that never go back, for heartbeats."""
    return time.monotonic()
