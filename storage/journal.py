"""The journal: lines are added, each chained to the one before, and never changed.

The database itself refuses to change or delete a line; an erasure may blank what people said, and leaves the seals of
it behind. From time to time a checkpoint folds in every line so far: what is named outside this database (the digest
names it) then proves that nothing was cut off at the end.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, literal_column, or_, select, text

from storage import chain, codec, schema
from storage.ready import Ready
from storage.rows import Checkpoint, JournalRow
from storage.schema import checkpoints, heads, journal, redactions
from storage.transaction import Transaction
from storage.verifying import Verified, verify

_JOURNAL_OF = select(journal).where(journal.c.reference == bindparam("reference")).order_by(journal.c.seq)
_STORY_OF = Ready(
    select(journal.c.at, journal.c.summary, journal.c.because)
    .where(journal.c.reference == bindparam("reference"))
    .order_by(journal.c.seq.desc())
    .limit(bindparam("latest"))
)
_ALL = 1_000_000
_LINE = Ready(insert(journal).inline())
_LAST = select(checkpoints).order_by(checkpoints.c.number.desc()).limit(1)
_NEXT_SEQ = {
    "postgresql": "nextval('journal_seq_seq')",
    # Not the largest there is: a line that was cut off leaves its number missing.
    "sqlite": "(SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'journal')",
}


class Journal(Transaction):
    """The part of a unit of work that deals with the record of what happened."""

    def journal_of(self, reference: str) -> list[JournalRow]:
        """The whole story of a case, in the order in which it was written."""
        return [_journal_row(row) for row in self._connection.execute(_JOURNAL_OF, {"reference": reference})]

    def story_of(self, reference: str, latest: int = 0) -> list[tuple[dt.datetime, str, tuple[str, ...]]]:
        """When what was done in a case and by which clauses, without the events; with `latest` only so many lines."""
        asked = {"reference": reference, "latest": latest or _ALL}
        rows = _STORY_OF.all(self._connection, asked)
        return [(at, summary, codec.read_words(because)) for at, summary, because in reversed(rows)]

    def journal_between(self, since: dt.datetime, until: dt.datetime) -> list[JournalRow]:
        """All lines of [since, until), in the order in which they were written."""
        rows = self._connection.execute(
            select(journal).where(journal.c.at >= since, journal.c.at < until).order_by(journal.c.seq)
        )
        return [_journal_row(row) for row in rows]

    def journal_holding(self, words: Iterable[str]) -> list[JournalRow]:
        """All lines whose event or orders hold one of these pieces of `codec`'s text, in the order in which they were
        written: the few that somebody needs of many. A line more may be among them, since people write words, too. The
        case of one that can't be read is named in `unreadable`."""
        held = [
            column.contains(word, autoescape=True)
            for word in words
            for column in (journal.c.event, journal.c.effects)
        ]
        found = []
        for row in self._connection.execute(select(journal).where(or_(*held)).order_by(journal.c.seq)):
            try:
                found.append(_journal_row(row))
            except (ValueError, TypeError, KeyError):
                self.unreadable.setdefault(row.reference or "", "")
        return found

    def lines_as_kept(self, reference: str) -> list[dict[str, Any]]:
        """The lines of a case column by column, as they were hashed; those whose words were erased with their seals."""
        seals: dict[int, Any] = {}
        of_case = redactions.join(journal, journal.c.seq == redactions.c.seq)
        for row in self._connection.execute(
            select(redactions.c.seq, redactions.c.seals)
            .select_from(of_case)
            .where(journal.c.reference == reference)
            .order_by(redactions.c.order_seq)
        ):
            seals.setdefault(row.seq, json.loads(row.seals))
        return [
            {**row._mapping, **({"seals": seals[row.seq]} if row.seq in seals else {})}
            for row in self._connection.execute(_JOURNAL_OF, {"reference": reference})
        ]

    def note(
        self,
        at: dt.datetime,
        who: str,
        kind: str,
        summary: str,
        because: tuple[str, ...] = (),
        reference: str | None = None,
        mail: str | None = None,
        proof: str | None = None,
    ) -> int:
        """Write a line that no step wrote: a mail set aside, a letter that came to nothing. Gives its number.
        `proof`: a digest of something outside the line that it vouches for."""
        return self._add_line(
            {
                "at": at,
                "reference": reference,
                "who": who,
                "kind": kind,
                "mail": mail,
                "summary": summary,
                "because": codec.write_words(because),
                "event": None,
                "effects": "[]",
                "version": None,
                "proof": proof,
            }
        )

    def _take_head(self, name: str) -> tuple[str, int, str, int]:
        """The chain, its last line's place and hash, and the number of the next line. The head stays locked until the
        transaction ends, so that two workers who write of the same matter do it one after the other."""
        name = _stored("chain", name, self._connection)
        ((place, hash_, seq),) = _TAKE_HEAD.all(self._connection, {"chain": name})
        return name, place, hash_, seq

    def _add_line(self, values: Mapping[str, Any], head: tuple[str, int, str, int] | None = None) -> int:
        """Chain a line to the one before. `head`: as it was taken before anything else was locked."""
        row = {name: _stored(name, value, self._connection) for name, value in values.items()}
        name, place, previous, seq = head or self._take_head(chain.chain_of(row["reference"], row["mail"]))
        row |= {"chain": name, "place": place + 1, "previous": previous, "seq": seq}
        row["salt"] = secrets.token_hex(16)
        row["hash"] = chain.line_hash(row, chain.seals(row), self._key)
        _LINE.change(self._connection, row)  # a trigger moves the head on
        return int(row["seq"])

    # -------------------------------------------------------------- checkpoints

    def last_checkpoint(self) -> Checkpoint | None:
        row = self._connection.execute(_LAST).first()
        return Checkpoint(**row._mapping) if row else None

    def checkpoint(self, at: dt.datetime) -> Checkpoint | None:
        """Fold every line so far into a checkpoint; None where there is no line since the last one that was sealed
        as lines are sealed now."""
        if self._dialect == "postgresql":
            # A line that somebody writes at this moment would come in below the mark, after it.
            self._connection.execute(text("LOCK TABLE journal IN SHARE ROW EXCLUSIVE MODE"))
        last = self.last_checkpoint()
        from_seq = last.up_to if last else 0
        newest = self._connection.execute(select(func.max(journal.c.seq))).scalar() or 0
        new_key = bool(self._key) and last is not None and not last.hash.startswith(chain.KEYED)
        if newest <= from_seq and not new_key:
            return None
        folded, lines = hashlib.sha256(), 0
        for seq, hash_ in self._connection.execute(
            select(journal.c.seq, journal.c.hash).where(journal.c.seq > from_seq).order_by(journal.c.seq)
        ):
            folded.update(f"{seq} {hash_}\n".encode())
            lines += 1
        made = Checkpoint(
            number=last.number + 1 if last else 1,
            at=at,
            up_to=max(newest, from_seq),
            lines=lines,
            digest=folded.hexdigest(),
            previous=last.hash if last else "",
            hash="",
        )
        row = {**vars(made), "hash": chain.stamp(made.content, self._key)}
        self._connection.execute(insert(checkpoints), row)
        return Checkpoint(**row)

    def verify_journal(self, reference: str | None = None) -> Verified:
        """Hold the journal (or the chain of one case) against its seals. Reads every line; changes nothing."""
        return verify(self._connection, self._key, reference)

    def checkpoints_named(self, code: str) -> Iterable[Checkpoint]:
        """The checkpoints whose code (as digests show it) begins like this."""
        wanted = "".join(code.split()).lower()
        rows = self._connection.execute(select(checkpoints).order_by(checkpoints.c.number))
        return [
            Checkpoint(**row._mapping)
            for row in rows
            if wanted and row.hash.partition(":")[2].startswith(wanted)
        ]


_BINDERS = {column.name: getattr(column.type, "process_bind_param", None) for column in journal.c}


def _stored(name: str, value: Any, connection: Any) -> Any:
    """The value as the database will give it back: the hash is over that."""
    bound = _BINDERS[name]
    return value if bound is None or isinstance(value, dt.datetime) else bound(value, connection.dialect)


def _take_head(dialect: str) -> Any:
    statement = schema.insert_or_keep(dialect, heads, "place")
    return statement.values(chain=bindparam("chain", type_=heads.c.chain.type), place=0, hash="").returning(
        heads.c.place, heads.c.hash, literal_column(_NEXT_SEQ[dialect])
    )


_TAKE_HEAD = Ready(_take_head)


def _journal_row(row: Row[Any]) -> JournalRow:
    return JournalRow(
        seq=row.seq,
        at=row.at,
        reference=row.reference,
        who=row.who,
        kind=row.kind,
        mail=row.mail,
        summary=row.summary,
        because=codec.read_words(row.because),
        event=codec.read_event(row.event),
        effects=codec.read_effects(row.effects),
        version=row.version,
        erased_by=row.erased_by,
    )
