"""Several processes share one database: who is at work, who has which mail and letter in hand, and which duty."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    for table in ("mails", "letters"):
        op.add_column(table, sa.Column("claimed_by", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("mails", sa.Column("deaths", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute("DELETE FROM meta WHERE key = 'attending'")
