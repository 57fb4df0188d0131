"""Who has how much to do is counted as cases change; how much came from where is asked by index."""

from __future__ import annotations

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SOME = 1_000


def upgrade() -> None:
    op.create_table(
        "burdens",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_burdens")),
    )
    op.add_column("mails", sa.Column("domain", sa.Text(), server_default=sa.text("''"), nullable=False))
    connection = op.get_bind()
    _count(connection)
    _name_domains(connection)
    op.create_index("ix_mails_sender_attended_at", "mails", ["sender", "attended_at"])
    op.create_index("ix_mails_domain_attended_at", "mails", ["domain", "attended_at"])


def _count(connection: sa.Connection) -> None:
    cases = sa.table("cases", sa.column("handler"), sa.column("stage"), sa.column("body"))
    burdens = sa.table(
        "burdens", sa.column("handler"), sa.column("stage"), sa.column("flag"), sa.column("change")
    )
    counted: Counter[tuple[str, str, str]] = Counter()
    open_ones = sa.select(cases).where(cases.c.stage != "closed", cases.c.handler != "")
    for handler, stage, body in connection.execute(open_ones):
        try:
            flags = list(json.loads(body)["flags"])
        except (ValueError, TypeError, KeyError):  # a damaged row: then by where it stands alone
            flags = []
        counted.update([(handler, stage, ""), *((handler, "", flag) for flag in flags)])
    rows = [
        {"handler": handler, "stage": stage, "flag": flag, "change": count}
        for (handler, stage, flag), count in counted.items()
    ]
    if rows:
        connection.execute(sa.insert(burdens), rows)


def _name_domains(connection: sa.Connection) -> None:
    mails = sa.table("mails", sa.column("id"), sa.column("sender"), sa.column("domain"))
    last = ""
    while found := connection.execute(
        sa.select(mails.c.id, mails.c.sender).where(mails.c.id > last).order_by(mails.c.id).limit(SOME)
    ).all():
        named = [{"its_id": row.id, "name": row.sender.rpartition("@")[2]} for row in found]
        connection.execute(
            sa.update(mails).where(mails.c.id == sa.bindparam("its_id")).values(domain=sa.bindparam("name")),
            named,
        )
        last = found[-1].id
