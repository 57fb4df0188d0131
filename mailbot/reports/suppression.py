"""What is taken out of a paper before it is published, so that nobody is recognised by it.

A number with one to four cases behind it is hidden, and so is whatever would let it be worked out:

* a share of fewer than five cases, with fewer than five cases in it, or with fewer than five left out of it;
* in a column, where hidden numbers could be told from the sum of the column (which other figures give away), the
  next smallest number as well, and the next, until two or more are hidden whose sum leaves room;
* the same set of cases wherever else it is counted, or stands in a share.

This is repeated until nothing more has to be hidden. Zero is shown: nobody is behind it. Words of people go, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mailbot.reports.paper import HIDDEN_MEANS, Cell, Figure, Kind, Paper, Section, Table, TableRow

FEW: Final = 5
"""The smallest number that is published, zero apart."""
ROOM: Final = 2
"""By how much the sum of hidden numbers exceeds the least that it could be: less would let them be guessed."""

Cases = frozenset[str]


def for_publication(paper: Paper) -> Paper:
    """The paper with small numbers hidden, and with what was written of single cases left out."""
    hidden: set[Cases] = set()
    while True:
        known = len(hidden)
        sections = tuple(_section(section, hidden) for section in paper.sections)
        if len(hidden) == known:
            break
    notes = (*paper.notes, HIDDEN_MEANS) if hidden else paper.notes
    return replace(paper, sections=sections, headlines=(), notes=tuple(dict.fromkeys(notes)), published=True)


def _section(section: Section, hidden: set[Cases]) -> Section:
    return replace(
        section,
        figures=tuple(_figure(figure, hidden) for figure in section.figures),
        tables=tuple(_table(table, hidden) for table in section.tables),
        listed=tuple(listed for listed in section.listed if not listed.private),
        answers=tuple(
            replace(answer, cells=tuple((title, _cell(cell, hidden)) for title, cell in answer.cells))
            for answer in section.answers
        ),
    )


def _figure(figure: Figure, hidden: set[Cases]) -> Figure:
    cell = _cell(figure.cell, hidden)
    return replace(figure, cell=cell, note="" if cell.hidden else figure.note)


def _table(table: Table, hidden: set[Cases]) -> Table:
    rows = [[_cell(cell, hidden) for cell in row.cells] for row in table.rows]
    total = [_cell(cell, hidden) for cell in table.total.cells] if table.total else None
    for column in range(len(table.columns)):
        if rows and all(row[column].kind is Kind.COUNT for row in rows):
            _column(rows, total, column, hidden)
    made = tuple(TableRow(row.label, tuple(cells)) for row, cells in zip(table.rows, rows, strict=True))
    under = TableRow(table.total.label, tuple(total)) if table.total and total is not None else None
    return replace(table, rows=made, total=under)


def _column(rows: list[list[Cell]], total: list[Cell] | None, column: int, hidden: set[Cases]) -> None:
    """Hide more of a column of counts until what is hidden can't be told from its sum."""

    def out_of_sight() -> list[Cell]:
        return [row[column] for row in rows if row[column].hidden]

    def safe(gone: list[Cell]) -> bool:
        return not gone or (len(gone) > 1 and sum(len(c.cases) for c in gone) - len(gone) >= ROOM)

    while not safe(out_of_sight()):
        left = [row for row in rows if not row[column].hidden]
        if not left:
            if total is not None:
                total[column] = _hide(total[column], hidden)
            return
        # the smallest that has anybody behind it; a zero only where nothing else is left
        smallest = min(left, key=lambda row: (not row[column].cases, len(row[column].cases)))
        smallest[column] = _hide(smallest[column], hidden)


def _cell(cell: Cell, hidden: set[Cases]) -> Cell:
    return _hide(cell, hidden) if _must_go(cell, hidden) else cell


def _hide(cell: Cell, hidden: set[Cases]) -> Cell:
    if cell.kind is Kind.COUNT and cell.cases:
        hidden.add(frozenset(cell.cases))
    return replace(cell, hidden=True)


def _must_go(cell: Cell, hidden: set[Cases]) -> bool:
    counted, base = frozenset(cell.cases), frozenset(cell.base)
    if cell.kind is Kind.RATE:
        parts: tuple[Cases, ...] = (counted, base, base - counted)
    elif cell.kind is Kind.DAYS:
        parts = (base or counted,)
    else:
        parts = (counted,)
    return any(0 < len(part) < FEW or (part and part in hidden) for part in parts)
