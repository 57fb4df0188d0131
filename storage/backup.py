"""A copy of the whole database, taken while others work on it, and put back.

A copy is one moment of the database, and its journal is verified as of that very moment: on SQLite by the online
backup and in the copy, on PostgreSQL by pg_dump and the verifier in one exported snapshot. Putting back happens whole
or not at all; what was there before is put aside, never deleted. In the same transaction every letter that was on its
way is held: it may have gone out since the copy was taken, and nobody can tell from the copy.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, func, inspect, literal, select, text

from storage import chain, schema
from storage.engines import belong_to_the_folder, postgres_engine, sqlite_engine, understand
from storage.rows import LetterState, StorageRefused
from storage.verifying import Verified, verify

RESTORED: Final = "restored"
"""What the database remembers by that it was put back: "when put back|when the copy was taken"."""
ON_ITS_WAY: Final = (LetterState.WAITING, LetterState.CLAIMED, LetterState.HANDING)
_SECONDS: Final = 6 * 3600  # after which a tool of PostgreSQL is taken to hang


BROKEN_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    RuntimeError,
)
"""What comes of opening a zip file that is damaged, or none (zipfile's NotImplementedError is a RuntimeError)."""


class CopyMistake(StorageRefused):
    """A copy that can't be used, and why."""


@dataclass(frozen=True)
class Standing:
    """What a database holds. `last_line`: when the newest line of its journal was written."""

    dialect: str
    revision: str
    cases: int
    mails: int
    letters: int
    lines: int
    last_line: dt.datetime | None
    seal: str  # the hash of its last checkpoint

    @property
    def empty(self) -> bool:
        return not (self.cases or self.mails or self.lines)


def take(url: str, key: bytes, to: Path) -> tuple[Standing, Verified]:
    """Copy the database at `url` into the new file `to`; what it holds, and what the verifier says of that. Nobody who
    works on it has to wait."""
    understood = understand(url)
    if understood.get_backend_name() == "sqlite":
        _copy_sqlite(Path(understood.database or ""), to)
        return read_sqlite(to, key)
    engine = postgres_engine(understood)
    try:
        reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with reading.begin() as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            found = _standing(connection)
            whole = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
            _run("pg_dump", [*whole, f"--file={to}"], understood)
            return found, verify(connection, key)
    finally:
        engine.dispose()


def _copy_sqlite(file: Path, to: Path) -> None:
    if not file.exists():
        raise StorageRefused(f"there is no database {file} yet")
    source = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    target = sqlite3.connect(to)
    try:
        source.backup(target)  # all pages in one step: one moment, and writers go on
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    finally:
        target.close()
        source.close()


def read_sqlite(file: Path, key: bytes) -> tuple[Standing, Verified]:
    """What a copy holds, and what the verifier says of it. CopyMistake where SQLite itself finds it damaged."""
    engine = sqlite_engine(URL.create("sqlite+pysqlite", database=str(file)), "BEGIN")
    try:
        with engine.begin() as connection:
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            if sound != "ok":
                raise CopyMistake(f"the copy of the database is damaged: {sound}")
            return _standing(connection), verify(connection, key)
    except sqlite3.DatabaseError as broken:
        raise CopyMistake(f"the copy of the database is damaged: {broken}") from broken
    finally:
        engine.dispose()
        _lone(file)


def _lone(file: Path) -> None:
    """No log beside a copy: whoever moves the file moves all of it."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


def read_dump(file: Path) -> None:
    """Whether pg_restore can read the copy to its end. CopyMistake where it can't."""
    try:
        _tool("pg_restore", ["--file=/dev/null", str(file)], {})
    except CopyMistake as broken:
        raise CopyMistake(f"the copy of the database can't be read: {broken}") from broken


def standing(url: str) -> Standing | None:
    """What the database at `url` holds now; None where there is none of ours yet."""
    understood = understand(url)
    if understood.get_backend_name() == "sqlite":
        file = Path(understood.database or "")
        if not file.exists() or not file.stat().st_size:
            return None
        engine = sqlite_engine(understood, "BEGIN")
    else:
        engine = postgres_engine(understood)
    try:
        with engine.begin() as connection:
            return _standing(connection) if inspect(connection).has_table("alembic_version") else None
    finally:
        engine.dispose()


def _standing(connection: Connection) -> Standing:
    def count(table: str) -> int:
        return int(
            connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one()
        )

    there = set(inspect(connection).get_table_names())
    last = connection.execute(
        select(schema.journal.c.at).order_by(schema.journal.c.seq.desc()).limit(1)
    ).scalar()
    seal = ""
    if "checkpoints" in there:
        marks = schema.checkpoints
        seal = (
            connection.execute(select(marks.c.hash).order_by(marks.c.number.desc()).limit(1)).scalar() or ""
        )
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return Standing(
        dialect=connection.dialect.name,
        revision=str(revision or ""),
        cases=count("cases"),
        mails=count("mails"),
        letters=count("letters"),
        lines=count("journal"),
        last_line=last,
        seal=str(seal),
    )


def others_at_work(url: str) -> int:
    """How many other connections a PostgreSQL database has at this moment; 0 on SQLite, whose file is locked."""
    understood = understand(url)
    if understood.get_backend_name() == "sqlite":
        return 0
    engine = postgres_engine(understood)
    try:
        with engine.begin() as connection:
            asked = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            return int(connection.execute(asked).scalar_one())
    finally:
        engine.dispose()


# ------------------------------------------------------------------ putting back


def put_back(url: str, copy: Path, now: dt.datetime, taken: dt.datetime, why_held: str) -> str:
    """Make the copy the database at `url`, its outbox held. Gives where what was there before now lies, "" for
    nothing. Nobody may work on it."""
    understood = understand(url)
    aside = f"before_restore_{now:%Y%m%d_%H%M%S}"
    mark = f"{now.isoformat()}|{taken.isoformat()}"
    if understood.get_backend_name() == "sqlite":
        return _put_back_sqlite(Path(understood.database or ""), copy, aside, mark, why_held)
    return _put_back_postgres(understood, copy, aside, mark, why_held)


def _statements(mark: str, why_held: str) -> tuple[str, ...]:
    states = ", ".join(f"'{state.value}'" for state in ON_ITS_WAY)
    say = literal(why_held).compile(compile_kwargs={"literal_binds": True})
    key = literal(mark).compile(compile_kwargs={"literal_binds": True})
    also = literal(f"; {why_held}").compile(compile_kwargs={"literal_binds": True})
    return (
        # What waited for a person's word may have had it since. (A letter of a case is asked about by its case.)
        f"UPDATE letters SET last_error = last_error || {also} WHERE state = 'held' AND reference IS NULL "
        "AND audience = 'resident'",
        f"UPDATE letters SET state = 'held', last_error = {say} WHERE state IN ({states})",
        f"INSERT INTO meta (key, value) VALUES ('{RESTORED}', {key}) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )


def _put_back_sqlite(file: Path, copy: Path, aside: str, mark: str, why_held: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.restoring")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    shutil.copyfile(copy, fresh)
    connection = sqlite3.connect(fresh)
    with connection:
        for statement in _statements(mark, why_held):
            connection.execute(statement)
    connection.close()
    before = ""
    if file.exists():
        kept = file.with_name(f"{file.name}.{aside}")
        try:
            old = sqlite3.connect(file)
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            old.close()
        except sqlite3.DatabaseError:
            pass  # what is broken is put aside as it lies there
        for ending in ("", "-wal", "-shm"):
            if (part := Path(f"{file}{ending}")).exists():
                part.rename(f"{kept}{ending}")
        before = str(kept)
    with fresh.open("rb") as whole:
        os.fsync(whole.fileno())
    belong_to_the_folder(fresh)
    fresh.rename(file)
    return before


def _put_back_postgres(url: URL, copy: Path, aside: str, mark: str, why_held: str) -> str:
    """One transaction of psql: what is there gets a schema of another name, the copy comes, its outbox is held."""
    there = standing(url.render_as_string(hide_password=False)) is not None
    with tempfile.TemporaryDirectory(prefix="mailbot-restore-") as folder:
        script, first, last = (Path(folder) / name for name in ("copy.sql", "first.sql", "last.sql"))
        _tool("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(copy)], {})
        first.write_text(
            f'ALTER SCHEMA public RENAME TO "{aside}";\nCREATE SCHEMA public;\n' if there else "SELECT 1;\n"
        )
        ending = ";\n".join(_statements(mark, why_held))
        last.write_text(f"SET search_path = public;\n{ending};\n")
        stop = [
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--single-transaction",
            "--output=/dev/null",
        ]
        _run("psql", [*stop, *(f"--file={part}" for part in (first, script, last))], url)
    return f"the schema {aside}" if there else ""


# ------------------------------------------------------------------ PostgreSQL's own tools


def _run(tool: str, arguments: list[str], url: URL) -> None:
    """The password goes by the environment, which nobody else on the machine can read; not among the arguments."""
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    _tool(tool, [*arguments, f"--dbname={plain}"], {"PGPASSWORD": str(url.password)} if url.password else {})


def _tool(tool: str, arguments: list[str], more: Mapping[str, str]) -> None:
    found = shutil.which(tool)
    if found is None:
        raise StorageRefused(
            f"{tool} is not there, and PostgreSQL is copied and put back by its own tools. Install the client of your "
            "server's version or a later one (Debian and Ubuntu: apt install postgresql-client), or put its folder "
            "into PATH"
        )
    done = subprocess.run(
        [found, *arguments],
        env={**os.environ, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        told = "; ".join(said[-2:]) or f"exit code {done.returncode}"
        older = (
            " Install the client of the server's version or a later one."
            if "version mismatch" in told
            else ""
        )
        raise CopyMistake(f"{tool} gave up: {told}.{older}")


@contextmanager
def swept(file: Path) -> Iterator[Path]:
    """A file that is taken away again where the block does not come to its end."""
    try:
        yield file
    except BaseException:  # stopped by hand as well: half a copy must not look like a whole one
        file.unlink(missing_ok=True)
        raise


def code_of(seal: str) -> str:
    """A seal as digests and commands show it."""
    return chain.code(seal) if seal else ""
