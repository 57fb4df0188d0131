"""The facts of the daily digest: what a supervisor must know this morning, soonest first.

Pure: a morning in, facts for templates/digest out. The morning is gathered once, each reader gets the part that is
theirs. References and the subject line tell the case; no resident's name and none of their text is in it, and of
restricted cases nothing but how many. Empty tables vanish, a good day is a short mail.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailbot.casework import orders
from mailbot.casework.duties import Duty, duties_of
from mailbot.casework.policy import Policy
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Fact, Stage
from mailbot.reports import trend
from mailbot.reports.health import closures, health_lines, stale_of
from mailbot.reports.listing import case_list
from mailbot.reports.rows import (
    DANGERS,
    OUTSIDE,
    Aside,
    Desk,
    Loose,
    Tables,
    Writer,
    by_date,
    coming,
    draft_of,
    in_trouble,
    set_aside,
    stage_words,
    unreached,
    unreadable,
)
from mailbot.reports.wording import KINDS, TOPIC_WORDS, count, listed, sentence

MOST_BARS = 6


@dataclass(frozen=True)
class Morning:
    """What is known on a morning, of all teams.

    since     when the last digest was written: what happened from then on is "since the last digest"
    cases     every open case; `owed`: closed ones on which a person is asked something or a promise is not kept
    closed    cases that were closed since then
    aside     mails that were set aside
    filed     how many mails were filed without a case since then
    troubled  (reference, letter, state) of each letter that failed, is unknown or held
    loose     letters of no case that wait for a supervisor's word
    looks     when each mailbox was last read
    reckoned  the daily reckoning, line by line
    expiries  (what, day) of each secret whose end is known
    flow      (came, was closed, handler) of each case that came or was closed in the weeks of the trend
    unreadable  (reference, handler) of each case whose row can't be read: it is in nothing else
    """

    day: dt.date
    now: dt.datetime
    since: dt.datetime
    rules: Rulebook
    policy_of: Callable[[Case], Policy]
    cases: tuple[Case, ...]
    owed: tuple[Case, ...] = ()
    closed: tuple[Case, ...] = ()
    aside: tuple[Aside, ...] = ()
    filed: int = 0
    troubled: tuple[tuple[str, str, str], ...] = ()
    loose: tuple[Loose, ...] = ()
    looks: Mapping[str, dt.datetime | None] | None = None
    waiting_letters: int = 0
    reckoned: tuple[str, ...] = ()
    expiries: tuple[tuple[str, dt.date], ...] = ()
    flow: tuple[tuple[dt.date, dt.date | None, str], ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        calendar = self.rules.calendar
        return tuple(
            d for case in (*self.cases, *self.owed) for d in duties_of(case, self.policy_of(case), calendar)
        )

    @cached_property
    def horizon(self) -> dt.date:
        return self.rules.calendar.add_working_days(self.day, 3)


@dataclass(frozen=True)
class Reader:
    """Whom a digest is for. `teams`: whose cases it tells of, () for all; `acts`: the mailbox obeys them on every
    case (supervisors); `references_only`: not even subject lines."""

    key: str = ""
    teams: tuple[str, ...] = ()
    acts: bool = True
    references_only: bool = False


def digest_facts(morning: Morning, reader: Reader | None = None) -> dict[str, Fact]:
    """Everything in the digest of this morning for this reader."""
    reader = reader or Reader()
    day, rules = morning.day, morning.rules
    teams = {person.key: person.team for person in rules.desk.people}

    def theirs(handler: str) -> bool:
        """What nobody has is everybody's: no danger waits for a team."""
        return not reader.teams or handler not in teams or teams[handler] in reader.teams

    whole = Desk.of(
        [c for c in morning.cases if theirs(c.handler)],
        [c for c in morning.owed if theirs(c.handler)],
        [d for d in morning.duties if theirs(d.case.handler)],
        day,
        morning.horizon,
    )
    desk = whole.seen()
    write = Writer(rules, day, morning.policy_of, reader.references_only, reader.acts, key=reader.key)
    closed = [c for c in morning.closed if theirs(c.handler) and not c.restricted]
    looks = morning.looks or {}
    damaged = [reference for reference, handler in morning.unreadable if theirs(handler)]
    facts: dict[str, Fact] = {
        "date": day.isoformat(),
        "teams": list(reader.teams),
        **tables_of(morning, desk, write, closed, damaged),
        "restricted": whole.veiled(),
    }
    waits = {
        "mail": len(whole.questions),
        "ground": len(whole.proposals),
        "response": sum(reader.key in draft_of(c).approvers for c in whole.drafts),
        "letter": len(morning.loose),
    }
    lines = headlines(
        whole,
        waits=waits,
        yours=reader.acts,
        dangers=len(whole.flagged(DANGERS)),
        nobody=sum(_without_handler(c, rules) for c in whole.cases),
        set_aside=len(morning.aside),
        troubled=len(morning.troubled),
        stale=stale_of(looks, morning.now),
        damaged=len(damaged),
        late=lambda d: rules.calendar.working_days_between(d.due.outer, day),
    )
    decisions = sum(waits.values())
    quiet = not (damaged or whole.overdue or whole.due_today or decisions or whole.flagged(DANGERS))
    flow = [(came, went) for came, went, handler in morning.flow if theirs(handler)]
    weeks = trend.weeks_of(day, len(whole.cases), flow) if flow and not quiet else []
    topics = Counter(TOPIC_WORDS[c.topics[0]] for c in whole.cases if c.topics)
    overdue, today = len(whole.overdue), len(whole.due_today)
    return {
        **facts,
        "headline_lines": list(lines),
        "counts": [
            {"label": "Open complaints", "value": whole.complaints, "tone": ""},
            {"label": "Overdue", "value": overdue, "tone": "red" if overdue else "green"},
            {"label": "Due today", "value": today, "tone": "amber" if today else ""},
            {
                "label": "For your decision" if reader.acts else "For a decision",
                "value": decisions,
                "tone": "amber" if decisions else "",
            },
        ],
        "health": [
            *health_lines(
                looks,
                morning.waiting_letters,
                morning.filed,
                morning.reckoned,
                morning.expiries,
                morning.now,
                day,
            ),
            *closures(day, rules),
        ],
        "trend": weeks,
        "trend_words": trend.told([w for w in weeks if isinstance(w, dict)]) if weeks else "",
        "bars": [] if quiet else [{"label": t, "value": n} for t, n in topics.most_common(MOST_BARS)],
    }


def tables_of(
    morning: Morning, desk: Desk, write: Writer, closed: Sequence[Case], damaged: Sequence[str]
) -> dict[str, Fact]:
    """The tables, and the list of all cases where they can't show everything."""
    tables = Tables()
    unreadable(tables, damaged)
    tables.add(
        "Emergencies and safeguarding",
        ("Case", "Why", "Handler"),
        (write.of_flags(c, DANGERS) for c in desk.flagged(DANGERS)),
        "red",
    )
    tables.add(
        "Waiting for your decision" if write.acts else "Waiting for a decision",
        ("Case", "What", "Without an answer"),
        (
            *(write.of_question(case, q) for case, q in desk.questions),
            *(write.of_proposal(case, p) for case, p in desk.proposals),
            *(write.of_draft(case) for case in desk.drafts),
            *map(write.of_loose, morning.loose),
        ),
        "amber",
        "A mail without an answer is taken in the way that protects the "
        f"{write.rules.policy.person_noun}; a complaint with a ground against it goes on until you decide."
        if desk.questions or desk.proposals or desk.drafts
        else "",
    )
    by_date(tables, desk, write)
    tables.add(
        "Letters in trouble",
        ("Case", "Letter", "What happened"),
        in_trouble(morning.troubled),
        "red",
        "They are not sent again by themselves: check, and write to the person yourself.",
    )
    tables.add(
        "Quarantine: mails set aside",
        ("Mail", "Why", "Received"),
        set_aside(morning.aside, write),
        "amber",
        "A person must read them; the clock runs from the day they came.",
    )
    tables.add(
        "Without a handler",
        ("Case", "Stage"),
        (
            write.of_case(c, stage_words(c, write), buttons=write.press("Give to", "#assign "))
            for c in desk.cases
            if _without_handler(c, write.rules)
        ),
        "amber",
    )
    unreached(tables, desk, write)
    coming(tables, desk, write)
    tables.add(
        "Service requests without an answer",
        ("Case", "Handler", "Received"),
        (
            write.of_case(
                c,
                write.handler(c),
                write.when(write.rules.day(c.received_at)),
                buttons=[*write.ask(c), *write.press("It is a complaint", "#sort complaint")],
            )
            for c in desk.requests
        ),
    )
    tables.add(
        "MPs, the Ombudsman, legal",
        ("Case", "Why", "Handler"),
        (write.of_flags(c, OUTSIDE) for c in desk.flagged(OUTSIDE)),
    )
    tables.add(
        "Reopened since the last digest",
        ("Case", "Stage", "Handler"),
        (
            write.of_case(
                c, stage_words(c, write), write.handler(c), buttons=write.press("History", "#history")
            )
            for c in desk.cases
            if c.reopened_at and c.reopened_at >= morning.since
        ),
    )
    tables.add(
        "Closed since the last digest",
        ("Case", "Why"),
        (
            write.of_case(c, orders.CLOSED_WORDS.get(c.closed_because, c.closed_because.replace("_", " ")))
            for c in closed
        ),
        "green",
    )
    sections, tight = tables.laid_out()
    listing = case_list(desk, write) if tight else ""
    return {
        "sections": sections,
        "list_csv": listing,
        "list_note": f"{count(len(desk.cases) + len(desk.owed), 'case is', 'cases are')} in the list that goes along."
        if listing
        else "",
    }


def _without_handler(case: Case, rules: Rulebook) -> bool:
    """Nobody was given it, or whoever had it is no longer in the staff file."""
    return rules.person(case.handler) is None and case.stage is not Stage.UNSORTED


# ------------------------------------------------------------------ the three lines


def headlines(
    desk: Desk,
    *,
    waits: Mapping[str, int],
    yours: bool,
    dangers: int,
    nobody: int,
    set_aside: int,
    troubled: int,
    stale: Sequence[str],
    damaged: int = 0,
    late: Callable[[Duty], int],
) -> list[str]:
    """Three short sentences at most: what matters this morning, in words. The first is also in the subject line."""
    lines = []
    if overdue := overdue_words(desk.overdue, late):
        lines.append(sentence(overdue))
    today = today_words(desk.due_today)
    if waiting := [count(number, kind, f"{kind}s") for kind, number in waits.items() if number]:
        verb = "waits" if sum(waits.values()) == 1 else "wait"
        today.append(f"{listed(waiting)} {verb} for {'your' if yours else 'a'} decision")
    if today:
        lines.append(sentence([", and ".join(today)]))
    rest = []
    if stale:
        rest.append(f"the mailbox {listed(stale)} has not been read for more than an hour")
    if damaged:
        rest.append(f"{count(damaged, 'case', 'cases')} can't be read")
    if dangers:
        rest.append(f"{count(dangers, 'open case speaks', 'open cases speak')} of danger or safeguarding")
    if troubled:
        rest.append(f"{count(troubled, 'letter is', 'letters are')} in trouble")
    if set_aside:
        rest.append(f"{count(set_aside, 'mail is', 'mails are')} set aside")
    if nobody:
        rest.append(f"{count(nobody, 'case has', 'cases have')} no handler")
    if not lines:
        you = " or waiting for you" if yours else ""
        lines.append(f"Nothing is overdue{',' if you else ' or'} due today{you}.")
    return [*lines, sentence(rest)] if rest else lines


def overdue_words(overdue: Sequence[Duty], late: Callable[[Duty], int]) -> list[str]:
    """`overdue`: the longest ago first."""
    if not overdue:
        return []
    days = count(late(overdue[0]), "working day", "working days")
    kinds = Counter(d.kind for d in overdue)
    if len(kinds) > 1:
        return [f"{len(overdue):,} duties are overdue, the longest by {days}"]
    ((kind, number),) = kinds.items()
    name = count(number, *KINDS[kind])
    return [f"{name} is overdue by {days}" if number == 1 else f"{name} are overdue, the longest by {days}"]


def today_words(today: Sequence[Duty]) -> list[str]:
    if not today:
        return []
    kinds = Counter(d.kind for d in today)
    told = listed([count(number, *KINDS[kind]) for kind, number in kinds.most_common()])
    return [f"{told} {'is' if len(today) == 1 else 'are'} due today"]
