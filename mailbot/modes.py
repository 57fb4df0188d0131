"""How far mailbot may go, and what changing that must not do.

A shadow run works on a database of its own, and every database says whose it is: one of the other kind is refused at
the start. "Switching never sends the past": while a shadow run goes on, the live database is marked as set aside. When
live work begins again, everything that fell due in between is *stale*: it is decided as ever, but nothing of it goes to
a resident before a person says so, commands of staff that were written meanwhile are given back to whoever wrote them,
and mail of no case of ours is left alone, as on a first start.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mailbot.casework import orders
from mailbot.casework.calendar import LONDON
from mailbot.casework.parts import MODE_WORDS, Mode
from mailbot.casework.vocabulary import Audience
from mailbot.reports.history import next_duty
from mailbot.settings import mailbox_named
from storage import Store, moving, open_store
from storage.rows import StorageRefused

if TYPE_CHECKING:
    from mailbot.service import Service
    from mailbot.settings import Settings
    from storage.work import Work

log = logging.getLogger("mailbot.modes")

WHOSE: Final = "mode"
"""What a database remembers by: which kind of run it belongs to, "live" or "shadow"."""
ASIDE: Final = "set_aside"
"""What the live database remembers by: when a shadow run last said that it works instead."""
GAPS: Final = "gaps"
"""What the live database remembers by: from when to when it was set aside."""
EVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MOST_NAMED: Final = 60


@dataclass(frozen=True)
class Gap:
    """A time in which mailbot did not work live. `takes_in`: mail of that time becomes cases, because `since` asks
    for it; else it is left alone unless it belongs to a case of ours."""

    left: dt.datetime
    back: dt.datetime
    takes_in: bool = False

    def holds(self, at: dt.datetime) -> bool:
        return self.left <= at < self.back


# ------------------------------------------------------------------ whose database it is


def refuse_other_database(settings: Settings, store: Store, claim: bool = False) -> None:
    """StorageRefused where the database belongs to the other kind of run. `claim`: an empty one becomes ours."""
    ours = settings.mode.database
    with store.read() as work:
        when, where = moving.whereto(work.recall(moving.MOVED))
        theirs = work.recall(WHOSE) or ("live" if work.mailboxes() or work.cases_by_stage() else "")
        marked = work.recall(WHOSE) is not None
    if where:
        raise StorageRefused(
            f"mailbot.toml: [database]: this database was moved to {where} on {when[:10]}, and nobody works on it any "
            "more: name that one (if the move was broken off, run it again)"
        )
    if theirs and theirs != ours:
        fix = "leave shadow_url out, or name an empty database with it"
        if ours == "live":
            fix = "let url or url_env name the live database, or an empty one"
        raise StorageRefused(
            f'mailbot.toml: mode = "{settings.mode}": the database belongs to a {theirs} run, and live and shadow runs '
            f"never share one: {fix}"
        )
    if claim and not marked:
        with store.begin() as work:
            work.remember(WHOSE, ours)


# ------------------------------------------------------------------ beginning to work


def enter(service: Service) -> None:
    """To be called by whoever begins to make rounds, before the first look."""
    if service.settings.mode is Mode.SHADOW:
        say_that_we_work_instead(service.settings, service.clock.now())
        return
    _come_back(service)
    with service.store.read() as work:
        service.gaps = gaps_of(work)


def say_that_we_work_instead(settings: Settings, now: dt.datetime) -> None:
    """Mark the live database, where there is one, as set aside: the one thing in which a shadow run touches it."""
    with _other(settings) as store:
        if store is not None:
            with store.begin() as work:
                work.remember(ASIDE, now.isoformat())


@contextmanager
def _other(settings: Settings) -> Iterator[Store | None]:
    """The database of the other kind of run; None where there is none, or it can't be reached now."""
    url = settings.other_url
    if not url or (url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()):
        yield None
        return
    store = open_store(url, settings.database.journal_key)
    try:
        try:
            with store.read() as work:
                work.recall(WHOSE)
        except Exception as error:  # a database that is away, or empty, is as none; said in the log
            log.warning("the other database was not reached", extra={"error": type(error).__name__})
            yield None
        else:
            yield store
    finally:
        store.close()


def _ran(shadow: Store) -> bool:
    """Whether a shadow run ever began there: a command that only looks makes an empty database."""
    with shadow.read() as work:
        return work.recall(WHOSE) == Mode.SHADOW.database


def gaps_of(work: Work) -> tuple[Gap, ...]:
    lines = (work.recall(GAPS) or "").split()
    parted = (line.split("|") for line in lines)
    return tuple(
        Gap(dt.datetime.fromisoformat(left), dt.datetime.fromisoformat(back), takes == "in")
        for left, back, takes in parted
    )


def _come_back(service: Service) -> None:
    """Work begins, live or assisting. If a shadow run worked instead, note since when, and hold what waits."""
    settings, now = service.settings, service.clock.now()
    with service.store.read() as work:
        aside = work.recall(ASIDE)
        looks = [at for at in work.last_looks().values() if at]
        last = max([*looks, *work.heartbeats().values()], default=None)
        known = any(row.position for row in work.mailboxes())
    left_open: list[str] = []
    if not known:
        with _other(settings) as shadow:
            if shadow is None or not _ran(shadow):
                return
            left_open = list(_left_open(shadow, settings))
        gap = Gap(EVER, now, takes_in=True)
    elif aside and (last is None or last <= dt.datetime.fromisoformat(aside)):
        gap = Gap(last or EVER, now)
    else:
        if aside:
            with service.store.begin() as work:
                work.drop_remembered([ASIDE])
        return
    with service.store.begin() as work:
        held = _hold_what_waits(service, work, gap)
        work.remember(
            GAPS, f"{work.recall(GAPS) or ''} {gap.left.isoformat()}|{now.isoformat()}|{_takes(gap)}".strip()
        )
        work.drop_remembered([ASIDE])
        _tell(service, work, gap, held, left_open)
    log.info("back", extra={"mode": settings.mode.value, "letters_held": held})


def _takes(gap: Gap) -> str:
    return "in" if gap.takes_in else "out"


def _hold_what_waits(service: Service, work: Work, gap: Gap) -> int:
    """Letters to residents that waited when live work stopped: each is put before whoever has its case."""
    waiting = work.waiting_for(Audience.RESIDENT)
    for row in waiting:
        why = f"it was written on {row.created_at.astimezone(LONDON):%d %B %Y}, before mailbot was set aside"
        service.hold_letter(work, row, why)
    return len(waiting)


def _tell(service: Service, work: Work, gap: Gap, held: int, left_open: list[str]) -> None:
    """A supervisor hears what was left, and that nothing of it is sent by itself."""
    settings, now = service.settings, service.clock.now()
    box = settings.mailboxes[0]
    mode = MODE_WORDS[settings.mode]
    if gap.takes_in:
        headline = "mailbot works on the mailbox from now on"
        what = (
            f"Until now it ran as a shadow. Its mode now is {mode}. Mail that lay in the mailbox before is left alone"
            ' (unless "since" asks for it: then its letters wait for a person). The shadow run\'s cases '
            "stay where they are: whoever works on one ends it by hand, in the way that it began."
        )
        lines = left_open or ["The shadow run left no open case."]
    else:
        headline = "mailbot works on the mailbox again"
        since = f"{gap.left.astimezone(LONDON):%d %B %Y, %H:%M}"
        what = (
            f"It was set aside for a shadow run since {since}. Its mode now is {mode}. What fell due meanwhile is not "
            "sent by itself: each letter is put before whoever has the case, with the buttons to send it or not. Mail "
            "of its own cases is taken in; other mail of that time is left alone, and commands that staff sent are "
            "given back to them."
        )
        lines = [f"Letters that waited and are held now: {held}"]
        due = work.due_timers(now, 1000)
        named = sorted({row.reference for row in due})
        if named:
            more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
            lines.append(f"Cases in which something fell due: {', '.join(named[:MOST_NAMED])}{more}")
    why = box.policy.why("supervisor_told")
    alert = orders.alert(
        settings.supervisor_on(settings.calendar.london_date(now)),
        "",
        headline,
        what,
        why,
        lines=tuple(lines),
    )
    work.note(now, "mailbot", "mode", f"{headline}: {settings.mode.value}.", why)
    work.add_letter(service.outbox.mint(work, alert, "", box), now, None)


def _left_open(shadow: Store, settings: Settings) -> Iterator[str]:
    """The open cases of the shadow run, with what is due next: whoever has one ends it by hand."""
    with shadow.read() as work:
        cases = work.open_cases()
    for case in cases[:MOST_NAMED]:
        policy = mailbox_named(settings, case.mailbox).policy_of(case)
        duty = next_duty(case, policy, settings.calendar)
        received = settings.calendar.london_date(case.received_at).isoformat()
        subject = "restricted" if case.restricted or settings.references_only else case.subject
        due = f"{duty.what} due {duty.due.target.isoformat()}" if duty else "nothing due"
        yield f"{case.reference}, received {received}: {subject} ({due})"
    if len(cases) > MOST_NAMED:
        yield f"and {len(cases) - MOST_NAMED} more"
