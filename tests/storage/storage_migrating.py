"""A database as an older version left it."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection

from storage import migrate


class migrate_to:  # noqa: N801 - reads as a word
    def __init__(self, url: str, revision: str) -> None:
        self._engine, self._revision = migrate._engine(migrate.understand(url)), revision

    def __enter__(self) -> Connection:
        self._context = self._engine.begin()
        connection = self._context.__enter__()
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, self._revision)
        return connection

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)
        self._engine.dispose()
