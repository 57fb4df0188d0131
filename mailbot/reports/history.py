"""The story of one case, readable by somebody who never saw it: each act with its time, its person, its clause.

Pure: the case, its journal and its letters in, plain text out. Letters stand under the act that ordered them,
clocks under the act that set them last; what the cited clauses say stands at the end, once.
"""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from mailbot.casework import orders
from mailbot.casework.calendar import Calendar
from mailbot.casework.duties import Duty, duties_of
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import (
    CancelTimer,
    Case,
    Due,
    Effect,
    Event,
    MailArrived,
    SendLetter,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
)

LONDON = ZoneInfo("Europe/London")
WIDTH = 100
TIED = "\x00"  # a blank at which no line ends; none is left in what is printed
UNDER = "    "  # what belongs to an act stands under it

STAGE_WORDS: Mapping[Stage, str] = {
    Stage.UNSORTED: "to be sorted: a person is to say what it is",
    Stage.SERVICE_REQUEST: "service request, open",
    Stage.STAGE1_OPEN: "{name}, open",
    Stage.STAGE1_RESPONDED: "{name}, answered",
    Stage.STAGE2_OPEN: "{name}, open",
    Stage.STAGE2_RESPONDED: "{name}, answered",
}
TIMER_WORDS: Mapping[Timer, str] = {
    Timer.ASSIGN: "a handler is looked for again",
    Timer.SORT: "without an answer, the safe reading is taken",
    Timer.ACKNOWLEDGE: "the acknowledgement goes out by itself",
    Timer.CONTACT: "the contact with the resident is due",
    Timer.RESPONSE_NEAR: "a reminder that the response is near",
    Timer.RESPONSE_DUE: "the response is due",
    Timer.RESPONSE_LATE: "without a response by then, handler and supervisor are told that it is late",
    Timer.REMIND_WINDOW: "the resident is told that the case will close",
    Timer.CLOSE_SILENT: "silence is complete, the case closes",
    Timer.ACTION_DUE: "promised action {subject} is due",
    Timer.SERVICE_CHASE: "the service request is chased",
    Timer.REVIEW: "the review is due",
    Timer.UPDATE: "the resident is to hear how things stand",
    Timer.ADJUSTMENT: "adjustment {subject} is to be reviewed",
    Timer.SEND: "what the handler sent goes out, unless they take it back",
    Timer.SURVEY: "the resident is asked how it was handled",
    Timer.CONFIRM: "a mail of staff that nobody confirmed lapses",
    Timer.RELEASE: "a letter that waits for somebody's word",
}
ISO_DATE = re.compile(r"(?<![\w-])(\d{4}-\d\d-\d\d)(?![\w-])")


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


def date(day: dt.date) -> str:
    """Mon 9 Mar 2026"""
    return f"{day:%a} {day.day} {day:%b %Y}"


def moment(at: dt.datetime) -> str:
    """Mon 9 Mar 2026 09:40, by London's clock."""
    local = at.astimezone(LONDON)
    return f"{date(local.date())} {local:%H:%M}"


def said(text: str) -> str:
    """A sentence of the journal with its ISO dates as people write them."""

    def spoken(found: re.Match[str]) -> str:
        try:
            return date(dt.date.fromisoformat(found[1]))
        except ValueError:  # somebody's number that only looks like a date
            return found[1]

    return ISO_DATE.sub(spoken, text)


def tell(
    case: Case, journal: Sequence[Line], letters: Sequence[Written], policy: Policy, calendar: Calendar
) -> str:
    """The case, what is owed, and its whole history with a clause to each act, as plain text."""
    lines = [*head(case, policy, calendar), "", "History"]
    queue = sorted(letters, key=lambda letter: letter.created_at)
    for entry in journal:
        lines += [line for letter in take_before(queue, entry) for line in ["", *letter_lines(letter, False)]]
        lines += ["", *act(entry)]
        for letter in take_ordered(queue, entry):
            lines += letter_lines(letter)
    lines += [line for letter in queue for line in ["", *letter_lines(letter, False)]]
    if cited := clauses(journal, letters, policy):
        lines += ["", "Clauses", *cited]
    return "\n".join(lines)


def take_ordered(queue: list[Written], entry: Line) -> list[Written]:
    """The letters that this act ordered, out of the queue: each order takes its first letter."""
    taken = []
    for order in (e for e in entry.effects if isinstance(e, SendLetter)):
        letter = next((one for one in queue if one.order == order), None)
        if letter is not None:
            queue.remove(letter)
            taken.append(letter)
    return taken


def take_before(queue: list[Written], entry: Line) -> list[Written]:
    """Letters older than this act that no act before it ordered (a note's alert, for one)."""
    older = [letter for letter in queue if letter.created_at < entry.at]
    queue[:] = [letter for letter in queue if letter.created_at >= entry.at]
    return older


def head(case: Case, policy: Policy, calendar: Calendar) -> list[str]:
    lines = [
        f"{case.reference}  {case.subject}",
        f"  received   {moment(case.received_at)} in {case.mailbox}, policy {case.policy}",
        f"  {policy.person_noun:10} {case.resident.name or '(no name)'} <{case.resident.address}>",
        f"  stage      {stage_words(case, policy)}",
        f"  handler    {case.handler or 'nobody yet'}",
    ]
    if case.flags:
        lines.append(f"  flags      {', '.join(orders.FLAG_WORDS[f] for f in case.flags)}")
    owed = sorted(duties_of(case, policy, calendar), key=lambda duty: (duty.due.target, duty.due.outer))
    lines += [f"  owed       {said(duty.what)}: {due_words(duty.due)}" for duty in owed]
    return lines


def due_words(due: Due) -> str:
    if due.target == due.outer:
        return f"by {date(due.outer)}"
    return f"aim for {date(due.target)}, at the latest {date(due.outer)}"


def stage_words(case: Case, policy: Policy) -> str:
    if case.stage is Stage.CLOSED:
        why = orders.CLOSED_WORDS.get(case.closed_because, case.closed_because.replace("_", " "))
        when = f" on {date(case.closed_at.astimezone(LONDON).date())}" if case.closed_at else ""
        return f"closed{when}: {why}" if why else f"closed{when}"
    name = policy.stage(2 if case.stage2 else 1).name
    return STAGE_WORDS.get(case.stage, "{name}").format(name=name)


def wrap(text: str, first: str = "", then: str = "") -> list[str]:
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(TIED, " ") for line in lines]


def cite(because: Sequence[str]) -> str:
    """The clauses in brackets; the words of one clause stay on one line."""
    return f"  [{', '.join(clause.replace(' ', TIED) for clause in because)}]" if because else ""


def act(entry: Line) -> list[str]:
    """One line of the journal: when, who, what and why, then what came in and which clocks it set."""
    own_words = isinstance(entry.event, StaffActed) and not entry.summary.startswith("Refused")
    who = "" if own_words else f"{entry.who}: "  # what staff did names them already
    told = wrap(f"{moment(entry.at)}  {who}{said(entry.summary)}{cite(entry.because)}", then=UNDER)
    told += event_lines(entry.event)
    last: dict[tuple[Timer, str], SetTimer | CancelTimer] = {}
    for effect in entry.effects:
        if isinstance(effect, SetTimer | CancelTimer):
            last[effect.timer, effect.subject] = effect
    timers = [effect for effect in last.values() if isinstance(effect, SetTimer)]
    for timer in sorted(timers, key=lambda one: one.due_at):
        words = TIMER_WORDS[timer.timer].format(subject=timer.subject)
        told += wrap(f"clock   {moment(timer.due_at)}: {words}{cite(timer.because)}", UNDER, UNDER + " " * 8)
    return told


def event_lines(event: Event | None) -> list[str]:
    """The mail or the command that was acted on, in one line: who wrote, and what it was taken for."""
    if isinstance(event, MailArrived):
        name = event.sender.name or event.sender.address
        kind = orders.KIND_WORDS[event.verdict.intent]
        sure = f", {round(100 * event.verdict.confidence)}% sure" if event.verdict.readings else ""
        subject = event.subject or "(no subject)"
        return wrap(f"mail    “{subject}” from {name}, taken for {kind}{sure}", UNDER, UNDER + " " * 8)
    return []


def letter_lines(letter: Written, under: bool = True) -> list[str]:
    """A letter: what, to whom, when it left or what became of it, why."""
    order = letter.order
    when = f"sent {moment(letter.sent_at)}" if letter.sent_at else (letter.last_error or "waiting to go out")
    words = order.letter.value.replace("_", " ")
    first = UNDER if under else f"{moment(letter.created_at)}  "
    return wrap(f"letter  {words} to {order.to}, {when}{cite(order.because)}", first, UNDER + " " * 8)


def clauses(journal: Sequence[Line], letters: Sequence[Written], policy: Policy) -> list[str]:
    """What the cited clauses say, in the words of the policy file."""
    cited = dict.fromkeys(c for entry in journal for c in entry.because)
    cited.update(dict.fromkeys(c for letter in letters for c in letter.order.because))
    cited.update(
        dict.fromkeys(
            c for entry in journal for e in entry.effects if isinstance(e, SetTimer) for c in e.because
        )
    )
    return [
        line
        for id in sorted(cited, key=in_order)
        if id in policy.clauses
        for line in wrap(f"{id:10} {policy.clauses[id].says}", "  ", " " * 13)
    ]


def in_order(clause: str) -> list[tuple[int, int, str]]:
    """Clauses as people count: the landlord's first, and Code 5.6 before Code 5.10."""
    parts = re.findall(r"\d+|\D+", clause)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
