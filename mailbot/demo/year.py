"""A year of a made-up complaints desk, played through mailbot's own rules, for trying reports.

Chance (with a seed, so that the same year comes again) says who writes when, how quickly somebody answers, who is not
content, who is surveyed. All else comes out of `decide`, as it would in the service: timers fall on their days, staff's
commands end in the same step as mail. No clock, no network, no database: whoever wants the year in one hands `record`
in. Cases don't meet, so each is played to its end before the next begins.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.policy import Policy
from mailbot.casework.references import compose
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    CancelTimer,
    Case,
    Decision,
    Effect,
    Event,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Party,
    Person,
    Raised,
    Reading,
    ReplyKind,
    SendLetter,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
    Topic,
    Verdict,
)

PEOPLE: Final = (
    Person("dev", "Dev Banerjee", "dev@brackenfieldhomes.example", "0113 496 0121", team="Repairs"),
    Person("grace", "Grace Adeyemi", "grace@brackenfieldhomes.example", "0113 496 0122", team="Repairs"),
    Person("tomas", "Tomas Novak", "tomas@brackenfieldhomes.example", "0113 496 0123", team="Neighbourhoods"),
    Person("siobhan", "Siobhan Keane", "siobhan@brackenfieldhomes.example", "0113 496 0124", team="Home ownership"),
    Person("ruth", "Ruth Calloway", "ruth@brackenfieldhomes.example", team="Reviews", roles=("stage2",)),
    Person("amir", "Amir Haddad", "amir@brackenfieldhomes.example", team="Reviews", roles=("stage2",)),
    Person("owen", "Owen Pryce", "owen@brackenfieldhomes.example", team="Complaints", roles=("supervisor",)),
)  # fmt: skip
ESTATES: Final = (
    "Fulling Lane",
    "Weavers Court",
    "Tenter Croft",
    "Mill Goit",
    "Dyehouse Yard",
    "Loom Street",
)
CONTRACTORS: Final = ("Aire Roofing", "Kirkgate Heating", "Calder Drainage")
_TOPICS: Final = {
    Topic.REPAIRS: 30,
    Topic.DAMP_MOULD_LEAKS: 20,
    Topic.HEATING_HOT_WATER: 9,
    Topic.ANTI_SOCIAL_BEHAVIOUR: 9,
    Topic.COMMUNICATION: 8,
    Topic.ESTATE_MANAGEMENT: 7,
    Topic.CHARGES: 6,
    Topic.STAFF_CONDUCT: 3,
    Topic.HOME_OWNERSHIP: 3,
    Topic.BUILDING_SAFETY: 2,
    Topic.MOVING_AND_LETTINGS: 2,
    Topic.TENANCY: 1,
}
_TENURES: Final = {"low cost rental": 80, "low cost ownership": 10, "leaseholder": 8, "other": 2}
_LESSONS: Final = (
    ("appointments", "we now ring the day before each visit"),
    ("appointments", "missed visits are told to the complaints team the same day"),
    ("communication", "one person tells the resident how things stand, every week"),
    ("", "photographs of damp go to the surveyor with the first order"),
    ("contractors", "the contractor says who comes, and when"),
    ("", "what was promised at the visit is written down there and then"),
)
_PAID: Final = ("50.00", "75.00", "100.00", "150.00", "250.00", "400.00", "37.50")
_DAY: Final = dt.timedelta(days=1)
BOX: Final = "complaints"


@dataclass(frozen=True)
class Line:
    """A line of the journal, as storage would keep it."""

    seq: int
    at: dt.datetime
    reference: str | None
    who: str
    kind: str
    mail: str | None
    summary: str
    because: tuple[str, ...]
    event: Event
    effects: tuple[Effect, ...]
    version: int


@dataclass(frozen=True)
class Step:
    """One step, as the service would hand it to storage."""

    who: str
    before: Case | None
    decision: Decision
    event: Event
    serial: tuple[str, int] | None


@dataclass
class Year:
    """What was played. `cases` in the order in which they were opened, `lines` as they were written."""

    cases: list[Case] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass
class _Life:
    """A case while it is played: what is still to happen to it."""

    case: Case | None
    queue: list[tuple[dt.datetime, int, Callable[[Case], Event | None]]] = field(default_factory=list)
    timers: dict[tuple[Timer, str], dt.datetime] = field(default_factory=dict)


class Player:
    """Plays cases by chance. `record` is told of every step and gives the case as it is kept."""

    def __init__(
        self,
        policies: Sequence[Policy],
        first: dt.date,
        last: dt.date,
        seed: int = 1,
        until: dt.date | None = None,
        record: Callable[[Step], Case | None] | None = None,
    ) -> None:
        self._policies = tuple(policies)
        self._first, self._last = first, last
        self._end = Calendar.end_of(until or last + 90 * _DAY)
        self._chance = Random(seed)
        self._record = record
        self._calendar = Calendar(policies[0].nation)
        self._numbers: dict[int, int] = {}
        self._order = itertools.count()
        self._seq = itertools.count(1)
        self.year = Year()

    def play(self, how_many: int) -> Year:
        """So many first mails, spread over the year."""
        days = (self._last - self._first).days + 1
        starts = sorted(
            self._moment(self._first + self._chance.randrange(days) * _DAY, 0, 24) for _ in range(how_many)
        )
        for number, at in enumerate(starts):
            self._one(number, at)
        return self.year

    # -------------------------------------------------------------- one case

    def _one(self, number: int, at: dt.datetime) -> None:
        chance, policy = self._chance, self._policies[number % len(self._policies)]
        topic = chance.choices(list(_TOPICS), list(_TOPICS.values()))[0]
        if chance.random() < 0.05 and self.year.cases:  # somebody who has complained before
            sender = self.year.cases[chance.randrange(len(self.year.cases))].resident
        else:
            sender = Party(f"resident{number}@example.com", f"Resident {number}")
        text = f"Nobody has come about the {topic.value.replace('_', ' ')}."
        if chance.random() < 0.7:
            text += f" I live in {chance.choice(ESTATES)}."
        if chance.random() < 0.3:
            text += f" It was {chance.choice(CONTRACTORS)} again."
        is_request = chance.random() < 0.15
        intent = Intent.SERVICE_REQUEST if is_request else Intent.NEW_COMPLAINT
        flags = (Raised(Flag.OLDER_THAN_12_MONTHS),) if chance.random() < 0.03 else ()
        late = chance.random() < 0.03  # the mailbox was out of reach
        attended = self._later(at, 6, 9) if late else at
        topics = () if chance.random() < 0.03 else (topic,)
        first = self._mail(at, sender, text, intent, f"mail-{number}", attended, topics, flags)
        life = _Life(None)
        self._step(life, first, policy, sender.address)
        if life.case is None:
            return
        self._plan(life, at, is_request)
        while life.case and (event := self._next(life)):
            who = event.who if isinstance(event, StaffActed) else "mailbot"
            if isinstance(event, MailArrived):
                who = event.sender.address
            self._step(life, event, policy, who)

    def _plan(self, life: _Life, at: dt.datetime, is_request: bool) -> None:
        chance = self._chance
        if chance.random() < 0.85:
            tenure = chance.choices(list(_TENURES), list(_TENURES.values()))[0]
            self._staff(life, self._later(at, 1, 2), Act.RECORD, words=tenure, name="tenure")
        if is_request:
            if chance.random() < 0.35:
                self._writes(life, self._later(at, 4, 12), Intent.NEW_COMPLAINT, "Still nothing was done.")
                self._plan_stage(life, self._later(at, 12, 12))
            else:
                self._staff(life, self._later(at, 2, 8), Act.CLOSE, words="answered")
            return
        drawn = chance.random()
        if drawn < 0.03:
            self._staff(life, self._later(at, 1, 6), Act.CLOSE, words="withdrawn")
            if chance.random() < 0.3:
                self._staff(
                    life, self._later(at, 8, 12), Act.REOPEN, text="She wants it looked into after all."
                )
                self._plan_stage(life, self._later(at, 12, 12))
            return
        if drawn < 0.06:
            self._staff(
                life,
                self._later(at, 1, 5),
                Act.DECLINE,
                who="owen",
                ground=chance.choice(("age", "already_handled")),
                text="It was settled in 2019.\n\nInstead: the team visits.",
                reason="it is old",
            )
            return
        if drawn < 0.07:
            self._staff(life, self._later(at, 1, 4), Act.CLOSE, words="concern")
            return
        self._plan_stage(life, at)

    def _plan_stage(self, life: _Life, at: dt.datetime, number: int = 1) -> None:
        """When it is put off and when it is answered."""
        chance = self._chance
        usual, spread = (8, 3.0) if number == 1 else (17, 4.0)
        takes = max(1, round(chance.gauss(usual, spread)))
        if chance.random() < 0.09:
            told = chance.choice((usual - 1, usual, usual + 1, usual + 3))
            more = chance.choice((3, 5, 10, 10, 15))
            who = "owen" if chance.random() < 0.4 else ""
            self._staff(
                life, self._later(at, told, told), Act.EXTEND, who=who, working_days=more,
                reason="the surveyor comes next week",
            )  # fmt: skip
            takes += more
        answered = self._later(at, takes, takes)
        self._staff(life, self._later(at, 1, 2), Act.CONTACTED, words="by phone")
        decision = chance.choices(("upheld", "partly upheld", "not upheld", ""), (40, 25, 30, 5))[0]
        self._staff(life, answered, Act.RESPOND, words=decision, text="Dear resident, this is our answer.")
        if chance.random() < 0.25:
            amount = chance.choice(_PAID)
            self._staff(
                life, answered + dt.timedelta(minutes=5), Act.RECORD, words=amount, name="compensation"
            )
        if chance.random() < 0.14:
            theme, text = chance.choice(_LESSONS)
            self._staff(life, self._later(answered, 1, 15), Act.LEARNED, words=text, name=theme)
        if number == 1 and chance.random() < 0.18:
            asked = self._later(answered, 2, 9)
            self._writes(life, asked, Intent.ESCALATION_REQUEST, "I am not content. Stage 2, please.")
            self._plan_stage(life, asked, 2)
        elif chance.random() < 0.6:
            self._staff(life, self._later(answered, 2, 6), Act.TRIED, words="by phone, no answer")
        else:
            closed = self._later(answered, 3, 12)
            self._staff(life, closed, Act.CLOSE, words="agreed")
            if chance.random() < 0.08:
                again = self._later(closed, 5, 20)
                self._writes(life, again, Intent.REPLY, "It leaks again.")
                self._staff(life, self._later(again, 2, 4), Act.CLOSE, words="agreed")
        if number == 2 and chance.random() < 0.12:
            found = self._later(answered, 20, 40)
            self._staff(life, found, Act.DETERMINATION, who="owen", words="service failure in the handling")
            due = self._calendar.add_working_days(self._calendar.london_date(found), 20)
            self._staff(
                life, found + dt.timedelta(hours=1), Act.ORDER, who="owen", words="pay 150 pounds", until=due
            )
            self._staff(
                life,
                self._later(found, 10, 25),
                Act.DONE,
                who="owen",
                number=1,
                text="The receipt is attached.",
            )

    # -------------------------------------------------------------- what happens

    def _moment(self, day: dt.date, low: int = 9, high: int = 17) -> dt.datetime:
        hour = self._chance.randrange(low, high)
        hour = 3 if hour in (1, 2) else hour
        return self._calendar.instant(day, dt.time(hour, self._chance.randrange(60)))

    def _later(self, at: dt.datetime, fewest: int, most: int) -> dt.datetime:
        """Some time in office hours, so many working days later."""
        day = self._calendar.london_date(at)
        return self._moment(self._calendar.add_working_days(day, self._chance.randint(fewest, most)))

    def _mail(
        self,
        received: dt.datetime,
        sender: Party,
        text: str,
        intent: Intent,
        mail: str,
        attended: dt.datetime | None = None,
        topics: tuple[Topic, ...] = (),
        flags: tuple[Raised, ...] = (),
        answers: str = "",
    ) -> MailArrived:
        kind = ReplyKind.PROVIDES_INFORMATION if intent is Intent.REPLY else None
        return MailArrived(
            at=attended or received,
            received_at=received,
            mail=mail,
            sender=sender,
            subject="About my home",
            text=text,
            verdict=Verdict(intent, (Reading(intent, 0.9),), kind, topics, flags),
            definition=text,
            answers=answers,
        )

    def _put(self, life: _Life, at: dt.datetime, make: Callable[[Case], Event | None]) -> None:
        heapq.heappush(life.queue, (at, next(self._order), make))

    def _staff(
        self,
        life: _Life,
        at: dt.datetime,
        act: Act,
        who: str = "",
        words: str = "",
        text: str = "",
        name: str = "",
        reason: str = "",
        ground: str = "",
        until: dt.date | None = None,
        working_days: int | None = None,
        number: int | None = None,
    ) -> None:
        def make(case: Case) -> Event:
            return StaffActed(
                at, who or case.handler or "owen", act, words=words, text=text, name=name, reason=reason,
                ground=ground, until=until, working_days=working_days, number=number,
            )  # fmt: skip

        self._put(life, at, make)

    def _writes(self, life: _Life, at: dt.datetime, intent: Intent, text: str, answers: str = "") -> None:
        mail = f"mail-{next(self._order)}-later"
        self._put(life, at, lambda case: self._mail(at, case.resident, text, intent, mail, answers=answers))

    def _next(self, life: _Life) -> Event | None:
        """The next mail, act or timer, whichever comes first; None at the end of the story."""
        timer = min(life.timers.items(), key=lambda pair: (pair[1], pair[0]), default=None)
        if life.queue and (timer is None or life.queue[0][0] <= timer[1]):
            at, _, make = heapq.heappop(life.queue)
            assert life.case is not None
            return make(life.case) if at < self._end else None
        if timer is None or timer[1] >= self._end:
            return None
        (kind, subject), due = timer
        del life.timers[kind, subject]
        return TimerFell(due, kind, due, subject)

    def _step(self, life: _Life, event: Event, policy: Policy, who: str) -> None:
        year = self._calendar.london_date(event.at).year
        number = self._numbers.get(year, 1)
        rules = Rulebook(
            policy,
            self._calendar,
            Desk(PEOPLE, {p.key: self._chance.randrange(9) for p in PEOPLE}),
            BOX,
            compose("CC", year, number),
            Habits(),
        )
        before = life.case
        decision = decide(before, event, rules)
        after = decision.case
        opened = before is None and after is not None
        if opened:
            self._numbers[year] = number + 1
        if self._record:
            serial = (f"CC-{year}", number) if opened else None
            after = self._record(Step(who, before, decision, event, serial))
        self._keep(life, before, after, decision, event, who)
        if decision.opens and after:
            other = _Life(None)
            self._step(other, decision.opens, policy, who)

    def _keep(
        self,
        life: _Life,
        before: Case | None,
        after: Case | None,
        decision: Decision,
        event: Event,
        who: str,
    ) -> None:
        life.case = after
        kind = {MailArrived: "mail_arrived", TimerFell: "timer_fell", StaffActed: "staff_acted"}[type(event)]
        self.year.lines.append(
            Line(
                next(self._seq),
                event.at,
                after.reference if after else None,
                who,
                kind,
                getattr(event, "mail", "") or None,
                decision.summary,
                decision.because,
                event,
                decision.effects,
                after.version if after else 0,
            )
        )
        if after is None:
            return
        if before is None:
            self.year.cases.append(after)
        else:
            place = next(
                n for n in reversed(range(len(self.year.cases)))
                if self.year.cases[n].reference == after.reference
            )  # fmt: skip
            self.year.cases[place] = after
        for effect in decision.effects:
            if isinstance(effect, SetTimer):
                life.timers[effect.timer, effect.subject] = effect.due_at
            elif isinstance(effect, CancelTimer):
                life.timers.pop((effect.timer, effect.subject), None)
            elif isinstance(effect, SendLetter) and effect.letter is Letter.SURVEY:
                self._survey(life, event.at)
        waiting = next(
            (p for p in after.open_proposals if p.kind not in ("exclusion", "non_escalation")), None
        )
        if waiting and waiting.proposed_at == event.at:  # a supervisor looks at it within some days
            self._staff(life, self._later(event.at, 1, 3), Act.APPROVE, who="owen", number=waiting.number)

    def _survey(self, life: _Life, at: dt.datetime) -> None:
        if self._chance.random() < 0.35:
            mark = self._chance.choices((1, 2, 3, 4, 5), (20, 15, 20, 30, 15))[0]
            self._writes(life, self._later(at, 1, 8), Intent.REPLY, f"{mark}", answers="survey")


def played(
    policies: Sequence[Policy],
    first: dt.date,
    last: dt.date,
    how_many: int,
    seed: int = 1,
    until: dt.date | None = None,
) -> Year:
    """So many cases of this time, played by these policies in turn."""
    return Player(policies, first, last, seed, until).play(how_many)
