"""The outbox: letters that were ordered and are on their way, each handed over by one sender at a time.

A letter goes waiting, claimed, handing, sent. `handing` is committed before the SMTP transaction begins: a
process that dies in it leaves a letter of which nobody knows whether it went out. That one becomes `unknown`
and is never resent by itself. A letter that is sent stays sent, whatever is said of it later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, literal_column, or_, select, update

from mailbot.casework.vocabulary import Audience, Letter, SendLetter
from storage import codec, schema
from storage.ready import Ready
from storage.rows import UNREADABLE, ClaimLost, LetterRow, LetterState, NewLetter, NoSuchLetter
from storage.schema import letters
from storage.transaction import Transaction
from storage.workers import claimable_by, orphaned

_BY_ID = Ready(select(letters).where(letters.c.id == bindparam("id")))
_BY_NONCE = Ready(select(letters).where(letters.c.nonce == bindparam("nonce")))
_BY_MESSAGE_ID = Ready(
    select(letters).where(letters.c.message_id.in_(bindparam("ids", expanding=True))).order_by(letters.c.id)
)
_OF_CASE = Ready(select(letters).where(letters.c.reference == bindparam("reference")).order_by(letters.c.id))
_INSERT = Ready(insert(letters).inline())
_INSERT_ONE = Ready(insert(letters).returning(letters.c.id))

_CLAIMABLE = [LetterState.WAITING.value, LetterState.CLAIMED.value]
_ON_ITS_WAY = [*_CLAIMABLE, LetterState.HANDING.value]
_KINDS = frozenset(kind.value for kind in Letter)
_AUDIENCES = frozenset(audience.value for audience in Audience)
_earlier = letters.alias("earlier")
WINDOW = 250
"""So many of the oldest letters that may go are looked at; all of them only where none of these can be taken."""
_ALL = 2**62
_IN_ORDER = letters.c.id + 0
"""The order of ids, sorted. PostgreSQL would find the first few that wait by walking along the ids, and those that wait
lie behind every letter that was ever sent."""
_oldest = (
    select(letters.c.id)
    .where(letters.c.state.in_(_CLAIMABLE), schema.is_due(letters.c.next_at, bindparam("now")))
    .order_by(_IN_ORDER)
    .limit(bindparam("window"))
)
# One statement, hence no gap in which two senders see the same letter; where PostgreSQL runs several at once,
# each passes over the rows that another has locked. (SQLite has one writer and drops the clause.)
_picked = (
    select(letters.c.id)
    .where(
        letters.c.id.in_(_oldest),
        letters.c.state.in_(_CLAIMABLE),
        schema.is_due(letters.c.next_at, bindparam("now")),
        claimable_by(letters),
        or_(letters.c.letter != Letter.CHASER.value, letters.c.id <= bindparam("reminders_up_to")),
        ~select(_earlier.c.id)
        .where(
            _earlier.c.reference == letters.c.reference,
            _earlier.c.to_address == letters.c.to_address,
            _earlier.c.id < letters.c.id,
            _earlier.c.state.in_(_ON_ITS_WAY),
            _earlier.c.letter != Letter.CHASER.value,  # one that waits for the morning holds up nothing
        )
        .exists(),
    )
    .order_by(letters.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_CLAIM = Ready(
    update(letters)
    .where(letters.c.id.in_(select(_picked.c.id)))
    .values(
        state=LetterState.CLAIMED.value,
        claimed_by=bindparam("worker"),
        attempts=letters.c.attempts + 1,
        next_at=bindparam("lease_until", type_=letters.c.next_at.type),
    )
    .returning(*letters.c)
)
# Letters whose time is none wait for no moment: whoever claims them sets them aside.
_CLAIM_LOST = Ready(
    lambda dialect: (
        update(letters)
        .where(
            letters.c.state.in_(_CLAIMABLE),
            schema.is_no_time(letters.c.next_at, dialect),
            claimable_by(letters),
        )
        .values(state=LetterState.CLAIMED.value, claimed_by=bindparam("worker"))
        .returning(*letters.c)
    )
)
_is_holders = letters.c.claimed_by == bindparam("holder", type_=letters.c.claimed_by.type)
_HAND = Ready(
    update(letters).where(
        letters.c.id == bindparam("letter_id"), letters.c.state == LetterState.CLAIMED.value, _is_holders
    )
)
_LAY_DOWN = Ready(
    update(letters)
    .where(letters.c.state.in_(_CLAIMABLE), letters.c.next_at <= bindparam("now"))
    .values(
        state=bindparam("state"),
        handed_at=bindparam("at", type_=letters.c.handed_at.type),
        sent_at=bindparam("at", type_=letters.c.sent_at.type),
        subject=letters.c.letter,
    )
)
_settle = update(letters).where(
    letters.c.id == bindparam("letter_id"), letters.c.state != LetterState.SENT.value
)
_SETTLE = Ready(_settle)
_SETTLE_HELD = Ready(
    _settle.where(letters.c.state.in_([LetterState.CLAIMED.value, LetterState.HANDING.value]), _is_holders)
)
_IN_STATE = Ready(
    select(letters).where(letters.c.state.in_(bindparam("states", expanding=True))).order_by(letters.c.id)
)
_NEXT_AT = Ready(select(func.min(letters.c.next_at)).where(letters.c.state.in_(_CLAIMABLE)))
_WAITING_CHASER = (
    letters.c.state == LetterState.WAITING.value,
    letters.c.next_at <= bindparam("now"),
    letters.c.letter == Letter.CHASER.value,
)
_CHASED_NOW = Ready(select(letters.c.to_address).where(*_WAITING_CHASER).distinct())
_CHASERS = Ready(
    select(letters)
    .where(*_WAITING_CHASER, letters.c.to_address == bindparam("address"), letters.c.id > bindparam("after"))
    .order_by(_IN_ORDER)
    .limit(bindparam("limit"))
)
_PUT_OFF = Ready(
    update(letters)
    .where(*_WAITING_CHASER, letters.c.to_address == bindparam("address"))
    .values(next_at=bindparam("until", type_=letters.c.next_at.type), last_error=bindparam("why"))
)
_CHASERS_AT_ONCE: Final = 200
"""So many reminders are in memory at once, however many wait."""
# What may have reached somebody. A letter that is only waiting has not. (Told by the states that it is not in:
# SQLite would otherwise look through every letter that was ever sent instead of those of the last hour.)
_HANDED = (
    letters.c.handed_at >= bindparam("since"),
    letters.c.state.not_in(
        s.value for s in LetterState if s not in (LetterState.HANDING, LetterState.SENT, LetterState.UNKNOWN)
    ),
)
_COUNT = Ready(
    select(func.count()).select_from(
        select(literal_column("1")).where(*_HANDED).limit(bindparam("at_most")).subquery()
    )
)
_handed_to = select(letters.c.handed_at, letters.c.letter).where(
    *_HANDED, letters.c.to_address == bindparam("address")
)
_HANDED_TO = Ready(_handed_to)
_CHASED = Ready(_handed_to.where(letters.c.letter == Letter.CHASER.value).limit(1))


class Outbox(Transaction):
    """The part of a unit of work that deals with outgoing letters."""

    def add_letter(self, letter: NewLetter, at: dt.datetime, reference: str | None = None) -> int:
        """Put a letter into the outbox; gives its id. Letters of a case come with its step instead."""
        return int(_INSERT_ONE.scalar(self._connection, _new_row(letter, reference, at)))

    def _add_letters(self, new: Iterable[NewLetter], at: dt.datetime, reference: str | None) -> None:
        _INSERT.change_all(self._connection, [_new_row(letter, reference, at) for letter in new])

    # -------------------------------------------------------------- sending

    def claim_letters(
        self,
        now: dt.datetime,
        limit: int,
        lease: dt.timedelta,
        worker: str = "",
        reminders_up_to: int | None = None,
    ) -> list[LetterRow]:
        """Take up to `limit` letters that may go now, oldest first; of reminders only those up to this id, where one
        is given. Nobody gets them again for `lease`, and nobody but the worker for as long as it is alive.

        A letter is not taken while an earlier one of the same case to the same address is still on its way:
        people read the acknowledgement before the response. Where nothing else may go, letters come that have no time
        at which they may: they are unreadable.
        """
        up_to = _ALL if reminders_up_to is None else reminders_up_to
        asked = {"worker": worker, "reminders_up_to": up_to, "now": now, "limit": limit}
        for window in (WINDOW, _ALL):
            rows = _CLAIM.all(self._connection, {"lease_until": now + lease, "window": window, **asked})
            if rows:
                break
        rows = rows or _CLAIM_LOST.all(self._connection, {"worker": worker})
        return sorted((_letter_row(row) for row in rows), key=lambda letter: letter.id)

    def handing(self, letter_id: int, raw: bytes, subject: str, at: dt.datetime, holder: str = "") -> None:
        """The letter is about to be handed over as these bytes by the worker that has claimed it. Commit this before
        SMTP begins.

        ClaimLost when the claim is no longer held: then it must not be sent.
        """
        changed = _HAND.change(
            self._connection,
            {
                "letter_id": letter_id,
                "state": LetterState.HANDING.value,
                "blob": self._keep_blob(raw),
                "subject": subject,
                "handed_at": at,
                "holder": holder,
            },
        )
        if not changed:
            raise ClaimLost(str(letter_id))

    def sent(self, letter_id: int, at: dt.datetime, answer: str = "") -> None:
        """A server took the letter. Saying so twice changes nothing."""
        changed = self._settle(
            letter_id, state=LetterState.SENT.value, sent_at=at, answer=answer, last_error=""
        )
        if not changed and self.letter(letter_id) is None:
            raise NoSuchLetter(str(letter_id))

    def lay_down(self, now: dt.datetime) -> None:
        """Everything that may go now counts as sent, without bytes: for a replay, in which nothing leaves the house."""
        _LAY_DOWN.change(self._connection, {"now": now, "at": now, "state": LetterState.SENT.value})

    # `holder`: the worker that says it of a letter in its hands. ClaimLost where it has lost the letter: somebody else
    # has told what is to be told of it, or has it in hand now, and it must not come back into the queue.

    def later(self, letter_id: int, next_at: dt.datetime, error: str, holder: str | None = None) -> None:
        """The letter surely did not go out; try again from `next_at` on."""
        self._settle_or_refuse(
            letter_id,
            holder,
            claimed_by="",
            state=LetterState.WAITING.value,
            next_at=next_at,
            handed_at=None,
            last_error=error,
        )

    def failed(self, letter_id: int, error: str, holder: str | None = None) -> None:
        """The letter surely did not go out and never will: refused for good, or tried for too long."""
        self._settle_or_refuse(letter_id, holder, state=LetterState.FAILED.value, last_error=error)

    def unknown(self, letter_id: int, error: str, holder: str | None = None) -> None:
        """Nobody can tell whether the letter went out (the line broke after DATA)."""
        self._settle_or_refuse(letter_id, holder, state=LetterState.UNKNOWN.value, last_error=error)

    def strayed(self, letter_id: int, error: str) -> bool:
        """As `unknown`, for a letter that is being handed over for too long; False where it is not any more."""
        lost = update(letters).where(letters.c.id == letter_id, letters.c.state == LetterState.HANDING.value)
        values = {"state": LetterState.UNKNOWN.value, "last_error": error}
        return bool(self._connection.execute(lost.values(values)).rowcount)

    def hold(self, letter_id: int, reason: str, holder: str | None = None) -> None:
        """Keep the letter back until a person has seen to it."""
        self._settle_or_refuse(letter_id, holder, state=LetterState.HELD.value, last_error=reason)

    def recover_letters(self, now: dt.datetime) -> list[LetterRow]:
        """Clear up after workers that are no longer on the list, and give the letters that are now `unknown`.

        Letters that such a worker had begun to hand over may have gone out. Letters that it had only claimed did
        not, and may be claimed at once. Should it live after all, it loses its claims, but no letter.
        """
        broken = self._connection.execute(
            update(letters)
            .where(letters.c.state == LetterState.HANDING.value, orphaned(letters))
            .values(state=LetterState.UNKNOWN.value, last_error="the service stopped while handing it over")
            .returning(*letters.c)
        ).all()
        self._connection.execute(
            update(letters)
            .where(letters.c.state == LetterState.CLAIMED.value, orphaned(letters))
            .values(state=LetterState.WAITING.value, next_at=now, claimed_by="")
        )
        return sorted((_letter_row(row) for row in broken), key=lambda letter: letter.id)

    def absorb(self, letter_id: int, why: str) -> None:
        """The letter goes no more: another one says what it said, or nobody needs it. It stays on record."""
        self._settle_or_refuse(letter_id, None, state=LetterState.SENT.value, answer=why, last_error=why)

    def release_letter(self, letter_id: int, order: SendLetter | None = None) -> bool:
        """A person says that a letter that was held may go, with this order in place of its own where one is given.
        False where none of that number is held: of two who say so at once it is one who lets it go."""
        body = {"body": codec.write_order(order)} if order else {}
        at_once = letters.c.created_at  # not only when the claim would have ended in which it was held
        return self._end_holding(
            letter_id, state=LetterState.WAITING.value, attempts=0, last_error="", next_at=at_once, **body
        )

    def discard_letter(self, letter_id: int, why: str) -> bool:
        """A person says that a letter that was held does not go. It stays on record. False where none is held."""
        return self._end_holding(letter_id, state=LetterState.SENT.value, answer=why, last_error=why)

    def _end_holding(self, letter_id: int, **values: Any) -> bool:
        held = update(letters).where(letters.c.id == letter_id, letters.c.state == LetterState.HELD.value)
        return bool(self._connection.execute(held.values(**values)).rowcount)

    def waiting_for(self, audience: Audience) -> list[LetterRow]:
        """The letters for these readers that are on their way and that nobody has begun to hand over."""
        rows = self._connection.execute(
            select(letters)
            .where(letters.c.state.in_(_CLAIMABLE), letters.c.audience == audience.value)
            .order_by(letters.c.id)
        )
        return [_letter_row(row) for row in rows]

    def chased_now(self, now: dt.datetime) -> list[str]:
        """The addresses for which reminders wait that may go now, in their order."""
        return sorted(row[0] for row in _CHASED_NOW.all(self._connection, {"now": now}))

    def chasers_to(self, address: str, now: dt.datetime) -> Iterator[LetterRow]:
        """The reminders to this address that may go now and can be read, oldest first. They are read as they are
        asked for: there may be thousands."""
        after = 0
        while rows := _CHASERS.all(
            self._connection,
            {"now": now, "address": address, "after": after, "limit": _CHASERS_AT_ONCE},
        ):
            after = rows[-1].id
            yield from (letter for letter in map(_letter_row, rows) if not letter.unreadable)

    def put_off_chasers(self, address: str, now: dt.datetime, until: dt.datetime, why: str) -> int:
        """The reminders to this address that may go now wait until then; gives how many they are."""
        return _PUT_OFF.change(self._connection, {"now": now, "address": address, "until": until, "why": why})

    def newest_letter(self) -> int:
        """The id of the letter that was ordered last, 0 where there is none."""
        return int(self._connection.execute(select(func.max(letters.c.id))).scalar() or 0)

    def chased_since(self, address: str, since: dt.datetime) -> bool:
        """Whether a reminder was handed over to this address since then, or may have been."""
        asked = {"address": address.lower(), "since": since}
        return _CHASED.first(self._connection, asked) is not None

    def _settle(self, letter_id: int, **values: Any) -> bool:
        return bool(_SETTLE.change(self._connection, {"letter_id": letter_id, **values}))

    def _settle_or_refuse(self, letter_id: int, holder: str | None, **values: Any) -> None:
        if holder is None:
            if not self._settle(letter_id, **values):
                raise NoSuchLetter(f"{letter_id} (or it is sent already)")
        else:
            mine = {"letter_id": letter_id, "holder": holder, **values}
            if not _SETTLE_HELD.change(self._connection, mine):
                raise ClaimLost(str(letter_id))

    # -------------------------------------------------------------- finding

    def letter(self, letter_id: int) -> LetterRow | None:
        row = _BY_ID.first(self._connection, {"id": letter_id})
        return _letter_row(row) if row else None

    def letter_by_nonce(self, nonce: str) -> LetterRow | None:
        row = _BY_NONCE.first(self._connection, {"nonce": nonce})
        return _letter_row(row) if row else None

    def letters_by_message_id(self, ids: Iterable[str]) -> list[LetterRow]:
        """Our letters with one of these Message-IDs, oldest first."""
        wanted = [i for i in dict.fromkeys(ids) if i]
        if not wanted:
            return []
        return [_letter_row(row) for row in _BY_MESSAGE_ID.all(self._connection, {"ids": wanted})]

    def references_of_letters(self, keys: Iterable[str]) -> dict[str, str]:
        """Of our letters with one of these Message-IDs or nonces the case, by either."""
        wanted = list(keys)
        if not wanted:
            return {}
        of_case = select(letters.c.message_id, letters.c.nonce, letters.c.reference).where(
            letters.c.reference.is_not(None), letters.c.message_id.in_(wanted) | letters.c.nonce.in_(wanted)
        )
        found = {}
        for row in self._connection.execute(of_case):
            found[row.message_id] = found[row.nonce] = row.reference
        return found

    def letters_of(self, reference: str) -> list[LetterRow]:
        """All letters of a case, in the order in which they were ordered."""
        return [_letter_row(row) for row in _OF_CASE.all(self._connection, {"reference": reference})]

    def letters_of_nobody(self) -> list[LetterRow]:
        """All letters that belong to no case, in the order in which they were ordered."""
        found = select(letters).where(letters.c.reference.is_(None)).order_by(letters.c.id)
        return [_letter_row(row) for row in self._connection.execute(found)]

    def letters_in(self, *states: LetterState) -> list[LetterRow]:
        """All letters in one of these states, oldest first."""
        rows = _IN_STATE.all(self._connection, {"states": [state.value for state in states]})
        return [_letter_row(row) for row in rows]

    def held_unreadable(self) -> list[int]:
        """The numbers of the letters that are held because their record can't be read."""
        found = select(letters.c.id).where(
            letters.c.state == LetterState.HELD.value, letters.c.last_error.startswith(UNREADABLE)
        )
        return list(self._connection.execute(found.order_by(letters.c.id)).scalars())

    def letters_by_state(self) -> dict[LetterState, int]:
        counted = dict.fromkeys(LetterState, 0)
        rows = self._connection.execute(select(letters.c.state, func.count()).group_by(letters.c.state))
        counted.update({LetterState(state): count for state, count in rows})
        return counted

    def letters_handed_to(self, address: str, since: dt.datetime) -> list[tuple[dt.datetime, str]]:
        """When which letters were handed over to this address since then, or may have been. For the caps."""
        asked = {"address": address.lower(), "since": since}
        return [(row[0], row[1]) for row in _HANDED_TO.all(self._connection, asked)]

    def count_letters(self, since: dt.datetime, at_most: int) -> int:
        """Letters that were handed over to anybody since then, or may have been; counted up to `at_most`."""
        return int(_COUNT.scalar(self._connection, {"since": since, "at_most": at_most}))

    def oldest_waiting_letter(self, now: dt.datetime) -> dt.datetime | None:
        """When the letter that could go now and has waited longest was ordered; None where none waits. A reminder waits
        for the morning and does not count."""
        found: dt.datetime | None = self._connection.execute(
            select(func.min(letters.c.created_at)).where(
                letters.c.state.in_(_ON_ITS_WAY),
                letters.c.letter != Letter.CHASER.value,
                (letters.c.next_at <= now) | (letters.c.attempts > 0),  # tried already counts as well
            )
        ).scalar()
        return found

    def next_letter_at(self) -> dt.datetime | None:
        """When the next letter may be claimed; None when the outbox has none on its way."""
        found: dt.datetime | None = _NEXT_AT.scalar(self._connection, {})
        return found


def _new_row(letter: NewLetter, reference: str | None, at: dt.datetime) -> dict[str, Any]:
    order = letter.order
    return {
        "reference": reference,
        "letter": order.letter.value,
        "audience": order.audience.value,
        "person": order.person,
        "to_address": order.to.lower(),
        "message_id": letter.message_id,
        "nonce": letter.nonce,
        "in_reply_to": letter.in_reply_to,
        "refs": codec.write_words(letter.references),
        "body": codec.write_order(order),
        "state": (LetterState.HELD if letter.held else LetterState.WAITING).value,
        "attempts": 0,
        "next_at": at,
        "created_at": at,
        "subject": "",
        "answer": "",
        "last_error": letter.held,
    }


def _letter_row(row: Any) -> LetterRow:
    """Total: of a row whose order can't be read (damaged, or of a version that knows more) it gives what stands
    beside it, and says so, so that it keeps no other letter back."""
    unreadable = ""
    try:
        order, references = codec.read_order(row.body), codec.read_words(row.refs)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        order, references = _what_is_left(row), ()
        unreadable = f"{UNREADABLE} ({_kind_of_damage(row, error)})"
    if schema.LOST in (row.next_at, row.created_at, row.handed_at, row.sent_at):
        unreadable = unreadable or f"{UNREADABLE} (a time in it is none)"
    return LetterRow(
        id=row.id,
        reference=row.reference,
        order=order,
        message_id=row.message_id,
        nonce=row.nonce,
        in_reply_to=row.in_reply_to,
        references=references,
        state=LetterState(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        created_at=row.created_at,
        handed_at=row.handed_at,
        sent_at=row.sent_at,
        subject=row.subject,
        blob=row.blob,
        answer=row.answer,
        last_error=row.last_error,
        unreadable=unreadable,
        damaged=row.body if unreadable else "",
        called="" if row.letter in _KINDS else row.letter,
    )


def _what_is_left(row: Any) -> SendLetter:
    """Kind and reader by the columns. A kind that this version does not know stands as an alert to a supervisor:
    nothing hangs on that, for the letter never goes."""
    kind = Letter(row.letter) if row.letter in _KINDS else Letter.ALERT
    audience = Audience(row.audience) if row.audience in _AUDIENCES else Audience.SUPERVISOR
    return SendLetter(kind, audience, row.to_address, (), {}, person=row.person)


def _kind_of_damage(row: Any, error: Exception) -> str:
    if row.letter not in _KINDS:
        return f"this version knows no letter of its kind, {row.letter}"
    return type(error).__name__  # not what the error says: it may quote the letter
