"""The Regulator's two Tenant Satisfaction Measures on complaints that are no survey: CH01 and CH02.

    CH01(n)  stage n complaints received in the year, for each 1,000 homes owned at its end
    CH02(n)  of a base of stage n complaints, the share answered within the Complaint Handling Code's times

Low cost rental and low cost ownership are reported apart, and only their tenants and shared owners count: leaseholders,
applicants and neighbours are left out. Within the Code's times means answered by its date or by that of a valid
extension (`codetime`). Which base CH02 takes (received in the year, or answered in it) is the landlord's setting, and
both are printed: a person holds them against the Regulator's Technical Requirements before they are published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailbot.casework.parts import Landlord, ReportSettings
from mailbot.casework.recording import OWNED, RENTED
from mailbot.reports.ledger import NOT_RECORDED, Row
from mailbot.reports.measures import Rows, answered, code_extended, count, received, stage_of
from mailbot.reports.paper import Cell, Figure, Kind, Section, Table, TableRow
from mailbot.reports.periods import Period

RECEIVED: Final = "received_in_year"
ANSWERED: Final = "responded_in_year"
_BASE_WORDS: Final = {
    RECEIVED: "stage {n} complaints received in the year",
    ANSWERED: "stage {n} complaints answered in the year",
}
_SHORT: Final = {RENTED: "LCRA", OWNED: "LCHO"}
CHECK: Final = (
    "Before publishing, hold the base of CH02 and the scope against the Regulator's current Technical Requirements: "
    "the base used here is a setting ([reports] ch02_base)."
)


@dataclass(frozen=True)
class Measured:
    """One of the two measures for one stage and one tenure, with all that it is worked out from."""

    counted: tuple[str, ...]
    base: tuple[str, ...]
    homes: int = 0

    @property
    def per_thousand(self) -> float | None:
        return 1000 * len(self.counted) / self.homes if self.homes else None


def in_scope(rows: Rows, tenure: str) -> list[Row]:
    """Complaints of people who hold this tenure."""
    return [row for row in rows if row.counts and row.tenure == tenure]


def ch01(rows: Rows, number: int, tenure: str, year: Period, homes: int) -> Measured:
    counted = tuple(row.reference for row in received(in_scope(rows, tenure), number, year))
    return Measured(counted, (), homes)


def ch02(rows: Rows, number: int, tenure: str, year: Period, base: str) -> Measured:
    """The share answered within the Code's times, of the complaints of this base."""
    scope = in_scope(rows, tenure)
    came = received(scope, number, year)
    of = came if base == RECEIVED else [row for row, _ in answered(scope, number, year)]
    in_time = (row for row in of if (s := stage_of(row, number)) and code_extended(s))
    return Measured(tuple(row.reference for row in in_time), tuple(row.reference for row in of))


def unanswered(rows: Rows, number: int, tenure: str, year: Period) -> tuple[list[Row], list[Row]]:
    """Of those received in the year: the ones withdrawn without an answer, and all others that have none."""
    none = [
        row
        for row in received(in_scope(rows, tenure), number, year)
        if (s := stage_of(row, number)) and s.answered is None
    ]
    withdrawn = [row for row in none if row.closed_because == "withdrawn"]
    return withdrawn, [row for row in none if row not in withdrawn]


def section(
    rows: Rows, year: Period, landlord: Landlord, settings: ReportSettings, so_far: bool = False
) -> Section:
    """CH01 and CH02 for both tenures, or for those of which the landlord has homes."""
    homes = {RENTED: landlord.homes_low_cost_rental, OWNED: landlord.homes_low_cost_ownership}
    tenures = [t for t in (RENTED, OWNED) if homes[t] or any(row.tenure == t for row in rows)] or [RENTED]
    figures = [
        figure
        for tenure in tenures
        for number in (1, 2)
        for figure in (
            _ch01(rows, number, tenure, year, homes[tenure]),
            _ch02(rows, number, tenure, year, settings.ch02_base),
        )
    ]
    return Section(
        f"Tenant Satisfaction Measures CH01 and CH02{', the year so far' if so_far else ''}",
        (
            f"For {year.days}. In scope are the complaints of tenants (low cost rental accommodation, LCRA) and of "
            "shared owners (low cost home ownership, LCHO); leaseholders, applicants, neighbours and everybody else "
            "are not. A complaint of a group counts once, a withdrawn one counts as received, a refused one does not "
            "count.",
            *_unknown(settings),
            CHECK,
        ),
        (*figures, *(() if settings.tenure_unless_recorded else (_tenure_unknown(rows, year),))),
        tables=(_bases(rows, year, tenures),),
    )


def _bases(rows: Rows, year: Period, tenures: list[str]) -> Table:
    """Both bases of CH02 and what is in them."""
    made = []
    for tenure in tenures:
        for number in (1, 2):
            of_received = ch02(rows, number, tenure, year, RECEIVED)
            of_answered = ch02(rows, number, tenure, year, ANSWERED)
            withdrawn, waiting = unanswered(rows, number, tenure, year)
            cells = (
                Cell(Kind.COUNT, of_received.base),
                Cell(Kind.COUNT, of_received.counted),
                Cell(Kind.RATE, of_received.counted, of_received.base),
                count(withdrawn),
                count(waiting),
                Cell(Kind.COUNT, of_answered.base),
                Cell(Kind.COUNT, of_answered.counted),
                Cell(Kind.RATE, of_answered.counted, of_answered.base),
            )
            made.append(TableRow(f"{_SHORT[tenure]}, stage {number}", cells))
    return Table(
        "ch02_bases",
        "Both bases of CH02",
        "Received in the year: every complaint in scope whose request came in the year. Answered in the year: every "
        "one whose response was sent in it, whenever it came. In Code time: by the Code's date or that of a valid "
        "extension. Withdrawn: received in the year and withdrawn before an answer. Without answer: received in the "
        "year and not answered up to the day of this report.",
        "",
        (
            "Received in the year",
            "of them in Code time",
            "share",
            "Withdrawn",
            "Without answer",
            "Answered in the year",
            "of them in Code time",
            "share",
        ),
        tuple(made),
    )


def _unknown(settings: ReportSettings) -> tuple[str, ...]:
    """What becomes of complaints of unknown tenure, in words."""
    if settings.tenure_unless_recorded:
        return (
            f"Where nobody recorded a tenure (#record tenure), {settings.tenure_unless_recorded} is taken, as the "
            "landlord set it ([reports] tenure_unless_recorded).",
        )
    return (
        "Whose tenure nobody recorded (#record tenure rented) is in none of the measures: they are too low until that "
        "is done.",
    )


def _tenure_unknown(rows: Rows, year: Period) -> Figure:
    lost = [row for row in rows if row.tenure == NOT_RECORDED]
    cases = dict.fromkeys(row.reference for n in (1, 2) for row in received(lost, n, year))
    return Figure(
        "tenure_unknown",
        "Complaints of unknown tenure",
        "Complaints received in the year, at either stage, of which nobody recorded the tenure (#record tenure).",
        Cell(Kind.COUNT, tuple(cases)),
    )


def _ch01(rows: Rows, number: int, tenure: str, year: Period, homes: int) -> Figure:
    made = ch01(rows, number, tenure, year, homes)
    setting = f"homes_{tenure.replace(' ', '_')}"
    note = (
        f"{homes:,} homes."
        if homes
        else f"How many homes were owned at the end of the year is not set: [landlord] {setting}."
    )
    return Figure(
        f"ch01_{number}_{_SHORT[tenure].lower()}",
        f"CH01({number}) {_SHORT[tenure]}: stage {number} complaints for each 1,000 homes",
        f"Stage {number} complaints received in the year from {tenure} homes, divided by the {tenure} homes owned at "
        "the end of the year, times 1,000.",
        Cell(Kind.NUMBER, made.counted, number=made.per_thousand),
        note,
    )


def _ch02(rows: Rows, number: int, tenure: str, year: Period, base: str) -> Figure:
    made = ch02(rows, number, tenure, year, base)
    words = _BASE_WORDS[base].format(n=number)
    return Figure(
        f"ch02_{number}_{_SHORT[tenure].lower()}",
        f"CH02({number}) {_SHORT[tenure]}: stage {number} answered within the Code's times",
        f"Of the {words} from {tenure} homes, the share answered within {10 if number == 1 else 20} working days of "
        "the acknowledgement (or of the day on which that was due), or by the date of a valid extension.",
        Cell(Kind.RATE, made.counted, made.base),
        f"Base: {words}.",
    )
