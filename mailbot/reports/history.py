"""The story of one case, readable by somebody who never saw it: each act with its time, its person, its clause."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from mailbot.casework.calendar import Calendar
from mailbot.casework.duties import Duty, duties_of
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case, Effect, Event, SendLetter, SetTimer, Stage

LONDON = ZoneInfo("Europe/London")
WIDTH = 100


class Line(Protocol):
    """A line of the journal, as storage gives it."""

    @property
    def at(self) -> dt.datetime: ...
    @property
    def who(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def because(self) -> tuple[str, ...]: ...
    @property
    def event(self) -> Event | None: ...
    @property
    def effects(self) -> tuple[Effect, ...]: ...


class Written(Protocol):
    """A letter of the outbox, as storage gives it."""

    @property
    def message_id(self) -> str: ...
    @property
    def created_at(self) -> dt.datetime: ...
    @property
    def sent_at(self) -> dt.datetime | None: ...
    @property
    def order(self) -> SendLetter: ...
    @property
    def subject(self) -> str: ...
    @property
    def last_error(self) -> str: ...


def next_duty(case: Case, policy: Policy, calendar: Calendar) -> Duty | None:
    """What the landlord owes next on this case; None where nothing is owed."""
    owed = duties_of(case, policy, calendar)
    return min(owed, key=lambda d: d.due.target) if owed else None


def moment(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%a %d %b %Y %H:%M}"


def tell(
    case: Case, journal: Sequence[Line], letters: Sequence[Written], policy: Policy, calendar: Calendar
) -> str:
    """The case, what is owed, and its whole history with a clause to each act, as plain text."""
    lines = [*head(case, policy, calendar), "", "History"]
    queue = sorted(letters, key=lambda letter: letter.created_at)
    for entry in journal:
        lines += ["", *act(entry)]
        while queue and queue[0].created_at <= entry.at:
            lines.append(letter_line(queue.pop(0)))
    lines += [letter_line(letter) for letter in queue]
    lines += ["", "Clauses", *clauses(journal, letters, policy)]
    return "\n".join(lines)


def head(case: Case, policy: Policy, calendar: Calendar) -> list[str]:
    stage = case.stage.value.replace("_", " ")
    if case.stage is Stage.CLOSED and case.closed_at:
        stage = f"closed ({case.closed_because.replace('_', ' ')}) on {case.closed_at.astimezone(LONDON):%d %b %Y}"
    lines = [
        f"{case.reference}  {case.subject}",
        f"  received   {moment(case.received_at)} in {case.mailbox}, policy {case.policy}",
        f"  resident   {case.resident.name or '(no name)'} <{case.resident.address}> ({case.resident.role.value})",
        f"  stage      {stage}",
        f"  handler    {case.handler or 'nobody'}",
    ]
    if case.flags:
        lines.append(f"  flags      {', '.join(f.value.replace('_', ' ') for f in case.flags)}")
    lines += [
        f"  owed       {duty.what}: target {duty.due.target:%d %b %Y}, at the latest {duty.due.outer:%d %b %Y}"
        for duty in duties_of(case, policy, calendar)
    ]
    return lines


def act(entry: Line) -> list[str]:
    because = f"  [{', '.join(entry.because)}]" if entry.because else ""
    told = textwrap.wrap(
        f"{moment(entry.at)}  {entry.who}: {entry.summary}{because}", WIDTH, subsequent_indent="      "
    )
    timers = [
        f"      clock: {effect.timer.value.replace('_', ' ')} on {moment(effect.due_at)}"
        + (f"  [{', '.join(effect.because)}]" if effect.because else "")
        for effect in entry.effects
        if isinstance(effect, SetTimer)
    ]
    return [*told, *timers]


def letter_line(letter: Written) -> str:
    order = letter.order
    when = f"sent {moment(letter.sent_at)}" if letter.sent_at else (letter.last_error or "waiting")
    because = f"  [{', '.join(order.because)}]" if order.because else ""
    return f"      letter: {order.letter.value.replace('_', ' ')} to {order.to}, {when}{because}"


def clauses(journal: Sequence[Line], letters: Sequence[Written], policy: Policy) -> list[str]:
    """What the cited clauses say, in the words of the policy file."""
    cited = dict.fromkeys(c for entry in journal for c in entry.because)
    cited.update(dict.fromkeys(c for letter in letters for c in letter.order.because))
    return [
        line
        for id in sorted(cited)
        if id in policy.clauses
        for line in textwrap.wrap(
            f"  {id:10} {policy.clauses[id].says}", WIDTH, subsequent_indent="             "
        )
    ]
