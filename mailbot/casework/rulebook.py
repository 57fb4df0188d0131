"""What a decision needs beside the case and the event: the landlord's resolved policy, its calendar, its
people, its habits. One frozen object, made afresh for every step, so that `decide` stays pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mailbot.casework.allocation import Desk, first_there
from mailbot.casework.calendar import Calendar, told_time
from mailbot.casework.nouns import called
from mailbot.casework.policy import Anchor, Moment, Policy, StageRules
from mailbot.casework.vocabulary import Case, Due, Letter, Person, StageRecord


@dataclass(frozen=True)
class Habits:
    """The landlord's choices that are no policy: times of day are Europe/London."""

    confirm_acknowledgement: bool = False  # the handler sees the acknowledgement first
    acknowledge_at: dt.time = dt.time(16, 0)  # when an unconfirmed one goes out by itself
    chase_at: dt.time = dt.time(8, 30)
    hold_minutes: int = 0  # between a handler's send to a resident and ours
    by_hand: bool = (
        False  # nothing goes to a resident by itself: each letter waits for a person's word (assist)
    )
    show_handler_address: bool = False  # residents see the handler's own address beside the mailbox's
    languages: Mapping[str, frozenset[Letter]] = field(default_factory=dict)
    """Which letters go by themselves to somebody who needs a language ("cy")."""


@dataclass(frozen=True)
class Rulebook:
    policy: Policy
    calendar: Calendar
    desk: Desk
    mailbox: str
    reference: str  # the next free one, used if the decision opens a case
    habits: Habits = field(default_factory=Habits)
    today: dt.date | None = None  # who is away is not asked; None: nobody is taken for away
    unread: frozenset[str] = frozenset()  # senders of mail that was set aside and that nobody has read
    no_surveys: frozenset[str] = frozenset()  # addresses of people who want no survey
    ours: frozenset[str] = frozenset()  # the mailboxes' own addresses
    stale: bool = False  # it fell due while mailbot was set aside: nothing of it goes without a person's word

    def __post_init__(self) -> None:
        object.__setattr__(self, "calendar", self.policy.counting(self.calendar))
        if self.stale:
            object.__setattr__(self, "habits", replace(self.habits, by_hand=True))

    # -------------------------------------------------------------- people

    def person(self, key: str) -> Person | None:
        return next((p for p in self.desk.people if p.key == key), None)

    def acting(self, key: str) -> Person | None:
        """Who acts for this person today: their delegate while they are away, else they themselves."""
        person = self.person(key)
        if person is None or self.today is None or not person.delegate or not person.is_away(self.today):
            return person
        delegate = self.person(person.delegate)
        return delegate if delegate and not delegate.is_away(self.today) else person

    def at_hand(self, key: str) -> Person:
        """Whom what can't wait is given to: this person, or whoever acts for them, if they are there today; else the
        supervisor. So nothing that a resident is owed lies in the mail of somebody on leave."""
        person = self.acting(key)
        away = person is not None and self.today is not None and person.is_away(self.today)
        return self.supervisor if person is None or away else person

    def holding(self, role: str) -> tuple[Person, ...]:
        return tuple(p for p in self.desk.people if role in p.roles)

    @property
    def supervisor(self) -> Person:
        """Who is told: the first supervisor in the staff file who is there today, or the first of all."""
        return first_there(self.holding("supervisor"), self.today)

    @property
    def called_out(self) -> tuple[Person, ...]:
        """Who is told of a danger at once, day or night."""
        return self.holding("duty") or (self.supervisor,)

    def is_ours(self, address: str) -> bool:
        """An address of the landlord's: a mailbox or a member of staff."""
        known = {a for p in self.desk.people for a in (p.address, *p.aliases)}
        return address.lower() in known | self.ours

    @property
    def domains(self) -> frozenset[str]:
        """Where the landlord's own mailboxes are: nobody's private address."""
        return frozenset(address.rpartition("@")[2] for address in self.ours)

    # -------------------------------------------------------------- dates

    def day(self, instant: dt.datetime) -> dt.date:
        return self.calendar.london_date(instant)

    def received_on(self, instant: dt.datetime) -> dt.date:
        """Day 0 of what reached the landlord at this instant."""
        return self.policy.received_on(instant, self.calendar)

    def morning(self, day: dt.date) -> dt.datetime:
        """When chasers of that day go out."""
        return self.calendar.instant(day, self.habits.chase_at)

    def next_morning(self, after: dt.datetime) -> dt.datetime:
        """The chasing time of the first working day whose chasing time is still to come."""
        day = self.day(after)
        if self.calendar.is_working(day) and self.morning(day) > after:
            return self.morning(day)
        return self.morning(self.calendar.add_working_days(day, 1))

    def call(self, sentence: str) -> str:
        """A sentence of ours with the landlord's own word for "resident"."""
        return called(self.policy.person_noun, sentence)

    def told_time(self, instant: dt.datetime) -> str:
        """A moment as people read it: London's day and clock."""
        return told_time(instant)

    def stage_rules(self, case: Case) -> StageRules:
        return self.policy.stage(2 if case.stage2 else 1)

    # -------------------------------------------------------------- the dates of a stage

    def acknowledge_due(self, number: int, requested_at: dt.datetime) -> Due:
        asked = Moment(self.received_on(requested_at), None)
        return self.policy.stage(number).acknowledge.due(
            {Anchor.RECEIVED: asked, Anchor.REQUESTED: asked, Anchor.LOGGED: asked}, self.calendar
        )

    def sort_by(self, number: int, received_at: dt.datetime) -> dt.date:
        """On which day a mail that nobody has sorted is taken as what is safe: before its acknowledgement is due."""
        due = self.acknowledge_due(number, received_at)
        return self.calendar.subtract_working_days(
            due.target, self.policy.triage.before_acknowledgement_working_days
        )

    def anchors(self, record: StageRecord) -> dict[Anchor, Moment]:
        """The moments that the rules of a stage may count from. What we have not done yet counts from
        when it was due, so that being late never buys time."""
        asked = Moment(self.received_on(record.requested_at), None)

        def moment(done: dt.datetime | None, due: Due | None) -> Moment:
            return Moment(self.day(done) if done else None, due)

        found = {
            Anchor.RECEIVED: asked,
            Anchor.REQUESTED: asked,
            Anchor.LOGGED: asked,
            Anchor.ACKNOWLEDGED: moment(record.acknowledged_at, record.acknowledge),
            Anchor.RESPONDED: moment(record.responded_at, record.respond),
        }
        if record.contact:
            found[Anchor.CONTACTED] = moment(record.contacted_at, record.contact)
        if record.review or record.reviewed_at:
            found[Anchor.REVIEWED] = moment(record.reviewed_at, record.review)
        return found
