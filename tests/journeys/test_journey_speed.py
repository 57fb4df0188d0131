"""What mail and clock cost, counted in questions and commits: no stopwatch, which a busy machine would stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from conftest import COMPLAINT, House
from doors.mailboxes import Mailboxes
from sqlalchemy import event
from sqlalchemy.engine import Engine

from mailbot.daemon import Rounds
from mailbot.service import Service

MakeHouse = Callable[..., House]


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """How many statements are run, and how many transactions committed, on any database meanwhile."""
    found = {"statements": 0, "commits": 0}

    def statement(*told: object) -> None:
        found["statements"] += 1

    def commit(*told: object) -> None:
        found["commits"] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)


@pytest.fixture
def busy(make_house: MakeHouse, embedded_mail: Mailboxes) -> Service:
    """Twelve residents complain on Monday 2 March 2026; their mails are kept, and nobody has read them."""
    house = make_house(embedded_mail)
    for n in range(12):
        house.write(f"resident{n}@example.com", COMPLAINT, subject=f"The lift of block {n}")
    rounds = Rounds(house.parts.service)
    assert rounds.look(house.clock) == 12
    rounds.close()
    return house.parts.service


def test_mails_that_wait_together_cost_a_commit_each_and_few_questions(busy: Service) -> None:
    with counted() as cost:
        assert len(busy.attend()) == 12
    writing = 12 + 1  # one for each, and one that they are in hand
    assert cost["commits"] <= writing + 3, "beside them only a few looks"
    assert cost["statements"] <= 12 * 21


def test_a_tick_with_nothing_due_is_a_single_question(busy: Service) -> None:
    with counted() as cost:
        assert busy.tick() == []
    assert cost["statements"] <= 2, "the question, and on SQLite the BEGIN before it"
