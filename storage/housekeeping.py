"""Small things to remember: who got which digest, who is alive, the secret and other values."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from sqlalchemy import bindparam, delete, select

from storage import schema
from storage.ready import Ready
from storage.transaction import Transaction

_SECRET = "secret_key"
_RECALL = Ready(select(schema.meta.c.value).where(schema.meta.c.key == bindparam("key")))
_REMEMBER = Ready(lambda dialect: schema.insert_or_change(dialect, schema.meta, "value"))


class Housekeeping(Transaction):
    """The part of a unit of work that belongs to no mail and no case."""

    def digest_claimed(self, kind: str, person: str, day: dt.date) -> bool:
        """True for the one who is to write this digest; False when somebody has it already.

        The claim and the letter belong in one transaction: then a digest is neither lost nor doubled.
        """
        written = self._connection.execute(
            schema.insert_if_new(self._dialect, schema.digests), {"kind": kind, "person": person, "day": day}
        )
        return bool(written.rowcount)

    def digest_is_claimed(self, kind: str, person: str, day: dt.date) -> bool:
        """Whether somebody has it already: for a look before the work of writing one."""
        table = schema.digests
        found = self._connection.execute(
            select(table.c.day).where(table.c.kind == kind, table.c.person == person, table.c.day == day)
        )
        return found.first() is not None

    def beat(self, name: str, at: dt.datetime) -> None:
        """The named tick ran at `at`."""
        self._connection.execute(
            schema.insert_or_change(self._dialect, schema.heartbeats, "at"), {"name": name, "at": at}
        )

    def heartbeats(self) -> dict[str, dt.datetime]:
        """When each tick last ran."""
        return {row.name: row.at for row in self._connection.execute(select(schema.heartbeats))}

    def recall(self, key: str) -> str | None:
        """The value last remembered under this key."""
        value: str | None = _RECALL.scalar(self._connection, {"key": key})
        return value

    def remember(self, key: str, value: str) -> None:
        _REMEMBER.change(self._connection, {"key": key, "value": value})

    def recall_to_change(self, key: str) -> str:
        """As `recall` ("" where there is nothing), for one who will remember something else then: nobody else can
        until the transaction ends."""
        if self._dialect == "sqlite":  # it has one writer
            return self.recall(key) or ""
        statement = schema.insert_or_keep(self._dialect, schema.meta, "key").values(key=key, value="")
        return str(self._connection.execute(statement.returning(schema.meta.c.value)).scalar_one())

    def recall_all(self, prefix: str) -> dict[str, str]:
        """Everything remembered under keys that begin with this, in the order of the keys."""
        table = schema.meta
        found = self._connection.execute(
            select(table.c.key, table.c.value)
            .where(table.c.key >= prefix, table.c.key < f"{prefix}\U0010ffff")
            .order_by(table.c.key)
        )
        return {row.key: row.value for row in found if row.key.startswith(prefix)}

    def drop_remembered(self, keys: Iterable[str]) -> None:
        """What was remembered under these keys is gone."""
        wanted = list(keys)
        if wanted:
            self._connection.execute(delete(schema.meta).where(schema.meta.c.key.in_(wanted)))

    def secret_key(self) -> bytes:
        """The 32 bytes that tokens are keyed with: made at the first (writing) call, then kept."""
        known = self.recall(_SECRET)
        if known is None:
            self._connection.execute(
                schema.insert_if_new(self._dialect, schema.meta),
                {"key": _SECRET, "value": secrets.token_hex(32)},
            )
            known = self.recall(_SECRET)
            assert known is not None  # it is there, ours or that of somebody who was quicker
        return bytes.fromhex(known)
