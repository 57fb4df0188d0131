"""Timers that fell due: each ends in a step, and one that can't be worked on stops nobody else's clock."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from mailbot import logs
from mailbot.casework import orders
from mailbot.casework.vocabulary import Decision, Timer, TimerFell
from mailbot.logs import place_of
from mailbot.sending import may_tell
from storage import away, overtaken, points
from storage.rows import TimerRow

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import MailboxSettings

log = logging.getLogger("mailbot.ticking")

RUNS_ON_ITS_OWN = (Timer.ACKNOWLEDGE, Timer.ASSIGN, Timer.SORT, Timer.SEND)
"""Timers that keep a promise to the resident whatever an unread mail may say: they fall due by the clock even while
the mailbox is out of reach."""

NOT_READ = dt.timedelta(minutes=5)
"""A mailbox that nobody has looked into for so long, or three of its intervals, is about to be."""


class Ticks:
    """Works inside the service. Remembers the timers that could not be worked on: nobody waits for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stuck: set[TimerRow] = set()

    def tick(self, limit: int = 200) -> list[tuple[str, Decision]]:
        """Everything that is due. Timers whose truth hangs on mail fall due as of the last look at their
        mailbox, and only once what was kept has been attended to."""
        service = self._service
        now = service.clock.now()
        done: list[tuple[str, Decision]] = []
        with service.store.glance() as work:
            next_due = work.next_due()
        if next_due is None or next_due > now:
            return done  # as nearly always, and one look at an index tells
        with service.store.read() as work:
            unread = work.any_waits()
            looks = work.last_looks()
        for box in service.settings.mailboxes:
            as_of = min(looks.get(box.imap.name) or dt.datetime.min.replace(tzinfo=dt.UTC), now)
            done += self._fall(box, now, limit, RUNS_ON_ITS_OWN)
            if not unread:
                others = tuple(t for t in Timer if t not in RUNS_ON_ITS_OWN)
                done += self._fall(box, as_of, limit, others)
        return done

    def _fall(
        self, box: MailboxSettings, as_of: dt.datetime, limit: int, timers: tuple[Timer, ...]
    ) -> list[tuple[str, Decision]]:
        service = self._service
        done: list[tuple[str, Decision]] = []
        with service.store.read() as work:
            due = work.due_timers_of(box.imap.name, timers, as_of, limit)
        passed_by: set[str] = set()
        for row in due:
            try:
                with service.store.begin() as work:
                    if row.reference in passed_by or not work.take_timer(row):
                        if service.store.shared:  # nor may what falls later in this case overtake it
                            passed_by.add(row.reference)
                        continue
                    case = work.case(row.reference)
                    if case is None:
                        continue
                    points.reached("tick:fell")
                    event = TimerFell(as_of, row.timer, row.due_at, row.subject)
                    stale = service.gap_of(row.due_at) is not None
                    _, decision = service.step(work, case, event, box, who="mailbot", stale=stale)
                    points.reached("tick:stepped")
                    done.append((row.reference, decision))
                points.reached("tick:done")
                logs.timer_fell(row, service.clock.now())
            except Exception as error:  # one case in trouble must not stop everybody's clocks
                if overtaken(error):
                    continue  # somebody else stepped it: it is looked at again on the next tick
                if away(error):
                    raise  # everybody's stand still, until the database is back
                told = {"reference": row.reference, "error": place_of(error)}
                log.error("a timer could not be worked on", extra=told)
                self._stuck.add(row)
                self._tell_of_timer(row, box, type(error).__name__)
        return done

    def _tell_of_timer(self, row: TimerRow, box: MailboxSettings, error: str) -> None:
        """The timer stands and is tried again on every tick; a supervisor hears of it once a day."""
        service = self._service
        now, why = service.clock.now(), box.policy.why("supervisor_told")
        what = f"Its {row.timer.value.replace('_', ' ')} timer can't be worked on ({error})"
        alert = orders.alert(
            service.settings.supervisor_on(service.settings.calendar.london_date(now)),
            row.reference,
            f"{row.reference} needs you: its clock stands still",
            f"{what}: do by hand what is due, and tell whoever runs mailbot.",
            why,
        )
        with service.store.begin() as work:
            if may_tell(work, f"timer:{row.reference}:{row.timer.value}", now, 1, period="%Y-%m-%d"):
                work.note(now, "mailbot", "timer", f"{what}.", why, reference=row.reference)
                # Not as a letter of the case: what is wrong with the case must not hold up the alert.
                work.add_letter(service.outbox.mint(work, alert, "", box), now, None)

    def under_way(self) -> bool:
        """Whether mails wait, timers are due that anybody could see to now, or a mailbox is to be read first."""
        service = self._service
        now = service.clock.now()
        with service.store.read() as work:
            if work.waiting_mails(1, now):
                return True
            looks = work.last_looks()
            for box in service.settings.mailboxes:
                name, some = box.imap.name, len(self._stuck) + 1
                looked = looks.get(name)
                if looked is None or now - looked > max(
                    NOT_READ, 3 * dt.timedelta(seconds=box.imap.poll_seconds)
                ):
                    return True  # whoever looked into it died: what fell due since falls with the next look
                as_of = min(looks.get(name) or dt.datetime.min.replace(tzinfo=dt.UTC), now)
                others = tuple(t for t in Timer if t not in RUNS_ON_ITS_OWN)
                due = work.due_timers_of(name, RUNS_ON_ITS_OWN, now, some)
                if not self._stuck.issuperset((*due, *work.due_timers_of(name, others, as_of, some))):
                    return True
        return False
