"""Whether the service is well, as the database and its own heartbeats tell it: told to machines over HTTP
(`healthdoor`), to people by `mailbot health`, to the operator as an alarm by mail (`alarms`).

Nothing in it names a resident, an address or a word of a mail, and asking changes nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from mailbot.postroom.oauth import TokenSource, source_for
from mailbot.presence import works_with_an_older_model
from mailbot.reckoning import DIFFERENCE
from storage.rows import LetterState, MailState

if TYPE_CHECKING:
    from mailbot.casework.calendar import Calendar
    from mailbot.settings import Settings
    from storage.work import Work

BEAT_STALE: Final = dt.timedelta(seconds=120)
ONCE: Final = "once"
"""Whose sign of life a turn by hand or by cron leaves. Where it is the last one nobody misses a daemon."""
LOOK_STALE: Final = dt.timedelta(minutes=15)
"""Or five times the mailbox's own interval, where that is more."""
OUTBOX_OLD: Final = dt.timedelta(hours=1)
ATTEND_OLD: Final = dt.timedelta(minutes=30)
CALENDAR_STEPS: Final = (60, 14)
SECRET_STEPS: Final = (30, 7, 1)
"""So many days before an end the operator is told of it, and daily once it has come."""
TOKEN_SOON: Final = dt.timedelta(minutes=15)
TOKEN_TRIES: Final = 2
"""A token that could not be renewed is told of after so many tries, or with so little time left after the first."""
QUIET_FLOOR: Final = 8.0
"""The mailboxes are never called unusually silent before so many working hours without a mail."""
ENOUGH_MAILS: Final = 50
"""With fewer mails in eight weeks nobody can say what is usual."""


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong. `part` is a stable word for machines; `blocks`: mail or letters stand still. `step`: how
    far it has come, where the operator is told of each step once; "": they are told daily."""

    part: str
    told: str
    blocks: bool
    step: str = ""


@dataclass(frozen=True)
class Health:
    """Seconds are ages; None where there is nothing to be old."""

    at: dt.datetime
    beat_age: float | None
    look_ages: dict[str, float | None]
    mails_waiting: int
    oldest_waiting_mail_age: float | None
    letters: dict[str, int]
    oldest_letter_age: float | None
    quarantined: dict[str, int]
    oldest_quarantined_age: float | None
    unreadable: tuple[str, ...]  # and therefore not done: letters by number, timers by case
    timers_overdue: int
    open_cases: dict[str, int]
    calendar_days_left: int | None
    token_seconds_left: float | None
    token_failures: int  # renewals that failed one after the other, of the token that ends first
    secret_days_left: int | None
    differences: tuple[str, ...]
    silent_hours: float | None  # working hours since the last mail came, where that is more than usual
    troubles: tuple[Trouble, ...]
    mode: str = "live"  # how far mailbot may go: live, assist, shadow

    @property
    def ready(self) -> bool:
        return not any(trouble.blocks for trouble in self.troubles)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat(), "ready": self.ready}


def examine(work: Work, settings: Settings, now: dt.datetime, running: bool = True) -> Health:
    """How the service is. `running`: a daemon should be at work, so a missing heartbeat is trouble."""
    beats = work.heartbeats()
    rows = {row.name: row for row in work.mailboxes()}
    waiting = work.oldest_waiting_mail()
    letters = work.letters_by_state()
    oldest_letter = work.oldest_waiting_letter(now)
    causes, oldest_aside = work.quarantine_by_cause()
    published = settings.calendar.published
    calendar_left = (dt.date(published.to_year, 12, 31) - now.date()).days if published else None
    token = _first_to_end(settings)
    ends = [day for _, day in settings.expiries]
    secret_left = (min(ends) - now.date()).days if ends else None
    overdue, strange = work.count_timers_due(now - dt.timedelta(minutes=10))
    unreadable = tuple(f"the timer {kind} of {reference}" for reference, kind in strange)
    if letters[LetterState.HELD]:
        unreadable += tuple(f"letter {number} (mailbot letters held)" for number in work.held_unreadable())
    looks = {
        box.name: _age(now, rows[box.name].looked_at if box.name in rows else None)
        for box in settings.mailboxes
    }
    differences = tuple(
        told for box in settings.mailboxes if (told := work.recall(f"{DIFFERENCE}{box.name}") or "")
    )
    beaten, by_turns = beats.get("daemon"), beats.get(ONCE)
    expected = running and not (by_turns and (beaten is None or beaten < by_turns))
    health = Health(
        at=now,
        beat_age=_age(now, beaten),
        look_ages=looks,
        mails_waiting=work.mails_by_state().get(MailState.KEPT, 0),
        oldest_waiting_mail_age=_age(now, waiting),
        letters={state.value: count for state, count in letters.items()},
        oldest_letter_age=_age(now, oldest_letter),
        quarantined=causes,
        oldest_quarantined_age=_age(now, oldest_aside),
        unreadable=unreadable,
        timers_overdue=overdue,
        open_cases={stage.value: count for stage, count in work.cases_by_stage().items()},
        calendar_days_left=calendar_left,
        token_seconds_left=token.seconds_left if token else None,
        token_failures=token.failed if token else 0,
        secret_days_left=secret_left,
        differences=differences,
        silent_hours=_unusual_silence(work, settings.calendar, now),
        troubles=(),
        mode=settings.mode.value,
    )
    errors = {name: row.last_error for name, row in rows.items()}
    found = tuple(_troubles(health, settings, running, expected, errors))
    if running and works_with_an_older_model(work, settings):
        told = "the classifier's model was trained anew since mailbot started: start it again to have it used"
        found += (Trouble("model", told, False, step="newer"),)
    ending = (*_of_secrets(settings, now.date()), *(_of_token(token) if token else ()))
    return replace(health, troubles=(*found, *ending))


def token_sources(settings: Settings) -> list[TokenSource]:
    """Where the tokens of all doors come from, each once."""
    doors = [(box.imap.oauth, box.imap.user) for box in settings.mailboxes]
    doors.append((settings.smtp.oauth, settings.smtp.user))
    return [source_for(oauth, user) for oauth, user in dict.fromkeys(doors) if oauth]


def _first_to_end(settings: Settings) -> TokenSource | None:
    """The source in trouble, else that whose token ends first; None where no token is kept."""
    kept = [one for one in token_sources(settings) if one.seconds_left is not None]
    return min(kept, key=lambda one: (not one.failed, one.seconds_left or 0.0), default=None)


def _of_token(token: TokenSource) -> Iterator[Trouble]:
    left = token.seconds_left or 0.0
    if not token.failed:
        return  # one that nobody has needed since it ended is no trouble
    if left <= 0:
        yield Trouble("token", f"the token has ended and could not be renewed: {token.trouble}", True)
    elif token.failed >= TOKEN_TRIES or left < TOKEN_SOON.total_seconds():
        told = f"the token ends in {left // 60:.0f} minutes and could not be renewed: {token.trouble}"
        yield Trouble("token", told, False, step="near its end")


def _of_secrets(settings: Settings, today: dt.date) -> Iterator[Trouble]:
    """Passwords and secrets whose end was written down and is near: one trouble for all, with name and day."""
    told, steps = [], []
    for what, day in sorted(settings.expiries, key=lambda pair: pair[1]):
        left = (day - today).days
        if left > SECRET_STEPS[0]:
            continue
        near = {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
        when = f"ends {near}, on" if left >= 0 else "ended on"
        told.append(f"{what[0].lower()}{what[1:]} {when} {day.day} {day:%B %Y}")
        steps.append(_step(left, SECRET_STEPS))
    if told:
        yield Trouble("secret", "; ".join(told), False, step=" ".join(steps) if all(steps) else "")


def _step(left: int, steps: tuple[int, ...]) -> str:
    """The last of these marks that was passed with so many days left; "" once they are over."""
    return str(min(one for one in steps if left <= one)) if left >= 0 else ""


def _age(now: dt.datetime, at: dt.datetime | None) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)


def _troubles(
    health: Health, settings: Settings, running: bool, daemon: bool, errors: dict[str, str]
) -> Iterator[Trouble]:
    """`daemon`: one should be at work."""
    if daemon and (health.beat_age is None or health.beat_age > BEAT_STALE.total_seconds()):
        yield Trouble("heartbeat", f"the daemon last showed life {_ago(health.beat_age)}", True)
    for box in settings.mailboxes:
        age = health.look_ages[box.name]
        limit = max(LOOK_STALE.total_seconds(), 5.0 * box.imap.poll_seconds)
        if running and (age is None or age > limit):
            error = f": {errors[box.name]}" if errors.get(box.name) else ""
            yield Trouble("mailbox", f"{box.name} was last looked into {_ago(age)}{error}", True)
    if (health.oldest_waiting_mail_age or 0) > ATTEND_OLD.total_seconds():
        yield Trouble(
            "mails", f"a mail has waited to be attended to since {_ago(health.oldest_waiting_mail_age)}", True
        )
    if (health.oldest_letter_age or 0) > OUTBOX_OLD.total_seconds():
        yield Trouble(
            "outbox", f"a letter has waited to be sent since {_ago(health.oldest_letter_age)}", True
        )
    if health.letters.get(LetterState.UNKNOWN.value):
        count = health.letters[LetterState.UNKNOWN.value]
        yield Trouble("letters", f"{count} of which nobody knows whether they went out", False)
    if health.unreadable:
        told = f"can't be read, and is left undone: {', '.join(health.unreadable)}"
        yield Trouble("unreadable", told, False)
    if health.timers_overdue:
        yield Trouble("timers", f"{health.timers_overdue} due for more than ten minutes", True)
    if health.quarantined:
        count = sum(health.quarantined.values())
        yield Trouble(
            "quarantine",
            f"{count} mails wait for a person, the oldest {_ago(health.oldest_quarantined_age)}",
            False,
        )
    if health.silent_hours is not None:
        told = f"no mail has come for {health.silent_hours:.0f} working hours, longer than in the last eight weeks"
        yield Trouble("silence", told, False)
    for difference in health.differences:
        yield Trouble("reconciliation", difference, False)
    left = health.calendar_days_left
    if left is not None and left <= CALENDAR_STEPS[0]:
        told = f"the published bank holidays end in {left} days"
        yield Trouble("calendar", told, False, step=_step(left, CALENDAR_STEPS))


def _unusual_silence(work: Work, calendar: Calendar, now: dt.datetime) -> float | None:
    """The working hours since the last mail, if no such gap was in the last eight weeks: then something on the way may
    be broken although the server lets us in."""
    arrivals = work.arrivals_since(now - dt.timedelta(weeks=8))
    if len(arrivals) < ENOUGH_MAILS:
        return None
    gaps = [working_hours(calendar, a, b) for a, b in itertools.pairwise(arrivals)]
    since = working_hours(calendar, arrivals[-1], now)
    return since if since > max(QUIET_FLOOR, 1.5 * max(gaps)) else None


def working_hours(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> float:
    """Hours between 9:00 and 17:00 of working days that lie between the two."""
    total, day = 0.0, calendar.london_date(start)
    while day <= calendar.london_date(end):
        if calendar.is_working(day):
            opens, closes = calendar.instant(day, dt.time(9)), calendar.instant(day, dt.time(17))
            total += max((min(end, closes) - max(start, opens)).total_seconds(), 0.0)
        day += dt.timedelta(days=1)
    return total / 3600


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


@dataclass(frozen=True)
class Duties:
    """Of the open cases: acknowledgements and responses by their dates. Lateness is told by the outer date."""

    due_today: int = 0
    past_target: int = 0
    missed: int = 0


def duties_of(work: Work, today: dt.date) -> Duties:
    """The duties that are not done, counted over all open cases."""
    due_today = past_target = missed = 0
    for case in work.open_cases():
        record = case.current
        if record is None:
            continue
        owed = [record.acknowledge] if record.acknowledged_at is None else []
        owed += [record.promised] if record.responded_at is None else []
        for due in owed:
            due_today += due.target == today
            past_target += due.target < today <= due.outer
            missed += due.outer < today
    return Duties(due_today, past_target, missed)
