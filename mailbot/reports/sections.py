"""The sections that reports are made of: each is a heading with its figures, tables, pictures and words.

Pure: rows in, a `Section` out; which report holds which stands in `contents`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from mailbot.casework.calendar import Calendar
from mailbot.casework.findings import Finding
from mailbot.casework.parts import Landlord, ReportSettings
from mailbot.casework.policy import Clause
from mailbot.reports import recurring
from mailbot.reports.ledger import NOT_RECORDED, Row, StageRow
from mailbot.reports.measures import (
    DECISIONS,
    MEASURES,
    STAGE_NAMES,
    Rows,
    answered,
    count,
    received,
    waiting,
)
from mailbot.reports.paper import Cell, Chart, Kind, Listed, Section, Style, Table, TableRow
from mailbot.reports.periods import Cycle, Period, period_of, running_up_to, spelled

TRENDS: Final = 8
"""Quarters."""
LONGEST_TABLE: Final = 25


@dataclass(frozen=True)
class Facts:
    """Everything that a report is made of. `by_code`: the statutory Code holds for this landlord; `code` are its
    provisions and `findings` where the landlord's document differs from it; `because` and `asked_for` say which
    clauses ask for the report and of whom; `unreadable` are cases whose row can't be read, which nothing counts."""

    rows: Rows
    landlord: Landlord
    settings: ReportSettings
    calendar: Calendar
    as_of: dt.date
    by_code: bool = True
    code: tuple[Clause, ...] = ()
    findings: tuple[Finding, ...] = ()
    because: tuple[str, ...] = ()
    asked_for: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    def measured(self, *keys: str) -> tuple[str, ...]:
        return tuple(key for key in keys if self.by_code or not MEASURES[key].by_code)


def figures_of(facts: Facts, heading: str, period: Period, *keys: str, says: tuple[str, ...] = ()) -> Section:
    shown = tuple(MEASURES[key].figure(facts.rows, period) for key in facts.measured(*keys))
    return Section(heading, says, shown)


def in_short(facts: Facts, period: Period) -> Section:
    time = "code" if facts.by_code else "policy"
    return figures_of(
        facts,
        "In short",
        period,
        "stage1_received",
        "stage2_received",
        f"stage1_{time}_time_extended",
        f"stage2_{time}_time_extended",
        "escalation_rate",
        "stage1_upheld",
    )


def by_topic(facts: Facts, period: Period) -> Table:
    """How many complaints each topic had."""
    said = "its first topic, as it was read"
    return by_dimension(facts, period, "by_topic", "By topic", "Topic", lambda r, n: r.topic, said)


def volumes(facts: Facts, period: Period) -> Section:
    made = figures_of(
        facts,
        "How many",
        period,
        "service_requests",
        "turned_into_complaints",
        "complained_again",
        "withdrawn",
        "reopened",
        "concerns",
    )
    tables = (
        by_topic(facts, period),
        by_dimension(
            facts,
            period,
            "by_service",
            "By service",
            "Service",
            lambda r, n: r.service,
            "the service that was recorded (#record service), else that of its first topic",
        ),
        by_dimension(
            facts,
            period,
            "by_team",
            "By team",
            "Team",
            team_of,
            "the team of whoever had the stage, as the staff file says now",
        ),
        by_dimension(
            facts,
            period,
            "by_estate",
            "By estate",
            "Estate",
            lambda r, n: r.estate,
            "the estate that was recorded (#record estate), else the first one of [[reports.estate]] that the "
            "resident's words name",
        ),
    )
    return replace(
        made, tables=tables, charts=(Chart("Complaints by topic", "by_topic", (0, 1), Style.BARS),)
    )


def by_dimension(
    facts: Facts,
    period: Period,
    key: str,
    title: str,
    head: str,
    of: Callable[[Row, int], str],
    words: str,
) -> Table:
    """Complaints parted by something that each has one of."""
    time = "code" if facts.by_code else "policy"
    keys = (
        ("stage1_received", 1),
        ("stage2_received", 2),
        (f"stage1_{time}_time_extended", 1),
        ("stage1_upheld", 1),
    )

    def line(name: str, labels: frozenset[str] | None) -> TableRow:
        cells = (
            MEASURES[key].compute([r for r in facts.rows if labels is None or of(r, n) in labels], period)
            for key, n in keys
        )
        return TableRow(name, tuple(cells))

    found = dict.fromkeys(of(row, n) for row in facts.rows for n in (1, 2))
    made = [line(label, frozenset((label,))) for label in found]
    made = [row for row in made if any(cell.cases or cell.base for cell in row.cells)]
    made.sort(
        key=lambda row: (
            row.label == NOT_RECORDED,
            -len(row.cells[0].cases) - len(row.cells[1].cases),
            row.label,
        )
    )
    shown, rest = made[:LONGEST_TABLE], made[LONGEST_TABLE:]
    if rest:
        shown.append(line(f"{len(rest)} others", frozenset(row.label for row in rest)))
    whose = "the Code's time" if facts.by_code else "the policy's time"
    return Table(
        key,
        title,
        f"Received: the stage's complaints that were received in the period, parted by {words}. In time: of the "
        f"stage 1 complaints answered in the period, the share answered in {whose}, valid extensions counted. Upheld: "
        "of the same, the share upheld in full or in part.",
        head,
        ("Stage 1", "Stage 2", "Stage 1 in time", "Stage 1 upheld"),
        tuple(shown),
        line("All", None) if made else None,
    )


def team_of(row: Row, number: int) -> str:
    stage = row.stage1 if number == 1 else row.stage2
    return stage.team if stage else NOT_RECORDED


def timeliness(facts: Facts, period: Period) -> Section:
    """Policy time and Code time, with and without extensions, and how long it took."""
    tests = facts.measured(
        "stage1_policy_time", "stage1_policy_time_extended", "stage1_code_time", "stage1_code_time_extended"
    )
    titles = {
        "stage1_policy_time": "Policy",
        "stage1_policy_time_extended": "Policy, with extensions",
        "stage1_code_time": "Code",
        "stage1_code_time_extended": "Code, with valid extensions",
    }
    rows = []
    for n in (1, 2):
        found = answered(facts.rows, n, period)
        cells = [count(r for r, _ in found)]
        cells += [MEASURES[k.replace("stage1", f"stage{n}")].compute(facts.rows, period) for k in tests]
        cells += [
            MEASURES[f"stage{n}_{k}"].compute(facts.rows, period)
            for k in ("median_days", "days_of_nine_in_ten")
        ]
        rows.append(TableRow(f"{STAGE_NAMES[n]} answers", tuple(cells)))
    table = Table(
        "timeliness",
        "Answers in time",
        "Of the answers sent in the period, the share sent in time. Policy: by the latest day of the landlord's own "
        "policy. Code: within 10 working days of the acknowledgement at stage 1, 20 at stage 2, counted from the day "
        "on which the acknowledgement was due where it was late (Code 6.3, 6.14). With extensions: or by the day of an "
        "extension; for the Code only of a valid one (6.4, 6.5, 6.15, 6.16). Working days count from receipt.",
        "",
        ("Answered", *(titles[k] for k in tests), "Median days", "90th percentile"),
        tuple(rows),
    )
    made = figures_of(
        facts,
        "In time?",
        period,
        "stage1_acknowledged_policy",
        "stage1_acknowledged_code",
        "stage2_acknowledged_policy",
        "stage2_acknowledged_code",
        "extended",
        "extended_invalid",
        "stage1_late_and_open",
        "stage2_late_and_open",
    )
    faults = tuple(
        f"{row.reference}, stage {stage.number}: {fault}."
        for row in facts.rows
        if row.counts
        for stage in row.stages
        if stage.code and any(period.holds(told.on) for told in stage.extensions)
        for fault in stage.code.faults
    )
    listed = (Listed("Extensions that do not count under the Code", faults),) if faults else ()
    return replace(made, tables=(table,), listed=listed)


def outcomes(facts: Facts, period: Period) -> Section:
    def line(decision: str) -> TableRow:
        return TableRow(
            (decision or "no decision recorded").capitalize(),
            tuple(
                count(r for r, s in answered(facts.rows, n, period) if s.decision == decision) for n in (1, 2)
            ),
        )

    table = Table(
        "decisions",
        "What the responses decided",
        "The responses sent in the period by the decision that their handler wrote (#respond upheld).",
        "Decision",
        ("Stage 1", "Stage 2"),
        tuple(line(decision) for decision in (*DECISIONS, "")),
        TableRow("All", tuple(count(r for r, _ in answered(facts.rows, n, period)) for n in (1, 2))),
    )
    made = figures_of(
        facts,
        "What came of it",
        period,
        "stage2_upheld",
        "compensated",
        "compensation",
    )
    return replace(
        made,
        tables=(table, refused_by_ground(facts, period)),
        charts=(Chart("What the responses decided", "decisions", (0, 1), Style.BARS),),
    )


def refused_by_ground(facts: Facts, period: Period) -> Table:
    kinds = ("exclusion", "non_escalation")
    grounds = sorted(
        {x.ground for row in facts.rows for x in row.refusals if period.holds(x.on)},
    )

    def cell(ground: str | None, kind: str) -> Cell:
        return count(
            row
            for row in facts.rows
            if any(x.kind == kind and period.holds(x.on) and ground in (None, x.ground) for x in row.refusals)
        )

    return Table(
        "refused_by_ground",
        "Refused, by ground",
        "Complaints and requests for stage 2 that a supervisor refused in the period, by the ground of the policy "
        "that the letter named (Code 2.2, 2.4, 5.11, 8.1).",
        "Ground",
        ("Complaints refused", "Stage 2 declined"),
        tuple(
            TableRow(ground.capitalize(), tuple(cell(ground, kind) for kind in kinds)) for ground in grounds
        ),
        TableRow("All", tuple(cell(None, kind) for kind in kinds)),
    )


def ombudsman(facts: Facts, period: Period) -> Section:
    made = figures_of(facts, "The Ombudsman", period, "determinations", "orders", "orders_late")
    found = tuple(
        f"{row.reference}, {spelled(day)}: {text}"
        for row in facts.rows
        for day, text in row.determinations
        if period.holds(day)
    )
    ordered = tuple(
        f"{row.reference}: {order.text}, by {spelled(order.due) if order.due else 'no day'}: "
        + (f"done {spelled(order.done)}" if order.done else "not done yet")
        for row in facts.rows
        for order in row.orders
        if order.recorded <= period.last and (order.done is None or order.done >= period.first)
    )
    listed = (Listed("Determinations", found), Listed("Orders, and how far they are kept", ordered))
    return replace(made, listed=tuple(one for one in listed if one.lines))


def learning(facts: Facts, period: Period) -> Section:
    lessons = [(row, lesson) for row in facts.rows for lesson in row.learned if period.holds(lesson.on)]
    themes = sorted({lesson.theme for _, lesson in lessons})
    rows = [
        TableRow(
            theme.capitalize(),
            (Cell(Kind.COUNT, tuple(row.reference for row, lesson in lessons if lesson.theme == theme)),),
        )
        for theme in themes
    ]
    rows.sort(key=lambda row: (-len(row.cells[0].cases), row.label))
    table = Table(
        "learning_by_theme",
        "By theme",
        "What was recorded with #learned in the period, by the theme that stood before its colon, else by the first "
        "topic of the case.",
        "Theme",
        ("Recorded",),
        tuple(rows),
    )
    said: dict[str, list[str]] = {}
    for row, lesson in lessons:
        if not row.restricted:
            text = f"{lesson.theme.capitalize()}: {' '.join(lesson.text.split())}"
            said.setdefault(text, []).append(row.reference)
    texts = tuple(f"{text} ({', '.join(references)})" for text, references in sorted(said.items()))
    made = figures_of(facts, "What was learned", period, "learned")
    return replace(
        made,
        tables=(table,) if rows else (),
        listed=(Listed("In the words of those who recorded it", texts),) if texts else (),
    )


def satisfaction(facts: Facts, period: Period) -> Section:
    return figures_of(facts, "How people found the handling", period, "surveyed", "satisfied")


def trends(facts: Facts, period: Period) -> Section:
    """The eight quarters up to the period's last day, whatever its own length."""
    last = period_of(Cycle.QUARTERLY, period.last, facts.settings.year_starts)
    quarters = running_up_to(last, TRENDS, facts.settings.year_starts)
    time = "code" if facts.by_code else "policy"
    keys = (
        "stage1_received",
        "stage2_received",
        f"stage1_{time}_time_extended",
        f"stage2_{time}_time_extended",
        "stage1_median_days",
        "stage2_median_days",
        "escalation_rate",
        "stage1_upheld",
        "compensation",
    )
    columns = (
        "Stage 1",
        "Stage 2",
        "Stage 1 in time",
        "Stage 2 in time",
        "Stage 1 median days",
        "Stage 2 median days",
        "Escalated",
        "Upheld",
        "Compensation",
    )
    table = Table(
        "trends",
        "Eight quarters",
        "Each quarter by the same definitions as above, as far as is known on the day of this report. In time: in "
        + ("the Code's" if facts.by_code else "the policy's")
        + " time, valid extensions counted.",
        "Quarter",
        columns,
        tuple(
            TableRow(q.name, tuple(MEASURES[key].compute(facts.rows, q) for key in keys)) for q in quarters
        ),
    )
    charts = (
        Chart("Complaints received, quarter by quarter", "trends", (0, 1), Style.COLUMNS),
        Chart("Answered in time, quarter by quarter", "trends", (2, 3), Style.LINES),
    )
    return Section("Eight quarters", tables=(table,), charts=charts)


def not_known(facts: Facts, period: Period) -> Section:
    """What the figures can't say, in words."""
    counted = {row.reference: row for n in (1, 2) for row in received(facts.rows, n, period)}
    total = len(counted)
    if not total:
        return Section("What these figures do not know")
    fields: tuple[tuple[str, str], ...] = (
        ("topic", "nobody could tell a topic from the mail"),
        ("team", "nobody has the case, or the staff file names no team for whoever has"),
        ("estate", "no estate was recorded, and the words name none"),
        ("tenure", "nobody recorded it"),
        ("contractor", "none was recorded, and the words name none"),
    )
    lines = []
    for field, why in fields:
        lost = sum(getattr(row, field) == NOT_RECORDED for row in counted.values())
        if lost:
            lines.append(f"The {field} of {lost:,} of {total:,} complaints received: {why}.")
    lines.append(
        "Whether an action cured what was wrong, and what a complaint cost beyond compensation: no figure here says."
    )
    return Section("What these figures do not know", listed=(Listed("", tuple(lines)),))


# ------------------------------------------------------------------ of the week


AGES: Final = ((0, 5), (6, 10), (11, 20), (21, 40), (41, 9_999))


def ageing(facts: Facts, period: Period) -> Section:
    """Complaints without an answer at the end of the week, by how long they have waited."""

    def cell(number: int, low: int, high: int) -> Cell:
        return count(
            row
            for row, stage in waiting(facts.rows, number, period.last)
            if low <= facts.calendar.working_days_between(stage.requested, period.last) <= high
        )

    def label(low: int, high: int) -> str:
        return f"{low} to {high} working days" if high < 9_999 else f"more than {low - 1} working days"

    table = Table(
        "ageing",
        "Unanswered at the end of the week",
        "Complaints without a response, and not closed, at the end of the last day, by the working days since their "
        "stage was asked for.",
        "Waiting for",
        ("Stage 1", "Stage 2"),
        tuple(TableRow(label(low, high), tuple(cell(n, low, high) for n in (1, 2))) for low, high in AGES),
        TableRow("All", tuple(count(r for r, _ in waiting(facts.rows, n, period.last)) for n in (1, 2))),
    )
    made = figures_of(facts, "What waits", period, "stage1_late_and_open", "stage2_late_and_open", "extended")
    late = [
        (row, stage)
        for n in (1, 2)
        for row, stage in waiting(facts.rows, n, period.last)
        if stage.extended_to < period.last
    ]
    lines = tuple(_late_line(row, stage) for row, stage in sorted(late, key=lambda p: p[1].extended_to))
    return replace(made, tables=(table,), listed=(Listed("Late and unanswered", lines),) if lines else ())


def _late_line(row: Row, stage: StageRow) -> str:
    return f"{row.reference}, stage {stage.number}, {stage.team}: due {spelled(stage.extended_to)}"


def unusual(facts: Facts, period: Period) -> Section:
    """What recurs, with the arithmetic."""
    found = recurring.find(facts.rows, period)
    says: tuple[str, ...] = (recurring.RULE,)
    if not recurring.weeks_before(facts.rows, period):
        says = (
            f"There are fewer than {recurring.FEWEST_WEEKS} weeks of record before this one: too few to tell.",
        )
    elif not found:
        says = ("Nothing came up unusually often this week.", recurring.RULE)
    lines = tuple(one.sentence for one in found)
    rows = tuple(TableRow(f"{one.dimension}: {one.name}", (Cell(Kind.COUNT, one.cases),)) for one in found)
    table = Table(
        "recurring",
        "Above its usual rate",
        recurring.RULE,
        "What",
        ("This week",),
        rows,
    )
    return Section(
        "What comes up again and again",
        says,
        tables=(table,) if rows else (),
        listed=(Listed("", lines),) if lines else (),
    )
