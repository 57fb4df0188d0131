"""Cases, their timers and the numbers of their references: questions and small changes.

A case changes only by `Work.record`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, not_, or_, select

from mailbot.casework.vocabulary import Case, Stage, Timer
from storage import codec, schema
from storage.bulk import in_bulk
from storage.ready import Ready
from storage.rows import TimerRow
from storage.schema import cases, heads, parties, sequences, timers
from storage.transaction import Transaction

_CASE = Ready(select(cases.c.body).where(cases.c.reference == bindparam("reference")))
_OPEN_OF = Ready(
    select(cases.c.body)
    .join(parties, parties.c.reference == cases.c.reference)
    .where(parties.c.address == bindparam("address"), cases.c.stage != Stage.CLOSED.value)
    .order_by(cases.c.received_at, cases.c.reference)
)
_OPEN_REFERENCES = Ready(
    select(parties.c.address, parties.c.reference)
    .join(cases, cases.c.reference == parties.c.reference)
    .where(parties.c.address.in_(bindparam("addresses", expanding=True)), cases.c.stage != Stage.CLOSED.value)
)
_DUE = (
    select(timers)
    .where(schema.is_due(timers.c.due_at, bindparam("as_of")))
    .order_by(timers.c.due_at, timers.c.reference, timers.c.timer, timers.c.subject)
    .limit(bindparam("limit"))
)
_DUE_OF_MAILBOX = Ready(
    select(timers)
    .join(cases, cases.c.reference == timers.c.reference)
    .where(
        schema.is_due(timers.c.due_at, bindparam("as_of")),
        cases.c.mailbox == bindparam("mailbox"),
        timers.c.timer.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(timers.c.due_at, timers.c.reference, timers.c.timer, timers.c.subject)
    .limit(bindparam("limit"))
)
_STANDS = Ready(
    select(timers.c.due_at).where(
        timers.c.reference == bindparam("reference"),
        timers.c.timer == bindparam("timer"),
        timers.c.subject == bindparam("subject"),
    )
)
# Whoever steps a case takes the head of its chain first.
_TAKE = Ready(
    select(heads.c.place).where(heads.c.chain == bindparam("reference")).with_for_update(skip_locked=True)
)
_MAILBOXES = (
    select(cases.c.mailbox)
    .where(or_(cases.c.stage != Stage.CLOSED.value, cases.c.reference.in_(select(timers.c.reference))))
    .distinct()
)
_KEPT = select(cases.c.mailbox, cases.c.policy, cases.c.stage).distinct()
_NEXT_DUE = Ready(select(func.min(timers.c.due_at)).where(schema.is_due(timers.c.due_at, schema.LATEST)))
_TIMERS_OF = Ready(
    select(timers)
    .where(timers.c.reference == bindparam("reference"))
    .order_by(timers.c.due_at, timers.c.timer)
)
_LISTED = (cases.c.reference, cases.c.handler, cases.c.body)
_LISTED_CASE = Ready(select(*_LISTED).where(cases.c.reference == bindparam("reference")))
_OWED_WHILE_CLOSED = (
    select(*_LISTED)
    .where(
        cases.c.stage == Stage.CLOSED.value,
        cases.c.reference.in_(
            select(timers.c.reference).where(timers.c.timer.in_([Timer.SORT.value, Timer.ACTION_DUE.value]))
        ),
    )
    .order_by(cases.c.received_at, cases.c.reference)
)
_TIMERS = frozenset(timer.value for timer in Timer)
_DROP = Ready(
    delete(timers).where(
        timers.c.reference == bindparam("its_reference"),
        timers.c.timer == bindparam("its_timer"),
        timers.c.subject == bindparam("its_subject"),
    )
)
_NEXT = Ready(select(sequences.c.next).where(sequences.c.name == bindparam("name")).with_for_update())


class Cases(Transaction):
    """The part of a unit of work that deals with cases and what hangs on them."""

    def case(self, reference: str) -> Case | None:
        body = _CASE.scalar(self._connection, {"reference": reference})
        return None if body is None else codec.read_case(body)

    def case_if_readable(self, reference: str) -> Case | None:
        """The case; None also where its row can't be read, which `unreadable` then names."""
        return next(iter(self._read(_LISTED_CASE.all(self._connection, {"reference": reference}))), None)

    def _readable(self, statement: Select[Any]) -> list[Case]:
        return self._read(self._connection.execute(statement))

    def _read(self, rows: Iterable[Any]) -> list[Case]:
        """The cases of a list. One whose row can't be read never keeps the others back: it is named in `unreadable`,
        for whoever reads the list."""
        found: list[Case] = []
        with in_bulk():
            for reference, handler, body in rows:
                try:
                    found.append(codec.read_case(body))
                except (
                    ValueError,
                    TypeError,
                    KeyError,
                ):  # damaged, or written by a version that this one can't read
                    self.unreadable[reference] = handler
        return found

    def open_cases_of(self, address: str) -> list[Case]:
        """Cases that are not closed and have this address as a party, the earliest first."""
        rows = _OPEN_OF.all(self._connection, {"address": address.lower()})
        return [codec.read_case(row.body) for row in rows]

    def open_references_of(self, addresses: Iterable[str]) -> dict[str, list[str]]:
        """Of each address that is a party to open cases their references."""
        wanted = [address.lower() for address in addresses]
        if not wanted:
            return {}
        found: dict[str, list[str]] = {}
        for address, reference in _OPEN_REFERENCES.all(self._connection, {"addresses": wanted}):
            found.setdefault(address, []).append(reference)
        return found

    def cases(
        self,
        *,
        stages: Iterable[Stage] | None = None,
        open_only: bool = False,
        handler: str | None = None,
        mailbox: str | None = None,
        limit: int | None = None,
    ) -> list[Case]:
        """Cases that fit everything given and can be read, the earliest received first. `handler=""`: nobody's."""
        statement = select(*_LISTED).order_by(cases.c.received_at, cases.c.reference).limit(limit)
        if stages is not None:
            statement = statement.where(cases.c.stage.in_([stage.value for stage in stages]))
        if open_only:
            statement = statement.where(cases.c.stage != Stage.CLOSED.value)
        if handler is not None:
            statement = statement.where(cases.c.handler == handler)
        if mailbox is not None:
            statement = statement.where(cases.c.mailbox == mailbox)
        return self._readable(statement)

    def open_cases(self) -> list[Case]:
        return self.cases(open_only=True)

    def closed_and_owed(self, handler: str | None = None) -> list[Case]:
        """Closed cases on which a person is asked something or a promise is not kept, the earliest received first;
        those of one handler, where one is given."""
        owed = _OWED_WHILE_CLOSED
        return self._readable(owed if handler is None else owed.where(cases.c.handler == handler))

    def closed_cases(self, since: dt.datetime, until: dt.datetime) -> list[Case]:
        """Cases that were closed in [since, until) and still are, in that order."""
        statement = (
            select(*_LISTED)
            .where(cases.c.closed_at >= since, cases.c.closed_at < until, cases.c.stage == Stage.CLOSED.value)
            .order_by(cases.c.closed_at, cases.c.reference)
        )
        return self._readable(statement)

    def flow_since(self, since: dt.datetime) -> list[tuple[dt.datetime, dt.datetime | None, str]]:
        """(received, closed, handler) of each case that was received or closed since then; no body is read."""
        rows = self._connection.execute(
            select(cases.c.received_at, cases.c.closed_at, cases.c.handler)
            .where(or_(cases.c.received_at >= since, cases.c.closed_at >= since))
            .order_by(cases.c.received_at)
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def open_mailboxes(self) -> set[str]:
        """The mailboxes of cases that are open, or closed and still have a date (a survey, a promise)."""
        return set(self._connection.execute(_MAILBOXES).scalars())

    def kept_policies(self) -> dict[tuple[str, str], bool]:
        """Each (mailbox, policy version) that cases keep to, and whether one of them is open."""
        rows = self._connection.execute(_KEPT)
        found: dict[tuple[str, str], bool] = {}
        for mailbox, policy, stage in rows:
            found[mailbox, policy] = found.get((mailbox, policy), False) or stage != Stage.CLOSED.value
        return found

    def cases_by_stage(self) -> dict[Stage, int]:
        rows = self._connection.execute(select(cases.c.stage, func.count()).group_by(cases.c.stage))
        return {Stage(stage): count for stage, count in rows}

    def case_references_like(self, prefix: str, limit: int = 20) -> list[str]:
        """References that begin like this, in order. % and _ stand for themselves."""
        statement = (
            select(cases.c.reference)
            .where(cases.c.reference.startswith(prefix, autoescape=True))
            .order_by(cases.c.reference)
            .limit(limit)
        )
        return list(self._connection.execute(statement).scalars())

    # -------------------------------------------------------------- the numbers of references

    def peek_reference(self, name: str) -> int:
        """The next number of a sequence ("CC-2026"), 1 at first. It is taken only by `record(step.serial)`.

        Nobody else can peek at the same sequence before this transaction ends.
        """
        found = _NEXT.scalar(self._connection, {"name": name})
        if found is None:
            self._connection.execute(
                schema.insert_if_new(self._dialect, sequences), {"name": name, "next": 1}
            )
            found = _NEXT.scalar(self._connection, {"name": name})
        return int(found)

    # -------------------------------------------------------------- timers

    def due_timers(self, as_of: dt.datetime, limit: int) -> list[TimerRow]:
        """Timers that are due at `as_of`, the longest due first."""
        return _timers(self._connection.execute(_DUE, {"as_of": as_of, "limit": limit}))

    def due_timers_of(
        self, mailbox: str, kinds: Iterable[Timer], as_of: dt.datetime, limit: int
    ) -> list[TimerRow]:
        """Timers of these kinds, of cases of this mailbox, that are due at `as_of`, the longest due first."""
        rows = _DUE_OF_MAILBOX.all(
            self._connection,
            {"as_of": as_of, "limit": limit, "mailbox": mailbox, "kinds": [kind.value for kind in kinds]},
        )
        return _timers(rows)

    def timer_stands(self, row: TimerRow) -> bool:
        """Whether the timer is still there and still due when `row` says: not moved, not dropped since."""
        key = {"reference": row.reference, "timer": row.timer.value, "subject": row.subject}
        return bool(_STANDS.scalar(self._connection, key) == row.due_at)

    def take_timer(self, row: TimerRow) -> bool:
        """As `timer_stands`, and nobody else steps its case until the transaction ends; False where somebody does."""
        # Two questions: the second sees what whoever had the head before has done to the timer.
        free = self._dialect == "sqlite" or _TAKE.first(self._connection, {"reference": row.reference})
        return bool(free) and self.timer_stands(row)

    def count_timers_due(self, as_of: dt.datetime) -> tuple[int, tuple[tuple[str, str], ...]]:
        """How many timers are due at `as_of`; and of those of kinds that this version does not know, and those whose
        time can't be read, the first few, each with its case and its kind."""
        when = timers.c.due_at
        is_due, no_time = schema.is_due(when, as_of), schema.is_no_time(when, self._dialect)
        due = select(timers.c.timer, func.count()).where(is_due, not_(no_time)).group_by(timers.c.timer)
        counted = {kind: int(count) for kind, count in self._connection.execute(due)}
        known = sum(count for kind, count in counted.items() if kind in _TIMERS)
        strange = [kind for kind in counted if kind not in _TIMERS]
        left: list[tuple[str, str]] = []
        # one question each, so that each is answered by the index and not from every timer
        for wrong in (
            when <= schema.LOST,
            when > schema.LATEST,
            and_(is_due, or_(no_time, timers.c.timer.in_(strange))),
        ):
            found = (
                select(timers.c.reference, timers.c.timer).where(wrong).order_by(when).limit(5 - len(left))
            )
            left += [(row[0], row[1]) for row in self._connection.execute(found)]
        return known, tuple(left)

    def next_due(self) -> dt.datetime | None:
        """When the next timer falls due; None when there is none at all."""
        found: dt.datetime | None = _NEXT_DUE.scalar(self._connection, {})
        return found

    def timers_of(self, reference: str) -> list[TimerRow]:
        return _timers(_TIMERS_OF.all(self._connection, {"reference": reference}))

    def drop_timer(self, reference: str, timer: Timer, subject: str = "") -> bool:
        """Forget a timer without a step; False when there was none. Steps do it by themselves."""
        told = {"its_reference": reference, "its_timer": timer.value, "its_subject": subject}
        return bool(_DROP.change(self._connection, told))


def _timers(rows: Iterable[Row[Any]]) -> list[TimerRow]:
    """Those of a kind that this version knows (a later one may have been rolled back) and of a time: none falls before
    anybody knows that it is due. A timer whose clauses can't be read falls all the same: a step takes them from the
    policy."""
    return [
        TimerRow(row.reference, Timer(row.timer), row.subject, row.due_at, _clauses(row.because))
        for row in rows
        if row.timer in _TIMERS and row.due_at != schema.LOST
    ]


def _clauses(body: str) -> tuple[str, ...]:
    try:
        return codec.read_words(body)
    except (ValueError, TypeError):
        return ()
