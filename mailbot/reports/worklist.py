"""The facts of a handler's morning list: what is theirs and near, in the tables of the digest.

It goes with the reminders of that morning, in one mail (`mailbot.chasing`): what a reminder speaks of is not told
twice. Where nothing is overdue, past its target or due today, and nobody is reminded, there is no list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from mailbot.casework.duties import Duty
from mailbot.casework.vocabulary import Fact
from mailbot.reports.digest import overdue_words, today_words
from mailbot.reports.listing import case_list
from mailbot.reports.rows import Desk, Tables, Writer, by_date, coming, unreached, unreadable
from mailbot.reports.wording import count, sentence

Told = tuple[str, str]
"""A duty that a reminder speaks of: the reference, and its kind (of an action: its text)."""


def told_of(reference: str, what: str) -> Told:
    """What a line of a reminder is about, in the words of `orders.chaser`."""
    if what.startswith("action: "):
        return reference, what
    for sign, kind in (
        ("contact with", "contact"),
        ("review (", "review"),
        ("answer to the service", "request"),
    ):
        if sign in what:
            return reference, kind
    return reference, "response" if what.endswith(" response") else what


def about(duty: Duty) -> Told:
    if duty.kind == "action":
        return duty.case.reference, f"action: {duty.what.partition(': ')[2]}"
    return duty.case.reference, duty.kind


def worklist_facts(
    desk: Desk,
    write: Writer,
    reminded: Collection[Told],
    late: Callable[[Duty], int],
    damaged: Collection[str] = (),
) -> dict[str, Fact] | None:
    """The list, None where it would say nothing. `reminded`: what the reminders of this morning tell already;
    `damaged`: references of cases that can't be read."""
    if not (reminded or damaged or desk.overdue or desk.late or desk.due_today):
        return None
    dated = ["; ".join((*overdue_words(desk.overdue, late), *today_words(desk.due_today)))]
    dated = [words for words in dated if words]
    if not dated and desk.late:
        past = "is past its target", "are past their target"
        dated = [f"{count(len(desk.late), 'duty', 'duties')} {past[len(desk.late) > 1]}"]
    if damaged:
        dated.append(f"{count(len(damaged), 'case', 'cases')} can't be read")
    left = replace(desk, duties=tuple(d for d in desk.duties if about(d) not in reminded))
    tables = Tables()
    unreadable(tables, damaged)
    by_date(tables, left, write)
    tables.add(
        "Waiting for approval",
        ("Case", "What", "Due"),
        (replace(row, buttons=()) for row in map(write.of_draft, left.drafts)),
    )
    unreached(tables, left, write)
    coming(tables, left, write)
    tables.add(
        "Service requests without an answer",
        ("Case", "Received"),
        (
            write.of_case(
                c,
                write.when(write.rules.day(c.received_at)),
                buttons=write.press("Close as answered", "#close answered"),
            )
            for c in left.requests
            if (c.reference, "request") not in reminded
        ),
    )
    if not tables:
        return None
    sections, tight = tables.laid_out()
    listing = case_list(left, write) if tight else ""
    return {
        "date": desk.today.isoformat(),
        "headline": sentence(dated) if dated else "",
        "sections": sections,
        "list_csv": listing,
        "list_note": f"{count(len(left.cases) + len(left.owed), 'case is', 'cases are')} in the list that goes along."
        if listing
        else "",
    }
