"""Windows, and the dates that follow from them.

How ambiguous text is read:

* a duty of the landlord has two dates: the earliest defensible reading is the target, the latest the outer
  date; and of several sources the strictest governs each;
* a limit on the resident is read as late as it can be, the most generous source governs, and being late is
  a question for a person, never a refusal;
* what is counted from an earlier act of the landlord has a backstop: it counts from the act or from the day
  on which the act was due, whichever came first. Being late never buys time.

Refuses: a window that cannot be read, a deadline without any anchor.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailbot.casework.calendar import Calendar, Unit
from mailbot.casework.vocabulary import Due


class Anchor(StrEnum):
    """The event that a window is counted from; its day is day 0."""

    RECEIVED = "received"  # the mail that asked reached the landlord (at stage 2: the request)
    REQUESTED = "requested"  # the stage was asked for
    ACKNOWLEDGED = "acknowledged"
    LOGGED = "logged"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    DUE = "due"  # the original due date, for extensions


_UNIT_WORDS: Final = {
    "working day": Unit.WORKING_DAYS,
    "calendar day": Unit.CALENDAR_DAYS,
    "calendar month": Unit.MONTHS,
    "month": Unit.MONTHS,
}
_WINDOW: Final = re.compile(r"(?P<n>\d{1,4})\s+(?P<unit>[a-z][a-z ]*?)s?\s+from\s+(?P<anchor>[a-z_]+)")
_EXAMPLE: Final = 'write it like "5 working days from received"'


@dataclass(frozen=True)
class Window:
    """So many units, counted from an anchor; the last day is inside."""

    n: int
    unit: Unit
    anchor: Anchor

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read "10 working days from acknowledged". ValueError says what is wrong and what to write."""
        found = _WINDOW.fullmatch(" ".join(text.lower().split()))
        if not found:
            raise ValueError(f"cannot be read as a window: {_EXAMPLE}")
        unit = _UNIT_WORDS.get(found["unit"])
        if unit is None:
            hint = " (a bare day is ambiguous)" if found["unit"] == "day" else ""
            raise ValueError(
                f"unknown unit {found['unit']!r}{hint}: write working days, calendar days or calendar months"
            )
        try:
            anchor = Anchor(found["anchor"])
        except ValueError:
            known = ", ".join(Anchor)
            raise ValueError(f"unknown anchor {found['anchor']!r}: write one of {known}") from None
        return cls(int(found["n"]), unit, anchor)

    def __str__(self) -> str:
        unit = str(self.unit)[:-1] if self.n == 1 else str(self.unit)
        return f"{self.n} {unit} from {self.anchor}"

    def end(self, day: dt.date, calendar: Calendar) -> dt.date:
        """The last day of the window when its anchor fell on `day`. Not rolled."""
        return calendar.add(day, self.n, self.unit)


@dataclass(frozen=True)
class Moment:
    """When an anchor happened (`done`) and when it should have (`due`), as far as either is known."""

    done: dt.date | None
    due: Due | None = None

    @property
    def target(self) -> dt.date | None:
        return self._backstop(self.due.target if self.due else None)

    @property
    def outer(self) -> dt.date | None:
        return self._backstop(self.due.outer if self.due else None)

    def _backstop(self, due: dt.date | None) -> dt.date | None:
        return min(self.done, due) if self.done and due else self.done or due


# We log on receipt, and the mail that asks for a stage is the one received: each stands for the other.
_STANDS_FOR: Final[Mapping[Anchor, tuple[Anchor, ...]]] = {
    Anchor.RECEIVED: (Anchor.RECEIVED, Anchor.REQUESTED),
    Anchor.REQUESTED: (Anchor.REQUESTED, Anchor.RECEIVED),
    Anchor.LOGGED: (Anchor.LOGGED, Anchor.REQUESTED, Anchor.RECEIVED),
}


def _moment(anchor: Anchor, anchors: Mapping[Anchor, Moment]) -> Moment | None:
    for name in _STANDS_FOR.get(anchor, (anchor,)):
        if name in anchors:
            return anchors[name]
    return None


@dataclass(frozen=True)
class Source:
    """One text that gives a date: its earliest defensible reading and its latest."""

    clauses: tuple[str, ...]
    target: Window
    outer: Window

    def __str__(self) -> str:
        return str(self.target) if self.target == self.outer else f"{self.target}, at the latest {self.outer}"


@dataclass(frozen=True)
class Deadline:
    """A duty of the landlord. Each source alone is a duty, so the earliest of their dates governs.

    `before` holds earlier duties that sources may count from and that nobody dates apart (a review that the
    outcome follows): they stand in for an anchor that is not given.
    """

    sources: tuple[Source, ...]
    before: tuple[tuple[Anchor, Deadline], ...] = ()

    def due(self, anchors: Mapping[Anchor, Moment], calendar: Calendar) -> Due:
        """Both dates, and the clauses that gave them, those of the target first.

        LookupError: an anchor that a source counts from is not among `anchors` and has no date.
        """
        known = dict(anchors)
        for anchor, duty in self.before:
            done = known[anchor].done if anchor in known else None
            known[anchor] = Moment(done, duty.due(known, calendar))
        targets = [(self._date(s.target, known, calendar, outer=False), s) for s in self.sources]
        outers = [(self._date(s.outer, known, calendar, outer=True), s) for s in self.sources]
        # A target later than the outer date (one source's loose target, another's strict limit) helps nobody.
        outer = min(day for day, _ in outers)
        target = min(outer, *(day for day, _ in targets))
        governing = [s for day, s in targets if day == target] + [s for day, s in outers if day == outer]
        return Due(target, outer, tuple(dict.fromkeys(c for s in governing for c in s.clauses)))

    @staticmethod
    def _date(
        window: Window, anchors: Mapping[Anchor, Moment], calendar: Calendar, *, outer: bool
    ) -> dt.date:
        moment = _moment(window.anchor, anchors)
        day = (moment.outer if outer else moment.target) if moment else None
        if day is None:
            raise LookupError(f"no date is known for {window.anchor!s}, which {window!s} counts from")
        return window.end(day, calendar)

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for s in self.sources for c in s.clauses))

    def __str__(self) -> str:
        return "; ".join(str(s) for s in self.sources)


@dataclass(frozen=True)
class ResidentWindow:
    """A limit on the resident: every source and reading is taken, the latest day governs."""

    sources: tuple[Source, ...]

    def due(self, anchors: Mapping[Anchor, Moment], calendar: Calendar) -> Due | None:
        """The last day on which the resident is in time, rolled to a working day (target and outer alike).

        None while an anchor has not happened: a window counted from what was never sent has not begun.
        """
        ends: list[tuple[dt.date, Source]] = []
        for source in self.sources:
            for window in (source.target, source.outer):
                moment = _moment(window.anchor, anchors)
                if moment is None or moment.done is None:
                    return None
                ends.append((calendar.next_working(window.end(moment.done, calendar)), source))
        last = max(day for day, _ in ends)
        clauses = tuple(dict.fromkeys(c for day, s in ends if day == last for c in s.clauses))
        return Due(last, last, clauses)

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for s in self.sources for c in s.clauses))

    def __str__(self) -> str:
        return "; ".join(str(s) for s in self.sources)
