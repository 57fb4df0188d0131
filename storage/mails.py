"""Mails on file: kept before anybody reads them, settled after, set aside when they can't be read.

Redelivery is told by (mailbox, folder, uidvalidity, uid) and by nothing else; a content fingerprint tells the
same mail by another way, but only of mails that somebody attended to. A Message-ID identifies nothing:
several mails may share one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, Row, Select, bindparam, func, insert, literal_column, or_, select, update

from mailbot.casework.vocabulary import Intent, Stage
from storage import codec, schema
from storage.ready import Ready
from storage.rows import (
    AttachmentRow,
    ClaimLost,
    KeptMail,
    MailboxRow,
    MailRow,
    MailState,
    NoSuchMail,
    Position,
    SettledMail,
    Sorting,
    Waiting,
    code_of,
)
from storage.schema import mailboxes, mails
from storage.transaction import Transaction
from storage.workers import claimable_by

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that people take for another

_MAIL = select(mails).where(mails.c.id == bindparam("id"))
_KEEP = Ready(lambda dialect: schema.insert_if_new(dialect, mails))
_RAW = Ready(
    select(schema.blobs.c.content)
    .join(mails, mails.c.blob == schema.blobs.c.sha256)
    .where(mails.c.id == bindparam("id"))
)
_HEADS = Ready(
    select(mails.c.id, func.substr(schema.blobs.c.content, 1, bindparam("length", type_=Integer)))
    .join(schema.blobs, mails.c.blob == schema.blobs.c.sha256)
    .where(mails.c.id.in_(bindparam("ids", expanding=True)))
)
# The uid breaks ties: within one look it is the order of arrival.
_IN_ORDER = (mails.c.received_at, mails.c.kept_at, mails.c.uid)
_WAITING = select(mails).where(mails.c.state == MailState.KEPT.value).order_by(*_IN_ORDER)
_ANY_WAITS = Ready(select(mails.c.id).where(mails.c.state == MailState.KEPT.value).limit(1))
_SET_ASIDE = select(mails).where(mails.c.state == MailState.QUARANTINED.value).order_by(*_IN_ORDER)
_SENDERS_SET_ASIDE = Ready(
    select(mails.c.sender).where(mails.c.state == MailState.QUARANTINED.value).distinct()
)
_MAILBOXES = Ready(select(mailboxes).order_by(mailboxes.c.name))
_LOOKED = Ready(
    lambda dialect: schema.insert_or_change(dialect, mailboxes, "looked_at", "last_error", "error_at")
)
_SAME = Ready(
    select(mails)
    .where(mails.c.fingerprint == bindparam("fingerprint"), mails.c.id != bindparam("but_not"))
    .order_by(mails.c.kept_at, mails.c.uid)
    .limit(1)
)
_settle_again = update(mails).where(mails.c.id == bindparam("mail_id"))
_settle = _settle_again.where(mails.c.attended_at.is_(None))
_holds_it = (
    mails.c.state == MailState.KEPT.value,
    mails.c.claimed_by == bindparam("holder", type_=mails.c.claimed_by.type),
)
_SETTLE, _SETTLE_AGAIN = Ready(_settle), Ready(_settle_again)
_SETTLE_HELD, _SETTLE_HELD_AGAIN = Ready(_settle.where(*_holds_it)), Ready(_settle_again.where(*_holds_it))
# What is asked of each waiting mail to find whose turn it is; of the few that are claimed all is read.
_LINE = Ready(
    select(
        mails.c.id,
        mails.c.size,
        mails.c.claimed_by.in_(select(schema.workers.c.name)) & (mails.c.claimed_by != bindparam("worker")),
        mails.c.deaths,
    )
    .where(
        mails.c.state == MailState.KEPT.value,
        or_(
            mails.c.again_at.is_(None),
            mails.c.again_at <= bindparam("now"),
            schema.out_of_time(mails.c.again_at),
        ),
    )
    .order_by(*_IN_ORDER)
    .limit(bindparam("limit"))
)
# One statement, hence no gap in which two workers see the same mail; what another has locked is passed over.
_picked = (
    select(mails.c.id)
    .where(
        mails.c.id.in_(bindparam("ids", expanding=True)),
        mails.c.state == MailState.KEPT.value,
        claimable_by(mails),
    )
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_CLAIM = Ready(
    update(mails)
    .where(mails.c.id.in_(select(_picked.c.id)))
    .values(claimed_by=bindparam("worker"))
    .returning(*mails.c)
)
_ATTACH = Ready(insert(schema.attachments).inline())
_ATTACHED = Ready(
    select(schema.attachments)
    .where(schema.attachments.c.mail == bindparam("mail"))
    .order_by(schema.attachments.c.position)
)
_FAIL = (
    update(mails)
    .where(mails.c.id == bindparam("mail_id"))
    .values(
        attempts=mails.c.attempts + 1,
        cause=bindparam("why", type_=mails.c.cause.type),
        claimed_by="",
        again_at=bindparam("again", type_=mails.c.again_at.type),
    )
    .returning(mails.c.attempts)
)

_RECENT: Select[Any] = (
    select(literal_column("1"))
    .where(mails.c.attended_at >= bindparam("since"), mails.c.state != MailState.QUARANTINED.value)
    .limit(bindparam("at_most"))
)
_FROM_SENDER = Ready(
    select(func.count()).select_from(_RECENT.where(mails.c.sender == bindparam("sender")).subquery())
)
_FROM_DOMAIN = Ready(
    select(func.count()).select_from(_RECENT.where(mails.c.domain == bindparam("domain")).subquery())
)

_BY_MESSAGE_ID = (
    select(mails).where(mails.c.message_id.in_(bindparam("ids", expanding=True))).order_by(*_IN_ORDER)
)
_CASES_OF = Ready(_BY_MESSAGE_ID.with_only_columns(mails.c.message_id, mails.c.sender, mails.c.reference))


class Mails(Transaction):
    """The part of a unit of work that deals with incoming mail and the mailboxes that it came from."""

    # -------------------------------------------------------------- what people said

    def keep_sorting(self, sorting: Sorting) -> None:
        """Remember what a person said that a mail is; of two sayings on one mail the last counts."""
        changed = ("at", "who", "stage", "intent", "taken_for")
        self._connection.execute(
            schema.insert_or_change(self._dialect, schema.sortings, *changed),
            {
                "mail": sorting.mail,
                "at": sorting.at,
                "who": sorting.who,
                "stage": sorting.stage.value,
                "intent": sorting.intent.value,
                "taken_for": sorting.taken_for.value,
            },
        )

    def sortings(self) -> list[Sorting]:
        """All that people said, in the order of the mails' ids: the order of arrival, and always the same."""
        found = self._connection.execute(select(schema.sortings).order_by(schema.sortings.c.mail))
        return [_sorting(row) for row in found]

    # -------------------------------------------------------------- looking

    def keep_mail(self, mail: KeptMail) -> str | None:
        """Keep a mail's bytes; gives its new id, or None when this very mail is there already."""
        blob = self._keep_blob(mail.raw)
        mail_id = _new_id(mail.kept_at)
        new = _KEEP.change(
            self._connection,
            {
                "id": mail_id,
                "mailbox": mail.mailbox,
                "folder": mail.folder,
                "uidvalidity": mail.uidvalidity,
                "uid": mail.uid,
                "received_at": mail.received_at,
                "kept_at": mail.kept_at,
                "size": len(mail.raw) if mail.size is None else mail.size,
                "truncated": mail.truncated,
                "blob": blob,
                "state": MailState.KEPT.value,
                "attempts": 0,
                "cause": "",
                "sender": "",
                "subject": "",
                "disposition": "",
                "how_found": "",
                "automatic": "",
            },
        )
        return mail_id if new else None

    def position(self, mailbox: str) -> Position | None:
        """How far the mailbox was read; None before the first look."""
        row = next((m for m in self.mailboxes() if m.name == mailbox), None)
        return row.position if row else None

    def set_position(self, mailbox: str, uidvalidity: int, last_uid: int) -> None:
        self._connection.execute(
            schema.insert_or_change(self._dialect, mailboxes, "uidvalidity", "last_uid"),
            {"name": mailbox, "uidvalidity": uidvalidity, "last_uid": last_uid},
        )

    def looked(self, mailbox: str, at: dt.datetime) -> None:
        """A look at the mailbox succeeded, everything that was there then is kept. Forgets its last error."""
        _LOOKED.change(
            self._connection, {"name": mailbox, "looked_at": at, "last_error": "", "error_at": None}
        )

    def stumbled(self, mailbox: str, error: str, at: dt.datetime) -> None:
        """A look failed. The time of the last good one stays: silence is known no further than that."""
        self._connection.execute(
            schema.insert_or_change(self._dialect, mailboxes, "last_error", "error_at"),
            {"name": mailbox, "last_error": error, "error_at": at},
        )

    def mailboxes(self) -> list[MailboxRow]:
        return [
            MailboxRow(
                row.name,
                None if row.uidvalidity is None else Position(row.uidvalidity, row.last_uid),
                row.looked_at,
                row.last_error,
                row.error_at,
            )
            for row in _MAILBOXES.all(self._connection, {})
        ]

    def last_looks(self) -> dict[str, dt.datetime | None]:
        """When each known mailbox was last read with success; None: never yet."""
        return {mailbox.name: mailbox.looked_at for mailbox in self.mailboxes()}

    # -------------------------------------------------------------- attending

    def waiting_mails(self, limit: int, now: dt.datetime | None = None) -> list[MailRow]:
        """Mails to attend to, the earliest received first. With `now`, those that back off are left out."""
        statement = _WAITING.limit(limit)
        if now is not None:
            again = mails.c.again_at
            statement = statement.where(or_(again.is_(None), again <= now, schema.out_of_time(again)))
        return self._mails(statement)

    def waiting_line(self, limit: int, now: dt.datetime, worker: str) -> list[Waiting]:
        """As `waiting_mails`, of each only what tells whose turn it is."""
        rows = _LINE.all(self._connection, {"limit": limit, "now": now, "worker": worker})
        return [Waiting(id, size, bool(in_hand), deaths) for id, size, in_hand, deaths in rows]

    def claim_mails(self, ids: Sequence[str], worker: str) -> list[MailRow]:
        """Take these mails in hand, in this order, but for those that somebody else has. They stay the worker's until
        they are settled, have failed, are let go, or the worker is no longer alive."""
        if not ids:
            return []
        rows = _CLAIM.all(self._connection, {"ids": list(ids), "worker": worker})
        claimed = {row.id: row for row in rows}
        return [_mail_row(claimed[id]) for id in ids if id in claimed]

    def let_go(self, ids: Iterable[str], worker: str) -> None:
        """The worker has not come to these mails: they are anybody's."""
        mine = (
            mails.c.id.in_(list(ids)),
            mails.c.claimed_by == worker,
            mails.c.state == MailState.KEPT.value,
        )
        self._connection.execute(update(mails).where(*mine).values(claimed_by=""))

    def is_on_file(self, mailbox: str, raw: bytes) -> bool:
        """Whether a mail of exactly these bytes was kept from this mailbox, wherever in it it lay."""
        digest = hashlib.sha256(raw).hexdigest()
        kept = select(schema.blobs.c.sha256).where(schema.blobs.c.sha256 == digest)
        if self._connection.execute(kept).first() is None:
            return False
        found = select(mails.c.id).where(mails.c.blob == digest, mails.c.mailbox == mailbox).limit(1)
        return self._connection.execute(found).first() is not None

    def raw(self, mail_id: str) -> bytes:
        """The mail's bytes as kept. NoSuchMail when there is none."""
        content = _RAW.scalar(self._connection, {"id": mail_id})
        if content is None:
            raise NoSuchMail(mail_id)
        return bytes(content)

    def mail(self, mail_id: str) -> MailRow:
        """NoSuchMail when there is none."""
        row = self._connection.execute(_MAIL, {"id": mail_id}).first()
        if row is None:
            raise NoSuchMail(mail_id)
        return _mail_row(row)

    def same_mail(self, fingerprint: str, but_not: str) -> MailRow | None:
        """The first mail with this content that was attended to, other than `but_not`."""
        row = _SAME.first(self._connection, {"fingerprint": fingerprint, "but_not": but_not})
        return _mail_row(row) if row else None

    def mail_by_message_id(self, ids: Iterable[str]) -> list[MailRow]:
        """Attended mails with one of these Message-IDs, in the order in which they were received."""
        wanted = [i for i in dict.fromkeys(ids) if i]
        return self._mails(_BY_MESSAGE_ID, {"ids": wanted}) if wanted else []

    def cases_of_mails(self, ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """Of each of these Message-IDs that an attended mail has: who sent it, and the case's reference. Of several
        mails the last that was received."""
        wanted = [i for i in dict.fromkeys(ids) if i]
        if not wanted:
            return {}
        return {row[0]: (row[1], row[2]) for row in _CASES_OF.all(self._connection, {"ids": wanted})}

    def settle_mail(self, mail_id: str, found: SettledMail, holder: str = "") -> None:
        """Record what became of a mail, with its attachments. Settling again replaces it all. `holder`: the worker that
        has claimed it; ClaimLost where its claim stands no more."""
        values = {
            "mail_id": mail_id,
            "state": found.state.value,
            "again_at": None,
            "fingerprint": found.fingerprint or None,
            "message_id": found.message_id or None,
            "sender": found.sender,
            "domain": found.sender.rpartition("@")[2],
            "subject": found.subject,
            "disposition": found.disposition,
            "reference": found.reference,
            "verdict": codec.write_verdict(found.verdict),
            "how_found": found.how_found,
            "automatic": found.automatic,
            "attended_at": found.at,
        }
        first, again = (_SETTLE_HELD, _SETTLE_HELD_AGAIN) if holder else (_SETTLE, _SETTLE_AGAIN)
        asked = {"holder": holder} if holder else {}
        if not first.change(self._connection, values | asked):
            if not again.change(self._connection, values | asked):
                raise ClaimLost(mail_id) if holder else NoSuchMail(mail_id)
            table = schema.attachments
            self._connection.execute(table.delete().where(table.c.mail == mail_id))
        if found.attachments:
            self._attach(mail_id, found)

    def _attach(self, mail_id: str, found: SettledMail) -> None:
        rows = [
            {
                "mail": mail_id,
                "position": position,
                "name": attachment.name,
                "content_type": attachment.content_type,
                "size": len(attachment.content),
                "sha256": self._keep_blob(attachment.content, attachment.sha256),
            }
            for position, attachment in enumerate(found.attachments, start=1)
        ]
        _ATTACH.change_all(self._connection, rows)

    def attachments(self, mail_id: str) -> list[AttachmentRow]:
        """What came with the mail, in its order; the bytes are `blob(sha256)`."""
        return [AttachmentRow(*row) for row in _ATTACHED.all(self._connection, {"mail": mail_id})]

    def fail_mail(self, mail_id: str, cause: str, at: dt.datetime, wait: dt.timedelta | None = None) -> int:
        """Attending failed at `at`. Gives the attempts so far; the mail backs off for `wait`, if any."""
        again = None if wait is None else at + wait
        attempts = self._connection.execute(
            _FAIL, {"mail_id": mail_id, "why": cause, "again": again}
        ).scalar()
        if attempts is None:
            raise NoSuchMail(mail_id)
        return int(attempts)

    def quarantine(self, mail_id: str, cause: str) -> None:
        """Set a mail aside for a person. Its bytes and its receipt date stay: its clock still runs."""
        self._set_state(mail_id, state=MailState.QUARANTINED.value, cause=cause, again_at=None)

    def discard_mail(self, mail_id: str) -> None:
        """A person decided that nothing is to be done about a mail that was set aside. Its bytes stay."""
        self._set_state(mail_id, state=MailState.DISCARDED.value, again_at=None)

    def heads(self, ids: Iterable[str], length: int) -> dict[str, bytes]:
        """The first bytes of each of these mails, by id."""
        wanted = list(ids)
        if not wanted:
            return {}
        rows = _HEADS.all(self._connection, {"ids": wanted, "length": length})
        return {row[0]: bytes(row[1]) for row in rows}

    def count_mails_from(self, sender: str, since: dt.datetime, at_most: int) -> int:
        """Mails of this sender that were attended to since then and not set aside, counted up to `at_most`."""
        asked = {"sender": sender, "since": since, "at_most": at_most}
        return int(_FROM_SENDER.scalar(self._connection, asked))

    def count_mails_from_domain(self, domain: str, since: dt.datetime, at_most: int) -> int:
        """As `count_mails_from`, of all senders with addresses in this very domain."""
        asked = {"domain": domain, "since": since, "at_most": at_most}
        return int(_FROM_DOMAIN.scalar(self._connection, asked))

    def release_mail(self, mail_id: str) -> None:
        """Let a mail be attended to again from the start, its attempts forgotten (a person asked for it)."""
        self._set_state(
            mail_id, state=MailState.KEPT.value, attempts=0, again_at=None, claimed_by="", deaths=0
        )

    def _set_state(self, mail_id: str, **values: Any) -> None:
        changed = self._connection.execute(update(mails).where(mails.c.id == mail_id).values(**values))
        if not changed.rowcount:
            raise NoSuchMail(mail_id)

    # -------------------------------------------------------------- for reports

    def mails_of(self, reference: str) -> list[MailRow]:
        """All mails of a case, in the order in which they were received."""
        return self._mails(select(mails).where(mails.c.reference == reference).order_by(*_IN_ORDER))

    def mails_by_state(self) -> dict[MailState, int]:
        counted = dict.fromkeys(MailState, 0)
        rows = self._connection.execute(select(mails.c.state, func.count()).group_by(mails.c.state))
        counted.update({MailState(state): count for state, count in rows})
        return counted

    def fates(self, mailbox: str) -> dict[tuple[MailState, bool, str | None], int]:
        """How many mails of the mailbox there are, by state, whether a case is named, and that case's stage (None:
        no such case)."""
        cases = schema.cases
        named = mails.c.reference.is_not(None)
        rows = self._connection.execute(
            select(mails.c.state, named, cases.c.stage, func.count())
            .join(cases, cases.c.reference == mails.c.reference, isouter=True)
            .where(mails.c.mailbox == mailbox)
            .group_by(mails.c.state, named, cases.c.stage)
        )
        return {(MailState(state), bool(has), stage): count for state, has, stage, count in rows}

    def mails_astray(self, mailbox: str, kept_before: dt.datetime) -> tuple[list[str], list[str]]:
        """The ids of mails that were kept before then and wait still, and of those whose case is not there."""
        cases = schema.cases
        late = select(mails.c.id).where(
            mails.c.mailbox == mailbox, mails.c.state == MailState.KEPT.value, mails.c.kept_at < kept_before
        )
        lost = (
            select(mails.c.id)
            .join(cases, cases.c.reference == mails.c.reference, isouter=True)
            .where(mails.c.mailbox == mailbox, mails.c.reference.is_not(None), cases.c.reference.is_(None))
        )
        return list(self._connection.execute(late).scalars()), list(self._connection.execute(lost).scalars())

    def known_uids(self, mailbox: str, folder: str, uidvalidity: int) -> frozenset[int]:
        """The numbers, under this numbering, of all mails that are on file."""
        rows = self._connection.execute(
            select(mails.c.uid).where(
                mails.c.mailbox == mailbox, mails.c.folder == folder, mails.c.uidvalidity == uidvalidity
            )
        )
        return frozenset(rows.scalars())

    def kept_uids(self, mailbox: str, folder: str, uidvalidity: int) -> dict[int, bool]:
        """As `known_uids`, each with whether the mail is on file whole."""
        rows = self._connection.execute(
            select(mails.c.uid, mails.c.truncated).where(
                mails.c.mailbox == mailbox, mails.c.folder == folder, mails.c.uidvalidity == uidvalidity
            )
        )
        return {uid: not truncated for uid, truncated in rows}

    def quarantined(self) -> list[MailRow]:
        return self._mails(_SET_ASIDE)

    def senders_set_aside(self) -> frozenset[str]:
        """Who sent the mails that are set aside and that nobody has read."""
        return frozenset(row[0] for row in _SENDERS_SET_ASIDE.all(self._connection, {}))

    def any_waits(self) -> bool:
        """Whether any mail is still to be attended to, those that back off after a failure among them."""
        return _ANY_WAITS.first(self._connection, {}) is not None

    def oldest_waiting_mail(self) -> dt.datetime | None:
        """When the mail that has waited longest to be attended to was kept; None where none waits."""
        found: dt.datetime | None = self._connection.execute(
            select(func.min(mails.c.kept_at)).where(mails.c.state == MailState.KEPT.value)
        ).scalar()
        return found

    def arrivals_since(self, since: dt.datetime, limit: int = 20_000) -> list[dt.datetime]:
        """When mails came, oldest first; of more than `limit` the latest."""
        rows = self._connection.execute(
            select(mails.c.received_at)
            .where(mails.c.received_at >= since)
            .order_by(mails.c.received_at.desc())
            .limit(limit)
        )
        return sorted(row[0] for row in rows)

    def quarantine_by_cause(self) -> tuple[dict[str, int], dt.datetime | None]:
        """How many mails are set aside for which cause, by its code, and when the oldest of them came."""
        rows = self._connection.execute(
            select(mails.c.cause, func.count(), func.min(mails.c.received_at))
            .where(mails.c.state == MailState.QUARANTINED.value)
            .group_by(mails.c.cause)
        ).all()
        counted: dict[str, int] = {}
        for cause, count, _ in rows:
            code = code_of(str(cause)) or "other"
            counted[code] = counted.get(code, 0) + int(count)
        return counted, min((row[2] for row in rows), default=None)

    def attended_mails(self, since: dt.datetime, until: dt.datetime) -> list[MailRow]:
        """Mails attended to in [since, until), in that order."""
        return self._mails(
            select(mails)
            .where(mails.c.attended_at >= since, mails.c.attended_at < until)
            .order_by(mails.c.attended_at, *_IN_ORDER)
        )

    def count_filed_mails(self, since: dt.datetime, until: dt.datetime) -> int:
        """How many mails of [since, until) were attended to and belong to no case: a person should skim them."""
        filed = select(func.count()).where(
            mails.c.attended_at >= since,
            mails.c.attended_at < until,
            mails.c.reference.is_(None),
            mails.c.state == MailState.ATTENDED.value,
        )
        return int(self._connection.execute(filed).scalar() or 0)

    def _mails(self, statement: Any, asked: dict[str, Any] | None = None) -> list[MailRow]:
        rows: Sequence[Row[Any]] = self._connection.execute(statement, asked or {}).all()
        return [_mail_row(row) for row in rows]


def _mail_row(row: Any) -> MailRow:
    values = row._asdict()
    del values["domain"]  # of the sender, for counting alone
    values["state"] = MailState(values["state"])
    values["verdict"] = codec.read_verdict(values["verdict"])
    values["message_id"] = values["message_id"] or ""
    if schema.LOST in (row.received_at, row.kept_at):  # damaged: a mail was kept soon after it came
        known = next((at for at in (row.received_at, row.kept_at) if at != schema.LOST), _time_of(row.id))
        values |= {name: known for name in ("received_at", "kept_at") if values[name] == schema.LOST}
    return MailRow(**values)


def _sorting(row: Row[Any]) -> Sorting:
    return Sorting(row.mail, row.at, row.who, Stage(row.stage), Intent(row.intent), Intent(row.taken_for))


def _time_of(mail_id: str) -> dt.datetime:
    """When a mail of this id was kept."""
    milliseconds = 0
    for letter in mail_id[:9]:
        milliseconds = milliseconds << 5 | max(_ALPHABET.find(letter), 0)
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _new_id(kept_at: dt.datetime) -> str:
    """Sixteen letters that sort by time: 9 for the milliseconds since 1970, 7 by chance."""
    number = int(kept_at.timestamp() * 1000) << 35 | secrets.randbits(35)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
