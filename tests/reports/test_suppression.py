"""Before publication: small numbers go, and whatever would let them be worked out."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.reports.paper import HIDDEN_MEANS, Cell, Figure, Kind, Listed, Paper, Section, Table, TableRow
from mailbot.reports.periods import Cycle, period_of
from mailbot.reports.suppression import for_publication

_NUMBER = count()


def cases(n: int) -> tuple[str, ...]:
    return tuple(f"CC-{next(_NUMBER)}" for _ in range(n))


def counted(n: int) -> Cell:
    return Cell(Kind.COUNT, cases(n))


def table(*columns: list[int]) -> Table:
    cells = [[counted(n) for n in column] for column in columns]
    rows = tuple(TableRow(f"row {n}", tuple(column[n] for column in cells)) for n in range(len(columns[0])))
    total = tuple(Cell(Kind.COUNT, tuple(r for cell in column for r in cell.cases)) for column in cells)
    return Table("t", "T", "", "", tuple("abc"[: len(columns)]), rows, TableRow("All", total))


def published(*, tables: tuple[Table, ...] = (), figures: tuple[Figure, ...] = ()) -> Paper:
    section = Section("S", figures=figures, tables=tables, listed=(Listed("Words", ("CC-1: she said so",)),))
    paper = Paper(
        "T",
        "L",
        period_of(Cycle.ANNUAL, dt.date(2026, 1, 1)),
        dt.date(2026, 4, 1),
        ("One case.",),
        (section,),
    )
    return for_publication(paper)


def shown(*columns: list[int]) -> list[list[str]]:
    (made,) = published(tables=(table(*columns),)).tables
    return [[row.cells[k].shown for row in made.all_rows] for k in range(len(columns))]


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        ([20, 9, 7], ["20", "9", "7", "36"]),  # nothing is small
        ([20, 9, 0], ["20", "9", "0", "29"]),  # behind zero there is nobody
        ([20, 9, 3], ["20", "*", "*", "32"]),  # 3 alone could be told from the sum: the 9 goes too
        ([20, 3, 4], ["20", "*", "*", "27"]),  # two small ones hide each other: 7 is 3 and 4, or 6 and 1, ...
        ([20, 9, 1, 1], ["20", "*", "*", "*", "31"]),  # 2 left over can only be 1 and 1
        ([12, 2, 0], ["*", "*", "0", "14"]),  # a zero is shown while another number can stand in
        ([3], ["*", "*"]),  # one row: the sum is the number
        ([3, 0], ["*", "*", "*"]),
    ],
)
def test_a_column(column: list[int], seen: list[str]) -> None:
    assert shown(column) == [seen]


def test_columns_do_not_mind_each_other() -> None:
    assert shown([20, 3, 4], [8, 8, 8]) == [["20", "*", "*", "27"], ["8", "8", "8", "24"]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_no_hidden_number_can_be_worked_out(column: list[int]) -> None:
    """Whoever knows the sum and what is shown finds at least two values for each hidden number."""
    (seen,) = shown(column)
    gone = [n for n, text in zip(column, seen[:-1], strict=True) if text == "*"]
    assert all(text == "*" for n, text in zip(column, seen[:-1], strict=True) if 0 < n < 5)
    if not gone or seen[-1] == "*":
        return
    left = sum(gone)
    least = [0 if 0 in gone else 1] * len(gone)
    for place in range(len(gone)):
        possible = range(least[place], left - sum(least[:place] + least[place + 1 :]) + 1)
        assert len(possible) > 1, (column, seen)


def figure(cell: Cell, key: str = "f") -> Figure:
    return Figure(key, "F", "what it counts", cell, "a note with 2 in it")


@pytest.mark.parametrize(
    ("good", "base", "seen"),
    [
        (20, 40, "50.0%"),
        (2, 40, "*"),
        (38, 40, "*"),
        (40, 40, "100.0%"),
        (0, 40, "0.0%"),
        (3, 3, "*"),
        (0, 3, "*"),
    ],
)
def test_a_share_tells_of_both_of_its_parts(good: int, base: int, seen: str) -> None:
    of = cases(base)
    paper = published(figures=(figure(Cell(Kind.RATE, of[:good], of)),))
    assert paper.figures[0].cell.shown == seen
    assert bool(paper.figures[0].note) is (seen != "*"), "a note would tell it as well"


def test_what_is_hidden_in_a_table_is_hidden_wherever_it_is_counted() -> None:
    made = table([20, 9, 3])
    nine = made.rows[1].cells[0]
    others = cases(30)
    figures = (
        figure(Cell(Kind.COUNT, nine.cases), "the same nine"),
        figure(Cell(Kind.RATE, nine.cases, (*nine.cases, *others)), "a share with them"),
        figure(Cell(Kind.RATE, others, (*nine.cases, *others)), "a share without them"),
        figure(counted(9), "nine others"),
    )
    paper = published(tables=(made,), figures=figures)
    assert [f.cell.shown for f in paper.figures] == ["*", "*", "*", "9"]


def test_days_and_pounds_of_few_people_go_too() -> None:
    few, many = cases(4), cases(5)
    paper = published(
        figures=(
            figure(Cell(Kind.DAYS, few, few, 9.0)),
            figure(Cell(Kind.DAYS, many, many, 9.0)),
            figure(Cell(Kind.POUNDS, few, number=150.0)),
            figure(Cell(Kind.POUNDS, many, number=150.0)),
            figure(Cell(Kind.NUMBER, few, number=0.53)),
        )
    )
    assert [f.cell.shown for f in paper.figures] == ["*", "9", "*", "£150", "*"]


def test_words_about_cases_are_left_out_and_the_star_is_explained() -> None:
    paper = published(figures=(figure(counted(3)),))
    assert paper.published and paper.headlines == () and HIDDEN_MEANS in paper.notes
    assert paper.sections[0].listed == ()
    assert HIDDEN_MEANS not in published(figures=(figure(counted(30)),)).notes
