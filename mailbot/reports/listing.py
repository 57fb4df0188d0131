"""The full list of open cases as CSV, which goes along where the digest can't show everything.

Safe to open: no cell begins with what a spreadsheet takes for a formula (OWASP, "CSV Injection"), and the text
begins with the mark by which Excel knows UTF-8.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable

from mailbot.casework import orders
from mailbot.casework.duties import Duty
from mailbot.casework.vocabulary import Fact
from mailbot.reports.rows import Desk, Writer, stage_words
from mailbot.reports.wording import shorten, subject_of

COLUMNS = (
    *("Case", "Subject", "Stage", "Handler", "Team", "Received", "Next duty"),
    *("Aim for", "At the latest", "Working days late", "Flags"),
)
DUE = (
    *(("Case", "reference"), ("Subject", "subject"), ("Stage", "stage_name"), ("Still to do", "what")),
    *(
        ("Aim for", "target"),
        ("At the latest", "outer"),
        ("Working days late", "days_late"),
        ("Clause", "clause"),
    ),
)
"""The columns of a long reminder's list, and the facts of its lines that they hold."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: str) -> str:
    """The cell as text, whatever a spreadsheet makes of its first character."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(FORMULA) or cell.startswith(FORMULA) else cell


def due_list(lines: Iterable[Fact]) -> str:
    """The lines of a reminder, in their order."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(name for name, _ in DUE)
    for line in lines:
        if isinstance(line, dict):
            table.writerow(safe(str(line.get(fact) or "")) for _, fact in DUE)
    return out.getvalue()


def case_list(desk: Desk, write: Writer) -> str:
    """One line a case, by its next date; cases on which nothing is due last."""
    nexts: dict[str, Duty] = {}
    for duty in sorted(desk.duties, key=lambda d: (d.due.outer, d.due.target)):
        nexts.setdefault(duty.case.reference, duty)
    far = (dt.date.max, dt.date.max)

    def order(case_reference: str) -> tuple[dt.date, dt.date]:
        duty = nexts.get(case_reference)
        return (duty.due.outer, duty.due.target) if duty else far

    def lines() -> Iterable[tuple[str, ...]]:
        for case in sorted((*desk.cases, *desk.owed), key=lambda c: (order(c.reference), c.reference)):
            duty, person = nexts.get(case.reference), write.rules.person(case.handler)
            late = (
                str(write.rules.calendar.working_days_between(duty.due.outer, desk.today))
                if duty and duty.due.outer < desk.today
                else ""
            )
            yield (
                case.reference,
                "" if write.references_only or case.restricted else shorten(subject_of(case), 40),
                stage_words(case, write),
                person.name if person else "",
                person.team if person else "",
                write.rules.day(case.received_at).isoformat(),
                write.what(duty) if duty else "",
                duty.due.target.isoformat() if duty else "",
                duty.due.outer.isoformat() if duty else "",
                late,
                "; ".join(orders.FLAG_WORDS[flag] for flag in case.flags),
            )

    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([safe(cell) for cell in line] for line in lines())
    return out.getvalue()
