"""A case as the figures see it: one row with its days, made of the case and its lines of the journal.

Days are London's. What the case itself forgets is taken from the journal: every extension that was told, when it was
opened again, what people said in a survey. Nothing here counts or judges; `figures` and `tsm` do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from mailbot.casework.calendar import Calendar
from mailbot.casework.on_mail import survey_mark
from mailbot.casework.parts import Place, ReportSettings
from mailbot.casework.policy import Policy
from mailbot.casework.proposals import words_of
from mailbot.casework.vocabulary import (
    Act,
    Case,
    Effect,
    Event,
    Fact,
    Letter,
    MailArrived,
    Matter,
    Person,
    SendLetter,
    StaffActed,
    StageRecord,
    Topic,
)
from mailbot.reports.codetime import CodeTime, Told, code_time
from mailbot.reports.wording import TOPIC_WORDS

TELLING: Final = ('"extension_notice"', '"reopened"', '"act":"order"', '"answers":"survey"')
"""What stands in the lines of the journal that rows are made of, as storage writes it: all others may be left out."""
NOT_RECORDED: Final = "not recorded"
ELSEWHERE: Final = ("belongs_elsewhere", "sorted_as_other", "concern")
"""Why a case was closed that was no complaint of its own: its mail belongs to another case, it is none at all, or
the person said that they want none (Code 1.3)."""

SERVICES: Final[Mapping[Topic, str]] = {
    Topic.REPAIRS: "Repairs and maintenance",
    Topic.DAMP_MOULD_LEAKS: "Repairs and maintenance",
    Topic.HEATING_HOT_WATER: "Repairs and maintenance",
    Topic.CONTRACTORS: "Repairs and maintenance",
    Topic.BUILDING_SAFETY: "Building safety",
    Topic.ESTATE_MANAGEMENT: "Estate services",
    Topic.ANTI_SOCIAL_BEHAVIOUR: "Neighbourhoods",
    Topic.CHARGES: "Rent and service charges",
    Topic.STAFF_CONDUCT: "Customer service",
    Topic.COMMUNICATION: "Customer service",
    Topic.MOVING_AND_LETTINGS: "Lettings and tenancies",
    Topic.TENANCY: "Lettings and tenancies",
    Topic.HOME_OWNERSHIP: "Home ownership",
    Topic.DATA_PROTECTION: "Information",
    Topic.COMPENSATION: "Complaints and compensation",
}
"""The service that a topic is counted under where nobody recorded one."""


class Line(Protocol):
    """A line of the journal, as storage gives it."""

    @property
    def at(self) -> dt.datetime: ...
    @property
    def reference(self) -> str | None: ...
    @property
    def summary(self) -> str: ...
    @property
    def event(self) -> Event | None: ...
    @property
    def effects(self) -> tuple[Effect, ...]: ...


@dataclass(frozen=True)
class StageRow:
    """One stage of a complaint.

    acknowledge_by, answer_by  the latest dates of the landlord's own policy, without any extension
    extended_to                the date that binds by the policy, extensions included
    code                       the same by the statutory Code, None where it does not hold
    days                       working days from the request to the answer
    """

    number: int
    requested: dt.date
    acknowledged: dt.date | None
    acknowledge_by: dt.date
    answered: dt.date | None
    answer_by: dt.date
    extended_to: dt.date
    extensions: tuple[Told, ...]
    code: CodeTime | None
    decision: str
    team: str
    days: int | None

    @property
    def is_extended(self) -> bool:
        return bool(self.extensions)


@dataclass(frozen=True)
class Refusal:
    on: dt.date
    kind: str  # exclusion, non_escalation
    ground: str


@dataclass(frozen=True)
class Lesson:
    on: dt.date
    theme: str
    text: str


@dataclass(frozen=True)
class Ordered:
    """What the Ombudsman ordered."""

    text: str
    due: dt.date | None
    recorded: dt.date
    done: dt.date | None


@dataclass(frozen=True)
class Row:
    """One case. `is_complaint`: it counts as a complaint; `concern`: the person said that they want none; `person`:
    an address, to tell who complains again, printed nowhere."""

    reference: str
    person: str
    policy: str
    mailbox: str
    received: dt.date
    is_complaint: bool
    concern: bool
    was_request: bool
    is_request: bool
    topic: str
    service: str
    team: str
    estate: str
    contractor: str
    tenure: str
    stage1: StageRow | None
    stage2: StageRow | None
    closed: dt.date | None
    closed_because: str
    reopened: tuple[dt.date, ...]
    refusals: tuple[Refusal, ...]
    compensation: Decimal | None
    compensation_on: dt.date | None
    determinations: tuple[tuple[dt.date, str], ...]
    orders: tuple[Ordered, ...]
    learned: tuple[Lesson, ...]
    marks: tuple[tuple[dt.date, int], ...]
    restricted: bool

    @property
    def stages(self) -> tuple[StageRow, ...]:
        return tuple(s for s in (self.stage1, self.stage2) if s)

    @property
    def refused(self) -> bool:
        """The complaint was refused, and still is."""
        return self.closed_because == "refused"

    @property
    def counts(self) -> bool:
        """A complaint that was taken on: what volumes, times and outcomes count."""
        return self.is_complaint and not self.refused


def rows_of(
    cases: Iterable[Case],
    journal: Iterable[Line],
    policy_of: Callable[[Case], Policy],
    calendar: Calendar,
    people: Sequence[Person],
    settings: ReportSettings,
) -> tuple[Row, ...]:
    """Every case as a row, the earliest received first. `journal`: the lines of the cases, or those `TELLING`."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in journal:
        if line.reference:
            lines[line.reference].append(line)
    teams = {person.key: person.team for person in people}
    supervisors = frozenset(person.key for person in people if "supervisor" in person.roles)
    maker = _Maker(calendar, teams, supervisors, settings)
    made = (maker.row(case, lines.get(case.reference, ()), policy_of(case)) for case in cases)
    return tuple(sorted(made, key=lambda row: (row.received, row.reference)))


@dataclass(frozen=True)
class _Maker:
    calendar: Calendar
    teams: Mapping[str, str]
    supervisors: frozenset[str]
    settings: ReportSettings

    def row(self, case: Case, lines: Sequence[Line], policy: Policy) -> Row:
        day = self.calendar.london_date
        told = _extensions(lines, policy.stage(2).name, self.supervisors, day)
        topic = case.topics[0] if case.topics else None
        stage1 = self._stage(case.stage1, 1, case, told, policy)
        stage2 = self._stage(case.stage2, 2, case, told, policy)
        money = case.told("compensation")
        complaint = case.matter is Matter.COMPLAINT and (stage1 or stage2) is not None
        words = own_words(case)
        return Row(
            reference=case.reference,
            person=case.resident.address,
            policy=case.policy,
            mailbox=case.mailbox,
            received=policy.received_on(case.received_at, self.calendar),
            is_complaint=complaint and case.closed_because not in ELSEWHERE,
            concern=complaint and case.closed_because == "concern",
            was_request=case.was_service_request,
            is_request=case.matter is Matter.COMPLAINT
            and (case.was_service_request or (stage1 is None and stage2 is None))
            and case.closed_because not in ("sorted_as_other", "belongs_elsewhere")
            and case.stage != "unsorted",
            topic=TOPIC_WORDS[topic] if topic else NOT_RECORDED,
            service=case.told("service") or (SERVICES[topic] if topic else NOT_RECORDED),
            team=self.teams.get(case.handler, "") or NOT_RECORDED,
            estate=case.told("estate") or named(words, self.settings.estates) or NOT_RECORDED,
            contractor=case.told("contractor") or named(words, self.settings.contractors) or NOT_RECORDED,
            tenure=case.told("tenure") or self.settings.tenure_unless_recorded or NOT_RECORDED,
            stage1=stage1,
            stage2=stage2,
            closed=day(case.closed_at) if case.closed_at else None,
            closed_because=case.closed_because,
            reopened=tuple(day(line.at) for line in lines if _sends(line, Letter.REOPENED)),
            refusals=_refusals(case, day),
            compensation=Decimal(money) if money else None,
            compensation_on=next(
                (day(r.at) for r in reversed(case.recorded) if r.what == "compensation"), None
            ),
            determinations=tuple((day(d.at), d.found) for d in case.determinations),
            orders=_orders(case, lines, day),
            learned=tuple(
                Lesson(
                    day(one.at), one.theme or (TOPIC_WORDS[topic].lower() if topic else "no theme"), one.text
                )
                for one in case.learned
            ),
            marks=_marks(lines, day),
            restricted=case.restricted,
        )

    def _stage(
        self,
        record: StageRecord | None,
        number: int,
        case: Case,
        told: Mapping[int, tuple[Told, ...]],
        policy: Policy,
    ) -> StageRow | None:
        if record is None:
            return None
        day = self.calendar.london_date
        acknowledged = day(record.acknowledged_at) if record.acknowledged_at else None
        answered = day(record.responded_at) if record.responded_at else None
        received = day(record.requested_at)
        handler = record.handler or case.handler
        extensions = told.get(number, ())
        return StageRow(
            number=number,
            requested=policy.received_on(record.requested_at, self.calendar),
            acknowledged=acknowledged,
            acknowledge_by=record.acknowledge.outer,
            answered=answered,
            answer_by=record.respond.outer,
            extended_to=max(record.promised.outer, record.respond.outer),
            extensions=extensions,
            code=code_time(number, received, acknowledged, extensions, self.calendar)
            if policy.nation == "ENG"
            else None,
            decision=record.decision,
            team=self.teams.get(handler, "") or NOT_RECORDED,
            days=self.calendar.working_days_between(received, answered) if answered else None,
        )


# ------------------------------------------------------------------ from the journal


def _ordered(line: Line) -> Iterator[tuple[Letter, Mapping[str, Fact]]]:
    """The letters of a line with their facts; one that a person had to send another way counts as what it is."""
    for effect in line.effects:
        if isinstance(effect, SendLetter):
            by_hand = effect.facts.get("preview_of")
            kind = effect.facts.get("preview_letter")
            if effect.letter is Letter.ALERT and kind and isinstance(by_hand, dict):
                yield Letter(str(kind)), by_hand
            else:
                yield effect.letter, effect.facts


def _sends(line: Line, letter: Letter) -> bool:
    return any(ordered is letter for ordered, _ in _ordered(line))


def _extensions(
    lines: Sequence[Line],
    second: str,
    supervisors: frozenset[str],
    day: Callable[[dt.datetime], dt.date],
) -> Mapping[int, tuple[Told, ...]]:
    """Every notice of more time, by stage (`second`: what the policy calls stage 2). It counts as one with good
    reason for its length where a supervisor sent it, or where its reason says that the person agreed."""
    found: dict[int, list[Told]] = defaultdict(list)
    for line in lines:
        for letter, facts in _ordered(line):
            if letter is Letter.EXTENSION_NOTICE:
                reason = str(facts["reason"])
                who = line.event.who if isinstance(line.event, StaffActed) else ""
                good = who in supervisors or "agreed" in reason.lower()
                to = dt.date.fromisoformat(str(facts["new_due"]))
                number = 2 if facts.get("stage_name") == second else 1
                found[number].append(Told(day(line.at), to, reason, good))
    return {number: tuple(told) for number, told in found.items()}


def _refusals(case: Case, day: Callable[[dt.datetime], dt.date]) -> tuple[Refusal, ...]:
    """Each refusal once, with the ground that the letter named. Other grounds that waited at that moment are settled
    with it and are none of its reasons."""
    decided = {p.decided_at: p for p in case.proposals if p.decision == "refused" and p.decided_at}
    return tuple(Refusal(day(at), p.kind, words_of(p.ground)) for at, p in decided.items())


def _orders(case: Case, lines: Sequence[Line], day: Callable[[dt.datetime], dt.date]) -> tuple[Ordered, ...]:
    """What the Ombudsman ordered, each with the day on which it was written down."""
    days = iter(
        [
            day(line.at)
            for line in lines
            if isinstance(line.event, StaffActed)
            and line.event.act is Act.ORDER
            and not line.summary.startswith("Refused")
        ]
    )
    return tuple(
        Ordered(
            a.text,
            a.due,
            next(days, day(case.received_at)),
            day(a.done_at) if a.done_at else None,
        )
        for a in case.actions
        if a.ordered
    )


def _marks(lines: Sequence[Line], day: Callable[[dt.datetime], dt.date]) -> tuple[tuple[dt.date, int], ...]:
    """What people said in a survey, 1 to 5; answers without a mark are left out."""
    found = []
    for line in lines:
        event = line.event
        if isinstance(event, MailArrived) and event.answers == "survey":
            mark = survey_mark(event.text)
            if mark is not None and line.summary.startswith("An answer to the survey"):
                found.append((day(line.at), mark))
    return tuple(found)


# ------------------------------------------------------------------ places and firms


def own_words(case: Case) -> str:
    """What the resident wrote of it, as far as the case holds it: where estates and contractors are named."""
    told = (case.subject, case.request_text, *(r.definition for r in (case.stage1, case.stage2) if r))
    return "\n".join(text for text in told if text)


def named(text: str, places: Iterable[Place]) -> str:
    """The first of these that a text names, "" for none. Whole words, whatever their case and blanks."""
    plain = " ".join(text.lower().split())
    for place in places:
        for words in (place.name, *place.words):
            wanted = re.escape(" ".join(words.lower().split()))
            if re.search(rf"(?<!\w){wanted}(?!\w)", plain):
                return place.name
    return ""
