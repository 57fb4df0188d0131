"""A played scenario for people, as a timeline, and for programs, as JSON."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailbot.casework.calendar import LONDON, Calendar
from mailbot.casework.vocabulary import Letter, Person
from mailbot.scenarios.checking import Check
from mailbot.scenarios.rig import Laid
from mailbot.scenarios.running import Done, Played
from mailbot.scenarios.words import spoken, tell_day
from storage import JournalRow

QUIET = (Letter.COMMAND_DONE, Letter.DIGEST)
"""Letters that go without saying, unless everything is wanted."""


MOST_CLAUSES = 4
"""How many clauses the timeline shows of an act, unless everything is wanted: the governing ones come first."""


@dataclass(frozen=True)
class Line:
    """One thing that happened. `kind`: did, decided, letter, true, untrue."""

    at: dt.datetime
    kind: str
    who: str
    what: str
    clauses: tuple[str, ...] = ()
    reference: str = ""
    text: str = ""
    quiet: bool = False  # it goes without saying


def lines_of(played: Played) -> Iterator[Line]:
    """Everything that happened and was expected, in its order."""
    for one in played.told:
        match one:
            case Done():
                yield Line(one.at, "did", one.who, one.what, text=one.text)
            case JournalRow():
                quiet = one.kind == "mailbox"
                yield Line(
                    one.at, "decided", one.who, one.summary, one.because, one.reference or "", quiet=quiet
                )
            case Laid():
                order = one.row.order
                name = _name(one.to, played.scenario.people, order.facts.get("resident_name"))
                what, reference = spoken(order.letter.value), one.row.reference or ""
                quiet = order.letter in QUIET
                yield Line(one.at, "letter", name, what, one.because, reference, one.letter.text, quiet)
            case Check():
                yield Line(one.at, "true" if one.true else "untrue", "", one.said, text=one.instead)


def _name(address: str, people: Iterable[Person], resident: object) -> str:
    known = {person.address: person.name for person in people}
    return known.get(address) or (f"{resident}" if resident else address)


def as_text(played: Played, calendar: Calendar, verbose: bool = False) -> str:
    """The timeline. `verbose` adds the text of every mail and letter, and those that go without saying."""
    scenario = played.scenario
    lines = [f"{scenario.title}", f"{scenario.file}, by {scenario.policy} ({scenario.overlay.value})"]
    day: dt.date | None = None
    for line in lines_of(played):
        if line.quiet and not verbose:
            continue
        local = line.at.astimezone(LONDON)
        if local.date() != day:
            day = local.date()
            lines += ["", _day_line(day, calendar)]
        lines += _told(line, local, verbose)
    lines += ["", *_verdict(played)]
    return "\n".join(lines) + "\n"


def _day_line(day: dt.date, calendar: Calendar) -> str:
    title = tell_day(day)
    if not calendar.is_working(day):
        title += ", weekend" if day.weekday() >= 5 else ", bank holiday"
    return f"── {title} ".ljust(100, "─")


def _told(line: Line, local: dt.datetime, verbose: bool) -> list[str]:
    cited = _cited(line.clauses, len(line.clauses) if verbose else MOST_CLAUSES)
    match line.kind:
        case "did":
            start, said = f"{local:%H:%M}  ", f"{line.who} {line.what}".strip()
        case "decided":
            start, said = "         ", f"{line.what}{cited}"
        case "letter":
            start, said = "       → ", f"{line.what} to {line.who}{cited}"
        case "true":
            start, said = "       ✓ ", line.what
        case _:
            start, said = "       ✗ ", f"{line.what}\n{line.text}"
    first, *more = said.split("\n")
    told = textwrap.wrap(first, 108, initial_indent=start, subsequent_indent=" " * 11, break_long_words=False)
    for one in more:
        told += textwrap.wrap(
            one, 108, initial_indent=" " * 9, subsequent_indent=" " * 9, break_long_words=False
        )
    if verbose and line.kind in ("did", "letter") and line.text:
        told += [f"         | {text}" for text in line.text.strip().splitlines()]
    return told


def _cited(clauses: Sequence[str], most: int) -> str:
    shown = [*clauses[:most], *([f"and {len(clauses) - most} more"] if len(clauses) > most else [])]
    return f"  [{'; '.join(shown)}]" if shown else ""


def _verdict(played: Played) -> list[str]:
    wrong = [check for check in played.checks if not check.true]
    told = [f"✗ {played.scenario.file}:{check.line}: {check.said}\n    {check.instead}" for check in wrong]
    told += [f"✗ the story can't go on: {played.stuck}"] if played.stuck else []
    told += [
        f"✗ it says that it keeps {clause}, but nothing in it cited that clause" for clause in played.unkept
    ]
    told += [f"✗ the service stumbled: {fault}" for fault in played.faults]
    count = f"{len(played.checks)} expectation{'' if len(played.checks) == 1 else 's'}"
    if not told:
        return [f"✓ It came true: {count}."]
    return [*told, f"It did not come true: {len(told)} of {count} and claims failed."]


def as_json(played: Played) -> dict[str, object]:
    scenario = played.scenario
    return {
        "file": scenario.file,
        "line": scenario.line,
        "scenario": scenario.title,
        "policy": scenario.policy,
        "overlay": scenario.overlay.value,
        "keeps": list(scenario.keeps),
        "came_true": played.came_true,
        "expectations": [
            {
                "line": check.line,
                "says": check.said,
                "at": check.at.astimezone(LONDON).isoformat(),
                "true": check.true,
                "instead": check.instead,
            }
            for check in played.checks
        ],
        "claims_without_an_act": list(played.unkept),
        "stuck": played.stuck,
        "faults": list(played.faults),
        "timeline": [
            {
                "at": line.at.astimezone(LONDON).isoformat(),
                "kind": line.kind,
                "who": line.who,
                "what": line.what,
                "clauses": list(line.clauses),
                "case": line.reference,
            }
            for line in lines_of(played)
            if line.kind in ("did", "decided", "letter")
        ],
    }
