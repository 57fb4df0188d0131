"""Reminders on their way out: at most one mail a person a working day, in working hours, with everything in it.

What fell due is ordered case by case, each with a key of its own. Before anything is handed over, the reminders that
wait for one person are put into one mail, each line with its own case's buttons, and with them the list of that morning
(`mailbot.mornings`); the ones it took in stay on record and their keys stay good. What comes later in the day, at night
or on a day off waits for the next working morning, and is left out if it is done by then (House 14).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
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
    waiting = sorted(work.waiting_chasers(now), key=lambda letter: (letter.order.to, letter.id))
    for to, group in groupby(waiting, key=lambda letter: letter.order.to):
        if not in_working_hours(settings, now) or work.chased_since(to, _midnight(now)):
            for row in group:
                work.later(row.id, next_chase(settings, now), "one mail of reminders a working day")
            continue
        rows = _still_wanted(work, list(group), settings, now)
        if len(rows) > 1:
            _put_together(work, settings, now, rows, mint)


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


def _still_wanted(work: Work, rows: list[LetterRow], settings: Settings, now: dt.datetime) -> list[LetterRow]:
    """Without those of an earlier day whose matter is settled."""
    kept = []
    for row in rows:
        case = work.case_if_readable(row.reference) if row.reference else None
        earlier = row.created_at < _midnight(now)
        if earlier and row.order.facts.get("sections"):
            work.absorb(row.id, LIST_OF_ANOTHER_DAY)
        elif earlier and case and not any(still_owed(case, line) for line in lines_of(row.order)):
            work.absorb(row.id, DONE_ALREADY)
        else:
            kept.append(row)
    return kept


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


def _put_together(
    work: Work, settings: Settings, now: dt.datetime, rows: list[LetterRow], mint: Mint
) -> None:
    """One mail of them all: each line with its case's buttons, then the list of that morning where there is one."""
    listed = next((row for row in rows if row.order.facts.get("sections")), None)
    cases = list(dict.fromkeys(row.reference or "" for row in rows))
    one_case = cases[0] if len(cases) == 1 else ""
    first = rows[0].order
    box = _mailbox(work, settings, rows[0])
    lines: dict[tuple[str, str], Fact] = {}
    for row in rows:
        commands = row.order.facts.get("commands")
        for line in lines_of(row.order):
            what = str(line.get("what"))
            acts: dict[str, Fact] = {} if one_case else {"commands": fitting(commands, what)}
            lines[str(line.get("reference")), what] = {**line, **acts}
    facts: dict[str, Fact] = {
        "reference": one_case,
        "stage_name": first.facts.get("stage_name", "") if one_case else "",
        "resident_name": first.facts.get("resident_name", "") if one_case else "",
        "handler_name": first.facts.get("handler_name", ""),
        "lines": sorted(lines.values(), key=_the_latest_first),
        "supervisor_copied": any(row.order.facts.get("supervisor_copied") for row in rows),
        "commands": rows[-1].order.facts.get("commands", []) if one_case else [],
    }
    if listed:
        facts |= {name: listed.order.facts[name] for name in OF_A_LIST if name in listed.order.facts}
    because = tuple(dict.fromkeys(clause for row in rows for clause in row.order.because))
    order = SendLetter(Letter.CHASER, first.audience, first.to, because, facts, person=first.person)
    work.add_letter(mint(work, order, one_case, box), now, one_case or None)
    for row in rows:
        work.absorb(row.id, TAKEN_IN)


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
