"""The timeline that the demo prints while it runs: one line for what happened, one for what came of it.

On a terminal it is coloured, in a pipe it is plain text of the same width. It prints what the service reported
and nothing else.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import sys

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Letter
from mailbot.demo.cast import name_of
from mailbot.demo.clients import LONDON
from mailbot.demo.happenings import Happening, Kind, Outcome, cite

WIDTH = 118
MARGIN = 16
QUIET = (Letter.COMMAND_DONE, Letter.COMMAND_REFUSED)
"""Letters that are not worth a word in the timeline: the echo of each act, done or refused."""

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
    Outcome.REMINDED: "magenta",
    Outcome.ACTED: "default",
}


def new_console() -> Console:
    """A console for the timeline; where there is no terminal it has a width of its own."""
    if isinstance(sys.stdout, io.TextIOWrapper) and "utf" not in sys.stdout.encoding.lower():
        sys.stdout.reconfigure(errors="replace")  # a log of another age shows ? for an arrow, and goes on
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(highlight=False, emoji=False, width=WIDTH, force_terminal=False)


class Timeline:
    """Prints happenings as they come."""

    def __init__(self, console: Console, calendar: Calendar) -> None:
        self._console = console
        self._calendar = calendar
        self._day: dt.date | None = None
        self._headed: Happening | None = None  # the digest that stands in the day's header
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
            elif digest and not digest.subject:
                continue
            if digest is None or self._headed is not digest:
                for line in self._lines_of(one):
                    self._put(line)

    def _put(self, line: Text) -> None:
        line.truncate(self._width, overflow="ellipsis")
        self._console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        self.lines += 1

    def _header(self, day: dt.date, digest: Happening | None) -> None:
        self._headed = digest
        title = f"{day:%A} {day.day} {day:%B %Y}"
        if not self._calendar.is_working(day):
            title += " · weekend" if day.weekday() >= 5 else " · bank holiday"
        text = Text(f" {title} ", style="bold")
        if digest and digest.subject:
            told = re.sub(r"^Nothing is overdue[^.]*\.", "nothing is due.", digest.subject)
            text.append(f"─ digest: {shorten(told, self._width - cell_len(text.plain) - 16)} ", style="dim")
        head = Text()
        head.append("──", style="blue")
        head.append_text(text)
        head.append("─" * max(0, self._width - cell_len(head.plain)), style="blue")
        self._put(head)

    # -------------------------------------------------------------- one happening

    def _lines_of(self, one: Happening) -> list[Text]:
        match one.kind:
            case Kind.DIGEST:
                line = start(one, "digest", KIND_STYLE[Kind.DIGEST])
                line.append(one.subject, style="dim")
                return [line]
            case Kind.CLOCK:
                line = start(one, one.outcome.value, OUTCOME_STYLE[one.outcome])
                return self._ended(line, one, plainly(one))
            case Kind.STAFF | Kind.REFUSED:
                return self._act(one)
            case Kind.MACHINE | Kind.ASIDE:
                line = start(one, one.kind.value, KIND_STYLE[one.kind])
                line.append(one.who, style="bold")
                return self._squeezed(line, f"  {one.subject}", "default", one, plainly(one))
            case _:
                return self._arrival(one)

    def _act(self, one: Happening) -> list[Text]:
        """What a colleague typed, and what came of it if that does not go without saying."""
        says = one.kind is Kind.REFUSED or "eopened" in one.decided
        line = start(one, one.kind.value, KIND_STYLE[one.kind])
        line.append(f"{one.who}: ", style="green" if one.kind is Kind.STAFF else "yellow")
        return self._squeezed(line, one.subject, "italic", one, plainly(one) if says else "")

    def _squeezed(self, line: Text, said: str, style: str, one: Happening, decided: str) -> list[Text]:
        """The line with as much of what was said as leaves room for what came of it."""
        tail = sum(cell_len(text.plain) for text in self._ended(Text(), one, decided))
        room = max(self._width - cell_len(line.plain) - tail - 2, 18)
        line.append(said[: len(said) - len(said.lstrip())] + shorten(said, room), style=style)
        return self._ended(line, one, decided)

    def _arrival(self, one: Happening) -> list[Text]:
        line = start(one, one.kind.value, KIND_STYLE[one.kind])
        line.append(one.who, style="bold")
        line.append(f"  {shorten(one.subject or '(no subject)', 40)}")
        if one.taken_for:
            line.append("  ")
            line.append_text(reading(one, self._width - cell_len(line.plain)))
        second = Text(" " * 6)
        second.append(f"{one.outcome.value:<{MARGIN - 6}}", style=OUTCOME_STYLE[one.outcome])
        lines = [line, *self._ended(second, one, plainly(one))]
        if one.alarms:
            third = Text(" " * 6)
            third.append(f"{'alarm':<{MARGIN - 6}}", style="bold red")
            told = [f"{out.subject} → {name_of(out.to)}" for out in one.alarms]
            third.append("; ".join(dict.fromkeys(told)), style="red")
            clauses = tuple(dict.fromkeys(c for out in one.alarms for c in out.because))
            third.append(f" [{cite(clauses)}]", style="dim")
            lines.append(third)
        return lines

    def _ended(self, line: Text, one: Happening, decided: str) -> list[Text]:
        """The line with case, decision, clause and letters at its end; the letters below, where it is too long."""
        if cell_len(line.plain) > MARGIN:
            line.append("  ")
        if one.reference:
            line.append(short(one.reference), style="blue")
        if decided:
            line.append(f" {decided}" if one.reference else decided)
        letters = letters_of(one)
        gap = Text(" ") if letters.plain else Text()
        for most in (4, 2) if one.because else (0,):
            clauses = Text(f" [{cite(one.because, most)}]" if most else "", style="dim")
            whole = Text.assemble(line, clauses, gap, letters)
            if cell_len(whole.plain) <= self._width:
                return [whole]
        line.append_text(Text(f" [{cite(one.because)}]" if one.because else "", style="dim"))
        return [line, Text.assemble(" " * MARGIN, letters)] if letters.plain else [line]


def start(one: Happening, word: str, style: str) -> Text:
    line = Text(f"{one.at.astimezone(LONDON):%H:%M} ", style="default")
    line.append(f"{word:<{MARGIN - 6}}", style=style)
    return line


def reading(one: Happening, room: int) -> Text:
    """What the mail was taken for, how surely, and the words that spoke for it."""
    tone = "green" if one.sure >= 90 else "yellow" if one.sure >= 60 else "red"
    text = Text(f"{one.taken_for} {one.sure}%" if one.sure else one.taken_for, style=tone)
    told = "; ".join(one.why)
    if told and room - cell_len(text.plain) > 12:
        text.append(f" {shorten(told, room - cell_len(text.plain) - 1)}", style="dim")
    return text


SAID_BY_THE_LABEL = (
    "Opened as a ",
    "Set aside: ",
    "Chased the handler: ",
    "Chased: ",
    "Closed: ",
    "Reminded the resident that ",
    "Filed: ",
    "What is this mail? ",
    "Not clear what this mail asks for. ",
    "Escalated to ",
    "It is a reply. ",
)
BRIEFLY = (
    ("Chased the handler and supervisor", "LATE"),
    ("The service request became a", "from request to"),
    ("From an address that is no party", "no party"),
    (
        "The resident corrected our summary: it joined the definition of the complaint",
        "a correction of our summary",
    ),
    (": passed to the handler", ""),
    ("; the handler was chased", ""),
    (": filed, nothing done, handler told", ": nothing done, handler told"),
    (": kept once, worked on once", ""),
    ("without an answer by ", "else on "),
    ("it is taken as", "it becomes"),
)


def plainly(one: Happening) -> str:
    """The decision in a line's room, without what the label before it says already."""
    text = one.decided.removesuffix(".")
    for redundant in SAID_BY_THE_LABEL:
        text = text.removeprefix(redundant)
    for wordy, brief in BRIEFLY:
        text = text.replace(wordy, brief)
    return re.sub(r"^Filed, no answer to a machine \((\w+)\): .*", r"\1: filed, not answered", text)


def letters_of(one: Happening) -> Text:
    """The letters that went out. Those back to whoever wrote need no name."""
    shown = [out for out in one.letters if out.letter not in QUIET]
    if one.outcome is Outcome.ASKED:
        # The decision names who was asked.
        shown = [out for out in shown if out.letter is not Letter.QUESTION]
    if one.kind is Kind.ARRIVED:
        shown = [out for out in shown if out.letter is not Letter.ALERT]  # they have a line of their own
    text = Text()
    grouped: dict[tuple[str, bool, bool], list[str]] = {}
    for out in sorted(shown, key=lambda out: out.audience is not Audience.RESIDENT):
        name = name_of(out.to)
        words = "" if out.letter in (Letter.CHASER, Letter.CLOSING_REMINDER) else out.words
        grouped.setdefault((words, out.audience is Audience.RESIDENT, out.sent), []).append(name)
    for (words, resident, sent), names in grouped.items():
        whom = " and ".join(dict.fromkeys(names))
        phrase = words if whom == one.who else f"{words} to {whom}" if words else whom
        text.append("→ " if not text.plain else ", ", style="dim")
        text.append(phrase + ("" if sent else " (NOT SENT)"), style="cyan" if resident else "default")
    return text


def short(reference: str) -> str:
    """A reference without its prefix and year, which are the same all through the demo."""
    return reference.split("-", 2)[-1]


def shorten(text: str, room: int) -> str:
    """One line of at most so many characters, nothing in it that a terminal can't show."""
    flat = " ".join("".join(c if c.isprintable() or c.isspace() else "\ufffd" for c in text).split())
    return flat if len(flat) <= room else flat[: max(room - 1, 0)].rstrip() + "…"
