"""Who wants no survey is remembered by a keyed hash of the address, which outlives the address itself."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PREFIX = "no_survey:"


def upgrade() -> None:
    connection = op.get_bind()
    meta = sa.table("meta", sa.column("key"), sa.column("value"))
    known = connection.execute(sa.select(meta).where(meta.c.key.like(f"{PREFIX}%@%"))).all()
    if not known:
        return
    secret = connection.execute(sa.select(meta.c.value).where(meta.c.key == "secret_key")).scalar()
    if secret is None:
        secret = secrets.token_hex(32)
        connection.execute(sa.insert(meta), {"key": "secret_key", "value": secret})
    for key, value in known:
        address = key.removeprefix(PREFIX).strip().lower()
        hashed = hmac.new(bytes.fromhex(secret), f"survey:{address}".encode(), hashlib.sha256).hexdigest()
        connection.execute(sa.delete(meta).where(meta.c.key == key))
        connection.execute(sa.insert(meta), {"key": f"{PREFIX}{hashed}", "value": value})
