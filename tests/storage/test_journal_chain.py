"""The journal is a chain: whatever is done to a line behind mailbot's back is found, and said where."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from storage_examples import DAY, MINUTE, NINE, a_step
from storage_migrating import migrate_to

from storage import CaseChanged, Store, Work, chain, open_store, schema
from storage.verifying import Verified

ONE, TWO = "CC-2026-000001-4", "CC-2026-000002-2"
KEY = b"a key that only the machine of the service has"
CHAINED = (schema.journal, schema.heads, schema.checkpoints, schema.redactions)


def write_a_week(work: Work) -> None:
    """Two cases of three lines each, a mail of nobody's, and a line of the house; sealed, and two more lines."""
    number = work.peek_reference("CC-2026")
    first = work.record(a_step(replace(open_case_of(ONE)), serial=("CC-2026", number)))
    second = work.record(a_step(open_case_of(TWO), serial=("CC-2026", number + 1)))
    work.note(NINE, "mailbot", "warning", "The sender is not vouched for.", reference=ONE, mail="m1")
    work.note(NINE, "mailbot", "quarantined", "Set aside: no sender.", mail="m2")
    work.note(NINE, "mailbot", "reckoning", "It adds up.")
    for case in (first, second):
        assert case is not None
        work.record(a_step(case, case))
    work.checkpoint(NINE + DAY)
    work.note(NINE + DAY, "sam", "note", "Rang them.", reference=ONE)
    work.note(NINE + DAY, "mailbot", "reckoning", "It adds up again.")


def open_case_of(reference: str) -> Any:
    from storage_examples import a_case

    return a_case(reference)


@pytest.fixture
def week(store: Store) -> Store:
    with store.begin() as work:
        write_a_week(work)
    return store


def verified(store: Store) -> Verified:
    with store.read() as work:
        return work.verify_journal()


class Intruder:
    """Somebody with the rights of the database's owner: no trigger holds them up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        dialect = connection.dialect.name
        if dialect == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                connection.execute(text(f"DROP TRIGGER {name[0]}"))

    def do(self, statement: str, **values: Any) -> int:
        return self._connection.execute(text(statement), values).rowcount

    def ask(self, statement: str, **values: Any) -> Any:
        return self._connection.execute(text(statement), values).all()


@pytest.fixture
def intrude(week: Store) -> Iterator[Callable[[], Intruder]]:
    """Ends in a roll-back of nothing: each test has a database of its own."""
    opened: list[Any] = []

    def intrude() -> Intruder:
        context = week._writer.begin()
        opened.append(context)
        return Intruder(context.__enter__())

    yield intrude
    for context in opened:
        context.__exit__(None, None, None)


def test_what_was_written_verifies_as_a_whole_and_case_by_case(week: Store) -> None:
    found = verified(week)
    assert found.faults == () and (found.lines, found.checkpoints) == (9, 1)
    with week.read() as work:
        one = work.verify_journal(ONE)
        assert one.faults == () and one.lines == 4
        mark = work.last_checkpoint()
        assert mark is not None and mark.up_to == 7 and mark.lines == 7
        assert [m.number for m in work.checkpoints_named(chain.code(mark.hash))] == [1]
        assert list(work.checkpoints_named("0000 0000")) == []


def other_value(column: Any, old: Any) -> Any:
    """A value that the column takes and that is not what it holds."""
    if isinstance(old, int):
        return old + 100
    if column.name == "at":
        return "2031-05-06 07:08:09.000000"
    if old is None:
        return 5 if "INT" in str(column.type).upper() else "other"
    return f"{old}x" if column.name not in ("seals", "because", "effects", "event") else f"{old} "


def every_column() -> list[tuple[str, str]]:
    return [(table.name, column.name) for table in CHAINED for column in table.c]


def test_no_column_of_any_line_can_be_changed_unseen(week: Store) -> None:
    """Each column as the database has it, so that a column that is added later is tried as well."""
    erase_a_line(week)
    assert verified(week).faults == ()
    with week._writer.begin() as connection:
        there = {
            (table.name, column["name"])
            for table in CHAINED
            for column in inspect(connection).get_columns(table.name)
        }
    assert there == set(every_column())
    for name, column in sorted(there):
        table = schema.metadata.tables[name]
        key = next(iter(table.primary_key.columns)).name
        with week._writer.connect() as connection:
            outer = connection.begin()
            intruder = Intruder(connection)
            rows = intruder.ask(f"SELECT {key}, {column} FROM {name} ORDER BY {key}")
            assert rows, name
            for row in (rows[0], rows[len(rows) // 2]):
                nested = connection.begin_nested()
                new = other_value(table.c[column], row[1])
                assert (
                    intruder.do(f"UPDATE {name} SET {column} = :new WHERE {key} = :it", new=new, it=row[0])
                    == 1
                )
                assert Work(connection).verify_journal().faults, (name, column, row[0])
                nested.rollback()
            outer.rollback()


def erase_a_line(store: Store) -> None:
    with store.begin() as work:
        work.redact_lines({3: {"summary": "Erased."}}, NINE + 2 * DAY, "alex", "Erased on 4 March 2026.")
        work.checkpoint(NINE + 2 * DAY)


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("seq = 1", "missing"),
        ("seq = 4", "all 1 lines of mail:m2 are missing"),
        ("seq = 6", "missing"),
        ("seq = 8", "the last line of CC-2026-000001-4 is not the one that was written last"),
        ("seq = 9", "the last line of house"),
        ("reference = 'CC-2026-000002-2'", "all 2 lines of CC-2026-000002-2 are missing"),
    ],
)
def test_a_line_that_is_removed_is_missed(
    week: Store, intrude: Callable[[], Intruder], which: str, told: str
) -> None:
    intruder = intrude()
    assert intruder.do(f"DELETE FROM journal WHERE {which}")
    faults = Work(intruder._connection).verify_journal().faults
    assert any(told in fault.what for fault in faults), faults


def test_a_case_that_is_removed_with_all_that_tells_of_it_is_missed_by_its_number(
    week: Store, intrude: Callable[[], Intruder]
) -> None:
    intruder = intrude()
    for statement in (
        "DELETE FROM journal WHERE reference = :r",
        "DELETE FROM heads WHERE chain = :r",
        "DELETE FROM parties WHERE reference = :r",
        "DELETE FROM cases WHERE reference = :r",
    ):
        assert intruder.do(statement, r=TWO)
    faults = Work(intruder._connection).verify_journal().faults
    assert any("there is no such case" in fault.what and fault.reference == TWO for fault in faults)
    assert any("instead of 7" in fault.what for fault in faults)


def test_two_lines_that_change_places_are_named(week: Store, intrude: Callable[[], Intruder]) -> None:
    intruder = intrude()
    first, second = intruder.ask("SELECT summary, event FROM journal WHERE seq IN (2, 3) ORDER BY seq")
    for seq, line in ((2, second), (3, first)):
        intruder.do("UPDATE journal SET summary = :s, event = :e WHERE seq = :q", s=line[0], e=line[1], q=seq)
    changed = {
        f.seq for f in Work(intruder._connection).verify_journal().faults if f.what == "it was changed"
    }
    assert changed == {2, 3}


def test_a_whole_chain_that_is_written_anew_is_found_by_its_checkpoint(
    week: Store, intrude: Callable[[], Intruder]
) -> None:
    """The clever one computes every hash and head again; what a checkpoint folded in stays as it was."""
    intruder = intrude()
    rewrite(intruder, "The case was closed in time.")
    faults = Work(intruder._connection).verify_journal().faults
    assert [f.what for f in faults] == ["the lines up to 7 are not those of checkpoint 1"]


def rewrite(intruder: Intruder, summary: str) -> None:
    """Change line 3 and seal everything after it anew, as somebody would who has the source and no key."""
    intruder.do("UPDATE journal SET summary = :s WHERE seq = 3", s=summary)
    ends: dict[str, tuple[int, str]] = {}
    for row in intruder._connection.execute(schema.journal.select().order_by(schema.journal.c.seq)).all():
        line = dict(row._mapping)
        line["place"], line["previous"] = (lambda e: (e[0] + 1, e[1]))(ends.get(line["chain"], (0, "")))
        line["hash"] = chain.line_hash(line, chain.seals(line), b"")
        ends[line["chain"]] = (line["place"], line["hash"])
        intruder.do(
            "UPDATE journal SET previous = :p, hash = :h WHERE seq = :q",
            p=line["previous"], h=line["hash"], q=line["seq"],
        )  # fmt: skip
    for name, (_, hash_) in ends.items():
        intruder.do("UPDATE heads SET hash = :h WHERE chain = :c", h=hash_, c=name)


def test_with_a_key_even_checkpoints_can_not_be_written_anew(url: str) -> None:
    plain = open_store(url)
    with plain.begin() as work:
        work.note(NINE, "mailbot", "reckoning", "Before there was a key.")
        work.checkpoint(NINE)
    plain.close()
    store = open_store(url, KEY)
    assert [f.what for f in verified(store).faults] == [
        "nothing is sealed with the key yet: run `mailbot journal seal` once"
    ]
    with store.begin() as work:
        assert work.checkpoint(NINE + MINUTE) is not None  # no new line, and a new key
        write_a_week(work)
    assert verified(store).faults == ()
    with store._writer.begin() as connection:
        rewrite(Intruder(connection), "The case was closed in time.")
        changed = Work(connection, KEY).verify_journal().faults
        assert {f.seq for f in changed if f.what == "it was changed"} >= {3, 4}
    store.close()


def test_cutting_off_the_end_with_its_heads_and_marks_is_found_by_the_seal_that_a_digest_named(
    week: Store, intrude: Callable[[], Intruder]
) -> None:
    with week.read() as work:
        mark = work.last_checkpoint()
        assert mark is not None
    intruder = intrude()
    intruder.do("DELETE FROM checkpoints")
    assert list(Work(intruder._connection).checkpoints_named(chain.code(mark.hash))) == []


@pytest.mark.parametrize("table", ["journal", "checkpoints", "redactions"])
def test_the_database_refuses_to_change_what_seals_the_journal(week: Store, table: str) -> None:
    erase_a_line(week)
    column = {"journal": "salt", "checkpoints": "digest", "redactions": "seals"}[table]
    for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table} WHERE 1 = 1"):
        with pytest.raises(DBAPIError, match="append-only"), week._writer.begin() as connection:
            connection.execute(text(change))


def test_workers_who_write_at_once_leave_one_chain_each_and_none_waits_for_another_case(week: Store) -> None:
    def write(worker: int) -> None:
        for number in range(5):
            with week.begin() as work:
                reference = (ONE, TWO)[worker % 2]
                work.note(NINE + DAY, f"worker{worker}", "note", f"Line {number}.", reference=reference)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    with week.begin() as held:  # on PostgreSQL somebody who is slow with the house's line holds up no case
        if week._is_sqlite:
            held.note(NINE, "mailbot", "reckoning", "Slow.")
        else:
            held.note(NINE, "mailbot", "reckoning", "Slow.")
            threads[0].start()
            threads[0].join(timeout=30)
            assert not threads[0].is_alive()
    for thread in threads[0 if week._is_sqlite else 1 :]:
        thread.start()
    for thread in threads:
        thread.join()
    found = verified(week)
    assert found.faults == () and found.lines == 9 + 1 + 20


def test_a_note_and_a_step_of_two_workers_on_one_case_never_wait_for_each_other(week: Store) -> None:
    """One notes, then steps; the other steps at once. Whichever order they lock in, nobody is thrown out by the
    database: the slower one is told that the case was changed."""
    if week._is_sqlite:
        return  # one writer at a time
    with week.read() as work:
        case = work.case(ONE)
        assert case is not None
    noted, outcome = threading.Event(), []

    def step() -> None:
        noted.wait(30)
        try:
            with week.begin() as work:
                work.record(a_step(case, case))
        except CaseChanged:
            outcome.append("changed")

    other = threading.Thread(target=step)
    other.start()
    with week.begin() as work:
        work.note(NINE, "mailbot", "warning", "Look at the sender.", reference=ONE)
        noted.set()
        while not work._connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar():
            pass
        work.record(a_step(case, case))
    other.join(timeout=60)
    assert outcome == ["changed"]
    assert verified(week).faults == ()


def test_an_older_database_is_chained_when_it_is_brought_up_to_date(empty_url: str) -> None:
    store = open_store(empty_url)
    with migrate_to(empty_url, "0002") as connection:
        for number in range(3):
            connection.execute(
                text(
                    "INSERT INTO journal (at, reference, who, kind, mail, summary, because, effects) "
                    "VALUES (:at, :r, 'jo@example.com', 'mail_arrived', 'm1', 'A mail.', '[]', '[]')"
                ),
                {"at": "2026-03-02 09:00:00.000000", "r": None if number == 1 else ONE},
            )
    store.upgrade()
    with store.begin() as work:
        found = work.verify_journal()
        assert [f.what for f in found.faults] == []
        assert (found.lines, found.chains) == (3, 2)
        work.note(NINE, "sam", "note", "Rang them.", reference=ONE)
        assert work.verify_journal().faults == ()
    store.close()
