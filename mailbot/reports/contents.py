"""What each report holds: the weekly one for heads of service, the monthly one for the executive, the quarterly one for
the board (Code 9.6, 9.7), the half-yearly one on trends and learning, and the annual complaints performance and service
improvement report (Code 8.1). Pure: rows in, a `Paper` out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from mailbot.reports import assessment, tsm
from mailbot.reports import sections as s
from mailbot.reports.measures import MEASURES, STAGE_NAMES, received
from mailbot.reports.paper import Paper, Section
from mailbot.reports.periods import Cycle, Period, before, spelled, year_around
from mailbot.reports.sections import Facts

TITLES: Final = {
    Cycle.WEEKLY: "Complaints in the week",
    Cycle.MONTHLY: "Complaints in the month",
    Cycle.QUARTERLY: "Complaints in the quarter",
    Cycle.HALF_YEARLY: "Complaints in the half-year: trends and learning",
    Cycle.ANNUAL: "Complaints performance and service improvement",
}


def report(facts: Facts, period: Period) -> Paper:
    """The report of this period."""
    built = _BUILT[period.cycle](facts, period)
    notes: tuple[str, ...] = (_HOW_COUNTED,)
    damaged: tuple[str, ...] = ()
    if facts.unreadable:
        many = len(facts.unreadable) > 1
        damaged = (
            f"{len(facts.unreadable):,} {'cases' if many else 'case'} could not be read and {'are' if many else 'is'} "
            f"not counted anywhere in this report: {', '.join(facts.unreadable)}.",
        )
    if period.last >= facts.as_of:
        notes = (f"The period is not over: this is as of {spelled(facts.as_of)}.", *notes)
    if facts.asked_for:
        notes = (*notes, f"Asked for by the policy: {'; '.join(facts.asked_for)}.")
    return Paper(
        title=TITLES[period.cycle],
        landlord=facts.landlord.name,
        period=period,
        as_of=facts.as_of,
        headlines=(*headlines(facts, period), *damaged),
        sections=tuple(section for section in built if _says_something(section)),
        because=facts.because,
        notes=notes,
    )


_HOW_COUNTED: Final = (
    "Working days are Monday to Friday without bank holidays. A day is the day in London on which a mail reached the "
    "landlord, or on which a letter was written. Figures of an earlier period may change when cases move on."
)


def _says_something(section: Section) -> bool:
    return bool(
        section.figures
        or section.tables
        or section.listed
        or section.answers
        or section.write
        or section.says
    )


# ------------------------------------------------------------------ in words


def headlines(facts: Facts, period: Period) -> tuple[str, ...]:
    """The report in three or four sentences."""
    rows = facts.rows
    earlier = before(period, facts.settings.year_starts)
    lines = []
    for number in (1, 2):
        now, then = (len(received(rows, number, p)) for p in (period, earlier))
        change = (
            "as many as" if now == then else f"{abs(now - then):,} {'more' if now > then else 'fewer'} than"
        )
        noun = "complaint was" if now == 1 else "complaints were"
        lines.append(
            f"{now:,} {STAGE_NAMES[number].lower()} {noun} received, {change} in the {_span(period)} before."
        )
    time = "code" if facts.by_code else "policy"
    cells = [MEASURES[f"stage{n}_{time}_time_extended"].compute(rows, period) for n in (1, 2)]
    told = [
        f"{len(cell.cases):,} of {len(cell.base):,} {STAGE_NAMES[n].lower()} answers ({cell.shown})"
        for n, cell in enumerate(cells, 1)
        if cell.base
    ]
    if told:
        whose = "the Code's time" if facts.by_code else "the policy's time"
        lines.append(f"{' and '.join(told)} were sent in {whose}, valid extensions counted.")
    late = sum(len(MEASURES[f"stage{n}_late_and_open"].compute(rows, period).cases) for n in (1, 2))
    if late:
        lines.append(f"{late:,} {'complaint is' if late == 1 else 'complaints are'} late and unanswered.")
    return tuple(lines)


def _span(period: Period) -> str:
    return {
        Cycle.WEEKLY: "week",
        Cycle.MONTHLY: "month",
        Cycle.QUARTERLY: "quarter",
        Cycle.HALF_YEARLY: "half-year",
        Cycle.ANNUAL: "year",
    }[period.cycle]


# ------------------------------------------------------------------ the five reports


def _weekly(facts: Facts, period: Period) -> Iterable[Section]:
    volume = s.figures_of(
        facts,
        "The week",
        period,
        "stage1_received",
        "stage2_received",
        "stage1_answered",
        "stage2_answered",
        "service_requests",
        "turned_into_complaints",
    )
    topic = s.by_topic(facts, period)
    return (
        volume,
        s.unusual(facts, period),
        s.ageing(facts, period),
        replace(Section("By topic"), tables=(topic,) if topic.rows else ()),
        s.learning(facts, period),
    )


def _monthly(facts: Facts, period: Period) -> Iterable[Section]:
    return (
        s.in_short(facts, period),
        s.volumes(facts, period),
        s.timeliness(facts, period),
        s.outcomes(facts, period),
        s.learning(facts, period),
        s.satisfaction(facts, period),
        s.not_known(facts, period),
    )


def _quarterly(facts: Facts, period: Period) -> Iterable[Section]:
    year = year_around(period.first, facts.settings.year_starts)
    return (
        s.in_short(facts, period),
        s.trends(facts, period),
        s.volumes(facts, period),
        s.timeliness(facts, period),
        s.outcomes(facts, period),
        s.ombudsman(facts, period),
        s.learning(facts, period),
        s.satisfaction(facts, period),
        *(_measures(facts, year, period.last) if facts.by_code else ()),
        s.not_known(facts, period),
    )


def _measures(facts: Facts, year: Period, last: dt.date) -> tuple[Section, ...]:
    so_far = replace(year, last=min(last, year.last))
    return (tsm.section(facts.rows, so_far, facts.landlord, facts.settings, so_far=last < year.last),)


def _half_yearly(facts: Facts, period: Period) -> Iterable[Section]:
    return (
        s.in_short(facts, period),
        s.trends(facts, period),
        s.learning(facts, period),
        s.outcomes(facts, period),
        s.ombudsman(facts, period),
        Section(
            "What the trends mean, and what is done about them",
            write=(
                "What do the trends show, and what is behind them?",
                "For each theme above: what is changed, by whom, by when, and how will it show?",
            ),
        ),
        s.not_known(facts, period),
    )


def _annual(facts: Facts, period: Period) -> Iterable[Section]:
    return (
        s.in_short(facts, period),
        *(_measures(facts, period, period.last) if facts.by_code else ()),
        s.trends(facts, period),
        s.volumes(facts, period),
        s.timeliness(facts, period),
        s.outcomes(facts, period),
        Section(
            "Where the Code was not kept (Code 8.1)",
            write=(
                "Findings of non-compliance by the Ombudsman in the year, and what was done about them.",
                "What our own record shows above as late, and why.",
            ),
        )
        if facts.by_code
        else Section(""),
        s.ombudsman(facts, period),
        Section(
            "The Ombudsman's own reports",
            write=("The Ombudsman's annual report about us, and other reports of theirs on our work.",),
        ),
        s.learning(facts, period),
        Section(
            "Service improvements",
            write=("What was made better in the year because of complaints, and how it shows.",),
        ),
        s.satisfaction(facts, period),
        Section(
            "Self-assessment against the Code",
            (
                "What the record can answer stands there. The rest is marked: it must be written by a person, agreed "
                "by the governing body and published with this report (Code 8.1, 8.2).",
            ),
            answers=assessment.answers(facts.code, facts.findings, facts.rows, period),
        )
        if facts.code
        else Section(""),
        Section(
            "The governing body's response (Code 8.2)",
            write=("To be written by the governing body, and published beside this report.",),
        ),
        s.not_known(facts, period),
    )


_BUILT: Final[dict[Cycle, Callable[[Facts, Period], Iterable[Section]]]] = {
    Cycle.WEEKLY: _weekly,
    Cycle.MONTHLY: _monthly,
    Cycle.QUARTERLY: _quarterly,
    Cycle.HALF_YEARLY: _half_yearly,
    Cycle.ANNUAL: _annual,
}
