"""One open transaction, as the parts of `Work` see it: a connection and the tongue that it speaks."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, bindparam, select

from storage import schema
from storage.ready import Ready

_BLOB = Ready(select(schema.blobs.c.content).where(schema.blobs.c.sha256 == bindparam("sha256")))
_KEEP = Ready(lambda dialect: schema.insert_if_new(dialect, schema.blobs))


class Transaction:
    """What all parts of a unit of work share. It belongs to one thread and ends with its `with` block."""

    def __init__(self, connection: Connection, key: bytes = b"", writes: bool = True) -> None:
        self._connection = connection
        self._key = key  # that the journal is sealed with, b"" for none
        self._writes = writes
        self._dialect = connection.dialect.name
        self.unreadable: dict[str, str] = {}
        """Of each case that a list passed over because it can't be read: its reference, and who has it."""

    def blob(self, sha256: str) -> bytes:
        """The bytes with this hex digest. KeyError when nobody kept them."""
        content = _BLOB.scalar(self._connection, {"sha256": sha256})
        if content is None:
            raise KeyError(sha256)
        return bytes(content)

    def _keep_blob(self, content: bytes, digest: str = "") -> str:
        """Keep bytes by their hex digest, which it gives; `digest`: where the caller has it already."""
        digest = digest or hashlib.sha256(content).hexdigest()
        _KEEP.change(self._connection, {"sha256": digest, "size": len(content), "content": content})
        return digest
