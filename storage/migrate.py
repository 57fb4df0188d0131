"""Brings a database to the schema of this version. The migrations lie in `storage/migrations/versions`.

No alembic.ini is needed. An upgrade happens in one transaction on both databases, whole or not at all, and
two processes that start at once do it one after the other.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, text

from storage.engines import create_sqlite_file, postgres_engine, sqlite_engine, understand
from storage.rows import StorageRefused

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6D61696C626F74  # "mailbot": the advisory lock of those who upgrade


def upgrade(url: str) -> None:
    """Bring the database at `url` up to date. StorageRefused when it can't be."""
    upgrade_url(understand(url))


def upgrade_url(url: URL) -> None:
    """As `upgrade`, for a URL that was understood."""
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            upgrade_connection(connection)
            if connection.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise StorageRefused(
                        f"the upgrade would break {len(broken)} references; nothing was changed"
                    )
    finally:
        engine.dispose()


def upgrade_connection(connection: Connection) -> None:
    """Run the missing migrations inside the transaction that is open on `connection`."""
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageRefused(
            f"the database was written by another version of mailbot ({error}); use a version at least as new"
        ) from error


def knows(revision: str) -> bool:
    """Whether a database that stands at this revision can be brought to the schema of this version."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def is_current(connection: Connection) -> bool:
    known = set(ScriptDirectory.from_config(_config()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == known


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return postgres_engine(url)
    # Rebuilding a table drops the old one, which with foreign keys on would take its children along.
    create_sqlite_file(url)
    return sqlite_engine(url, "BEGIN IMMEDIATE", foreign_keys=False)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
