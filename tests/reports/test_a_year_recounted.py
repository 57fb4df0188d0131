"""A year of simulated work: 2,000 first mails over all stages, by two policies, with a seed. Every figure of every
report equals what an independent recount of the journal finds (`recount`, which shares no code with the reports)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

import pytest
from recount import Counted, Figures, between, recount

from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import Landlord, Place, ReportSettings
from mailbot.demo import year as desk
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reports import contents, tsm
from mailbot.reports.ledger import rows_of
from mailbot.reports.measures import MEASURES
from mailbot.reports.paper import Cell, Kind, Paper, Table
from mailbot.reports.periods import Cycle, Period, period_of
from mailbot.reports.sections import AGES, Facts

SEED, CASES = 20_26, 2_000
FIRST, LAST, TODAY = dt.date(2025, 4, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1)
POLICIES = (
    ("code-2024", "enforce"),
    ("mhs", "enforce"),
    ("mtvh", "off"),
)  # the last lets extensions grow too long
RENTED, OWNED = "low cost rental", "low cost ownership"


@dataclass(frozen=True)
class Year:
    facts: Facts
    counted: dict[str, Counted]
    papers: dict[str, Paper] = field(default_factory=dict)

    def paper(self, period: Period) -> Paper:
        if period.name not in self.papers:
            self.papers[period.name] = contents.report(self.facts, period)
        return self.papers[period.name]


@pytest.fixture(scope="module")
def year() -> Year:
    folder = config_dir() / "policies"
    policies = {p.key: p for p in (load_policy(name, folder, overlay) for name, overlay in POLICIES)}
    played = desk.played(tuple(policies.values()), FIRST, LAST, CASES, SEED, until=TODAY)
    settings = ReportSettings(
        estates=tuple(Place(n) for n in desk.ESTATES), contractors=tuple(Place(n) for n in desk.CONTRACTORS)
    )
    rows = rows_of(
        played.cases, played.lines, lambda c: policies[c.policy], Calendar("ENG"), desk.PEOPLE, settings
    )
    landlord = Landlord("Brackenfield Homes", "", "0", "w", "p", "c@x.example", 7_475, 610)
    facts = Facts(rows, landlord, settings, Calendar("ENG"), TODAY)
    return Year(facts, recount(played.lines))


PERIODS = (
    period_of(Cycle.ANNUAL, FIRST),
    *(period_of(Cycle.QUARTERLY, dt.date(2025, month, 1)) for month in (4, 7, 10)),
    period_of(Cycle.QUARTERLY, dt.date(2026, 1, 1)),
    period_of(Cycle.MONTHLY, dt.date(2025, 12, 1)),
    period_of(Cycle.WEEKLY, dt.date(2026, 3, 24)),
)


def same(cell: Cell, wanted: object) -> bool:
    """A figure and its recount: the same references, or the same number."""
    if cell.kind is Kind.COUNT:
        return sorted(cell.cases) == sorted(wanted)  # type: ignore[call-overload]
    if cell.kind is Kind.RATE:
        counted, base = wanted  # type: ignore[misc]
        return sorted(cell.cases) == sorted(counted) and sorted(cell.base) == sorted(base)
    return cell.number == wanted if wanted is None else cell.number == pytest.approx(wanted)


def test_the_year_is_worth_counting(year: Year) -> None:
    """All stages, all ways to end, and enough of each that a wrong count would show."""
    cases = list(year.counted.values())
    assert len(cases) == CASES
    assert sum(2 in c.stages for c in cases) > 200
    assert {c.why for c in cases} >= {
        "agreed",
        "withdrawn",
        "refused",
        "concern",
        "service_request_answered",
        "silence",
    }
    ways = {
        "opened again": sum(len(c.reopened) for c in cases),
        "longer": sum(bool(s.longer) for c in cases for s in c.stages.values()),
        "not valid": sum(c.code(n)[3] for c in cases for n in c.stages),
        "late acknowledgement": sum(
            s.acknowledged > c.code(n)[0] for c in cases for n, s in c.stages.items()
        ),
        "turned": sum(c.turned for c in cases),
        "marks": sum(len(c.marks) for c in cases),
        "orders": sum(len(c.ordered) for c in cases),
    }
    assert min(ways.values()) >= 3, ways


@pytest.mark.parametrize("period", PERIODS, ids=lambda p: p.name)
def test_every_measure_equals_its_recount(period: Period, year: Year) -> None:
    figures = Figures(year.counted.values(), (period.first, period.last))
    wrong = [
        f"{key}: {measure.compute(year.facts.rows, period).shown}"
        for key, measure in MEASURES.items()
        if not same(measure.compute(year.facts.rows, period), figures.of(key))
    ]
    assert wrong == []


def test_every_number_of_every_report_is_a_measure_or_stands_in_a_table_recounted_below(year: Year) -> None:
    """Nothing is printed that this file does not count anew."""
    counted_here = {
        *MEASURES, "by_topic", "by_service", "by_team", "by_estate", "timeliness", "decisions", "refused_by_ground",
        "learning_by_theme", "trends", "ageing", "ch02_bases", "tenure_unknown", "recurring",
        *(f"ch0{k}_{n}_{t}" for k in (1, 2) for n in (1, 2) for t in ("lcra", "lcho")),
    }  # fmt: skip
    for period in (PERIODS[0], *PERIODS[4:], period_of(Cycle.HALF_YEARLY, LAST)):
        paper = year.paper(period)
        assert {one.key for one in (*paper.figures, *paper.tables)} <= counted_here
        for figure in paper.figures:
            if figure.key in MEASURES:
                span = (period.first, period.last)
                assert same(figure.cell, Figures(year.counted.values(), span).of(figure.key)), figure.key


def table(year: Year, period: Period, key: str) -> Table:
    return next(t for t in year.paper(period).tables if t.key == key)


@pytest.mark.parametrize(
    ("key", "of"),
    [
        ("by_topic", lambda c, n: c.topic),
        ("by_estate", lambda c, n: c.estate),
        (
            "by_service",
            lambda c, n: {
                "Repairs": "Repairs and maintenance", "Damp, mould and leaks": "Repairs and maintenance",
                "Heating and hot water": "Repairs and maintenance", "Anti-social behaviour": "Neighbourhoods",
                "Communication": "Customer service", "Staff conduct": "Customer service",
                "Estate management": "Estate services", "Rent and charges": "Rent and service charges",
                "Moving and lettings": "Lettings and tenancies", "Tenancy": "Lettings and tenancies",
            }.get(c.topic, c.topic),
        ),
        (
            "by_team",
            lambda c, n: (
                {p.name: p.team for p in desk.PEOPLE}[c.stages[n].handler] if n in c.stages else "not recorded"
            ),
        ),
    ],
    ids=("topic", "estate", "service", "team"),
)  # fmt: skip
def test_the_tables_of_a_quarter_equal_their_recount(key: str, of: object, year: Year) -> None:
    period = PERIODS[4]
    span = (period.first, period.last)
    shown = table(year, period, key)
    assert callable(of)
    for column, (measure, n) in enumerate(
        (
            ("stage1_received", 1),
            ("stage2_received", 2),
            ("stage1_code_time_extended", 1),
            ("stage1_upheld", 1),
        )
    ):
        for row in shown.rows:
            part = [c for c in year.counted.values() if of(c, n) == row.label]
            assert same(row.cells[column], Figures(part, span).of(measure)), (row.label, measure)
        labels = {of(c, n) for c in year.counted.values()}
        assert shown.total is not None
        assert same(shown.total.cells[column], Figures(year.counted.values(), span).of(measure))
        shown_labels = {row.label for row in shown.rows}
        for label in labels - shown_labels:
            part = [c for c in year.counted.values() if of(c, n) == label]
            assert not Figures(part, span).received(n), f"{label} is missing"


def test_decisions_grounds_themes_and_ages_equal_their_recount(year: Year) -> None:
    period = PERIODS[0]
    figures = Figures(year.counted.values(), (period.first, period.last))
    for row in table(year, period, "decisions").rows:
        wanted = "" if row.label == "No decision recorded" else row.label.lower()
        for n, cell in enumerate(row.cells, 1):
            assert same(cell, [c.reference for c in figures.answered(n) if c.stages[n].decision == wanted])
    grounds = Counter(g for c in year.counted.values() for day, g in c.refused if figures.within(day))
    shown = table(year, period, "refused_by_ground")
    assert {row.label: len(row.cells[0].cases) for row in shown.rows} == grounds
    themes = Counter(
        t.capitalize() for c in year.counted.values() for day, t in c.learned if figures.within(day)
    )
    assert {r.label: len(r.cells[0].cases) for r in table(year, period, "learning_by_theme").rows} == themes
    week = PERIODS[-1]
    open_then = Figures(year.counted.values(), (week.first, week.last))
    for (low, high), row in zip(AGES, table(year, week, "ageing").rows, strict=True):
        for n, cell in enumerate(row.cells, 1):
            waited = {
                r: between(year.counted[r].stages[n].asked, week.last) for r in open_then.waiting(n, False)
            }
            assert same(cell, [r for r, days in waited.items() if low <= days <= high])


def test_the_trend_of_each_quarter_equals_its_recount(year: Year) -> None:
    keys = (
        "stage1_received", "stage2_received", "stage1_code_time_extended", "stage2_code_time_extended",
        "stage1_median_days", "stage2_median_days", "escalation_rate", "stage1_upheld", "compensation",
    )  # fmt: skip
    rows = {row.label: row for row in table(year, PERIODS[4], "trends").rows}
    assert list(rows)[-4:] == ["2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1"]
    for quarter in PERIODS[1:5]:
        figures = Figures(year.counted.values(), (quarter.first, quarter.last))
        for key, cell in zip(keys, rows[quarter.name].cells, strict=True):
            assert same(cell, figures.of(key)), (quarter.name, key)


@pytest.mark.parametrize("tenure", [RENTED, OWNED])
@pytest.mark.parametrize("n", [1, 2])
def test_ch01_and_ch02_of_the_year_equal_their_recount(n: int, tenure: str, year: Year) -> None:
    period = PERIODS[0]
    of_tenure = [c for c in year.counted.values() if c.tenure == tenure]
    figures = Figures(of_tenure, (period.first, period.last))
    homes = 7_475 if tenure == RENTED else 610
    first = tsm.ch01(year.facts.rows, n, tenure, period, homes)
    assert sorted(first.counted) == sorted(figures.received(n))
    assert first.per_thousand == pytest.approx(len(figures.received(n)) * 1_000 / homes)
    by_answer = tsm.ch02(year.facts.rows, n, tenure, period, tsm.ANSWERED)
    good, base = figures.in_time(n, "code", longer=True)
    assert (sorted(by_answer.counted), sorted(by_answer.base)) == (sorted(good), sorted(base))
    by_receipt = tsm.ch02(year.facts.rows, n, tenure, period, tsm.RECEIVED)
    received = [year.counted[r] for r in figures.received(n)]
    in_time = [c.reference for c in received if (d := c.stages[n].answered) and d <= c.code(n)[2]]
    assert sorted(by_receipt.base) == sorted(c.reference for c in received)
    assert sorted(by_receipt.counted) == sorted(in_time)
