"""The timeline that the demo prints while it runs: one line for what happened, one for what came of it.

On a terminal it is coloured, in a pipe it is plain text of the same width. It prints what the service reported
and nothing else.
"""

from __future__ import annotations

import datetime as dt
import sys

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Letter
from mailbot.demo.cast import name_of
from mailbot.demo.clients import LONDON
from mailbot.demo.happenings import Happening, Kind, Out, Outcome, cite, flag_words

WIDTH = 118
MARGIN = 16
QUIET = (Letter.COMMAND_DONE,)
"""Letters that are not worth a word in the timeline: the echo of each act."""

KIND_STYLE = {
    Kind.ARRIVED: "bold cyan",
    Kind.MACHINE: "dim",
    Kind.ASIDE: "bold red",
    Kind.STAFF: "bold green",
    Kind.REFUSED: "bold yellow",
    Kind.CLOCK: "bold magenta",
    Kind.DIGEST: "dim",
}
OUTCOME_STYLE = {
    Outcome.OPENED: "cyan",
    Outcome.MOVED: "bold blue",
    Outcome.ASKED: "yellow",
    Outcome.PASSED: "default",
    Outcome.CHASED: "magenta",
    Outcome.CLOSED: "green",
    Outcome.REOPENED: "bold blue",
    Outcome.FILED: "dim",
    Outcome.ACTED: "default",
}


def new_console() -> Console:
    """A console for the timeline; where there is no terminal it has a width of its own."""
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(highlight=False, emoji=False, width=WIDTH, force_terminal=False)


class Timeline:
    """Prints happenings as they come."""

    def __init__(self, console: Console, calendar: Calendar) -> None:
        self._console = console
        self._calendar = calendar
        self._day: dt.date | None = None
        self.lines = 0

    @property
    def _width(self) -> int:
        return max(70, min(self._console.width, WIDTH))

    def show(self, happenings: list[Happening]) -> None:
        for one in happenings:
            day = one.at.astimezone(LONDON).date()
            digest = one if one.kind is Kind.DIGEST else None
            if day != self._day:
                self._day = day
                self._header(day, digest)
            if digest is None:
                for line in self._lines_of(one):
                    self._put(line)

    def _put(self, line: Text) -> None:
        line.truncate(self._width, overflow="ellipsis")
        self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        self.lines += 1

    def _header(self, day: dt.date, digest: Happening | None) -> None:
        title = f"{day:%A} {day.day} {day:%B %Y}"
        if not self._calendar.is_working(day):
            title += " · weekend" if day.weekday() >= 5 else " · bank holiday"
        text = Text(f" {title} ", style="bold")
        if digest and digest.subject:
            text.append(f"─ digest: {digest.subject} ", style="dim")
        text.truncate(self._width - 6, overflow="ellipsis")
        head = Text("──", style="blue")
        head.append_text(text)
        head.append("─" * max(0, self._width - cell_len(head.plain)), style="blue")
        self._put(head)

    # -------------------------------------------------------------- one happening

    def _lines_of(self, one: Happening) -> list[Text]:
        if one.kind is Kind.CLOCK:
            return self._wrapped(self._start(one, one.outcome.value, OUTCOME_STYLE[one.outcome]), one)
        if one.kind in (Kind.STAFF, Kind.REFUSED):
            first = self._start(one, one.kind.value, KIND_STYLE[one.kind])
            first.append(f"{one.who}: ", style="green" if one.kind is Kind.STAFF else "yellow")
            first.append(shorten(one.subject, 60), style="italic")
            return self._joined(first, one)
        first = self._start(one, one.kind.value, KIND_STYLE[one.kind])
        first.append(one.who, style="bold")
        if one.subject:
            first.append(f"  {shorten(one.subject, 48)}")
        if one.taken_for:
            first.append("  ")
            first.append_text(self._reading(one, self._width - cell_len(first.plain)))
        return [first, *self._decided(one)]

    def _start(self, one: Happening, word: str, style: str) -> Text:
        line = Text(f"{one.at.astimezone(LONDON):%H:%M} ", style="default")
        line.append(f"{word:<{MARGIN - 6}}", style=style)
        return line

    def _reading(self, one: Happening, room: int) -> Text:
        sure = one.sure
        tone = "green" if sure >= 90 else "yellow" if sure >= 60 else "red"
        text = Text(f"{one.taken_for} {sure}%" if sure else one.taken_for, style=tone)
        told = "; ".join(one.why)
        if told and room - cell_len(text.plain) > 12:
            text.append(f" {shorten(told, room - cell_len(text.plain) - 1)}", style="dim")
        return text

    def _decided(self, one: Happening) -> list[Text]:
        start = Text(" " * 6)
        start.append(f"{one.outcome.value:<{MARGIN - 6}}", style=OUTCOME_STYLE[one.outcome])
        lines = self._wrapped(start, one)
        if one.alarms:
            alarm = Text(" " * 6)
            alarm.append(f"{'alarm':<{MARGIN - 6}}", style="bold red")
            first = one.alarms[0]
            told = ", ".join(dict.fromkeys(name_of(out.to) for out in one.alarms))
            alarm.append(f"{first.subject} → {told}", style="red")
            alarm.append(f"  [{cite(first.because)}]", style="dim")
            if one.flags:
                alarm.append(f"  {flag_words(one.flags)}", style="dim")
            lines.append(alarm)
        return lines

    def _joined(self, first: Text, one: Happening) -> list[Text]:
        """What was typed and what came of it, on one line where there is room."""
        tail = self._outcome(one)
        if cell_len(first.plain) + cell_len(tail.plain) + 4 <= self._width:
            first.append("  ⇒ ", style="dim")
            first.append_text(tail)
            return [first]
        start = Text(" " * 6)
        start.append(f"{one.outcome.value:<{MARGIN - 6}}", style=OUTCOME_STYLE[one.outcome])
        return [first, *self._wrapped(start, one)]

    def _wrapped(self, start: Text, one: Happening) -> list[Text]:
        start.append_text(self._outcome(one, with_letters=False))
        letters = self._letters(one)
        if not letters.plain:
            return [start]
        if cell_len(start.plain) + cell_len(letters.plain) + 2 <= self._width:
            start.append("  ")
            start.append_text(letters)
            return [start]
        second = Text(" " * MARGIN)
        second.append_text(letters)
        return [start, second]

    def _outcome(self, one: Happening, with_letters: bool = True) -> Text:
        text = Text()
        if one.reference:
            text.append(f"{one.reference} ", style="blue")
        text.append(one.decided)
        if one.because:
            text.append(f" [{cite(one.because)}]", style="dim")
        if with_letters and (letters := self._letters(one)).plain:
            text.append("  ")
            text.append_text(letters)
        return text

    def _letters(self, one: Happening) -> Text:
        shown = [out for out in one.letters if out.letter not in QUIET and out.letter is not Letter.ALERT]
        if one.kind in (Kind.CLOCK, Kind.STAFF, Kind.MACHINE, Kind.ASIDE):
            shown = [out for out in one.letters if out.letter not in QUIET]
        text = Text()
        for out in sorted(shown, key=lambda out: out.audience is not Audience.RESIDENT):
            text.append("→ " if not text.plain else ", ", style="dim")
            text.append(describe(out), style="cyan" if out.audience is Audience.RESIDENT else "dim")
        return text


def describe(out: Out) -> str:
    trouble = "" if out.sent else " (NOT SENT)"
    return f"{out.words} to {name_of(out.to)}{trouble}"


def shorten(text: str, room: int) -> str:
    """One line of at most so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: max(room - 1, 0)].rstrip() + "…"


