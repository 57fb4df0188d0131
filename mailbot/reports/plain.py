"""A report as plain text: for a terminal, and as the text part of the mail. It holds every number of the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from mailbot.reports.paper import Answer, Figure, Listed, Paper, Section, Table, TableRow
from mailbot.reports.periods import spelled

WIDTH: Final = 110
LABEL: Final = 30
WRITE: Final = "[To be written] "


def as_text(paper: Paper) -> str:
    """The whole report."""
    lines = [*head(paper)]
    for section in paper.sections:
        lines += ["", "", section.heading, "=" * len(section.heading), *_section(section)]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def head(paper: Paper) -> list[str]:
    """Title, days and what matters, in words."""
    lines = [
        f"{paper.title}: {paper.period.title}",
        f"{paper.landlord}, {paper.period.days}. Made on {spelled(paper.as_of)}.",
    ]
    if paper.published:
        lines.append("For publication: small numbers are left out.")
    if paper.headlines:
        lines += ["", *_wrapped(paper.headlines)]
    lines += ["", *_wrapped(paper.notes)]
    return lines


def _wrapped(sentences: Sequence[str]) -> list[str]:
    return [line for sentence in sentences for line in textwrap.wrap(sentence, WIDTH)]


def _section(section: Section) -> Iterator[str]:
    if section.says:
        yield ""
        yield from _wrapped(section.says)
    for figure in section.figures:
        yield ""
        yield from _figure(figure)
    for table in section.tables:
        yield ""
        yield from _table(table)
    for listed in section.listed:
        yield ""
        yield from _listed(listed)
    for answer in section.answers:
        yield ""
        yield from _answer(answer)
    for prompt in section.write:
        yield ""
        yield from textwrap.wrap(WRITE + prompt, WIDTH)


def _figure(figure: Figure) -> Iterator[str]:
    yield f"{figure.title}: {figure.cell.shown}"
    told = f"{figure.definition} {figure.note}".strip()
    yield from textwrap.wrap(told, WIDTH, initial_indent="    ", subsequent_indent="    ")


def _table(table: Table) -> Iterator[str]:
    yield table.title
    yield from textwrap.wrap(table.definition, WIDTH, initial_indent="    ", subsequent_indent="    ")
    label = min(LABEL, max(len(row.label) for row in (*table.all_rows, TableRow(table.head, ()))) + 2)
    fair = max(6, (WIDTH - label) // max(len(table.columns), 1) - 2)
    longest = [max(len(word) for word in column.split()) for column in table.columns]
    shown = [max((len(row.cells[n].shown) for row in table.all_rows), default=1) for n in range(len(longest))]
    rooms = [max(word, cell, min(fair, 12)) for word, cell in zip(longest, shown, strict=True)]
    heads = [textwrap.wrap(column, room) for column, room in zip(table.columns, rooms, strict=True)]
    high = max((len(column) for column in heads), default=1)
    for n in range(high):
        words = [column[n - high + len(column)] if n >= high - len(column) else "" for column in heads]
        yield from _row(table.head if n == high - 1 else "", words, rooms, label)
    for row in table.rows:
        yield from _row(row.label, [cell.shown for cell in row.cells], rooms, label)
    if table.total:
        yield "-" * (label + sum(rooms) + 2 * len(rooms))
        yield from _row(table.total.label, [cell.shown for cell in table.total.cells], rooms, label)
    if table.note:
        yield from textwrap.wrap(table.note, WIDTH)


def _row(label: str, cells: Sequence[str], rooms: Sequence[int], wide: int) -> Iterator[str]:
    parts = textwrap.wrap(label, wide - 2) or [""]
    line = "".join(cell.rjust(room + 2) for cell, room in zip(cells, rooms, strict=True))
    yield parts[0].ljust(wide) + line
    yield from (f"  {part}" for part in parts[1:])


def _listed(listed: Listed) -> Iterator[str]:
    if listed.title:
        yield listed.title
    for line in listed.lines:
        yield from textwrap.wrap(line, WIDTH, initial_indent="* ", subsequent_indent="  ")


def _answer(answer: Answer) -> Iterator[str]:
    yield from textwrap.wrap(f"{answer.provision}  {answer.asks}", WIDTH, subsequent_indent="      ")
    told = " ".join((answer.record, *(f"{title}: {cell.shown}." for title, cell in answer.cells))).strip()
    for line in (told, WRITE + answer.write):
        yield from textwrap.wrap(line, WIDTH, initial_indent="      ", subsequent_indent="      ")
