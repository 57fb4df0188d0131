"""Taking back what people wrote, without a hole in the record.

A line of the journal loses its words and their salt; its seals stay, and the order that blanked it is a line of its own
which vouches for every change (see `chain`). A mail or a letter loses its bytes and everything that names somebody; the
row stays, so that what is counted stays the same. Bytes go when nothing points to them any more.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from mailbot.casework.vocabulary import Audience, Case, SendLetter, Stage, Verdict
from storage import chain, codec, schema
from storage.journal import Journal
from storage.rows import CaseChanged, LetterState, MailState
from storage.schema import attachments, blobs, cases, journal, letters, mails, meta, parties, redactions

ERASED_MAIL = b"Subject: erased\r\n\r\nThe words of this mail were erased.\r\n"
"""What stands in the place of a mail's bytes."""
_SOME = 400  # ids in one statement

_BLANK = (
    update(journal)
    .where(journal.c.seq == bindparam("its_seq"))
    .values(
        **{name: bindparam(name) for name in (*chain.SEALED, "salt", "erased_by")},
    )
)


class Erasing(Journal):
    """The part of a unit of work that forgets."""

    def redact_lines(
        self, changes: Mapping[int, Mapping[str, Any]], at: dt.datetime, who: str, summary: str
    ) -> int:
        """Put other words into these lines (by number: who, summary, event, effects as the columns hold them). Gives
        the number of the line that orders it, which vouches for each change. What stood there is gone for good."""
        rows, changed = [], []
        known: dict[int, str] = {}
        for some in _in_parts(sorted(changes)):
            for row in self._connection.execute(
                select(redactions.c.seq, redactions.c.seals)
                .where(redactions.c.seq.in_(some))
                .order_by(redactions.c.order_seq)
            ):
                known.setdefault(row.seq, row.seals)
            for found in self._connection.execute(
                select(journal).where(journal.c.seq.in_(some)).order_by(journal.c.seq)
            ).all():
                before = dict(found._mapping)
                after = {**before, **changes[before["seq"]], "salt": ""}
                seals = known.get(before["seq"]) or json.dumps(chain.seals(before), sort_keys=True)
                rows.append((before["seq"], seals, chain.stands(after)))
                changed.append(after)
        order = self.note(at, who, "erased", summary, proof=chain.root(rows))
        if rows:
            self._connection.execute(
                insert(redactions),
                [{"seq": s, "order_seq": order, "seals": seals, "digest": d} for s, seals, d in rows],
            )
            self._connection.execute(
                _BLANK,
                [
                    {"its_seq": a["seq"], "erased_by": order, **{n: a[n] for n in (*chain.SEALED, "salt")}}
                    for a in changed
                ],
            )
        return order

    def lines_to_redact(self, reference: str) -> list[tuple[int, str, str, str, str | None, str]]:
        """(number, who, kind, summary, event, effects) of a case's lines, as the columns hold them."""
        found = self._connection.execute(
            select(*(getattr(journal.c, n) for n in ("seq", "who", "kind", "summary", "event", "effects")))
            .where(journal.c.reference == reference)
            .order_by(journal.c.seq)
        )
        return [tuple(row) for row in found]

    def lines_of_mail(self, mail: str) -> list[tuple[int, str, str | None, str]]:
        """(number, who, event, effects) of the lines about a mail that belongs to no case."""
        found = self._connection.execute(
            select(journal.c.seq, journal.c.who, journal.c.event, journal.c.effects).where(
                journal.c.chain == chain.chain_of(None, mail)
            )
        )
        return [tuple(row) for row in found]

    def every_line(self) -> Iterator[tuple[int, str | None, str, str, str | None, str]]:
        """(number, reference, who, summary, event, effects) of all lines."""
        columns = [getattr(journal.c, n) for n in ("seq", "reference", "who", "summary", "event", "effects")]
        statement = select(*columns).order_by(journal.c.seq).execution_options(yield_per=500)
        for row in self._connection.execute(statement):
            yield tuple(row)

    # -------------------------------------------------------------- cases

    def replace_words(self, before: Case, after: Case) -> None:
        """Put a case in the place of itself, with other words: no step, and its version stays."""
        if (before.reference, before.version) != (after.reference, after.version):
            raise ValueError("a case whose words go is the same case")
        changed = self._connection.execute(
            update(cases)
            .where(cases.c.reference == before.reference, cases.c.version == before.version)
            .values(
                resident=after.resident.address if after.parties else "",
                subject=after.subject,
                body=codec.write_case(after),
            )
        )
        if not changed.rowcount:
            raise CaseChanged(before.reference)
        self._connection.execute(delete(parties).where(parties.c.reference == before.reference))
        unique = {party.address.lower(): party for party in reversed(after.parties)}
        if unique:
            self._connection.execute(
                insert(parties),
                [
                    {"reference": after.reference, "address": a, "name": p.name, "role": p.role.value}
                    for a, p in unique.items()
                ],
            )

    # -------------------------------------------------------------- mails and letters

    def erase_mail(self, mail: str, sender: str, verdict: Verdict | None) -> None:
        """Forget a mail's words, its attachments and what people said of it; that it came stays. One that somebody was
        still to look at is discarded: there is nothing left to look at."""
        blob = self._keep_blob(ERASED_MAIL)
        row = self._connection.execute(select(mails.c.cause, mails.c.state).where(mails.c.id == mail)).one()
        waits = row.state in (MailState.KEPT.value, MailState.QUARANTINED.value)
        self._connection.execute(delete(attachments).where(attachments.c.mail == mail))
        self._connection.execute(delete(schema.sortings).where(schema.sortings.c.mail == mail))
        self._connection.execute(
            update(mails)
            .where(mails.c.id == mail)
            .values(
                blob=blob,
                size=len(ERASED_MAIL),
                sender=sender,
                domain=sender.rpartition("@")[2],
                subject="",
                message_id=None,
                verdict=codec.write_verdict(verdict),
                cause=row.cause.partition(": ")[0] if ": " in row.cause else "",
                state=MailState.DISCARDED.value if waits else row.state,
                again_at=None,
            )
        )

    def erase_letter(self, letter: int, order: SendLetter) -> None:
        """Forget a letter's words; that it was ordered and went out stays. `order` is what is left of it."""
        blob = select(letters.c.blob).where(letters.c.id == letter)
        had_bytes = self._connection.execute(blob).scalar() is not None
        self._connection.execute(
            update(letters)
            .where(letters.c.id == letter)
            .values(
                to_address=order.to.lower(),
                person=order.person,
                body=codec.write_order(order),
                subject="",
                blob=self._keep_blob(ERASED_MAIL) if had_bytes else None,
                in_reply_to="",
                refs="[]",
                answer="",
                last_error="",
            )
        )

    def drop_loose_bytes(self) -> int:
        """Delete bytes that no mail, attachment or letter points to; how many there were."""
        used = or_(
            blobs.c.sha256.in_(select(mails.c.blob)),
            blobs.c.sha256.in_(select(attachments.c.sha256)),
            blobs.c.sha256.in_(select(letters.c.blob).where(letters.c.blob.is_not(None))),
        )
        return int(self._connection.execute(delete(blobs).where(~used)).rowcount)

    # -------------------------------------------------------------- finding

    def mails_with(self, *, sender: str = "", references: Sequence[str] = ()) -> list[str]:
        """The ids of mails of this sender or of these cases, in order."""
        wanted: list[Any] = [mails.c.sender == sender] if sender else []
        wanted += [mails.c.reference.in_(some) for some in _in_parts(references)]
        if not wanted:
            return []
        return list(
            self._connection.execute(
                select(mails.c.id).where(or_(*wanted)).order_by(mails.c.received_at, mails.c.id)
            ).scalars()
        )

    def every_mail(self) -> Iterator[tuple[str, str]]:
        """(id, hash of its bytes) of every mail, in order of their ids."""
        for row in self._connection.execute(
            select(mails.c.id, mails.c.blob).order_by(mails.c.id).execution_options(yield_per=500)
        ):
            yield row[0], row[1]

    def old_mails(self, states: Iterable[MailState], before: dt.datetime) -> list[str]:
        """Mails of no case in one of these states that came before then and still have their words."""
        return list(
            self._connection.execute(
                select(mails.c.id)
                .join(blobs, blobs.c.sha256 == mails.c.blob)
                .where(
                    mails.c.state.in_([state.value for state in states]),
                    mails.c.reference.is_(None),
                    mails.c.received_at < before,
                    blobs.c.content != ERASED_MAIL,
                )
                .order_by(mails.c.id)
            ).scalars()
        )

    def every_letter(self) -> Iterator[int]:
        """The ids of all letters, the oldest first."""
        yield from self._connection.execute(select(letters.c.id).order_by(letters.c.id)).scalars().all()

    def cases_of(self, address: str) -> list[Case]:
        """Every case that has this address as a party, open or closed, the earliest first."""
        bodies = self._connection.execute(
            select(cases.c.body)
            .join(parties, parties.c.reference == cases.c.reference)
            .where(parties.c.address == address.lower())
            .order_by(cases.c.received_at, cases.c.reference)
        ).scalars()
        return [codec.read_case(body) for body in bodies]

    def closed_before(self, before: dt.datetime, without: str) -> list[Case]:
        """Closed cases that were closed before then, but for those whose resident's address ends like this."""
        bodies = self._connection.execute(
            select(cases.c.body)
            .where(
                cases.c.closed_at < before,
                cases.c.stage == Stage.CLOSED.value,
                ~cases.c.resident.endswith(without, autoescape=True),
            )
            .order_by(cases.c.closed_at, cases.c.reference)
        ).scalars()
        return [codec.read_case(body) for body in bodies]

    def old_letters_to_staff(self, before: dt.datetime) -> list[int]:
        """Letters of no case to staff (digests, alerts) that ended before then and still have their words."""
        return list(
            self._connection.execute(
                select(letters.c.id)
                .join(blobs, blobs.c.sha256 == letters.c.blob)
                .where(
                    letters.c.reference.is_(None),
                    letters.c.audience != Audience.RESIDENT.value,
                    letters.c.created_at < before,
                    letters.c.state.in_(
                        [s.value for s in (LetterState.SENT, LetterState.FAILED, LetterState.UNKNOWN)]
                    ),
                    blobs.c.content != ERASED_MAIL,
                )
                .order_by(letters.c.id)
            ).scalars()
        )

    def old_letters_to_residents(self, before: dt.datetime, without: str) -> list[int]:
        """Letters of no case to residents that were ordered before then and are not on their way, but for those to an
        address that ends like this."""
        ended = [LetterState.SENT, LetterState.FAILED, LetterState.UNKNOWN, LetterState.HELD]
        found = select(letters.c.id).where(
            letters.c.reference.is_(None),
            letters.c.audience == Audience.RESIDENT.value,
            letters.c.created_at < before,
            letters.c.state.in_([state.value for state in ended]),
            ~letters.c.to_address.endswith(without, autoescape=True),
        )
        return list(self._connection.execute(found.order_by(letters.c.id)).scalars())

    def remembered(self, prefix: str) -> dict[str, str]:
        """What is remembered under keys that begin like this."""
        rows = self._connection.execute(
            select(meta.c.key, meta.c.value)
            .where(meta.c.key.startswith(prefix, autoescape=True))
            .order_by(meta.c.key)
        )
        return {row.key: row.value for row in rows}

    def forget(self, key: str) -> None:
        """Remember nothing under this key any more."""
        self._connection.execute(delete(meta).where(meta.c.key == key))


def _in_parts(all_: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(all_), _SOME):
        yield all_[start : start + _SOME]
