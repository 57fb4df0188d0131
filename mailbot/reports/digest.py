"""The facts of the daily digest: what a supervisor must know this morning, soonest first.

Pure: open cases and a few counts in, facts for templates/digest out. References and the subject line tell the
case; no resident's name and none of their text is in it. Empty sections vanish, a good day is a short mail.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mailbot.casework import orders
from mailbot.casework.duties import Duty, duties_of
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Due, Fact, Flag, Stage

MOST_ROWS = 40
"""Rows a section shows; the rest is counted in its note, so that the mail stays under what Gmail clips."""


def count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def digest_facts(
    *,
    day: dt.date,
    cases: Sequence[Case],
    rules: Rulebook,
    closed: Sequence[Case],
    quarantined: Sequence[tuple[str, str, dt.datetime]],
    filed: int,
    troubled: Sequence[tuple[str, str, str]],
    looks: Mapping[str, dt.datetime | None],
    waiting_letters: int,
    now: dt.datetime,
) -> dict[str, Fact]:
    """Everything in the digest of `day`.

    quarantined  (subject, cause, received at) of each mail set aside
    troubled     (reference, letter, state) of each letter that failed, is unknown or held
    looks        when each mailbox was last read
    """
    horizon = rules.calendar.add_working_days(day, 3)
    duties = sorted(
        (d for case in cases for d in duties_of(case, rules.policy, rules.calendar)),
        key=lambda d: (d.due.target, d.case.reference),
    )
    breached = [d for d in duties if d.due.outer < day]
    late = [d for d in duties if d.due.target < day <= d.due.outer]
    today = [d for d in duties if d.due.target == day]
    soon = [d for d in duties if day < d.due.target <= horizon]
    asked = [(case, q) for case in cases for q in case.open_questions]
    nobody = [c for c in cases if not c.handler and c.stage not in (Stage.UNSORTED,)]
    dangers = [c for c in cases if {Flag.URGENT_HAZARD, Flag.SAFEGUARDING} & set(c.flags)]
    outside = [c for c in cases if {Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR, Flag.LEGAL_ACTION} & set(c.flags)]
    unreached = [c for c in cases if c.unreachable]
    requests = [c for c in cases if c.stage is Stage.SERVICE_REQUEST and c.service_answered_at is None]

    def name(case: Case) -> str:
        person = rules.person(case.handler)
        return person.name if person else "nobody"

    def days_late(due: Due) -> str:
        days = rules.calendar.working_days_between(due.outer, day)
        return f"{count(days, 'working day', 'working days')} late"

    def rows(duties: Sequence[Duty], last: Callable[[Duty], str]) -> list[Fact]:
        return [[d.case.reference, d.case.subject, d.what, name(d.case), last(d)] for d in duties]

    def section(title: str, columns: list[Fact], body: Sequence[Fact], tone: str, note: str = "") -> Fact:
        more = len(body) - MOST_ROWS
        if more > 0:
            note = f"{note} {count(more, 'more is', 'more are')} not shown.".strip()
        return {
            "title": title,
            "columns": columns,
            "rows": list(body[:MOST_ROWS]),
            "note": note,
            "tone": tone,
        }

    duty_columns: list[Fact] = ["Case", "Subject", "What", "Handler"]
    sections: list[Fact] = []

    def add(title: str, columns: list[Fact], body: Sequence[Fact], tone: str = "", note: str = "") -> None:
        if body:
            sections.append(section(title, columns, body, tone, note))

    add(
        "Danger and safeguarding",
        ["Case", "Subject", "Flags", "Handler"],
        [
            [
                c.reference,
                c.subject,
                ", ".join(
                    orders.FLAG_WORDS[f] for f in c.flags if f in (Flag.URGENT_HAZARD, Flag.SAFEGUARDING)
                ),
                name(c),
            ]
            for c in dangers
        ],
        "red",
    )
    add(
        "Overdue",
        [*duty_columns, "Late"],
        rows(breached, lambda d: days_late(d.due)),
        "red",
        "The last defensible date has passed: this is reported as a breach.",
    )
    add(
        "Past the target, not yet a breach",
        [*duty_columns, "At the latest"],
        rows(late, lambda d: orders.iso(d.due.outer)),
        "amber",
    )
    add(
        "Due today", [*duty_columns, "At the latest"], rows(today, lambda d: orders.iso(d.due.outer)), "amber"
    )
    add(
        "Due in the next three working days",
        [*duty_columns, "Target"],
        rows(soon, lambda d: orders.iso(d.due.target)),
    )
    add(
        "Waiting for your decision",
        ["Case", "Subject", "Question", "Decided by itself on"],
        [
            [
                c.reference,
                c.subject,
                "What is this mail?" if c.stage is Stage.UNSORTED else "What does this mail ask for?",
                orders.iso(rules.day(q.default_at)),
            ]
            for c, q in asked
        ],
        "amber",
        "Answer the mail that asked you; without an answer the reading that protects the resident is taken.",
    )
    add(
        "Without a handler",
        ["Case", "Subject", "Stage"],
        [[c.reference, c.subject, orders.stage_name(c, rules)] for c in nobody],
        "amber",
    )
    add(
        "Residents not reached",
        ["Case", "Subject", "Handler"],
        [[c.reference, c.subject, name(c)] for c in unreached],
        "amber",
        "A letter came back. The dates still run.",
    )
    add(
        "Ombudsman, members, legal",
        ["Case", "Subject", "Flags", "Handler"],
        [
            [
                c.reference,
                c.subject,
                ", ".join(
                    orders.FLAG_WORDS[f]
                    for f in c.flags
                    if f in (Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR, Flag.LEGAL_ACTION)
                ),
                name(c),
            ]
            for c in outside
        ],
    )
    add(
        "Service requests without an answer",
        ["Case", "Subject", "Handler", "Received"],
        [[c.reference, c.subject, name(c), orders.iso(rules.day(c.received_at))] for c in requests],
    )
    add(
        "Mails set aside",
        ["Subject", "Why", "Received"],
        [[subject, cause, orders.iso(rules.day(at))] for subject, cause, at in quarantined],
        "amber",
    )
    add(
        "Letters in trouble",
        ["Case", "Letter", "State"],
        [[reference, letter.replace("_", " "), state] for reference, letter, state in troubled],
        "red",
    )
    add(
        "Closed since yesterday",
        ["Case", "Subject", "Why"],
        [
            [c.reference, c.subject, orders.CLOSED_WORDS.get(c.closed_because, c.closed_because)]
            for c in closed
        ],
    )

    complaints = [c for c in cases if c.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)]
    headline = headlines(today, breached, len(asked), len(nobody))
    topics = Counter(c.topics[0].value.replace("_", " ") for c in cases if c.topics)
    return {
        "date": day.isoformat(),
        "headline_lines": list(headline),
        "counts": [
            {"label": "Open complaints", "value": len(complaints), "tone": ""},
            {"label": "Overdue", "value": len(breached), "tone": "red" if breached else "green"},
            {"label": "Due today", "value": len(today), "tone": "amber" if today else ""},
            {"label": "For your decision", "value": len(asked), "tone": "amber" if asked else ""},
        ],
        "sections": sections,
        "health": health(looks, waiting_letters, filed, rules, now),
        "bars": [{"label": topic, "value": number} for topic, number in topics.most_common(6)],
    }


def headlines(today: Sequence[Duty], breached: Sequence[Duty], asked: int, nobody: int) -> list[str]:
    """At most four short sentences: what matters this morning, in words."""
    lines = []
    if breached:
        lines.append(f"{count(len(breached), 'duty is', 'duties are')} overdue.")
    kinds = Counter(d.kind for d in today)
    for kind, number in kinds.items():
        lines.append(f"{count(number, kind + ' is', kind + 's are')} due today.")
    if asked:
        lines.append(f"{count(asked, 'mail waits', 'mails wait')} for your decision.")
    if nobody:
        lines.append(f"{count(nobody, 'case has', 'cases have')} no handler.")
    return lines[:4] or ["Nothing is overdue and nothing waits for you."]


def health(
    looks: Mapping[str, dt.datetime | None],
    waiting_letters: int,
    filed: int,
    rules: Rulebook,
    now: dt.datetime,
) -> list[Fact]:
    lines: list[Fact] = []
    for mailbox, at in sorted(looks.items()):
        if at is None:
            lines.append(f"{mailbox} has not been read yet.")
            continue
        minutes = int((now - at).total_seconds() // 60)
        lines.append(
            f"{mailbox} was read {count(minutes, 'minute', 'minutes')} ago."
            if minutes
            else f"{mailbox} was read just now."
        )
    lines.append(f"{count(waiting_letters, 'letter waits', 'letters wait')} to go out.")
    if filed:
        lines.append(f"{count(filed, 'mail was', 'mails were')} filed without a case since yesterday.")
    return lines
