"""The same figures, counted anew and in another way: from the journal's letters and commands alone.

Nothing here uses the reports or the cases. Stages are known by the letters that the journal says were ordered
(acknowledgement, response, extension notice, closure ...), days by the clock in London, working days by a list of bank
holidays that was typed in by hand. The policies' times are typed in as well: 5, 10 and 20 working days for the Code;
1, 7, 2 and 15 for mhs (Informing-para5, Resolve-para1, Appeal-para2 and 3).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from mailbot.casework.vocabulary import Act, Letter, MailArrived, SendLetter, StaffActed
from mailbot.demo.year import ESTATES, PEOPLE, Line

LONDON = ZoneInfo("Europe/London")
TYPED = """
2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
"""
BANK_HOLIDAYS = {dt.date.fromisoformat(day) for day in TYPED.split()}
SUPERVISORS = {"owen"}
TEAM = {person.name: person.team for person in PEOPLE}
TOPICS = {
    "repairs": "Repairs", "damp_mould_leaks": "Damp, mould and leaks", "heating_hot_water": "Heating and hot water",
    "anti_social_behaviour": "Anti-social behaviour", "communication": "Communication",
    "estate_management": "Estate management", "charges": "Rent and charges", "staff_conduct": "Staff conduct",
    "home_ownership": "Home ownership", "building_safety": "Building safety",
    "moving_and_lettings": "Moving and lettings", "tenancy": "Tenancy",
}  # fmt: skip
GROUNDS = {"age": "How old it is", "already_handled": "Considered before"}


def works(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def plus(day: dt.date, n: int) -> dt.date:
    while n > 0:
        day = dt.date.fromordinal(day.toordinal() + 1)
        n -= 1 if works(day) else 0
    return day


def between(first: dt.date, last: dt.date) -> int:
    return sum(works(dt.date.fromordinal(n)) for n in range(first.toordinal() + 1, last.toordinal() + 1))


def london(at: dt.datetime) -> dt.date:
    return at.astimezone(LONDON).date()


@dataclass
class Stage:
    asked: dt.date
    acknowledged: dt.date
    handler: str
    answered: dt.date | None = None
    decision: str = ""
    longer: list[tuple[dt.date, dt.date, bool]] = field(default_factory=list)  # told, until, by a supervisor


@dataclass
class Counted:
    """A case as its journal tells it."""

    reference: str
    policy: str
    received: dt.date
    sender: str
    text: str
    topic: str
    stages: dict[int, Stage] = field(default_factory=dict)
    was_request: bool = False
    turned: bool = False
    closed: dt.date | None = None
    why: str = ""
    refused: list[tuple[dt.date, str]] = field(default_factory=list)
    reopened: list[dt.date] = field(default_factory=list)
    tenure: str = "not recorded"
    money: tuple[dt.date, float] | None = None
    found: list[dt.date] = field(default_factory=list)
    ordered: list[list[dt.date | None]] = field(default_factory=list)  # on, due, done
    learned: list[tuple[dt.date, str]] = field(default_factory=list)
    marks: list[tuple[dt.date, int]] = field(default_factory=list)

    # -------------------------------------------------------------- what it is

    @property
    def complaint(self) -> bool:
        return bool(self.stages) and self.why != "concern" and self.why != "refused"

    @property
    def estate(self) -> str:
        return next((name for name in ESTATES if name in self.text), "not recorded")

    def code(self, n: int) -> tuple[dt.date, dt.date, dt.date, bool]:
        """Acknowledge by, answer by, answer by with valid extensions, whether one of them does not count."""
        stage = self.stages[n]
        acknowledge = plus(stage.asked, 5)
        answer = plus(min(stage.acknowledged, acknowledge), 10 * n)
        until, fault = answer, False
        for told, to, supervisor in stage.longer:
            if told <= until and (supervisor or to <= plus(answer, 10 * n)):
                until = max(until, to)
            else:
                fault = True
        return acknowledge, answer, until, fault

    def own(self, n: int) -> tuple[dt.date, dt.date, dt.date]:
        """The same by the landlord's own policy."""
        stage = self.stages[n]
        if self.policy == "mhs":
            acknowledge = plus(stage.asked, n)
            answer = plus(stage.asked, {1: 7, 2: 15}[n])
        else:
            acknowledge, answer = self.code(n)[:2]
        last = stage.longer[-1][1] if stage.longer else answer
        return acknowledge, answer, max(answer, last)


def letters(line: Line) -> Iterable[SendLetter]:
    return (effect for effect in line.effects if isinstance(effect, SendLetter))


def recount(lines: Iterable[Line]) -> dict[str, Counted]:
    """Every case of the journal. Its clauses tell which policy it keeps to: mhs, or one whose times are the Code's."""
    told: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.reference:
            told[line.reference].append(line)
    return {reference: one(reference, story) for reference, story in told.items()}


def one(reference: str, story: list[Line]) -> Counted:
    first = story[0].event
    assert isinstance(first, MailArrived)
    cited = {clause for line in story for clause in line.because}
    of_mhs = any(clause.startswith(("Inform", "Definition", "Identify")) for clause in cited)
    case = Counted(
        reference,
        "mhs" if of_mhs else "another",
        london(first.received_at),
        first.sender.address,
        first.text,
        TOPICS[first.verdict.topics[0].value] if first.verdict.topics else "not recorded",
    )
    for line in story:
        day = london(line.at)
        for letter in letters(line):
            facts = letter.facts
            match letter.letter:
                case Letter.SERVICE_REQUEST_RECEIPT:
                    case.was_request = True
                case Letter.ACKNOWLEDGEMENT:
                    asked = dt.date.fromisoformat(str(facts["received_on"]))
                    handler = facts["handler"]
                    assert isinstance(handler, dict)
                    case.stages[int(str(facts["stage"]))] = Stage(asked, day, str(handler["name"]))
                    case.turned = case.turned or facts["from_service_request"] is True
                    case.closed, case.why = None, ""
                case Letter.RESPONSE | Letter.FINAL_RESPONSE:
                    stage = case.stages[1 if letter.letter is Letter.RESPONSE else 2]
                    stage.answered, stage.decision = day, str(facts["decision"])
                case Letter.EXTENSION_NOTICE:
                    stage = case.stages[max(case.stages)]
                    to = dt.date.fromisoformat(str(facts["new_due"]))
                    stage.longer.append((day, to, line.who in SUPERVISORS))
                case Letter.CLOSURE:
                    case.closed, case.why = day, str(facts["closed_because"])
                case Letter.REFUSAL:
                    case.closed, case.why = day, "refused"
                case Letter.REOPENED:
                    case.reopened.append(day)
                    case.closed, case.why = None, ""
        command(case, line, day)
    return case


def command(case: Counted, line: Line, day: dt.date) -> None:
    event = line.event
    if isinstance(event, MailArrived) and event.answers == "survey":
        case.marks.append((day, int(event.text)))
    if not isinstance(event, StaffActed) or line.summary.startswith("Refused"):
        return
    match event.act:
        case Act.RECORD if event.name == "tenure":
            case.tenure = event.words
        case Act.RECORD if event.name == "compensation":
            case.money = (day, float(event.words))
        case Act.LEARNED:
            untold = "no theme" if case.topic == "not recorded" else case.topic.lower()
            case.learned.append((day, event.name or untold))
        case Act.DECLINE:
            case.refused.append((day, GROUNDS[event.ground]))
        case Act.DETERMINATION:
            case.found.append(day)
        case Act.ORDER:
            case.ordered.append([day, event.until, None])
        case Act.DONE:
            case.ordered[int(event.number or 1) - 1][2] = day


# ------------------------------------------------------------------ the figures, counted by hand

Span = tuple[dt.date, dt.date]


class Figures:
    """Each method of this class is a figure of the reports under its key. A count or a share gives references
    (twice for what counts twice); days and pounds give the number."""

    def __init__(self, cases: Iterable[Counted], span: Span) -> None:
        self.cases = list(cases)
        self.first, self.last = span

    def within(self, day: dt.date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    def with_stage(self, n: int) -> list[Counted]:
        return [c for c in self.cases if c.complaint and n in c.stages]

    def received(self, n: int) -> list[str]:
        return [c.reference for c in self.with_stage(n) if self.within(c.stages[n].asked)]

    def answered(self, n: int) -> list[Counted]:
        return [c for c in self.with_stage(n) if self.within(c.stages[n].answered)]

    def acknowledged(self, n: int, by: str) -> tuple[list[str], list[str]]:
        base = [c for c in self.with_stage(n) if self.within(c.stages[n].acknowledged)]
        limit = {"policy": lambda c: c.own(n)[0], "code": lambda c: c.code(n)[0]}[by]
        return [c.reference for c in base if c.stages[n].acknowledged <= limit(c)], [
            c.reference for c in base
        ]

    def in_time(self, n: int, by: str, longer: bool) -> tuple[list[str], list[str]]:
        base = self.answered(n)

        def limit(c: Counted) -> dt.date:
            _, answer, until = c.own(n) if by == "policy" else c.code(n)[:3]
            return until if longer else answer

        good = [c.reference for c in base if (day := c.stages[n].answered) and day <= limit(c)]
        return good, [c.reference for c in base]

    def took(self, n: int) -> list[int]:
        return sorted(
            between(c.stages[n].asked, day) for c in self.answered(n) if (day := c.stages[n].answered)
        )

    def median(self, n: int) -> float | None:
        days = self.took(n)
        half = len(days) // 2
        if not days:
            return None
        return days[half] if len(days) % 2 else (days[half - 1] + days[half]) / 2

    def nine_in_ten(self, n: int) -> float | None:
        days = self.took(n)
        for day in days:
            if sum(d <= day for d in days) >= math.ceil(0.9 * len(days)):
                return float(day)
        return None

    def upheld(self, n: int) -> tuple[list[str], list[str]]:
        base = self.answered(n)
        good = [c.reference for c in base if c.stages[n].decision in ("upheld", "partly upheld")]
        return good, [c.reference for c in base]

    def waiting(self, n: int, late: bool) -> list[str]:
        found = []
        for c in self.with_stage(n):
            stage = c.stages[n]
            if stage.asked > self.last or (stage.answered and stage.answered <= self.last):
                continue
            if c.closed and c.closed <= self.last:
                continue
            if not late or c.own(n)[2] < self.last:
                found.append(c.reference)
        return found

    def again(self) -> list[str]:
        found = []
        for c in self.with_stage(1):
            asked = c.stages[1].asked
            before = [
                o for o in self.with_stage(1)
                if o is not c and o.sender == c.sender
                and asked.toordinal() - 365 <= o.stages[1].asked.toordinal() <= asked.toordinal()
            ]  # fmt: skip
            if self.within(asked) and before:
                found.append(c.reference)
        return found

    def of(self, key: str) -> object:
        """The figure of this key."""
        n = 2 if key.startswith("stage2") else 1
        if key.startswith("stage"):
            return self._of_stage(key.partition("_")[2], n)
        cases = self.cases
        match key:
            case "escalation_rate":
                base = self.answered(1)
                return [c.reference for c in base if 2 in c.stages], [c.reference for c in base]
            case "service_requests":
                return [c.reference for c in cases if c.was_request and self.within(c.received)]
            case "turned_into_complaints":
                return [
                    c.reference for c in self.with_stage(1) if c.turned and self.within(c.stages[1].asked)
                ]
            case "refused":
                return [c.reference for c in cases if any(self.within(day) for day, _ in c.refused)]
            case "declined_stage2":
                return []
            case "reopened":
                return [
                    c.reference
                    for c in cases
                    if c.stages and c.why != "concern" and any(map(self.within, c.reopened))
                ]
            case "withdrawn":
                return [c.reference for c in cases if c.why == "withdrawn" and self.within(c.closed)]
            case "concerns":
                return [c.reference for c in cases if c.why == "concern" and self.within(c.received)]
            case "compensated":
                return [c.reference for c in cases if c.money and self.within(c.money[0])]
            case "compensation":
                return float(sum(c.money[1] for c in cases if c.money and self.within(c.money[0])))
            case "determinations":
                return [c.reference for c in cases for day in c.found if self.within(day)]
            case "orders":
                return [c.reference for c in cases for on, _, _ in c.ordered if self.within(on)]
            case "orders_late":
                return [
                    c.reference
                    for c in cases
                    for _, due, done in c.ordered
                    if self.within(due) and (done is None or (due and done > due))
                ]
            case "learned":
                return [c.reference for c in cases for day, _ in c.learned if self.within(day)]
            case "complained_again":
                return self.again()
            case "surveyed":
                return [c.reference for c in cases if any(self.within(day) for day, _ in c.marks)]
            case "satisfied":
                last = {c.reference: [m for day, m in c.marks if self.within(day)] for c in cases}
                return [r for r, marks in last.items() if marks and marks[-1] > 3], [
                    r for r, m in last.items() if m
                ]
            case "extended":
                return [
                    c.reference
                    for c in cases
                    if c.complaint and any(self.within(t[0]) for s in c.stages.values() for t in s.longer)
                ]
            case "extended_invalid":
                return [
                    c.reference
                    for c in cases
                    if c.complaint
                    and any(
                        c.code(n)[3] and any(self.within(t[0]) for t in s.longer) for n, s in c.stages.items()
                    )
                ]
        raise KeyError(key)

    def _of_stage(self, key: str, n: int) -> object:
        match key:
            case "received":
                return self.received(n)
            case "answered":
                return [c.reference for c in self.answered(n)]
            case "acknowledged_policy" | "acknowledged_code":
                return self.acknowledged(n, key.rpartition("_")[2])
            case "policy_time" | "policy_time_extended" | "code_time" | "code_time_extended":
                return self.in_time(n, key.partition("_")[0], key.endswith("extended"))
            case "median_days":
                return self.median(n)
            case "days_of_nine_in_ten":
                return self.nine_in_ten(n)
            case "upheld":
                return self.upheld(n)
            case "open" | "late_and_open":
                return self.waiting(n, key != "open")
        raise KeyError(key)
