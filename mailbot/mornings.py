"""Who gets which mail in the morning, and exactly once: digests for supervisors, lists for handlers.

A mail is claimed by (kind, person, day) in the transaction that puts it into the outbox: a restart, a second process,
a late start or a clock that is set back makes none lost and none double. The morning is gathered once for all
readers, with one question to the database for each kind of thing and none a case.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from mailbot.casework.vocabulary import Audience, Case, Fact, Letter, Person, SendLetter
from mailbot.chasing import LAST_AT, lines_of
from mailbot.logs import place_of
from mailbot.loose import rows_of_loose, waits
from mailbot.postroom.letters import Written
from mailbot.reckoning import as_of_now
from mailbot.reports import trend
from mailbot.reports.digest import Morning, Reader, digest_facts
from mailbot.reports.rows import Desk, Writer
from mailbot.reports.worklist import Told, told_of, worklist_facts
from mailbot.setaside import rows_set_aside
from storage import points
from storage.bulk import in_bulk
from storage.rows import LetterRow, LetterState

if TYPE_CHECKING:
    from mailbot.service import Service
    from storage.work import Work

log = logging.getLogger("mailbot.mornings")

DIGEST, WORKLIST = "daily", "worklist"
"""The kinds of claim."""
WAITS_FOR_MAIL = dt.timedelta(minutes=30)
"""So long a list waits for the first look of the morning, so that it does not speak of what was done by mail."""


def readers_on(people: tuple[Person, ...], day: dt.date) -> dict[Person, tuple[str, ...]]:
    """Who reads a digest on this day, and of which teams: () for all. Heads read of all, supervisors of the teams that
    they supervise (all where none is named). Whoever is away is read for by their stand-in."""
    found: dict[Person, tuple[str, ...]] = {}
    known = {person.key: person for person in people}
    for person in people:
        if not {"supervisor", "head"} & set(person.roles):
            continue
        teams = () if "head" in person.roles else person.supervises
        stand_in = known.get(person.delegate)
        reader = stand_in if stand_in and person.is_away(day) and not stand_in.is_away(day) else person
        had = found.get(reader)
        found[reader] = (
            teams if had is None else () if () in (had, teams) else tuple(dict.fromkeys((*had, *teams)))
        )
    return found


def desks_on(people: tuple[Person, ...], day: dt.date) -> dict[Person, list[str]]:
    """Whose cases lie on whose desk on this day: on the stand-in's while somebody is away."""
    found: dict[Person, list[str]] = {}
    known = {person.key: person for person in people}
    for person in people:
        stand_in = known.get(person.delegate) if person.is_away(day) else None
        desk = stand_in if stand_in and not stand_in.is_away(day) else person
        found.setdefault(desk, []).append(person.key)
    return found


class Mornings:
    """Works inside the service: its clock, its store, its outbox."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._done: dict[
            str, dt.date
        ] = {}  # so that a day's last tick does not ask again; the database decides

    # -------------------------------------------------------------- digests

    def digests(self) -> int:
        """On each working morning a digest to each of its readers; asked again, it does nothing."""
        service, now = self._service, self._service.clock.now()
        settings, calendar = service.settings, service.settings.calendar
        day = calendar.london_date(now)
        if not calendar.is_working(day) or now < calendar.instant(day, settings.digest_at):
            return 0
        if self._done.get(DIGEST) == day:
            return 0
        box, sent, whole = settings.mailboxes[0], 0, True
        morning: Morning | None = None
        for person, teams in readers_on(settings.people, day).items():
            try:
                with service.store.begin() as work:
                    if not work.digest_claimed(DIGEST, person.key, day):
                        continue
                    points.reached("digest:claimed")
                    with in_bulk():
                        morning = morning or self.morning(work, now)
                        order = self._digest_order(morning, person, teams)
                    work.add_letter(service.outbox.mint(work, order, "", box), now, None)
                    sent += 1
                points.reached("digest:done")
            except Exception as error:  # a digest that can't be written must not keep letters from going out
                whole = False
                told = {"person": person.key, "error": place_of(error)}
                log.error("a digest could not be written", extra=told)
        if whole:
            self._done[DIGEST] = day
        return sent

    def preview(self, person: Person) -> Written:
        """Today's digest as it would be sent; nothing is recorded."""
        service, now = self._service, self._service.clock.now()
        day = service.settings.calendar.london_date(now)
        teams = readers_on(service.settings.people, day).get(person, person.supervises)
        with service.store.read() as work:
            order = self._digest_order(self.morning(work, now), person, teams)
        return service.outbox.composer.preview(order, service.settings.mailboxes[0])

    def morning(self, work: Work, now: dt.datetime) -> Morning:
        """What is known now, of all teams."""
        service = self._service
        settings, calendar = service.settings, service.settings.calendar
        day = calendar.london_date(now)
        before = calendar.instant(calendar.subtract_working_days(day, 1), settings.digest_at)
        flow = work.flow_since(calendar.instant(trend.first_week(day), dt.time(0)))
        london = calendar.london_date
        looks = work.last_looks()
        cases, owed, closed = work.open_cases(), work.closed_and_owed(), work.closed_cases(before, now)
        stuck = work.letters_in(LetterState.FAILED, LetterState.UNKNOWN, LetterState.HELD)
        return Morning(
            day=day,
            now=now,
            since=before,
            rules=service.rules(work, settings.mailboxes[0]),
            policy_of=service.policy_of,
            cases=tuple(cases),
            owed=tuple(owed),
            closed=tuple(closed),
            unreadable=tuple(sorted(work.unreadable.items())),
            aside=rows_set_aside(work.quarantined()),
            filed=work.count_filed_mails(before, now),
            troubled=tuple(
                (letter.reference or "", letter.kind, _fate(letter)) for letter in stuck if not waits(letter)
            ),
            loose=rows_of_loose(work, stuck),
            looks={called: looks[name] for name, called in settings.places_watched.items() if name in looks},
            waiting_letters=work.letters_by_state().get(LetterState.WAITING, 0),
            reckoned=tuple(as_of_now(work, settings, now)),
            expiries=settings.expiries,
            flow=tuple((london(came), london(went) if went else None, who) for came, went, who in flow),
        )

    def _digest_order(self, morning: Morning, person: Person, teams: tuple[str, ...]) -> SendLetter:
        settings = self._service.settings
        reader = Reader(person.key, teams, "supervisor" in person.roles, settings.references_only)
        because = settings.mailboxes[0].policy.why("supervisor_told")
        facts = digest_facts(morning, reader)
        return SendLetter(
            Letter.DIGEST, Audience.SUPERVISOR, person.address, because, facts, person=person.key
        )

    # -------------------------------------------------------------- lists

    def worklists(self) -> int:
        """On each working morning, with the reminders, a list to each handler for whom there is something."""
        service, now = self._service, self._service.clock.now()
        settings, calendar = service.settings, service.settings.calendar
        day = calendar.london_date(now)
        begin = calendar.instant(day, settings.habits.chase_at)
        if not calendar.is_working(day) or not begin <= now <= calendar.instant(day, LAST_AT):
            return 0
        if self._done.get(WORKLIST) == day:
            return 0
        try:
            with service.store.read() as work:
                looked = max((at for at in work.last_looks().values() if at), default=None)
                if now < begin + WAITS_FOR_MAIL and (
                    looked is None or looked < begin or work.waiting_mails(1)
                ):
                    return 0
        except Exception as error:  # whatever is wrong with the lists must not keep letters from going out
            log.error("the lists could not be gathered", extra={"error": place_of(error)})
            return 0
        sent, whole = 0, True
        for person, handlers in desks_on(settings.people, day).items():
            try:
                with in_bulk():
                    sent += self._write_list(person, handlers, day, now)
            except (
                Exception
            ) as error:  # one list that can't be written must not keep the others from going out
                whole = False
                log.error(
                    "a list could not be written", extra={"person": person.key, "error": place_of(error)}
                )
        if whole:
            self._done[WORKLIST] = day
        return sent

    def _write_list(self, person: Person, handlers: list[str], day: dt.date, now: dt.datetime) -> int:
        """One desk is read at a time: of all that are open, no more is held than lies on the fullest."""
        service = self._service
        settings = service.settings
        box = settings.mailboxes[0]
        with service.store.read() as work:
            if work.digest_is_claimed(WORKLIST, person.key, day):
                return 0
            opened = [case for handler in handlers for case in work.cases(open_only=True, handler=handler)]
            owed = [case for handler in handlers for case in work.closed_and_owed(handler)]
            unreadable = sorted(work.unreadable)
        cases = [case for some in (opened, owed) for case in sorted(some, key=_by_arrival)]
        if not cases and not unreadable:
            return 0
        with service.store.begin() as work:
            if not work.digest_claimed(WORKLIST, person.key, day):
                return 0
            reminded = {
                told_of(str(line.get("reference")), str(line.get("what")))
                for row in work.chasers_to(person.address.lower(), now)
                for line in lines_of(row.order)
            }
            facts = self._list_facts(work, person, cases, unreadable, day, reminded)
            if facts is None:
                return 0
            because = box.policy.why("chase")
            order = SendLetter(
                Letter.CHASER, Audience.HANDLER, person.address, because, facts, person=person.key
            )
            work.add_letter(service.outbox.mint(work, order, "", box), now, None)
        return 1

    def _list_facts(
        self,
        work: Work,
        person: Person,
        cases: list[Case],
        unreadable: list[str],
        day: dt.date,
        reminded: set[Told],
    ) -> dict[str, Fact] | None:
        service = self._service
        rules = service.rules(work, service.settings.mailboxes[0])
        morning = Morning(
            day, service.clock.now(), service.clock.now(), rules, service.policy_of, tuple(cases)
        )
        desk = Desk.of(cases, (), morning.duties, day, morning.horizon)
        write = Writer(
            rules, day, service.policy_of, service.settings.references_only, True, mine=True, key=person.key
        )
        facts = worklist_facts(
            desk,
            write,
            reminded,
            lambda d: rules.calendar.working_days_between(d.due.outer, day),
            unreadable,
        )
        return facts and {"reference": "", "handler_name": person.name, "lines": [], "commands": [], **facts}


def _by_arrival(case: Case) -> tuple[dt.datetime, str]:
    return case.received_at, case.reference


def _fate(letter: LetterRow) -> str:
    """What a digest says of a letter in trouble: its state, or that nobody can read what it was to say."""
    return f"can't be read: held as letter {letter.id}" if letter.unreadable else letter.state.value
