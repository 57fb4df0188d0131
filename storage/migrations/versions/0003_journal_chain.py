"""The journal becomes a chain: each line carries the hash of the one before. Lines that are there are chained as they
stand, in the order in which they were written."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa
from alembic import op

from storage import chain

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEPT = (
    "seq",
    "at",
    "reference",
    "kind",
    "mail",
    "because",
    "version",
    "chain",
    "place",
    "previous",
    "proof",
    "hash",
)
"""What no erasure changes."""
_CHANGED = {
    "sqlite": " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in KEPT),
    "postgresql": " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in KEPT),
}
_ORDERED = (
    "NEW.erased_by > coalesce(OLD.erased_by, 0) AND EXISTS "
    "(SELECT 1 FROM redactions WHERE seq = OLD.seq AND order_seq = NEW.erased_by)"
)
_MOVE = (
    "INSERT INTO heads (chain, place, hash) VALUES (NEW.chain, NEW.place, NEW.hash) "
    "ON CONFLICT (chain) DO UPDATE SET place = excluded.place, hash = excluded.hash;"
)
# Any migration that rebuilds one of these tables must create them again.
TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER journal_keeps_its_lines",
        "CREATE TRIGGER journal_keeps_its_lines BEFORE UPDATE ON journal "
        f"WHEN {_CHANGED['sqlite']} OR NOT coalesce({_ORDERED}, 0) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        f"CREATE TRIGGER journal_moves_its_head AFTER INSERT ON journal BEGIN {_MOVE} END",
        *(
            f"CREATE TRIGGER {table}_keeps_{what.lower()} BEFORE {what} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in ("checkpoints", "redactions")
            for what in ("UPDATE", "DELETE")
        ),
    ),
    "postgresql": (
        "DROP TRIGGER journal_keeps_its_lines ON journal",
        "CREATE FUNCTION journal_changes_by_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_CHANGED['postgresql']} OR NOT coalesce({_ORDERED}, false) THEN "
        "RAISE EXCEPTION 'the journal is append-only'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER journal_keeps_its_lines BEFORE UPDATE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_changes_by_order()",
        "CREATE TRIGGER journal_keeps_each_line BEFORE DELETE ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()",
        f"CREATE FUNCTION journal_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_MOVE} RETURN NEW; END $$",
        "CREATE TRIGGER journal_moves_its_head AFTER INSERT ON journal "
        "FOR EACH ROW EXECUTE FUNCTION journal_head()",
        *(
            f"CREATE TRIGGER {table}_keeps_its_rows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()"
            for table in ("checkpoints", "redactions")
        ),
        *(
            f"CREATE TRIGGER {table}_loses_no_row BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()"
            for table in ("checkpoints", "redactions")
        ),
    ),
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("journal", sa.Column("chain", sa.Text(), server_default="", nullable=False))
    op.add_column("journal", sa.Column("place", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("journal", sa.Column("previous", sa.Text(), server_default="", nullable=False))
    op.add_column("journal", sa.Column("salt", sa.Text(), server_default="", nullable=False))
    op.add_column("journal", sa.Column("proof", sa.Text(), nullable=True))
    op.add_column("journal", sa.Column("erased_by", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("hash", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "heads",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_heads")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("number", serial, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "redactions",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seals", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "order_seq", name=op.f("pk_redactions")),
    )
    # Ours is the only transaction that may change lines: the trigger goes, the lines are chained, it comes again.
    op.execute(TRIGGERS[dialect][0])
    chain_what_is_there()
    op.create_index("ix_journal_chain_place", "journal", ["chain", "place"], unique=True)
    for statement in TRIGGERS[dialect][1:]:
        op.execute(statement)


def chain_what_is_there() -> None:
    connection = op.get_bind()
    journal = sa.Table("journal", sa.MetaData(), autoload_with=connection)
    heads = sa.table("heads", sa.column("chain"), sa.column("place"), sa.column("hash"))
    ends: dict[str, tuple[int, str]] = {}
    change = (
        sa.update(journal)
        .where(journal.c.seq == sa.bindparam("its_seq"))
        .values({n: sa.bindparam(n) for n in ("chain", "place", "previous", "salt", "hash")})
    )
    numbers = connection.execute(sa.select(journal.c.seq).order_by(journal.c.seq)).scalars().all()
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        found = connection.execute(
            sa.select(journal).where(journal.c.seq.in_(some)).order_by(journal.c.seq)
        ).all()
        changed = []
        for line in found:
            row = dict(line._mapping)
            row["at"] = row["at"].replace(tzinfo=dt.UTC) if row["at"].tzinfo is None else row["at"]
            row["chain"] = chain.chain_of(row["reference"], row["mail"])
            place, previous = ends.get(row["chain"], (0, ""))
            row |= {"place": place + 1, "previous": previous, "salt": secrets.token_hex(16)}
            row["hash"] = chain.line_hash(row, chain.seals(row), b"")
            ends[row["chain"]] = (row["place"], row["hash"])
            names = ("chain", "place", "previous", "salt", "hash")
            changed.append({"its_seq": row["seq"], **{n: row[n] for n in names}})
        connection.execute(change, changed)
    if ends:
        connection.execute(
            sa.insert(heads), [{"chain": c, "place": p, "hash": h} for c, (p, h) in ends.items()]
        )
