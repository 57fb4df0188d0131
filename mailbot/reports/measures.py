"""Every measure of the reports: what it is called, what it counts, and how it is worked out from the rows.

A measure is asked for a period and gives a `Cell` with the cases behind it, so that a figure, a row of a table and a
point of a trend are worked out by the same words. "Answered in the period" goes by the day of the answer, "received in
the period" by the day on which the request reached the landlord. Pure.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from mailbot.reports.ledger import Row, StageRow
from mailbot.reports.paper import Cell, Figure, Kind
from mailbot.reports.periods import Period

Rows: TypeAlias = Sequence[Row]
Compute: TypeAlias = Callable[[Rows, Period], Cell]
STAGE_NAMES: Final = {1: "Stage 1", 2: "Stage 2"}
DECISIONS: Final = ("upheld", "partly upheld", "not upheld")
A_TENTH_ABOVE: Final = 0.9


@dataclass(frozen=True)
class Measure:
    key: str
    title: str
    definition: str
    compute: Compute
    short: str = ""  # the heading of a column
    by_code: bool = False  # only where the statutory Code holds

    def figure(self, rows: Rows, period: Period, note: str = "") -> Figure:
        return Figure(self.key, self.title, self.definition, self.compute(rows, period), note)

    @property
    def column(self) -> str:
        return self.short or self.title


# ------------------------------------------------------------------ cells


def count(rows: Iterable[Row]) -> Cell:
    return Cell(Kind.COUNT, tuple(row.reference for row in rows))


def share(counted: Iterable[Row], base: Iterable[Row]) -> Cell:
    return Cell(Kind.RATE, tuple(r.reference for r in counted), tuple(r.reference for r in base))


def days(found: Sequence[tuple[Row, int]], of: Callable[[Sequence[int]], float]) -> Cell:
    number = of([n for _, n in found]) if found else None
    cases = tuple(row.reference for row, _ in found)
    return Cell(Kind.DAYS, cases, cases, number)


def percentile(values: Sequence[int]) -> float:
    """The smallest number that at least nine in ten do not exceed (nearest rank)."""
    return float(sorted(values)[math.ceil(A_TENTH_ABOVE * len(values)) - 1])


# ------------------------------------------------------------------ which stages


def stage_of(row: Row, number: int) -> StageRow | None:
    return row.stage1 if number == 1 else row.stage2


def received(rows: Rows, number: int, period: Period) -> list[Row]:
    return [r for r in rows if r.counts and (s := stage_of(r, number)) and period.holds(s.requested)]


def answered(rows: Rows, number: int, period: Period) -> list[tuple[Row, StageRow]]:
    return [(r, s) for r in rows if r.counts and (s := stage_of(r, number)) and period.holds(s.answered)]


def open_on(row: Row, stage: StageRow, day: dt.date) -> bool:
    """The stage had no answer at the end of this day, and the complaint was not closed."""
    unanswered = stage.answered is None or stage.answered > day
    return stage.requested <= day and unanswered and (row.closed is None or row.closed > day)


def waiting(rows: Rows, number: int, day: dt.date) -> list[tuple[Row, StageRow]]:
    return [(r, s) for r in rows if r.counts and (s := stage_of(r, number)) and open_on(r, s, day)]


# ------------------------------------------------------------------ in time?


def policy_plain(s: StageRow) -> bool:
    return s.answered is not None and s.answered <= s.answer_by


def policy_extended(s: StageRow) -> bool:
    return s.answered is not None and s.answered <= s.extended_to


def code_plain(s: StageRow) -> bool:
    return s.answered is not None and s.code is not None and s.answered <= s.code.answer


def code_extended(s: StageRow) -> bool:
    return s.answered is not None and s.code is not None and s.answered <= s.code.extended


_TESTS: Final[tuple[tuple[str, str, str, Callable[[StageRow], bool]], ...]] = (
    (
        "policy_time",
        "in the policy's time",
        "by the latest day that the landlord's own policy allows, without any extension",
        policy_plain,
    ),
    (
        "policy_time_extended",
        "in the policy's time, extensions counted",
        "by the latest day that the landlord's own policy allows, or by the day of an extension that the person was "
        "told of before the old day had passed",
        policy_extended,
    ),
    (
        "code_time",
        "in Code time",
        "within the Code's time without any extension: {days} working days from the acknowledgement, or from the day "
        "on which that was due where it was late (Code {clause})",
        code_plain,
    ),
    (
        "code_time_extended",
        "in Code time, valid extensions counted",
        "within the Code's time or by the day of a valid extension: told in writing before the old day had passed, "
        "with its reason and the Ombudsman's details, and no more than {days} working days longer unless a "
        "supervisor let it through with good reason (Code {extension})",
        code_extended,
    ),
)
_CODE_WORDS: Final = {
    1: {"days": 10, "clause": "6.3", "extension": "6.4 and 6.5"},
    2: {"days": 20, "clause": "6.14", "extension": "6.15 and 6.16"},
}


def _answered_in_time(number: int, test: Callable[[StageRow], bool]) -> Compute:
    def compute(rows: Rows, period: Period) -> Cell:
        found = answered(rows, number, period)
        return share((r for r, s in found if test(s)), (r for r, _ in found))

    return compute


def _acknowledged(number: int, by_code: bool) -> Compute:
    def compute(rows: Rows, period: Period) -> Cell:
        found = [
            (r, s) for r in rows if r.counts and (s := stage_of(r, number)) and period.holds(s.acknowledged)
        ]

        def in_time(s: StageRow) -> bool:
            limit = (s.code.acknowledge if s.code else None) if by_code else s.acknowledge_by
            return s.acknowledged is not None and limit is not None and s.acknowledged <= limit

        return share((r for r, s in found if in_time(s)), (r for r, _ in found))

    return compute


def _days_to_answer(number: int, of: Callable[[Sequence[int]], float]) -> Compute:
    def compute(rows: Rows, period: Period) -> Cell:
        found = [(r, s.days) for r, s in answered(rows, number, period) if s.days is not None]
        return days(found, of)

    return compute


def _of_stage(number: int) -> tuple[Measure, ...]:
    name, words = STAGE_NAMES[number], _CODE_WORDS[number]
    asked = "the complaint" if number == 1 else "the request for stage 2"
    arrived = "Complaints" if number == 1 else "Requests for stage 2"
    clause = "6.2" if number == 1 else "6.11"
    base = f"Of the {name.lower()} complaints answered in the period, the share answered"
    return (
        Measure(
            f"stage{number}_received",
            f"{name} complaints received",
            f"{arrived} that reached the landlord in the period. Each counts once, also when it was withdrawn, closed "
            "or opened again. Not counted is what was refused, what belongs to another case, and what the person said "
            "is no complaint.",
            lambda rows, period: count(received(rows, number, period)),
            f"{name} received",
        ),
        Measure(
            f"stage{number}_answered",
            f"{name} complaints answered",
            f"Complaints of which the {name.lower()} response was sent in the period, whenever they were received.",
            lambda rows, period: count(r for r, _ in answered(rows, number, period)),
            f"{name} answered",
        ),
        Measure(
            f"stage{number}_acknowledged_policy",
            f"{name} acknowledged in the policy's time",
            f"Of the {name.lower()} acknowledgements sent in the period, the share sent by the latest day that the "
            "landlord's own policy allows.",
            _acknowledged(number, by_code=False),
        ),
        Measure(
            f"stage{number}_acknowledged_code",
            f"{name} acknowledged in Code time",
            f"Of the {name.lower()} acknowledgements sent in the period, the share sent within 5 working days of "
            f"the day on which {asked} was received (Code {clause}).",
            _acknowledged(number, by_code=True),
            by_code=True,
        ),
        *(
            Measure(
                f"stage{number}_{key}",
                f"{name} answered {title}",
                f"{base} {definition.format(**words)}.",
                _answered_in_time(number, test),
                f"{name} {title}",
                by_code="code" in key,
            )
            for key, title, definition, test in _TESTS
        ),
        Measure(
            f"stage{number}_median_days",
            f"{name}: median working days",
            f"Of the {name.lower()} complaints answered in the period: half were answered in so many working days "
            "or fewer, counted from the day of receipt (day 0).",
            _days_to_answer(number, statistics.median),
            f"{name} median days",
        ),
        Measure(
            f"stage{number}_days_of_nine_in_ten",
            f"{name}: 90th percentile, working days",
            f"Of the {name.lower()} complaints answered in the period: nine in ten were answered in so many working "
            "days or fewer (nearest rank), counted from the day of receipt (day 0).",
            _days_to_answer(number, percentile),
            f"{name} 90th percentile",
        ),
    )


# ------------------------------------------------------------------ outcomes


def _decided(number: int, decisions: Sequence[str]) -> Compute:
    def compute(rows: Rows, period: Period) -> Cell:
        found = answered(rows, number, period)
        return share((r for r, s in found if s.decision in decisions), (r for r, _ in found))

    return compute


def _escalated(rows: Rows, period: Period) -> Cell:
    found = answered(rows, 1, period)
    return share((r for r, _ in found if r.stage2), (r for r, _ in found))


def _turned(rows: Rows, period: Period) -> Cell:
    return count(r for r in received(rows, 1, period) if r.was_request)


def _requests(rows: Rows, period: Period) -> Cell:
    return count(r for r in rows if r.is_request and period.holds(r.received))


def _refused(rows: Rows, period: Period) -> Cell:
    return count(
        r
        for r in rows
        if r.is_complaint and any(x.kind == "exclusion" and period.holds(x.on) for x in r.refusals)
    )


def _declined(rows: Rows, period: Period) -> Cell:
    return count(
        r for r in rows if any(x.kind == "non_escalation" and period.holds(x.on) for x in r.refusals)
    )


def _reopened(rows: Rows, period: Period) -> Cell:
    return count(r for r in rows if r.is_complaint and any(period.holds(day) for day in r.reopened))


def _withdrawn(rows: Rows, period: Period) -> Cell:
    return count(r for r in rows if r.counts and r.closed_because == "withdrawn" and period.holds(r.closed))


def _concerns(rows: Rows, period: Period) -> Cell:
    return count(r for r in rows if r.concern and period.holds(r.received))


def paid(rows: Rows, period: Period) -> list[tuple[Row, Decimal]]:
    return [(r, r.compensation) for r in rows if r.compensation and period.holds(r.compensation_on)]


def _compensated(rows: Rows, period: Period) -> Cell:
    return count(r for r, _ in paid(rows, period))


def _compensation(rows: Rows, period: Period) -> Cell:
    found = paid(rows, period)
    cases = tuple(r.reference for r, _ in found)
    return Cell(Kind.POUNDS, cases, number=float(sum(amount for _, amount in found)))


def _determinations(rows: Rows, period: Period) -> Cell:
    return Cell(
        Kind.COUNT, tuple(r.reference for r in rows for day, _ in r.determinations if period.holds(day))
    )


def _orders(rows: Rows, period: Period) -> Cell:
    return Cell(
        Kind.COUNT, tuple(r.reference for r in rows for order in r.orders if period.holds(order.recorded))
    )


def _orders_late(rows: Rows, period: Period) -> Cell:
    late = (
        r.reference
        for r in rows
        for o in r.orders
        if o.due and period.holds(o.due) and (o.done is None or o.done > o.due)
    )
    return Cell(Kind.COUNT, tuple(late))


def _learned(rows: Rows, period: Period) -> Cell:
    return Cell(
        Kind.COUNT, tuple(r.reference for r in rows for lesson in r.learned if period.holds(lesson.on))
    )


def _again(rows: Rows, period: Period) -> Cell:
    """Complaints of people who had complained in the year before."""
    earlier: dict[str, list[Row]] = {}
    for row in rows:
        if row.counts and row.stage1 and row.person:
            earlier.setdefault(row.person, []).append(row)
    found = []
    for row in received(rows, 1, period):
        assert row.stage1 is not None
        asked = row.stage1.requested
        others = (other.stage1 for other in earlier.get(row.person, ()) if other is not row)
        if any(s and asked - dt.timedelta(days=365) <= s.requested <= asked for s in others):
            found.append(row)
    return count(found)


def marks(rows: Rows, period: Period) -> list[tuple[Row, int]]:
    """The last mark that somebody gave in the period, case by case."""
    found = []
    for row in rows:
        given = [mark for day, mark in row.marks if period.holds(day)]
        if given:
            found.append((row, given[-1]))
    return found


def _surveyed(rows: Rows, period: Period) -> Cell:
    return count(r for r, _ in marks(rows, period))


def _satisfied(rows: Rows, period: Period) -> Cell:
    found = marks(rows, period)
    return share((r for r, mark in found if mark >= 4), (r for r, _ in found))


def _late_and_open(number: int) -> Compute:
    def compute(rows: Rows, period: Period) -> Cell:
        return count(r for r, s in waiting(rows, number, period.last) if s.extended_to < period.last)

    return compute


def _open(number: int) -> Compute:
    return lambda rows, period: count(r for r, _ in waiting(rows, number, period.last))


def _extended(rows: Rows, period: Period) -> Cell:
    return count(
        r for r in rows if r.counts and any(period.holds(t.on) for s in r.stages for t in s.extensions)
    )


def _invalid(rows: Rows, period: Period) -> Cell:
    return count(
        r
        for r in rows
        if r.counts
        and any(s.code and s.code.faults and any(period.holds(t.on) for t in s.extensions) for s in r.stages)
    )


_ALL: Final = (
    *_of_stage(1),
    *_of_stage(2),
    Measure(
        "escalation_rate",
        "Taken to stage 2",
        "Of the complaints whose stage 1 response was sent in the period, the share that has been taken to stage 2 "
        "up to the day of this report.",
        _escalated,
        "Escalation rate",
    ),
    *(
        Measure(
            f"stage{n}_upheld",
            f"{STAGE_NAMES[n]} upheld or partly upheld",
            f"Of the {STAGE_NAMES[n].lower()} complaints answered in the period, the share that the response upheld, "
            "in full or in part.",
            _decided(n, DECISIONS[:2]),
            f"{STAGE_NAMES[n]} upheld",
        )
        for n in (1, 2)
    ),
    Measure(
        "service_requests",
        "Service requests received",
        "Requests for a service that reached the landlord in the period, also those that became complaints later "
        "(Code 1.4).",
        _requests,
    ),
    Measure(
        "turned_into_complaints",
        "Service requests turned into complaints",
        "Stage 1 complaints received in the period that had begun as a service request (Code 1.5).",
        _turned,
    ),
    Measure(
        "refused",
        "Complaints refused",
        "Complaints that a supervisor refused in the period, with reasons in writing (Code 2.2, 2.4); also those "
        "taken up again since.",
        _refused,
    ),
    Measure(
        "declined_stage2",
        "Requests for stage 2 declined",
        "Requests for stage 2 that a supervisor declined in the period, with reasons in writing (Code 5.11).",
        _declined,
    ),
    Measure(
        "reopened",
        "Complaints opened again",
        "Complaints that were opened again in the period after they had been closed.",
        _reopened,
    ),
    Measure(
        "withdrawn",
        "Complaints withdrawn",
        "Complaints that ended in the period because the person withdrew them. They count as received.",
        _withdrawn,
    ),
    Measure(
        "concerns",
        "Concerns",
        "Complaints received in the period of which the person then said that they want none (Code 1.3). They are no "
        "complaints and stand in no other figure.",
        _concerns,
    ),
    Measure(
        "compensated",
        "Complaints with compensation",
        "Complaints for which an amount was recorded in the period (#record compensation).",
        _compensated,
    ),
    Measure(
        "compensation",
        "Compensation",
        "The sum of what was recorded in the period as offered, the last amount of each complaint "
        "(#record compensation).",
        _compensation,
    ),
    Measure(
        "determinations",
        "Ombudsman's determinations",
        "Determinations of the Ombudsman that were recorded in the period (#determination).",
        _determinations,
    ),
    Measure(
        "orders",
        "Ombudsman's orders",
        "Orders and recommendations of the Ombudsman that were recorded in the period (#order).",
        _orders,
    ),
    Measure(
        "orders_late",
        "Orders not kept in time",
        "Orders of the Ombudsman that were due in the period and were not done, with their evidence, by their day.",
        _orders_late,
    ),
    Measure(
        "learned",
        "Learning recorded",
        "How often somebody recorded in the period what a case taught (#learned). A case may teach more than one "
        "thing.",
        _learned,
    ),
    Measure(
        "complained_again",
        "From people who had complained before",
        "Stage 1 complaints received in the period from an address from which another complaint had come in the 365 "
        "days before.",
        _again,
    ),
    Measure(
        "surveyed",
        "Answers to the survey",
        "Complaints on which somebody answered the survey in the period with a mark from 1 to 5. Nobody is named.",
        _surveyed,
    ),
    Measure(
        "satisfied",
        "Satisfied with the handling",
        "Of the answers to the survey in the period, the share with a mark of 4 or 5. This is not TP09, which is a "
        "perception survey of all tenants.",
        _satisfied,
    ),
    *(
        Measure(
            f"stage{n}_open",
            f"{STAGE_NAMES[n]} unanswered at the end",
            f"{STAGE_NAMES[n]} complaints without a response, and not closed, at the end of the last day of the "
            "period, as far as is known on the day of this report.",
            _open(n),
        )
        for n in (1, 2)
    ),
    *(
        Measure(
            f"stage{n}_late_and_open",
            f"{STAGE_NAMES[n]} unanswered and late at the end",
            f"{STAGE_NAMES[n]} complaints without a response, and not closed, at the end of the last day of the "
            "period, whose latest day by the policy, extensions counted, had passed by then.",
            _late_and_open(n),
        )
        for n in (1, 2)
    ),
    Measure(
        "extended",
        "Complaints with an extension",
        "Complaints of which the person was told in the period that the answer takes longer.",
        _extended,
    ),
    Measure(
        "extended_invalid",
        "Extensions that do not count under the Code",
        "Complaints with an extension told in the period of which at least one does not count under the Code: told "
        "too late, without a reason, or longer than the Code allows without good reason.",
        _invalid,
        by_code=True,
    ),
)

MEASURES: Final = {measure.key: measure for measure in _ALL}
