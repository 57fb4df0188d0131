"""What mail and clock cost, counted in questions and commits: no stopwatch, which a busy machine would stop."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from conftest import COMPLAINT, House
from doors.mailboxes import Mailboxes
from sqlalchemy import event
from sqlalchemy.engine import Engine

from mailbot import together
from mailbot.daemon import Rounds
from mailbot.service import Service

MakeHouse = Callable[..., House]


@pytest.fixture
def cost() -> Iterator[Counter[str]]:
    """How many statements SQLite has run, and how many of them were commits, as SQLite itself tells it."""
    found: Counter[str] = Counter()

    def note(statement: str) -> None:
        if not statement.startswith("--"):  # what a trigger does is part of the statement that fires it
            found["commits" if statement == "COMMIT" else "statements"] += 1

    def watch(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(note)

    event.listen(Engine, "connect", watch)
    yield found
    event.remove(Engine, "connect", watch)


@pytest.fixture
def busy(make_house: MakeHouse, embedded_mail: Mailboxes, cost: Counter[str]) -> Service:
    """Twelve residents complain on Monday 2 March 2026; their mails are kept, and nobody has read them."""
    house = make_house(embedded_mail)
    for n in range(12):
        house.write(f"resident{n}@example.com", COMPLAINT, subject=f"The lift of block {n}")
    rounds = Rounds(house.parts.service)
    assert rounds.look(house.clock) == 12
    rounds.close()
    assert cost["commits"] and cost["statements"] > 12, "the kept mails were counted"
    cost.clear()
    return house.parts.service


def test_mails_that_wait_together_cost_a_commit_for_all_and_few_questions_each(
    busy: Service, cost: Counter[str]
) -> None:
    assert len(busy.attend()) == 12
    writing = 1 + 1  # one for them all, and one that they are in hand
    assert cost["commits"] <= writing + 3, "beside them only a few looks"
    assert cost["statements"] <= 12 * 25, "each row that is written is one"


def test_whoever_else_writes_does_not_wait_for_a_commit_of_slow_mails(
    busy: Service, cost: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "HELD", 0.0)  # as if the first had taken all the time that there is
    assert len(busy.attend()) == 12
    assert cost["commits"] >= 12, "each is on record as soon as it is done"


def test_a_tick_with_nothing_due_is_a_single_question(busy: Service, cost: Counter[str]) -> None:
    assert busy.tick() == []
    assert cost["statements"] <= 2, "the question, and on SQLite the BEGIN before it"
