"""The facts of the daily digest: what a supervisor must know this morning, soonest first.

Pure: open cases and a few counts in, facts for templates/digest out. References and the subject line tell the
case; no resident's name and none of their text is in it. Empty sections vanish, a good day is a short mail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mailbot.casework import orders
from mailbot.casework.duties import Duty, duties_of
from mailbot.casework.policy import Policy
from mailbot.casework.proposals import words_of
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Fact, Flag, Stage, StageRecord, Topic

MOST_ROWS = 20
"""Rows a section shows; the rest is counted in its note."""
MOST_ROWS_IN_ALL = 60
"""Rows of the whole digest, so that the mail stays under the 102 kB at which Gmail clips. A section always
shows some (`FEWEST_ROWS`), however much stands before it."""
FEWEST_ROWS = 3
RESTRICTED = "(restricted)"
LONGEST_SUBJECT = 75  # characters of a resident's subject line that a row shows
STALE = dt.timedelta(hours=1)
"""A mailbox that was not read for so long is news."""

TOPIC_WORDS: Mapping[Topic, str] = {
    Topic.REPAIRS: "Repairs",
    Topic.DAMP_MOULD_LEAKS: "Damp, mould and leaks",
    Topic.HEATING_HOT_WATER: "Heating and hot water",
    Topic.BUILDING_SAFETY: "Building safety",
    Topic.ESTATE_MANAGEMENT: "Estate management",
    Topic.ANTI_SOCIAL_BEHAVIOUR: "Anti-social behaviour",
    Topic.CHARGES: "Rent and charges",
    Topic.STAFF_CONDUCT: "Staff conduct",
    Topic.COMMUNICATION: "Communication",
    Topic.MOVING_AND_LETTINGS: "Moving and lettings",
    Topic.TENANCY: "Tenancy",
    Topic.HOME_OWNERSHIP: "Home ownership",
    Topic.DATA_PROTECTION: "Data protection",
    Topic.COMPENSATION: "Compensation",
    Topic.CONTRACTORS: "Contractors",
}
KINDS: Mapping[str, tuple[str, str]] = {
    "acknowledgement": ("acknowledgement", "acknowledgements"),
    "contact": ("first contact", "first contacts"),
    "review": ("review", "reviews"),
    "response": ("response", "responses"),
    "action": ("promised action", "promised actions"),
    "request": ("answer to a service request", "answers to service requests"),
}
STATE_WORDS: Mapping[str, str] = {
    "failed": "could not be sent",
    "unknown": "may or may not have gone out",
    "held": "was held back",
}
DANGERS = (Flag.URGENT_HAZARD, Flag.SAFEGUARDING)
OUTSIDE = (Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR, Flag.LEGAL_ACTION, Flag.LEGAL_PROCEEDINGS_ISSUED)
OF_A_PROGRAM = re.compile(r"[A-Za-z_.]*(?:Error|Exception|Mistake|Refused|Warning)\b")


def count(number: int, one: str, many: str) -> str:
    """1 letter, 2 letters, 1,204 letters."""
    return f"{number:,} {one if number == 1 else many}"


def sentence(parts: Sequence[str]) -> str:
    """The parts as one sentence: joined with commas and an and, a capital first, a full stop last."""
    told = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return f"{told[0].upper()}{told[1:]}."


def near_day(day: dt.date, today: dt.date) -> str:
    """Wed 1 Apr; with the year where it is another one; today by name."""
    if day == today:
        return "today"
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


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
    policy_of: Callable[[Case], Policy] | None = None,
    owed: Sequence[Case] = (),
) -> dict[str, Fact]:
    """Everything in the digest of `day`.

    policy_of    the policy that a case keeps to; that of `rules` unless given
    owed         closed cases on which a person is asked something or a promise is not kept
    quarantined  (subject, cause, received at) of each mail set aside
    troubled     (reference, letter, state) of each letter that failed, is unknown or held
    looks        when each mailbox was last read
    """
    of = policy_of or (lambda case: rules.policy)
    horizon = rules.calendar.add_working_days(day, 3)
    duties = sorted(
        (d for case in (*cases, *owed) for d in duties_of(case, of(case), rules.calendar)),
        key=lambda d: (d.due.target, d.case.reference),
    )
    breached = sorted((d for d in duties if d.due.outer < day), key=lambda d: (d.due.outer, d.case.reference))
    late = [d for d in duties if d.due.target < day <= d.due.outer]
    today = [d for d in duties if d.due.target == day]
    soon = [d for d in duties if day < d.due.target <= horizon]
    asked = sorted(
        ((case, q) for case in (*cases, *owed) for q in case.open_questions),
        key=lambda pair: (pair[1].default_at, pair[0].reference),
    )
    proposed = sorted(
        ((case, p) for case in (*cases, *owed) for p in case.open_proposals),
        key=lambda pair: (pair[1].proposed_at, pair[0].reference),
    )
    drafted = [c for c in cases if c.current and c.current.draft and not c.current.responded_at]
    nobody = [c for c in cases if not c.handler and c.stage is not Stage.UNSORTED]
    dangers = [c for c in cases if set(DANGERS) & set(c.flags)]
    outside = [c for c in cases if set(OUTSIDE) & set(c.flags)]
    unreached = [c for c in cases if c.unreachable]
    requests = sorted(
        (c for c in cases if c.stage is Stage.SERVICE_REQUEST and c.service_answered_at is None),
        key=lambda c: (c.received_at, c.reference),
    )

    def name(case: Case) -> str:
        person = rules.person(case.handler)
        return person.name if person else "nobody yet"

    def when(moment: dt.date) -> str:
        return near_day(moment, day)

    def working_days_late(duty: Duty) -> str:
        days = rules.calendar.working_days_between(duty.due.outer, day)
        return f"{count(days, 'working day', 'working days')} late"

    def approvers(case: Case) -> str:
        draft = record_of(case).draft
        people = [rules.person(key) for key in draft.approvers] if draft else []
        return " or ".join(person.name for person in people if person) or "nobody there"

    def rows(duties: Sequence[Duty], last: Callable[[Duty], str]) -> list[Fact]:
        return [[d.case.reference, subject(d.case), d.what, name(d.case), last(d)] for d in duties]

    def flagged(cases: Sequence[Case], flags: tuple[Flag, ...]) -> list[Fact]:
        return [
            [
                c.reference,
                subject(c),
                "; ".join(orders.FLAG_WORDS[f] for f in flags if f in c.flags),
                name(c),
            ]
            for c in cases
        ]

    sections: list[Fact] = []
    left = MOST_ROWS_IN_ALL

    def add(title: str, columns: list[Fact], body: Sequence[Fact], tone: str = "", note: str = "") -> None:
        nonlocal left
        if not body:
            return
        shown = list(body[: min(MOST_ROWS, max(left, FEWEST_ROWS))])
        left -= len(shown)
        more = len(body) - len(shown)
        if more:
            note = f"{note} {count(more, 'more is', 'more are')} not shown here.".strip()
        sections.append({"title": title, "columns": columns, "rows": shown, "note": note, "tone": tone})

    duty: list[Fact] = ["Case", "Subject", "What", "Handler"]
    add("Danger and safeguarding", ["Case", "Subject", "Why", "Handler"], flagged(dangers, DANGERS), "red")
    add(
        "Overdue",
        [*duty, "Late"],
        rows(breached, working_days_late),
        "red",
        "The last defensible date has passed: each is reported as a breach.",
    )
    add(
        "Past the target, not yet a breach",
        [*duty, "At the latest"],
        rows(late, lambda d: when(d.due.outer)),
        "amber",
    )
    add("Due today", [*duty, "At the latest"], rows(today, lambda d: when(d.due.outer)), "amber")
    add(
        "Waiting for your decision",
        ["Case", "Subject", "Question", "Without an answer"],
        [
            [
                c.reference,
                subject(c)
                if c.stage is Stage.UNSORTED
                else (not c.restricted and shorten(q.subject)) or subject(c),
                "What is this mail?" if c.stage is Stage.UNSORTED else "What does this mail ask for?",
                f"{orders.KIND_WORDS[q.default]}, {when(rules.day(q.default_at))}",
            ]
            for c, q in asked
        ],
        "amber",
        "Answer the mail that asked you. Without an answer it is taken in the way that protects the "
        f"{rules.policy.person_noun}.",
    )
    add(
        "Grounds for you to weigh",
        ["Case", "Subject", "Ground", "Put before you"],
        [
            [
                c.reference,
                subject(c),
                f"{words_of(p.ground)} ({', '.join(p.clauses)})",
                when(rules.day(p.proposed_at)),
            ]
            for c, p in proposed
        ],
        "amber",
        "Until you accept or decline, the complaint goes on with all its dates.",
    )
    add(
        "Responses that wait for approval",
        ["Case", "Subject", "Approver", "Due"],
        [[c.reference, subject(c), approvers(c), when(record_of(c).promised.target)] for c in drafted],
        "amber",
    )
    add(
        "Letters in trouble",
        ["Case", "Letter", "What happened"],
        [
            [reference or "No case", letter.replace("_", " ").capitalize(), STATE_WORDS.get(state, state)]
            for reference, letter, state in troubled
        ],
        "red",
        "They are not sent again by themselves: check, and write to the person yourself.",
    )
    add(
        "Mails set aside",
        ["Mail", "Why", "Received"],
        [
            [shorten(subject_line) or "(no subject)", plain_cause(cause), when(rules.day(at))]
            for subject_line, cause, at in quarantined
        ],
        "amber",
        "A person must read them; the clock runs from the day they came.",
    )
    add(
        "Without a handler",
        ["Case", "Subject", "Stage"],
        [[c.reference, subject(c), orders.stage_name(c, replace(rules, policy=of(c)))] for c in nobody],
        "amber",
    )
    add(
        f"{rules.policy.person_noun.capitalize()}s not reached",
        ["Case", "Subject", "Handler"],
        [[c.reference, subject(c), name(c)] for c in unreached],
        "amber",
        "A letter came back. The dates still run.",
    )
    add(
        "Due in the next three working days",
        [*duty, "Target"],
        rows(soon, lambda d: when(d.due.target)),
    )
    add(
        "Service requests without an answer",
        ["Case", "Subject", "Handler", "Received"],
        [[c.reference, subject(c), name(c), when(rules.day(c.received_at))] for c in requests],
    )
    add(
        "Ombudsman, elected members, legal",
        ["Case", "Subject", "Why", "Handler"],
        flagged(outside, OUTSIDE),
    )
    add(
        "Closed since yesterday",
        ["Case", "Subject", "Why"],
        [
            [
                c.reference,
                subject(c),
                orders.CLOSED_WORDS.get(c.closed_because, c.closed_because.replace("_", " ")),
            ]
            for c in closed
        ],
        "green",
    )

    complaints = [c for c in cases if c.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)]
    topics = Counter(TOPIC_WORDS[c.topics[0]] for c in cases if c.topics)
    stale = [box for box, at in sorted(looks.items()) if at is None or now - at > STALE]
    return {
        "date": day.isoformat(),
        "headline_lines": list(
            headlines(
                breached,
                today,
                asked=len(asked),
                proposed=len(proposed),
                dangers=len(dangers),
                nobody=len(nobody),
                set_aside=len(quarantined),
                troubled=len(troubled),
                stale=stale,
            )
        ),
        "counts": [
            {"label": "Open complaints", "value": len(complaints), "tone": ""},
            {"label": "Overdue", "value": len(breached), "tone": "red" if breached else "green"},
            {"label": "Due today", "value": len(today), "tone": "amber" if today else ""},
            {
                "label": "For your decision",
                "value": len(asked) + len(proposed),
                "tone": "amber" if asked or proposed else "",
            },
        ],
        "sections": sections,
        "health": [*health(looks, waiting_letters, filed, now), *closures(day, rules)],
        "bars": [{"label": topic, "value": number} for topic, number in topics.most_common(6)],
    }


def record_of(case: Case) -> StageRecord:
    assert case.current is not None
    return case.current


def subject(case: Case) -> str:
    """The resident's subject line as a row shows it; of a restricted case nothing."""
    if case.restricted:
        return RESTRICTED
    return shorten(case.subject) or "(no subject)"


def shorten(text: str) -> str:
    """A subject line that leaves room for others."""
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_SUBJECT else words[: LONGEST_SUBJECT - 1].rstrip() + "…"


def plain_cause(cause: str) -> str:
    """Why a mail was set aside, in words for people. What a program says of its own error may quote the mail,
    so of that only the error's name is kept."""
    kind = OF_A_PROGRAM.match(cause)
    return f"It could not be worked on ({kind[0]})" if kind else cause[:1].upper() + cause[1:]


def headlines(
    breached: Sequence[Duty],
    today: Sequence[Duty],
    *,
    asked: int,
    proposed: int,
    dangers: int,
    nobody: int,
    set_aside: int,
    troubled: int,
    stale: Sequence[str],
) -> list[str]:
    """A few short sentences: what matters this morning, in words. The first one is also in the subject line."""
    first = []
    if breached:
        first.append(f"{count(len(breached), 'duty is', 'duties are')} overdue")
    if today:
        first.append(f"{count(len(today), 'is', 'are')} due today")
    if asked:
        first.append(f"{count(asked, 'mail waits', 'mails wait')} for your decision")
    if proposed:
        first.append(f"{count(proposed, 'ground is', 'grounds are')} for you to weigh")
    lines = [sentence(first or ["nothing is overdue, due today or waiting for you"])]
    if stale:
        told = "has not been read for more than an hour: its mail is not known yet"
        lines.append(f"The mailbox {' and '.join(stale)} {told}.")
    if dangers:
        lines.append(f"{count(dangers, 'open case speaks', 'open cases speak')} of danger or safeguarding.")
    if today:
        kinds = Counter(d.kind for d in today)
        lines.append(f"Today: {', '.join(count(number, *KINDS[kind]) for kind, number in kinds.items())}.")
    trouble = []
    if troubled:
        trouble.append(f"{count(troubled, 'letter is', 'letters are')} in trouble")
    if set_aside:
        trouble.append(f"{count(set_aside, 'mail is', 'mails are')} set aside")
    if nobody:
        trouble.append(f"{count(nobody, 'case has', 'cases have')} no handler")
    if trouble:
        lines.append(sentence(trouble))
    return lines


def health(
    looks: Mapping[str, dt.datetime | None], waiting_letters: int, filed: int, now: dt.datetime
) -> list[Fact]:
    """How the service itself is: what was read when, what waits, what was only filed."""
    lines: list[Fact] = []
    for mailbox, at in sorted(looks.items()):
        if at is None:
            lines.append(f"The mailbox {mailbox} has not been read yet.")
        else:
            lines.append(f"The mailbox {mailbox} was read {ago(now - at)}.")
    waiting = count(waiting_letters, "letter waits", "letters wait") if waiting_letters else "No letter waits"
    lines.append(f"{waiting} to go out.")
    if filed:
        lines.append(f"{count(filed, 'mail was', 'mails were')} filed without a case since yesterday.")
    return lines


def closures(day: dt.date, rules: Rulebook) -> list[Fact]:
    """The days on which the office is shut, two weeks ahead, and what that means for deadlines."""
    soon = sorted(d for d in rules.calendar.closure_days if day <= d <= day + dt.timedelta(days=14))
    if not soon:
        return []
    days = ", ".join(f"{d.day} {d:%B}" for d in soon)
    meanwhile = "Deadlines stand still on them." if rules.policy.closures.deducted else "Deadlines run on."
    return [f"The office is closed on {days}. {meanwhile}"]


def ago(span: dt.timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{count(minutes, 'minute', 'minutes')} ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} hours ago"
    return f"{minutes // (24 * 60)} days ago"
