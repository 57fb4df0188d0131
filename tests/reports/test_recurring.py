"""What comes up more often than it used to: the arithmetic, worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from test_code_time_by_hand import Told

from mailbot.reports import recurring
from mailbot.reports.ledger import Row
from mailbot.reports.periods import Cycle, period_of
from mailbot.reports.quality import is_chosen

WEEK = period_of(Cycle.WEEKLY, dt.date(2026, 3, 24))  # Monday 23 to Sunday 29 March


@pytest.fixture(scope="module")
def row() -> Row:
    return Told().complains("2026-03-02").row


def came(row: Row, day: dt.date, n: int, **what: str) -> list[Row]:
    assert row.stage1 is not None
    stage = replace(row.stage1, requested=day)
    return [replace(row, reference=f"{day}-{k}-{what}", received=day, stage1=stage, **what) for k in range(n)]


def half_a_year(row: Row, a_week: tuple[int, ...], **what: str) -> list[Row]:
    """So many on the Wednesday of each of the 26 weeks before, the earliest first."""
    weeks = (a_week * 26)[:26]
    return [
        one
        for back, n in enumerate(reversed(weeks), 1)
        for one in came(row, WEEK.first + dt.timedelta(days=2 - 7 * back), n, **what)
    ]


@pytest.mark.parametrize(
    ("n", "rate", "chance"),
    [
        # 1 - e^-2 (1 + 2) = 1 - 0.4060 = 0.5940
        (2, 2.0, 0.59399),
        # 1 - e^-1 (1 + 1 + 1/2) = 1 - 0.9197 = 0.0803
        (3, 1.0, 0.08030),
        (0, 2.0, 1.0),
        # far out the first term tells almost all of it: e^-0.5 * 0.5^12 / 12! = 3.09e-13, and 1 + 0.5/13 + ... of that
        (12, 0.5, 3.216e-13),
    ],
)
def test_the_tail_of_the_poisson_distribution(n: int, rate: float, chance: float) -> None:
    assert recurring.at_least(n, rate) == pytest.approx(chance, rel=1e-3)


def test_seven_this_week_against_two_a_week_are_named_with_the_arithmetic(row: Row) -> None:
    """54 in 26 weeks are 2.1 a week; with half a case more the rate is 54.5 / 26 = 2.096. Seven or more at that rate:
    1 - e^-2.096 (1 + 2.096 + 2.197 + 1.535 + 0.804 + 0.337 + 0.118) = 1 - 0.12294 * 8.087 = 0.0058."""
    usual = half_a_year(row, (2,), estate="Fulling Lane", topic="Repairs")
    more = came(row, WEEK.first - dt.timedelta(days=5), 2, estate="Fulling Lane", topic="Repairs")
    now = came(row, WEEK.first + dt.timedelta(days=1), 7, estate="Fulling Lane", topic="Repairs")
    # elsewhere there are as many repairs this week as ever, so that the topic alone is not unusual
    elsewhere = half_a_year(row, (20,), estate="Mill Goit", topic="Repairs")
    elsewhere += came(row, WEEK.first, 20, estate="Mill Goit", topic="Repairs")
    first = came(row, WEEK.first - dt.timedelta(weeks=27), 1, topic="Charges")  # the record is long enough
    found = recurring.find((*first, *usual, *more, *now, *elsewhere), WEEK)
    assert [(one.dimension, one.name, len(one.cases), one.earlier) for one in found] == [
        ("Estate", "Fulling Lane", 7, 54)
    ]
    assert found[0].chance == pytest.approx(0.0058, abs=0.0002)
    assert found[0].sentence == (
        "Estate Fulling Lane: 7 this week against 2.1 a week over the last 26 (54 in all). By chance so many come less "
        "than once in 100 weeks (p = 0.0058)."
    )


def test_what_is_as_usual_is_not_named(row: Row) -> None:
    usual = half_a_year(row, (2, 3), contractor="Aire Roofing")
    now = came(row, WEEK.first, 5, contractor="Aire Roofing")
    assert recurring.find((*usual, *now), WEEK) == ()


def test_something_new_is_named_from_three_on(row: Row) -> None:
    usual = half_a_year(row, (2,), contractor="Aire Roofing", topic="Repairs")
    two = came(row, WEEK.first, 2, contractor="Calder Drainage", topic="Repairs")
    assert recurring.find((*usual, *two), WEEK) == ()
    three = came(row, WEEK.first, 3, contractor="Calder Drainage", topic="Repairs")
    (found,) = recurring.find((*usual, *three), WEEK)
    assert (found.name, found.earlier, found.rate) == ("Calder Drainage", 0, 0.0)


def test_with_too_short_a_record_nothing_is_said(row: Row) -> None:
    now = came(row, WEEK.first, 9, topic="Repairs")
    before = came(row, WEEK.first - dt.timedelta(weeks=7), 1, topic="Repairs")
    assert recurring.find((*before, *now), WEEK) == ()


def test_what_nobody_recorded_is_no_estate(row: Row) -> None:
    usual = half_a_year(row, (1,), topic="Repairs", estate="Mill Goit")
    now = came(row, WEEK.first, 9, topic="not recorded", estate="not recorded")
    assert recurring.find((*usual, *now), WEEK) == ()


# ------------------------------------------------------------------ the sample


def test_the_sample_is_the_same_again_and_another_with_another_key() -> None:
    references = [f"CC-2026-{n:06}-0" for n in range(4_000)]
    first = {r for r in references if is_chosen(r, 0.1, b"the landlord's own")}
    assert first == {r for r in references if is_chosen(r, 0.1, b"the landlord's own")}
    assert 330 <= len(first) <= 470  # 400 expected, three and a half deviations of 19 either way
    other = {r for r in references if is_chosen(r, 0.1, b"another's")}
    assert len(first & other) < 80, "nobody can tell the one from the other"
    assert first <= {r for r in references if is_chosen(r, 0.2, b"the landlord's own")}
    assert not any(is_chosen(r, 0.0, b"k") for r in references[:50])
    assert all(is_chosen(r, 1.0, b"k") for r in references[:50])
