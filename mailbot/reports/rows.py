"""The tables of the digest and of the morning list: which case stands where, with what a press can do about it.

A duty stands in the one table of its dates. Of a restricted case no row is made; it is counted (`Desk.veiled`).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from mailbot.casework import offered, orders
from mailbot.casework.duties import Duty
from mailbot.casework.policy import Policy
from mailbot.casework.proposals import words_of
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Draft,
    Fact,
    Flag,
    Matter,
    Proposal,
    Question,
    Stage,
)
from mailbot.reports.wording import (
    STATE_WORDS,
    count,
    near_day,
    plain_cause,
    shorten,
    subject_of,
    without_names,
)

A_ROW, A_BUTTON = 2, 1
"""What they weigh: a unit is some 400 bytes of HTML."""
ROOMY = 130
"""So much a mail may weigh and show everything, and stay under the 102 kB at which Gmail clips."""
MOST_ROWS = ROOMY // A_ROW + 1
"""A table of more rows is never shown whole: the others are counted, and not kept."""
TIGHT, TIGHT_TABLE = 52, 16
"""What is beyond it goes along as a list, which takes room: then so much for the mail, and so much for one table. Each
shows a row at least, however much stands before it; what is left out is counted below it."""
DANGERS = (Flag.URGENT_HAZARD, Flag.SAFEGUARDING)
OUTSIDE = (Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR, Flag.LEGAL_ACTION, Flag.LEGAL_PROCEEDINGS_ISSUED)


@dataclass(frozen=True)
class Aside:
    """A mail that was set aside."""

    mail: str
    subject: str
    cause: str
    received_at: dt.datetime


@dataclass(frozen=True)
class Loose:
    """A letter of no case that waits for a supervisor's word. `why`: what else keeps it back, "" for nothing."""

    reference: str
    words: str
    subject: str  # of the mail that it answers
    since: dt.datetime
    why: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table: `lead` is what people know it by, `under` its reference. `buttons`: prepared mails,
    to the mailbox ("line") or to a colleague ("to")."""

    lead: str
    under: str
    cells: tuple[str, ...]
    buttons: tuple[Fact, ...] = ()

    @property
    def weight(self) -> int:
        return A_ROW + A_BUTTON * len(self.buttons)

    @property
    def fact(self) -> Fact:
        return {
            "lead": self.lead,
            "under": self.under,
            "cells": list(self.cells),
            "buttons": list(self.buttons),
        }


@dataclass(frozen=True)
class Writer:
    """Writes rows for one reader: `mine` leaves out who has the case, `acts` says whether the mailbox obeys them on
    every case, `references_only` shows no word of a resident."""

    rules: Rulebook
    today: dt.date
    policy_of: Callable[[Case], Policy]
    references_only: bool = False
    acts: bool = True
    mine: bool = False
    key: str = ""

    # -------------------------------------------------------------- words

    def lead(self, case: Case) -> tuple[str, str]:
        """What a row is known by, and what stands below it."""
        if case.restricted:
            return case.reference, "restricted"
        if self.references_only:
            return case.reference, ""
        return subject_of(case), case.reference

    def handler(self, case: Case) -> str:
        person = self.rules.person(case.handler)
        return person.name if person else "nobody yet"

    def when(self, day: dt.date) -> str:
        return near_day(day, self.today)

    def late(self, duty: Duty) -> str:
        days = self.rules.calendar.working_days_between(duty.due.outer, self.today)
        return f"{count(days, 'working day', 'working days')} late"

    def what(self, duty: Duty) -> str:
        if (self.references_only or duty.case.restricted) and duty.kind == "action":
            return duty.what.partition(":")[0]
        return shorten(without_names(duty.what, duty.case))

    # -------------------------------------------------------------- buttons

    def press(self, label: str, line: str, body: str = "") -> list[dict[str, Fact]]:
        return [{"label": label, "line": line, "body": body}] if self.acts else []

    def ask(self, case: Case) -> list[dict[str, Fact]]:
        person = self.rules.person(case.handler)
        if person is None or self.mine or person.key == self.key:
            return []
        return [{"label": f"Ask {person.name.split()[0]}", "to": person.address}]

    def done(self, duty: Duty) -> list[dict[str, Fact]]:
        """What settles a duty with one line."""
        match duty.kind:
            case "action":
                return self.press("Done", f"#done {duty.what.removeprefix('Action ').partition(':')[0]}")
            case "acknowledgement":
                return self.press("Acknowledge", "#acknowledge")
            case "contact" if self.mine:
                return self.press("Record contact", "#contacted by phone")
            case "review" if self.mine:
                return self.press("Review held", "#reviewed")
            case "request" if self.mine:
                return self.press("Close as answered", "#close answered")
            case "response" if self.mine:
                return self.press(
                    "Send response", "#respond upheld", "Then, after an empty line, the response."
                )
        return []

    # -------------------------------------------------------------- rows

    def of_case(self, case: Case, *cells: str, buttons: Iterable[Fact] = ()) -> Row:
        lead, under = self.lead(case)
        return Row(lead, under, cells, tuple(buttons))

    def of_duty(self, duty: Duty, last: str) -> Row:
        who = () if self.mine else (self.handler(duty.case),)
        buttons = self.done(duty) if self.mine else [*self.ask(duty.case), *self.done(duty)][:2]
        return self.of_case(duty.case, self.what(duty), *who, last, buttons=buttons)

    def of_flags(self, case: Case, flags: Sequence[Flag]) -> Row:
        raised = [
            f for f in flags if f in case.flags or (f is Flag.OMBUDSMAN and case.matter is Matter.OMBUDSMAN)
        ]
        why = "; ".join(orders.FLAG_WORDS[f] for f in raised)
        who = () if self.mine else (self.handler(case),)
        history = self.press("History", "#history")
        return self.of_case(case, why, *who, buttons=[*self.ask(case), *history])

    def of_question(self, case: Case, question: Question) -> Row:
        which = f"{question.number} " if len(case.open_questions) > 1 else ""
        if case.stage is Stage.UNSORTED:
            asked, answers = "What is this mail?", ("complaint", "service request", "other")
        else:
            asked, answers = "What does this mail ask for?", ("reply", "escalation", "complaint")
        labels = {"other": "Neither", "service request": "Request", "escalation": "Next stage"}
        buttons = [
            one
            for word in answers
            for one in self.press(labels.get(word, word.capitalize()), f"#sort {which}{word}")
        ]
        then = f"{orders.KIND_WORDS[question.default]}, {self.when(self.rules.day(question.default_at))}"
        return self.of_case(case, asked, then, buttons=buttons)

    def of_proposal(self, case: Case, proposal: Proposal) -> Row:
        ground = f"{words_of(proposal.ground)} ({', '.join(proposal.clauses)})"
        since = self.when(self.rules.day(proposal.proposed_at))
        decline = f"#decline {proposal.ground.replace('_', ' ')} because "
        buttons = [
            *self.press("Goes on", "#accept"),
            *self.press("Decline", decline, "Why, for the resident."),
        ]
        return self.of_case(case, f"Ground to weigh: {ground}", f"it goes on; since {since}", buttons=buttons)

    def of_loose(self, letter: Loose) -> Row:
        """A letter of no case: its own reference stands where a case's would."""
        subject = "" if self.references_only else shorten(letter.subject)
        lead, under = (subject, letter.reference) if subject else (letter.reference, "")
        since = self.when(self.rules.day(letter.since))
        why = f" ({letter.why})" if letter.why else ""
        told = (f"Shall this {letter.words} go?{why}", f"it does not go; since {since}")
        return Row(lead, under, told, tuple(offered.release_buttons()) if self.acts else ())

    def of_draft(self, case: Case) -> Row:
        draft, record = draft_of(case), case.current
        assert record is not None
        people = [self.rules.person(key) for key in draft.approvers]
        names = " or ".join(person.name for person in people if person) or "nobody there"
        mine = self.key in draft.approvers
        may = replace(self, acts=mine)
        buttons = [*may.press("Approve", "#approve"), *may.press("Return", "#return because ")]
        told = "Response for you to approve" if mine else f"Response for {names} to approve"
        return self.of_case(
            case, told, f"nothing goes; due {self.when(record.promised.target)}", buttons=buttons
        )


@dataclass
class Tables:
    """The tables of one mail, in order; what doesn't fit is counted."""

    _bodies: list[tuple[dict[str, Fact], list[Row], int]] = field(default_factory=list)  # and how many more

    def add(
        self, title: str, columns: Sequence[str], body: Iterable[Row], tone: str = "", note: str = ""
    ) -> None:
        coming = iter(body)
        if rows := list(itertools.islice(coming, MOST_ROWS)):
            head: dict[str, Fact] = {"title": title, "columns": list(columns), "note": note, "tone": tone}
            self._bodies.append((head, rows, sum(1 for _ in coming)))

    def laid_out(self) -> tuple[list[Fact], bool]:
        """The tables, and whether rows were left out of them."""
        tight = sum(row.weight for _, rows, _ in self._bodies for row in rows) > ROOMY
        left, sections = TIGHT, list[Fact]()
        for head, rows, others in self._bodies:
            shown = rows[: max(_fitting(rows, min(left, TIGHT_TABLE)), 1)] if tight else rows
            left -= sum(row.weight for row in shown)
            more = len(rows) + others - len(shown)
            told = f"{count(more, 'more is', 'more are')} not shown here." if more else ""
            sections.append({**head, "rows": [row.fact for row in shown], "more": told})
        return sections, tight

    def __bool__(self) -> bool:
        return bool(self._bodies)


def unreadable(tables: Tables, references: Iterable[str]) -> None:
    """Cases whose row can't be read: nothing else here tells of them."""
    tables.add(
        "Cases that can't be read",
        ("Case", "What it means"),
        (Row(reference, "", (UNREADABLE,)) for reference in references),
        "red",
        "Their duties are in none of these lists. Do by hand what is due, and tell whoever runs mailbot.",
    )


UNREADABLE = "Its record is damaged. Its mails and its history are kept (mailbot case show)."


def _fitting(rows: Sequence[Row], room: int) -> int:
    """How many of the rows fit into so much room."""
    weights = itertools.accumulate(row.weight for row in rows)
    return sum(weight <= room for weight in weights)


@dataclass(frozen=True)
class Desk:
    """Cases and what is owed on them, as one reader may see them: restricted ones are only counted."""

    cases: tuple[Case, ...]
    owed: tuple[Case, ...]  # closed, and something is still to be done
    duties: tuple[Duty, ...]
    today: dt.date
    horizon: dt.date

    @classmethod
    def of(
        cls,
        cases: Sequence[Case],
        owed: Sequence[Case],
        duties: Sequence[Duty],
        today: dt.date,
        horizon: dt.date,
    ) -> Desk:
        order = sorted(duties, key=lambda d: (d.due.target, d.due.outer, d.case.reference, d.what))
        return cls(tuple(cases), tuple(owed), tuple(order), today, horizon)

    # -------------------------------------------------------------- by date

    @property
    def overdue(self) -> list[Duty]:
        """The last defensible date has passed; the longest ago first."""
        return sorted(
            (d for d in self.duties if d.due.outer < self.today),
            key=lambda d: (d.due.outer, d.case.reference),
        )

    @property
    def late(self) -> list[Duty]:
        return [d for d in self.duties if d.due.target < self.today <= d.due.outer]

    @property
    def due_today(self) -> list[Duty]:
        return [d for d in self.duties if d.due.target == self.today]

    @property
    def soon(self) -> list[Duty]:
        return [d for d in self.duties if self.today < d.due.target <= self.horizon]

    @property
    def unacknowledged(self) -> list[Duty]:
        return [d for d in self.duties if d.kind == "acknowledgement" and d.due.target > self.today]

    # -------------------------------------------------------------- by what waits

    @property
    def questions(self) -> list[tuple[Case, Question]]:
        found = ((case, q) for case in (*self.cases, *self.owed) for q in case.open_questions)
        return sorted(found, key=lambda pair: (pair[1].default_at, pair[0].reference))

    @property
    def proposals(self) -> list[tuple[Case, Proposal]]:
        found = ((case, p) for case in (*self.cases, *self.owed) for p in case.open_proposals)
        return sorted(found, key=lambda pair: (pair[1].proposed_at, pair[0].reference))

    @property
    def drafts(self) -> list[Case]:
        return [c for c in self.cases if c.current and c.current.draft and not c.current.responded_at]

    @property
    def requests(self) -> list[Case]:
        found = (c for c in self.cases if c.stage is Stage.SERVICE_REQUEST and c.service_answered_at is None)
        return sorted(found, key=lambda c: (c.received_at, c.reference))

    @property
    def complaints(self) -> int:
        return sum(c.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN) for c in self.cases)

    def flagged(self, flags: Sequence[Flag]) -> list[Case]:
        """The newest first: what people have known for weeks is below."""
        found = (c for c in self.cases if set(flags) & set(c.flags) or _is_ombudsmans(c, flags))
        return sorted(found, key=lambda c: (c.received_at, c.reference), reverse=True)

    def seen(self) -> Desk:
        """Without restricted cases."""
        return replace(
            self,
            cases=tuple(c for c in self.cases if not c.restricted),
            owed=tuple(c for c in self.owed if not c.restricted),
            duties=tuple(d for d in self.duties if not d.case.restricted),
        )

    def veiled(self) -> str:
        """What is told of restricted cases: how many, and what waits on them. "" where there are none."""
        hidden = Desk(
            tuple(c for c in self.cases if c.restricted),
            tuple(c for c in self.owed if c.restricted),
            tuple(d for d in self.duties if d.case.restricted),
            self.today,
            self.horizon,
        )
        number = len(hidden.cases) + len(hidden.owed)
        if not number:
            return ""
        waits = len(hidden.questions) + len(hidden.proposals) + len(hidden.drafts)
        parts = [
            f"{amount:,} {words}"
            for amount, words in (
                (len(hidden.overdue), "overdue"),
                (len(hidden.late), "past the target"),
                (len(hidden.due_today), "due today"),
                (len(hidden.soon), "due in the next three working days"),
                (waits, "waiting for a decision"),
            )
            if amount
        ]
        of_them = f": {', '.join(parts)}" if parts else ": nothing is due on them"
        return f"{count(number, 'case is', 'cases are')} restricted and not shown here{of_them}."


def _is_ombudsmans(case: Case, flags: Sequence[Flag]) -> bool:
    return case.matter is Matter.OMBUDSMAN and Flag.OMBUDSMAN in flags


def draft_of(case: Case) -> Draft:
    assert case.current is not None and case.current.draft is not None
    return case.current.draft


# ------------------------------------------------------------------ the tables that both mails have


def by_date(tables: Tables, desk: Desk, write: Writer) -> None:
    """Overdue, past the target, due today."""
    columns = ("Case", "What") if write.mine else ("Case", "What", "Handler")
    tables.add(
        "Overdue",
        (*columns, "Late"),
        (write.of_duty(d, write.late(d)) for d in desk.overdue),
        "red",
        "The last defensible date has passed: each is reported as a breach.",
    )
    tables.add(
        "Past the target, not yet a breach",
        (*columns, "At the latest"),
        (write.of_duty(d, write.when(d.due.outer)) for d in desk.late),
        "amber",
    )
    tables.add(
        "Due today",
        (*columns, "At the latest"),
        (write.of_duty(d, write.when(d.due.outer)) for d in desk.due_today),
        "amber",
    )


def coming(tables: Tables, desk: Desk, write: Writer) -> None:
    """Not acknowledged yet, promised actions, and what else is due in the next three working days."""
    columns = ("Case", "What") if write.mine else ("Case", "What", "Handler")
    tables.add(
        "Not acknowledged yet",
        (*columns, "Due"),
        (write.of_duty(d, write.when(d.due.target)) for d in desk.unacknowledged),
    )
    tables.add(
        "Promised actions due in the next three working days",
        (*columns, "Due"),
        (write.of_duty(d, write.when(d.due.target)) for d in desk.soon if d.kind == "action"),
    )
    others = (d for d in desk.soon if d.kind not in ("action", "acknowledgement"))
    tables.add(
        "Due in the next three working days",
        (*columns, "Target"),
        (replace(write.of_duty(d, write.when(d.due.target)), buttons=()) for d in others),
    )


def unreached(tables: Tables, desk: Desk, write: Writer) -> None:
    who = () if write.mine else ("Handler",)
    noun = write.rules.policy.person_noun.capitalize()
    tables.add(
        f"{noun}s not reached",
        ("Case", *who, "What to do"),
        (
            write.of_case(
                c,
                *(() if write.mine else (write.handler(c),)),
                "a letter came back: try another way",
                buttons=[*write.ask(c), *write.press("Record contact", "#contacted by phone")],
            )
            for c in desk.cases
            if c.unreachable
        ),
        "amber",
        "The dates still run.",
    )


def in_trouble(troubled: Sequence[tuple[str, str, str]]) -> Iterator[Row]:
    for reference, letter, state in troubled:
        name = letter.replace("_", " ").capitalize()
        yield Row(reference or "No case", "", (name, STATE_WORDS.get(state, state)))


def set_aside(mails: Sequence[Aside], write: Writer) -> Iterator[Row]:
    for one in mails:
        lead = one.mail if write.references_only else shorten(one.subject) or "(no subject)"
        under = "" if write.references_only else one.mail
        yield Row(lead, under, (plain_cause(one.cause), write.when(write.rules.day(one.received_at))))


def stage_words(case: Case, write: Writer) -> str:
    return orders.stage_name(case, replace(write.rules, policy=write.policy_of(case)))
