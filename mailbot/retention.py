"""What is past its time: closed cases, mail of no case and letters that answer it, digests and alerts. Their words go,
their figures stay.

Nothing goes by itself unless the configuration says so: otherwise a line in the digest says that something is due. A
case under legal hold, or that the Ombudsman or a court may still ask for, stays whatever its age, and is named.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.casework.vocabulary import Case
from mailbot.erasing import NOWHERE, Done, Eraser
from mailbot.people import held_back, years_before
from mailbot.settings import Settings
from storage.rows import MailState
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

LAST = "retention:last"
"""What storage remembers by: the day of the last look, and what it said."""
MOST_CASES = 200  # in one run: a night's work, not an outage
MOST_MAILS = 2_000


@dataclass(frozen=True)
class Plan:
    """What is past its time, and what is and stays, with the reasons."""

    cases: tuple[Case, ...]
    excepted: tuple[tuple[str, tuple[str, ...]], ...]
    mails: tuple[str, ...]
    letters: tuple[int, ...]

    @property
    def anything(self) -> bool:
        return bool(self.cases or self.mails or self.letters)

    @property
    def in_words(self) -> str:
        return (
            f"{_count(len(self.cases), 'closed case')}, {_count(len(self.mails), 'mail')} of no case and "
            f"{_count(len(self.letters), 'letter')} of none"
        )


def look(work: Work, settings: Settings, now: dt.datetime) -> Plan:
    """What is past its time at `now`."""
    kept = settings.retention
    cases, excepted = [], []
    if kept.cases_years:
        for case in work.closed_before(years_before(now, kept.cases_years), f"@{NOWHERE}"):
            if reasons := held_back(work, settings, case, now, by_age=False):
                excepted.append((case.reference, tuple(reasons)))
            else:
                cases.append(case)
    mails = (
        work.old_mails((MailState.ATTENDED, MailState.DISCARDED), months_before(now, kept.other_mail_months))
        if kept.other_mail_months
        else []
    )
    letters = (
        work.old_letters_to_staff(months_before(now, kept.staff_letters_months))
        if kept.staff_letters_months
        else []
    )
    if kept.other_mail_months:  # with the mails that they answer
        letters += work.old_letters_to_residents(months_before(now, kept.other_mail_months), f"@{NOWHERE}")
    return Plan(tuple(cases), tuple(excepted), tuple(mails), tuple(letters))


def carry_out(work: Work, settings: Settings, plan: Plan, now: dt.datetime, who: str) -> Done:
    """Take the words out of what the plan names, at most a night's work of it."""
    eraser = Eraser(work, settings, now)
    for case in plan.cases[:MOST_CASES]:
        eraser.case(case)
    eraser.mails(plan.mails[:MOST_MAILS])
    eraser.letters(plan.letters[:MOST_MAILS])
    day = settings.calendar.london_date(now)
    return eraser.finish(who, f"Words past their time erased on {day.day} {day:%B %Y} by order of {who}.")


def once_a_day(service: Service) -> None:
    """Look, and do it where the configuration says so; the digest tells of either."""
    settings, now = service.settings, service.clock.now()
    day = settings.calendar.london_date(now).isoformat()
    with service.store.begin() as work:
        if (work.recall(LAST) or "").startswith(day):
            return
        plan = look(work, settings, now)
        told = ""
        if plan.anything and settings.retention.automatic:
            done = carry_out(work, settings, plan, now, "retention")
            told = (
                f"Retention: the words of {_count(len(done.cases), 'closed case')}, {_count(done.mails, 'mail')} and "
                f"{_count(done.letters, 'letter')} were erased"
            )
        elif plan.anything:
            told = f"Retention: {plan.in_words} are past their time (mailbot retention preview)"
        work.remember(LAST, f"{day}|{told}")


def months_before(now: dt.datetime, months: int) -> dt.datetime:
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    for day in (now.day, 30, 29, 28):
        try:
            return now.replace(year=years, month=month + 1, day=min(day, now.day))
        except ValueError:  # a shorter month
            continue
    raise AssertionError(now)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s'[: number != 1]}"
