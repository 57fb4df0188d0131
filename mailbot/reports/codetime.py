"""When the statutory Code wants an answer, whatever the landlord's own policy promises.

Acknowledged within 5 working days of receipt (6.2) or of the request (6.11); answered within 10 working days of the
acknowledgement at stage 1 (6.3), 20 at stage 2 (6.14), or by the date of a valid extension (6.4, 6.5, 6.15, 6.16).
A late acknowledgement buys no time: the answer then counts from the day on which it was due. An extension is valid
if the person was told in writing, with the reason, the new date and the Ombudsman's details, before the old date had
passed, and if it is no longer than 10 working days (20 at stage 2) counted from the first date, unless there was
good reason for more. Pure: days in, days out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailbot.casework.calendar import Calendar

ACKNOWLEDGE: Final = 5
ANSWER: Final = {1: 10, 2: 20}
EXTEND: Final = {1: 10, 2: 20}
"""Working days."""


@dataclass(frozen=True)
class Told:
    """An extension as the person was told of it. The notice always carries the Ombudsman's details.

    good_reason  it was let through as one that has good reason to be longer than the most: by a supervisor, or
                 by agreement where the policy allows that
    """

    on: dt.date
    to: dt.date
    reason: str
    good_reason: bool = False


@dataclass(frozen=True)
class CodeTime:
    """What the Code asks for of one stage. `extended`: `answer`, or the last valid extension's date. `faults`: why
    an extension does not count, one sentence each."""

    acknowledge: dt.date
    answer: dt.date
    extended: dt.date
    faults: tuple[str, ...] = ()


def code_time(
    number: int,
    requested: dt.date,
    acknowledged: dt.date | None,
    extensions: Iterable[Told],
    calendar: Calendar,
) -> CodeTime:
    """The dates of a stage whose request reached the landlord on this day (day 0)."""
    acknowledge = calendar.add_working_days(requested, ACKNOWLEDGE)
    began = min(acknowledged or acknowledge, acknowledge)
    answer = calendar.add_working_days(began, ANSWER[number])
    longest = calendar.add_working_days(answer, EXTEND[number])
    extended, faults = answer, []
    for told in extensions:
        if fault := _fault(told, extended, longest, number):
            faults.append(fault)
        else:
            extended = max(extended, told.to)
    return CodeTime(acknowledge, answer, extended, tuple(faults))


def _fault(told: Told, until: dt.date, longest: dt.date, number: int) -> str:
    if told.on > until:
        return f"told on {told.on.isoformat()}, after the answer was due on {until.isoformat()}"
    if not told.reason.strip():
        return "without a reason"
    if told.to > longest and not told.good_reason:
        return (
            f"to {told.to.isoformat()}, more than {EXTEND[number]} working days ({longest.isoformat()}), "
            "and nobody recorded good reason for that"
        )
    return ""
