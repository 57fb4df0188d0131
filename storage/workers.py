"""Several processes on one database: who is at work, and who alone does what only one may do.

A worker is alive until a moment that it puts off again and again. What a worker that is no longer alive had in hand
is anybody's: mails that it had claimed, letters that it had claimed, leases. Its name stands in the rows that it has
claimed, and every change that rests on a claim asks whether the claim still stands, so that a worker that was only
slow, and was taken for dead, can't do what somebody else does now.

Moments are the database's own: the clocks of the hosts need not agree. SQLite has one worker at a time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, literal, or_, select, text, update

from storage import schema
from storage.rows import LetterState, MailState
from storage.schema import leases, letters, mails, workers
from storage.transaction import Transaction


class Workers(Transaction):
    """The part of a unit of work that deals with who works on this database."""

    @property
    def shared(self) -> bool:
        """Whether other processes may work on this database at the same time."""
        return self._dialect == "postgresql"

    def one_at_a_time(self, matter: str) -> None:
        """Wait until nobody else is at this matter; it is ours until the transaction ends. SQLite has one writer."""
        if self.shared:
            self._connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:m))"), {"m": matter})

    # -------------------------------------------------------------- being there

    def present(self, worker: str, lease: dt.timedelta) -> bool:
        """The worker is alive for another `lease`. False when it was not on the list: it is new, or was taken for
        dead and what it had in hand is anybody's."""
        until = self._moment(lease)
        known = self._connection.execute(
            update(workers).where(workers.c.name == worker).values(until=until)
        ).rowcount
        if not known:
            self._connection.execute(
                schema.insert_or_change(self._dialect, workers, "until").values(name=worker, until=until)
            )
        return bool(known)

    def bury(self, everybody_but: str = "") -> list[str]:
        """Take those whose time is over off the list (or everybody but one), and free what they had in hand. Gives
        their names. Letters that they were handing over are for `recover_letters`."""
        over = (
            workers.c.name != everybody_but
            if everybody_but
            else workers.c.until < self._moment(dt.timedelta(0))
        )
        gone = list(self._connection.execute(delete(workers).where(over).returning(workers.c.name)).scalars())
        if gone or everybody_but:
            self._free_claims()
        return gone

    def leave(self, worker: str) -> None:
        """The worker ends in good order, and nothing of what it had in hand is to blame for it."""
        mine = mails.c.claimed_by == worker
        self._connection.execute(
            update(mails).where(mails.c.state == MailState.KEPT.value, mine).values(claimed_by="")
        )
        self._connection.execute(
            update(letters)
            .where(letters.c.state == LetterState.CLAIMED.value, letters.c.claimed_by == worker)
            .values(state=LetterState.WAITING.value, claimed_by="")
        )
        self._connection.execute(delete(leases).where(leases.c.worker == worker))
        self._connection.execute(delete(workers).where(workers.c.name == worker))

    def forget_who_worked(self) -> None:
        """After a copy was put back: nobody who was at work when it was taken is."""
        for table in (schema.heartbeats, leases, workers):
            self._connection.execute(delete(table))
        self._free_claims()

    def at_work(self) -> list[str]:
        """The names of those who are alive, in order."""
        alive = select(workers.c.name).where(workers.c.until >= self._moment(dt.timedelta(0)))
        return sorted(self._connection.execute(alive).scalars())

    def on_the_list(self) -> frozenset[str]:
        """The names of all workers that nobody has taken off the list."""
        return frozenset(self._connection.execute(select(workers.c.name)).scalars())

    def _free_claims(self) -> None:
        """Mails and letters in the hands of nobody who is on the list. Each of these mails may be what ended its
        worker, which attended to one of them: it is noted, and such a mail is claimed alone."""
        self._connection.execute(
            update(mails)
            .where(mails.c.state == MailState.KEPT.value, mails.c.claimed_by != "", orphaned(mails))
            .values(claimed_by="", deaths=mails.c.deaths + 1)
        )

    # -------------------------------------------------------------- what only one may do

    def take_lease(self, name: str, worker: str) -> bool:
        """Whether this is the worker's to do: it has the lease, or had it now because nobody alive has it."""
        has = self._connection.execute(select(leases.c.worker).where(leases.c.name == name)).scalar()
        if has == worker:
            return True
        if has is not None and self._is_alive(has):
            return False
        statement = schema.upsert(self._dialect, leases).values(name=name, worker=worker)
        taken = statement.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"worker": statement.excluded.worker},
            where=or_(leases.c.worker == (has or ""), leases.c.worker == worker),
        ).returning(leases.c.worker)
        return self._connection.execute(taken).first() is not None

    def has_lease(self, name: str, worker: str) -> bool:
        has = self._connection.execute(select(leases.c.worker).where(leases.c.name == name)).scalar()
        return has == worker

    def _is_alive(self, worker: str) -> bool:
        alive = workers.c.until >= self._moment(dt.timedelta(0))
        found = self._connection.execute(select(workers.c.name).where(workers.c.name == worker, alive))
        return found.first() is not None

    def _moment(self, later: dt.timedelta) -> ColumnElement[dt.datetime]:
        """Now, or `later`, by the database's clock."""
        if self._dialect == "postgresql":
            return func.clock_timestamp() + later
        return literal(dt.datetime.now(dt.UTC) + later, type_=workers.c.until.type)


def orphaned(table: Any) -> ColumnElement[bool]:
    """That whoever claimed the row is not on the list of workers."""
    nobodys: ColumnElement[bool] = table.c.claimed_by.not_in(select(workers.c.name))
    return nobodys


def claimable_by(table: Any) -> ColumnElement[bool]:
    """That nobody else on the list has the row in hand (with the parameter `worker`)."""
    mine = table.c.claimed_by == bindparam("worker", type_=table.c.claimed_by.type)
    free: ColumnElement[bool] = or_(table.c.claimed_by == "", mine, orphaned(table))
    return free
