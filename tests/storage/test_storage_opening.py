"""Opening a database: which ones are taken, how they are brought up to date, what a reader may do."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from storage_examples import NINE, a_mail, open_case

import storage
from storage import StorageRefused, Store, away, engines, open_store, schema
from storage.engines import understand


def test_an_empty_database_is_not_current_and_an_upgrade_makes_it_so(empty_url: str) -> None:
    store = open_store(empty_url)
    assert not store.schema_is_current()
    store.upgrade()
    assert store.schema_is_current()
    store.upgrade()
    with store.begin() as work:
        assert work.keep_mail(a_mail())
    store.close()


def test_the_migrations_end_in_the_tables_that_the_code_was_written_for(store: Store) -> None:
    with store._writer.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        # Autogenerate is blind to CHECK constraints.
        for table in schema.metadata.tables.values():
            asked = {c.name for c in table.constraints if str(c.name).startswith("ck_")}
            there = {c["name"] for c in inspect(connection).get_check_constraints(table.name)}
            assert there == asked


def test_two_processes_that_upgrade_at_once_do_it_one_after_the_other(empty_url: str) -> None:
    errors: list[Exception] = []

    def upgrade() -> None:
        try:
            storage.upgrade(empty_url)
        except Exception as error:  # whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    store = open_store(empty_url)
    assert store.schema_is_current()
    store.close()


def test_an_upgrade_that_breaks_off_leaves_nothing_behind(empty_url: str) -> None:
    store = open_store(empty_url)
    with store._writer.begin() as connection:  # in the way of a table in the middle
        connection.execute(text("CREATE TABLE heartbeats (name text)"))
    with pytest.raises(DBAPIError):
        store.upgrade()
    with store._writer.begin() as connection:
        assert inspect(connection).get_table_names() == ["heartbeats"]
    assert not store.schema_is_current()
    store.close()


def test_a_database_of_a_newer_mailbot_is_refused_with_a_reason(url: str) -> None:
    store = open_store(url)
    with store._writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not store.schema_is_current()
    with pytest.raises(StorageRefused, match="another version"):
        store.upgrade()
    store.close()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("mysql://root@localhost/mail", "not supported"),
        ("mail.db", "not a database URL"),
        ("postgresql://u:hush@localhost:port/mail", "not a database URL"),
        (
            "sqlite:////proc/nowhere/mail.db",
            "can't be written: .* have data_dir and database.url name a place",
        ),
    ],
)
def test_a_database_that_could_lose_mail_or_is_unknown_is_refused(url: str, hint: str) -> None:
    with pytest.raises(StorageRefused, match=hint):
        open_store(url)


def test_postgresql_is_spoken_to_through_psycopg_3_however_the_url_is_written() -> None:
    for url in ("postgresql://u@h/db", "postgres://u@h/db", "postgresql+psycopg://u@h/db"):
        assert understand(url).drivername == "postgresql+psycopg"


def test_a_new_database_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/var/mail.db")
    store.upgrade()
    with store.begin() as work:
        work.keep_mail(a_mail())
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "var").iterdir()}
    store.close()
    assert modes == {"mail.db": 0o600, "mail.db-wal": 0o600, "mail.db-shm": 0o600}


def test_sqlite_syncs_every_commit_and_keeps_its_foreign_keys(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/mail.db")
    with store._writer.begin() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    store.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_reader_can_not_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        with store.read() as work:
            work.beat("look", NINE)


def test_a_reader_sees_one_moment_and_waits_for_no_writer(store: Store) -> None:
    with store.read() as before:
        assert before.open_cases() == []
        with store.begin() as work:
            open_case(work)
            with store.read() as other:
                assert other.open_cases() == []
        assert before.open_cases() == []
    with store.read() as after:
        assert len(after.open_cases()) == 1


def test_a_connection_in_which_something_went_wrong_is_cleared_and_the_file_is_let_go_of(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mailbot.db"
    store = open_store(f"sqlite:///{path}")
    store.upgrade()
    with store.begin() as work:
        at_hand = work._connection

    def stumble() -> None:
        with store.begin() as work:
            assert work._connection is at_hand
            work.keep_mail(a_mail())
            work._connection.execute(text("SELECT * FROM nothing"))

    with pytest.raises(DBAPIError):
        stumble()
    with store.begin() as work, store.read() as beside, store.read() as other:
        assert work._connection is not at_hand and beside._connection is not other._connection
        assert not (work.any_waits() or beside.any_waits() or other.any_waits())
    opened = {link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()}
    assert path in opened
    store.close()
    assert path not in {link.resolve() for link in Path("/proc/self/fd").iterdir() if link.exists()}


def test_a_connection_that_the_server_gave_up_while_it_rested_is_replaced_unnoticed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was used a moment ago is not tried first: then the database is away, once."""
    store, other = open_store(postgres_url), open_store(postgres_url)

    def ask(what: str = "SELECT 1") -> None:
        with store.begin() as work:
            work._connection.execute(text(what))

    def throw_out() -> None:
        ask()
        everybody = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with other.begin() as work:
            work._connection.execute(text(f"SELECT pg_terminate_backend(pid) {everybody}"))

    monkeypatch.setattr(engines, "RESTED", 0.0)
    throw_out()
    ask()
    monkeypatch.setattr(engines, "RESTED", 3600.0)
    throw_out()
    with pytest.raises(DBAPIError) as refused:
        ask()
    assert away(refused.value)
    ask()
    store.close()
    other.close()


def test_an_exception_takes_everything_back(store: Store) -> None:
    def break_off() -> None:
        with store.begin() as work:
            work.keep_mail(a_mail())
            open_case(work)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with store.read() as work:
        assert work.waiting_mails(10) == []
        assert work.open_cases() == []
        assert work.journal_of("CC-2026-000001-4") == []


def test_storage_says_what_it_lacks_without_the_driver_of_postgresql() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "import storage\n"
        "try: storage.open_store('postgresql://u@h/db')\n"
        "except storage.StorageRefused as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "mailbot[postgres]" in done.stdout
