"""A report as CSV: every figure and every cell of a table, and the cases behind each.

    figures.csv   one line a figure or cell: key, title, row, column, value, how many cases, of how many, definition
    KEY.csv       one line a case behind the figure or table of that key, and whether it is counted or only in the base
    cases.csv     one line a case that stands in any of them, with its dates

A published report gives figures.csv alone: the others name cases. Opened by a spreadsheet: UTF-8 with a mark, and no
text that it would take for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mailbot.reports.ledger import Row, StageRow
from mailbot.reports.paper import Cell, Kind, Paper

_MARK: Final = "\N{BYTE ORDER MARK}"


def sheets(paper: Paper, rows: Iterable[Row]) -> Mapping[str, str]:
    """Each file's name and text."""
    made = {"figures.csv": _sheet(_FIGURES, _figures(paper))}
    if paper.published:
        return made
    for figure in paper.figures:
        made[f"{figure.key}.csv"] = _sheet(_BEHIND, _behind("", "", figure.cell))
    for table in paper.tables:
        lines = (
            line
            for row in table.all_rows
            for column, cell in zip(table.columns, row.cells, strict=True)
            for line in _behind(row.label, column, cell)
        )
        made[f"{table.key}.csv"] = _sheet(_BEHIND, lines)
    made["cases.csv"] = cases_sheet(paper, rows)
    return made


def cases_sheet(paper: Paper, rows: Iterable[Row]) -> str:
    """Every case that stands in some figure, with its dates, and the keys of the figures in which it is counted."""
    counted: dict[str, list[str]] = {}
    for figure in paper.figures:
        for reference in dict.fromkeys(figure.cell.cases):
            counted.setdefault(reference, []).append(figure.key)
    known = set(counted)
    for table in paper.tables:
        known.update(r for row in table.all_rows for cell in row.cells for r in (*cell.cases, *cell.base))
    for figure in paper.figures:
        known.update(figure.cell.base)
    return _sheet(
        _CASES, (_case(row, counted.get(row.reference, [])) for row in rows if row.reference in known)
    )


_FIGURES: Final = ("key", "title", "row", "column", "value", "shown", "cases", "of", "definition")
_BEHIND: Final = ("row", "column", "reference", "counted")
_STAGE: Final = (
    "requested", "acknowledged", "acknowledge_by_policy", "acknowledge_by_code", "answered", "answer_by_policy",
    "answer_by_policy_extended", "answer_by_code", "answer_by_code_extended", "extensions", "decision",
    "working_days",
)  # fmt: skip
_CASES: Final = (
    "reference", "policy", "mailbox", "received", "complaint", "topic", "service", "team", "estate", "contractor",
    "tenure", "closed", "closed_because", "compensation",
    *(f"stage{n}_{name}" for n in (1, 2) for name in _STAGE),
    "counted_in",
)  # fmt: skip


def _figures(paper: Paper) -> Iterator[tuple[object, ...]]:
    for figure in paper.figures:
        yield (figure.key, figure.title, "", "", *_numbers(figure.cell), figure.definition)
    for table in paper.tables:
        for row in table.all_rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield (table.key, table.title, row.label, column, *_numbers(cell), table.definition)


def _numbers(cell: Cell) -> tuple[object, ...]:
    value = "" if cell.value is None else round(cell.value, 4)
    if cell.hidden:
        return ("", cell.shown, "", "")
    return (value, cell.shown, len(cell.cases), len(cell.base) if cell.kind is Kind.RATE else "")


def _behind(row: str, column: str, cell: Cell) -> Iterator[tuple[object, ...]]:
    counted = set(cell.cases)
    for reference in cell.cases:
        yield (row, column, reference, "yes")
    for reference in cell.base:
        if reference not in counted:
            yield (row, column, reference, "no")


def _case(row: Row, counted: list[str]) -> tuple[object, ...]:
    place = ("", "") if row.restricted else (row.estate, row.contractor)
    return (
        row.reference,
        row.policy,
        row.mailbox,
        row.received,
        "yes" if row.counts else "no",
        row.topic,
        row.service,
        row.team,
        *place,
        row.tenure,
        row.closed,
        row.closed_because,
        row.compensation,
        *_stage(row.stage1),
        *_stage(row.stage2),
        " ".join(counted),
    )


def _stage(stage: StageRow | None) -> tuple[object, ...]:
    if stage is None:
        return ("",) * len(_STAGE)
    code = stage.code
    return (
        stage.requested,
        stage.acknowledged,
        stage.acknowledge_by,
        code.acknowledge if code else "",
        stage.answered,
        stage.answer_by,
        stage.extended_to,
        code.answer if code else "",
        code.extended if code else "",
        " ".join(told.to.isoformat() for told in stage.extensions),
        stage.decision,
        stage.days,
    )


def _sheet(heads: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_safe(value) for value in line] for line in lines)
    return _MARK + out.getvalue()


def _safe(value: object) -> object:
    """What a spreadsheet would run as a formula is told to be text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
