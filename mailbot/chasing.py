"""Reminders on their way out: at most one mail a person a working day, in working hours, with everything in it.

What fell due is ordered case by case, each with a key of its own. Before anything is handed over, the reminders that
wait for one person are put into one mail, each line with its own case's buttons, and with them the list of that morning
(`mailbot.mornings`); the ones it took in stay on record and their keys stay good. What comes later in the day, at night
or on a day off waits for the next working morning, and is left out if it is done by then (House 14).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mailbot.casework.calendar import LONDON
from mailbot.casework.vocabulary import Case, Fact, Letter, SendLetter, Stage
from mailbot.casework.withholding import WAITS
from mailbot.reports.listing import due_list
from mailbot.settings import MailboxSettings, Settings
from storage.rows import LetterRow, NewLetter
from storage.work import Work

LAST_AT: Final = dt.time(17, 30)
"""London's clock: no reminder goes out later on a working day."""
TAKEN_IN: Final = "in one mail with the others of that morning"
LIST_OF_ANOTHER_DAY: Final = "that morning's list: there is a newer one"
DONE_ALREADY: Final = "not needed any more: it was done before"

OF_A_LIST: Final = ("date", "headline", "sections", "list_csv", "list_note")
"""The facts that a morning's list brings along."""

SETTLED_BY: Final = (
    ("action: ", ("#done", "#note")),
    ("contact with", ("#contacted", "#tried", "#hold")),
    ("review (", ("#reviewed",)),
    ("#update", ("#update", "#respond")),
    (" response", ("#respond", "#extend", "#update")),
    ("that waits for your word", ("#release", "#discard")),
    ("answer to the service request", ("#close answered", "#sort complaint")),
)
"""What a reminder speaks of, and the commands that settle it."""
MOST_BUTTONS: Final = 3
MOST_LINES: Final = 25
"""So many are set out in a mail, each with its buttons in some 3 kB; a file that goes along lists all. Gmail cuts a
mail off at 102 kB."""

Mint = Callable[[Work, SendLetter, str, MailboxSettings], NewLetter]


def gather(work: Work, settings: Settings, now: dt.datetime, mint: Mint) -> None:
    """Put the reminders that wait now into one mail a person, or off until the next working morning."""
    for to in work.chased_now(now):
        if not in_working_hours(settings, now) or work.chased_since(to, _midnight(now)):
            work.put_off_chasers(to, now, next_chase(settings, now), "one mail of reminders a working day")
        else:
            _put_together(work, settings, now, to, mint)


def in_working_hours(settings: Settings, now: dt.datetime) -> bool:
    local = now.astimezone(LONDON)
    return settings.calendar.is_working(local.date()) and settings.habits.chase_at <= local.time() <= LAST_AT


def next_chase(settings: Settings, now: dt.datetime) -> dt.datetime:
    day, calendar = now.astimezone(LONDON).date(), settings.calendar
    if not (calendar.is_working(day) and now < calendar.instant(day, settings.habits.chase_at)):
        day = calendar.next_working(day, inclusive=False)
    return calendar.instant(day, settings.habits.chase_at)


def _midnight(now: dt.datetime) -> dt.datetime:
    local = now.astimezone(LONDON)
    return dt.datetime.combine(local.date(), dt.time(0), tzinfo=LONDON).astimezone(dt.UTC)


# ------------------------------------------------------------------ what is still to be done


def _still_wanted(work: Work, to: str, settings: Settings, now: dt.datetime) -> Iterator[LetterRow]:
    """Without those of an earlier day whose matter is settled."""
    for row in work.chasers_to(to, now):
        case = work.case_if_readable(row.reference) if row.reference else None
        earlier = row.created_at < _midnight(now)
        if earlier and row.order.facts.get("sections"):
            work.absorb(row.id, LIST_OF_ANOTHER_DAY)
        elif earlier and case and not any(still_owed(case, line) for line in lines_of(row.order)):
            work.absorb(row.id, DONE_ALREADY)
        else:
            yield row


def lines_of(order: SendLetter) -> list[dict[str, Fact]]:
    lines = order.facts.get("lines")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def still_owed(case: Case, line: dict[str, Fact]) -> bool:
    """Whether what a reminder speaks of is still to be done; where it can't be told, it is."""
    what, record = str(line.get("what", "")), case.current
    if what.startswith("action: "):
        return any(what == f"action: {action.text}" for action in case.open_actions)
    if what.startswith(WAITS):
        return any(f"#release {held.number} " in what for held in case.unsent)
    if case.stage is Stage.CLOSED:
        return False
    if what.endswith(" response") and record:
        return (
            record.responded_at is None and str(line.get("target", "")) >= record.promised.target.isoformat()
        )
    if "contact with" in what and record:
        return record.contacted_at is None
    if what.startswith("review (") and record:
        return record.reviewed_at is None
    return True


# ------------------------------------------------------------------ one mail


@dataclass
class _Together:
    """What is kept of the reminders that go in one mail: there may be thousands, each with the buttons of its case."""

    first: LetterRow
    last: LetterRow
    listed: LetterRow | None = None
    rows: list[int] = field(default_factory=list)
    references: dict[str, None] = field(default_factory=dict)  # in their order, each once
    lines: dict[tuple[str, str], tuple[dict[str, Fact], int]] = field(default_factory=dict)
    because: dict[str, None] = field(default_factory=dict)
    supervisor_copied: bool = False

    def take(self, row: LetterRow) -> None:
        order = row.order
        self.last = row
        self.listed = self.listed or (row if order.facts.get("sections") else None)
        self.rows.append(row.id)
        self.references[row.reference or ""] = None
        self.because |= dict.fromkeys(order.because)
        self.supervisor_copied = self.supervisor_copied or bool(order.facts.get("supervisor_copied"))
        for line in lines_of(order):
            self.lines[str(line.get("reference")), str(line.get("what"))] = line, row.id


def _put_together(work: Work, settings: Settings, now: dt.datetime, to: str, mint: Mint) -> None:
    """One mail of all that wait for somebody: each line with its case's buttons as far as lines are set out, then the
    list of that morning where there is one. A reminder that waits alone goes as it is."""
    found: _Together | None = None
    for row in _still_wanted(work, to, settings, now):
        found = found or _Together(row, row)
        found.take(row)
    if found is None or len(found.rows) == 1:
        return
    first, listed = found.first.order, found.listed
    one_case = next(iter(found.references)) if len(found.references) == 1 else ""
    box = _mailbox(work, settings, found.first)
    lines = sorted(found.lines.values(), key=lambda one: _the_latest_first(one[0]))
    facts: dict[str, Fact] = {
        "reference": one_case,
        "stage_name": first.facts.get("stage_name", "") if one_case else "",
        "resident_name": first.facts.get("resident_name", "") if one_case else "",
        "handler_name": first.facts.get("handler_name", ""),
        "lines": [
            line if one_case or n >= MOST_LINES else _with_buttons(work, line, row)
            for n, (line, row) in enumerate(lines)
        ],
        "supervisor_copied": found.supervisor_copied,
        "commands": found.last.order.facts.get("commands", []) if one_case else [],
    }
    if listed:
        facts |= {name: listed.order.facts[name] for name in OF_A_LIST if name in listed.order.facts}
    order = SendLetter(
        Letter.CHASER, first.audience, first.to, tuple(found.because), facts, person=first.person
    )
    work.add_letter(mint(work, order, one_case, box), now, one_case or None)
    for letter in found.rows:
        work.absorb(letter, TAKEN_IN)


def _with_buttons(work: Work, line: dict[str, Fact], reminder: int) -> dict[str, Fact]:
    row = work.letter(reminder)
    commands = row.order.facts.get("commands") if row else None
    return {**line, "commands": fitting(commands, str(line.get("what")))}


def fitting(commands: Fact, what: str) -> list[Fact]:
    """Of the buttons of a case those that settle what a reminder speaks of; the first few where none does."""
    offered = [one for one in commands if isinstance(one, dict)] if isinstance(commands, list) else []
    words = next((words for sign, words in SETTLED_BY if sign in what), ())
    found = [one for word in words for one in offered if str(one.get("line", "")).startswith(word)]
    return [*(found or offered)[:MOST_BUTTONS]]


def set_out(facts: Mapping[str, Fact]) -> tuple[Mapping[str, Fact], str]:
    """The facts of a reminder as they are written, and the whole list (CSV) where it is too long for a mail: of some
    hundred late cases nobody reads the words of each."""
    lines = facts.get("lines")
    if not isinstance(lines, list) or len(lines) <= MOST_LINES:
        return facts, ""
    return {**facts, "lines": lines[:MOST_LINES], "more": len(lines) - MOST_LINES}, due_list(lines)


def _the_latest_first(line: Fact) -> tuple[int, str]:
    assert isinstance(line, dict)
    return -int(str(line.get("days_late") or 0)), str(line.get("outer", ""))


def _mailbox(work: Work, settings: Settings, row: LetterRow) -> MailboxSettings:
    case = work.case_if_readable(row.reference) if row.reference else None
    named: Iterable[MailboxSettings] = (
        box for box in settings.mailboxes if case and box.name == case.mailbox
    )
    return next(iter(named), settings.mailboxes[0])
