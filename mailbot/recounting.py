"""Counting open cases anew when days count differently from how they did when the service last ran: another
calendar, or another text of a policy.

What the dates hang on is told apart by fingerprints, remembered in the database; while they are the same nothing
is read. Each case is a step of its own, so that a process that dies in between goes on where it stopped: what was
counted anew already has nothing left to do. The fingerprints are remembered last.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
from typing import TYPE_CHECKING

from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.vocabulary import Case, DatesChanged, Decision, SetTimer
from mailbot.logs import place_of
from mailbot.settings import Settings
from storage.rows import CaseChanged
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

log = logging.getLogger("mailbot.recounting")

CALENDAR, POLICIES = "dates:calendar", "dates:policies"
"""What storage remembers by: the fingerprints by which dates were last counted."""

OVERTAKEN = 3
"""How often a case is tried anew because another process stepped it meanwhile."""


def recompute_dates(service: Service) -> list[tuple[str, Decision]]:
    """Count every open case anew, if what dates hang on has changed since that was last done. Gives the cases
    that changed, with what was decided. A case in trouble never stops the others, and is tried again on the
    next start."""
    calendar, policies = fingerprint(service.settings.calendar), fingerprint_of_policies(service.settings)
    with service.store.read() as work:
        known = work.recall(CALENDAR), work.recall(POLICIES)
        if known == (calendar, policies):
            return []
        references = [case.reference for case in (*work.open_cases(), *work.closed_and_owed())]
        references += work.unreadable  # each is told of, and tried again on the next start
    by_policy = known[0] == calendar
    done: list[tuple[str, Decision]] = []
    whole = True
    for reference in references:
        try:
            decision = _recount_or_again(service, reference, by_policy)
        except Exception as error:  # one case in trouble must not keep the others at wrong dates
            log.error(
                "a case could not be counted anew", extra={"reference": reference, "error": place_of(error)}
            )
            whole = False
            continue
        if decision:
            done.append((reference, decision))
    if whole:
        with service.store.begin() as work:
            work.remember(CALENDAR, calendar)
            work.remember(POLICIES, policies)
    return done


def _recount_or_again(service: Service, reference: str, by_policy: bool) -> Decision | None:
    for _ in range(OVERTAKEN):
        try:
            with service.store.begin() as work:
                return _recount(service, work, reference, by_policy)
        except CaseChanged:
            continue
    raise CaseChanged(reference)


def _recount(service: Service, work: Work, reference: str, by_policy: bool) -> Decision | None:
    """The step of one case; None, and nothing recorded, where nothing of it moves."""
    case = work.case(reference)
    if case is None:
        return None
    box = service.box("", case)
    timers = tuple(SetTimer(t.timer, t.due_at, t.because, t.subject) for t in work.timers_of(reference))
    event = DatesChanged(service.clock.now(), timers, by_policy)
    decision = decide(case, event, service.rules(work, box, case))
    if _same(decision, case):
        return None
    service.step(work, case, event, box, who="mailbot")
    return decision


def _same(decision: Decision, case: Case) -> bool:
    return decision.case == case and not decision.effects


def fingerprint(calendar: Calendar) -> str:
    """The same for calendars by which every day counts the same, as far as they say so themselves; beyond the
    published list the version of the `holidays` package stands for its days."""
    published = calendar.published
    told = (
        calendar.nation,
        published and (published.from_year, published.to_year, sorted(published.days)),
        *map(sorted, (calendar.extra_holidays, calendar.extra_working_days, calendar.closure_days)),
        importlib.metadata.version("holidays"),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def fingerprint_of_policies(settings: Settings) -> str:
    """Of every version that a case may keep to, resolved: also of the Code and the house, and of how they are laid."""
    told = [(box.name, policy) for box in settings.mailboxes for policy in box.versions]
    return hashlib.sha256(repr(told).encode()).hexdigest()
