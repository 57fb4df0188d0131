"""A report as it is before anybody reads it: sections of figures and tables, each with its definition and the cases
behind it. `plain`, `page` and `sheets` write the same paper as text, as HTML and as CSV, so that the three can't say
different things; `suppression` takes out of it what must not be published.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailbot.reports.periods import Period

NONE: Final = "none"
HIDDEN: Final = "*"
HIDDEN_MEANS: Final = (
    "* stands for a number that is not published: fewer than five people are behind it, or it would let such a "
    "number be worked out."
)


class Kind(StrEnum):
    COUNT = "count"  # how many cases
    RATE = "rate"  # which share of a base
    DAYS = "days"  # working days
    POUNDS = "pounds"
    NUMBER = "number"  # anything else, to two places


@dataclass(frozen=True)
class Cell:
    """One number and the references behind it. `cases`: what is counted; `base`: out of which, for a share."""

    kind: Kind
    cases: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    number: float | None = None
    hidden: bool = False

    @property
    def value(self) -> float | None:
        """The bare number, a share as percent; None where there is none, or none that may be seen."""
        if self.hidden:
            return None
        if self.kind is Kind.COUNT:
            return float(len(self.cases))
        if self.kind is Kind.RATE:
            return 100 * len(self.cases) / len(self.base) if self.base else None
        return self.number

    @property
    def shown(self) -> str:
        if self.hidden:
            return HIDDEN
        value = self.value
        if value is None:
            return NONE
        match self.kind:
            case Kind.COUNT:
                return f"{value:,.0f}"
            case Kind.RATE:
                return f"{value:.1f}%"
            case Kind.DAYS:
                return f"{value:,.1f}".removesuffix(".0")
            case Kind.POUNDS:
                return f"£{value:,.2f}".removesuffix(".00")
            case _:
                return f"{value:,.2f}"


@dataclass(frozen=True)
class Figure:
    key: str  # also the name of its CSV
    title: str
    definition: str
    cell: Cell
    note: str = ""


@dataclass(frozen=True)
class TableRow:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """`head`: what the labels are; `total`: the row under the line."""

    key: str
    title: str
    definition: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    total: TableRow | None = None
    note: str = ""

    @property
    def all_rows(self) -> tuple[TableRow, ...]:
        return (*self.rows, self.total) if self.total else self.rows


class Style(StrEnum):
    LINES = "lines"
    COLUMNS = "columns"
    BARS = "bars"


@dataclass(frozen=True)
class Chart:
    """A picture of some columns of a table of the same section."""

    title: str
    table: str
    columns: tuple[int, ...]
    style: Style


@dataclass(frozen=True)
class Listed:
    """Words of people or of the record, line by line. `private`: not for publication."""

    title: str
    lines: tuple[str, ...]
    private: bool = True


@dataclass(frozen=True)
class Answer:
    """One line of the self-assessment: what the Code asks, what the record answers, and what a person must write."""

    provision: str
    asks: str
    record: str
    write: str
    cells: tuple[tuple[str, Cell], ...] = ()  # what the figures say of it


@dataclass(frozen=True)
class Section:
    heading: str
    says: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    listed: tuple[Listed, ...] = ()
    answers: tuple[Answer, ...] = ()
    write: tuple[str, ...] = ()  # what a person must write here

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)


@dataclass(frozen=True)
class Paper:
    title: str
    landlord: str
    period: Period
    as_of: dt.date
    headlines: tuple[str, ...]
    sections: tuple[Section, ...]
    because: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    published: bool = False

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(figure for section in self.sections for figure in section.figures)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for section in self.sections for table in section.tables)
