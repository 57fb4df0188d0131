"""What a landlord's policy asks for: clauses, dates, rights, grounds, contents, closures.

A `Policy` is resolved: the landlord's own words, the statutory Code laid over them, and mailbot's house
defaults where both are silent (`mailbot.casework.layers` lays them together, `mailbot.policyfile` reads the
files). Lifecycle asks it two things: *when* (`Deadline.due`, `ResidentWindow.due`) and *why* (`Policy.why`).

How ambiguous text is read:

* a duty of the landlord has two dates: the earliest defensible reading is the target, the latest the outer
  date; and of several sources the strictest governs each;
* a limit on the resident is read as late as it can be, the most generous source governs, and being late is
  a question for a person, never a refusal;
* what is counted from an earlier act of the landlord has a backstop: it counts from the act or from the day
  on which the act was due, whichever came first. Being late never buys time.

Refuses: a window that cannot be read, a rule that nobody knows, a deadline without any anchor.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from mailbot.casework.calendar import Calendar
from mailbot.casework.calendar import Unit as Unit
from mailbot.casework.vocabulary import Due

Origin: TypeAlias = Literal["policy", "code", "house"]

#: Everything that mailbot does or records, each to be answered with clauses by every resolved policy.
RULES: Final = (
    "opened",  # a complaint was opened
    "service_request",  # a request was recorded, and is no complaint
    "dissatisfaction",  # a service request became a complaint
    "acknowledged",
    "one_contact",  # one named person has the case
    "contact",  # the handler contacts the resident
    "responded",
    "extended",
    "escalated",
    "stage2_person",  # somebody else decides stage 2
    "final_response",
    "signposting",  # where else to go
    "reminder",  # the resident is told that the case will close
    "closed_agreed",
    "closed_silence",
    "closed_withdrawn",
    "reopened",
    "hazard",
    "safeguarding",
    "representative",
    "ombudsman_mail",
    "conflict",  # the complaint is about its own handler
    "actions",  # promises are kept track of
    "chase",
    "triage",  # a person says what a mail is
    "recorded",
    "filed",
    "bounced",
    "untrusted",
    "supervisor_told",
    "service_request_chase",
    "reference",
)

#: What an acknowledgement can be asked to carry.
ACKNOWLEDGEMENT_CONTENTS: Final = (
    "reference",
    "handler_name",
    "handler_contact",
    "definition",
    "outcome_sought",
    "responsibility",
    "next_dates",
    "how_to_correct",
    "support_question",
    "ombudsman",
    "policy_copy",
)

#: What a response can be asked to carry. `next_stage`: how to ask for stage 2; `ombudsman_by`: until when.
RESPONSE_CONTENTS: Final = (
    "stage",
    "definition",
    "decision",
    "reasons",
    "remedy",
    "outstanding_actions",
    "next_stage",
    "ombudsman",
    "ombudsman_by",
    "other_bodies",
)

#: What keeps a silent case from being closed.
SILENCE_BLOCKS: Final = (
    "open_actions",
    "open_questions",
    "unread_mail",
    "delay_notice",
    "escalation_window",
)


class Anchor(StrEnum):
    """The event that a window is counted from; its day is day 0."""

    RECEIVED = "received"  # the mail that asked reached the landlord (at stage 2: the request)
    REQUESTED = "requested"  # the stage was asked for
    ACKNOWLEDGED = "acknowledged"
    LOGGED = "logged"
    CONTACTED = "contacted"
    RESPONDED = "responded"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    DUE = "due"  # the original due date, for extensions


class Overlay(StrEnum):
    """How the statutory Code is laid over a landlord's policy."""

    OFF = "off"  # the landlord's words alone
    WARN = "warn"  # the same, and a list of what the Code would change
    ENFORCE = "enforce"  # the stricter duty and the more generous right govern


class KeptBy(StrEnum):
    MAILBOT = "mailbot"  # the service does it, and some rule cites it
    PERSON = "person"  # staff do it, the service asks, reminds or records
    DOCUMENT = "document"  # it describes, promises or defines outside the mailbox


@dataclass(frozen=True)
class Clause:
    """What a policy says at one place, in our words, and who keeps it."""

    id: str
    says: str
    kept_by: KeptBy
    origin: Origin


@dataclass(frozen=True)
class Ambiguity:
    """Two ways to read a policy, and the one that we took."""

    id: str
    clauses: tuple[str, ...]
    question: str
    reading: str


# ------------------------------------------------------------------ windows and deadlines

_UNIT_WORDS: Final = {
    "working day": Unit.WORKING_DAYS,
    "calendar day": Unit.CALENDAR_DAYS,
    "calendar month": Unit.MONTHS,
    "month": Unit.MONTHS,
}
_WINDOW: Final = re.compile(r"(?P<n>\d{1,4})\s+(?P<unit>[a-z][a-z ]*?)s?\s+from\s+(?P<anchor>[a-z_]+)")
_EXAMPLE: Final = 'write it like "5 working days from received"'


@dataclass(frozen=True)
class Window:
    """So many units, counted from an anchor; the last day is inside."""

    n: int
    unit: Unit
    anchor: Anchor

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read "10 working days from acknowledged". ValueError says what is wrong and what to write."""
        found = _WINDOW.fullmatch(" ".join(text.lower().split()))
        if not found:
            raise ValueError(f"cannot be read as a window: {_EXAMPLE}")
        unit = _UNIT_WORDS.get(found["unit"])
        if unit is None:
            hint = " (a bare day is ambiguous)" if found["unit"] == "day" else ""
            raise ValueError(
                f"unknown unit {found['unit']!r}{hint}: write working days, calendar days or calendar months"
            )
        try:
            anchor = Anchor(found["anchor"])
        except ValueError:
            known = ", ".join(Anchor)
            raise ValueError(f"unknown anchor {found['anchor']!r}: write one of {known}") from None
        return cls(int(found["n"]), unit, anchor)

    def __str__(self) -> str:
        unit = str(self.unit)[:-1] if self.n == 1 else str(self.unit)
        return f"{self.n} {unit} from {self.anchor}"

    def end(self, day: dt.date, calendar: Calendar) -> dt.date:
        """The last day of the window when its anchor fell on `day`. Not rolled."""
        return calendar.add(day, self.n, self.unit)


@dataclass(frozen=True)
class Moment:
    """When an anchor happened (`done`) and when it should have (`due`), as far as either is known."""

    done: dt.date | None
    due: Due | None = None

    @property
    def target(self) -> dt.date | None:
        return self._backstop(self.due.target if self.due else None)

    @property
    def outer(self) -> dt.date | None:
        return self._backstop(self.due.outer if self.due else None)

    def _backstop(self, due: dt.date | None) -> dt.date | None:
        return min(self.done, due) if self.done and due else self.done or due


# We log on receipt, and the mail that asks for a stage is the one received: each stands for the other.
_STANDS_FOR: Final[Mapping[Anchor, tuple[Anchor, ...]]] = {
    Anchor.RECEIVED: (Anchor.RECEIVED, Anchor.REQUESTED),
    Anchor.REQUESTED: (Anchor.REQUESTED, Anchor.RECEIVED),
    Anchor.LOGGED: (Anchor.LOGGED, Anchor.REQUESTED, Anchor.RECEIVED),
}


def _moment(anchor: Anchor, anchors: Mapping[Anchor, Moment]) -> Moment | None:
    for name in _STANDS_FOR.get(anchor, (anchor,)):
        if name in anchors:
            return anchors[name]
    return None


@dataclass(frozen=True)
class Source:
    """One text that gives a date: its earliest defensible reading and its latest."""

    clauses: tuple[str, ...]
    target: Window
    outer: Window

    def __str__(self) -> str:
        return str(self.target) if self.target == self.outer else f"{self.target}, at the latest {self.outer}"


@dataclass(frozen=True)
class Deadline:
    """A duty of the landlord. Each source alone is a duty, so the earliest of their dates governs.

    `before` holds earlier duties that sources may count from and that nobody dates apart (a review that the
    outcome follows): they stand in for an anchor that is not given.
    """

    sources: tuple[Source, ...]
    before: tuple[tuple[Anchor, Deadline], ...] = ()

    def due(self, anchors: Mapping[Anchor, Moment], calendar: Calendar) -> Due:
        """Both dates, and the clauses that gave them, those of the target first.

        LookupError: an anchor that a source counts from is not among `anchors` and has no date.
        """
        known = dict(anchors)
        for anchor, duty in self.before:
            done = known[anchor].done if anchor in known else None
            known[anchor] = Moment(done, duty.due(known, calendar))
        targets = [(self._date(s.target, known, calendar, outer=False), s) for s in self.sources]
        outers = [(self._date(s.outer, known, calendar, outer=True), s) for s in self.sources]
        # A target later than the outer date (one source's loose target, another's strict limit) helps nobody.
        outer = min(day for day, _ in outers)
        target = min(outer, *(day for day, _ in targets))
        governing = [s for day, s in targets if day == target] + [s for day, s in outers if day == outer]
        return Due(target, outer, tuple(dict.fromkeys(c for s in governing for c in s.clauses)))

    @staticmethod
    def _date(
        window: Window, anchors: Mapping[Anchor, Moment], calendar: Calendar, *, outer: bool
    ) -> dt.date:
        moment = _moment(window.anchor, anchors)
        day = (moment.outer if outer else moment.target) if moment else None
        if day is None:
            raise LookupError(f"no date is known for {window.anchor!s}, which {window!s} counts from")
        return window.end(day, calendar)

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for s in self.sources for c in s.clauses))

    def __str__(self) -> str:
        return "; ".join(str(s) for s in self.sources)


@dataclass(frozen=True)
class ResidentWindow:
    """A limit on the resident: every source and reading is taken, the latest day governs."""

    sources: tuple[Source, ...]

    def due(self, anchors: Mapping[Anchor, Moment], calendar: Calendar) -> Due | None:
        """The last day on which the resident is in time, rolled to a working day (target and outer alike).

        None while an anchor has not happened: a window counted from what was never sent has not begun.
        """
        ends: list[tuple[dt.date, Source]] = []
        for source in self.sources:
            for window in (source.target, source.outer):
                moment = _moment(window.anchor, anchors)
                if moment is None or moment.done is None:
                    return None
                ends.append((calendar.next_working(window.end(moment.done, calendar)), source))
        last = max(day for day, _ in ends)
        clauses = tuple(dict.fromkeys(c for day, s in ends if day == last for c in s.clauses))
        return Due(last, last, clauses)

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c for s in self.sources for c in s.clauses))

    def __str__(self) -> str:
        return "; ".join(str(s) for s in self.sources)


# ------------------------------------------------------------------ rules


@dataclass(frozen=True)
class ExtensionRules:
    """How a response may be put off: counted from the original due date, told before that has passed.

    `cap_working_days`: the most without good reason, None where the policy sets no end.
    """

    cap_working_days: int | None
    needs_reason: bool
    needs_agreement: bool
    ombudsman_details: bool
    clauses: tuple[str, ...]

    def latest(self, due: Due, calendar: Calendar) -> dt.date | None:
        """The last day that an extension may name without good reason, None where there is no cap."""
        if self.cap_working_days is None:
            return None
        return calendar.add_working_days(due.outer, self.cap_working_days)


@dataclass(frozen=True)
class Ground:
    """A ground on which the policy foresees the next stage. `tag` is what the case records."""

    tag: str
    says: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class StageRules:
    """Everything that a stage asks for. `name` is what residents read.

    acknowledge_because  each content of the acknowledgement, with the clauses that ask for it
    late_request         who decides on a request after `window`: always "person"
    grounds_gate         a request outside the grounds need not be followed; else grounds are only tags
    different_person     nobody who handled an earlier stage decides this one
    approver             the role that approves a response before it goes, "" for none
    """

    number: int
    name: str
    acknowledge: Deadline
    acknowledge_because: Mapping[str, tuple[str, ...]]
    contact: Deadline | None
    respond: Deadline
    respond_because: Mapping[str, tuple[str, ...]]
    extension: ExtensionRules
    window: ResidentWindow | None  # the time to ask for this stage
    grounds: tuple[Ground, ...] = ()
    grounds_gate: bool = False
    grounds_clauses: tuple[str, ...] = ()
    different_person: bool = False
    different_person_clauses: tuple[str, ...] = ()
    approver: str = ""
    approver_clauses: tuple[str, ...] = ()
    late_request: Literal["person"] = "person"

    @property
    def acknowledge_contains(self) -> tuple[str, ...]:
        return tuple(c for c in ACKNOWLEDGEMENT_CONTENTS if c in self.acknowledge_because)

    @property
    def acknowledge_clauses(self) -> tuple[str, ...]:
        return _joined(self.acknowledge.clauses, *self.acknowledge_because.values())

    @property
    def respond_contains(self) -> tuple[str, ...]:
        return tuple(c for c in RESPONSE_CONTENTS if c in self.respond_because)

    @property
    def respond_clauses(self) -> tuple[str, ...]:
        return _joined(self.respond.clauses, *self.respond_because.values())

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that this stage's rules cite."""
        return _joined(
            self.acknowledge_clauses,
            self.contact.clauses if self.contact else (),
            self.respond_clauses,
            *(duty.clauses for _, duty in self.respond.before),
            self.extension.clauses,
            self.window.clauses if self.window else (),
            self.grounds_clauses,
            *(g.clauses for g in self.grounds),
            self.different_person_clauses,
            self.approver_clauses,
        )


@dataclass(frozen=True)
class SilenceRule:
    """When a resident who says nothing more lets a case close. Never an end to the resident's rights.

    after             what the silence follows (responded, received)
    window            how long it lasts; it is complete when its last day is over
    needs_response    a full answer was given
    needs_attempts    how often we must have tried to reach the resident
    remind_before_working_days  how long before the end the resident is told, 0 for not at all
    blocked_by        what keeps the case open all the same (`SILENCE_BLOCKS`)
    """

    after: Anchor
    window: Window
    needs_response: bool
    needs_attempts: int
    remind_before_working_days: int
    blocked_by: tuple[str, ...]
    clauses: tuple[str, ...]

    def last_day(self, since: dt.date, calendar: Calendar) -> dt.date:
        """The last day of the silence; the case may close from the next working day on."""
        return calendar.next_working(self.window.end(since, calendar))


@dataclass(frozen=True)
class ServiceRequestRules:
    answer: Deadline | None
    chase_every_working_days: int
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class ChaseRules:
    """The ladder of reminders to a handler: before the target, on it, and again and again once it is late.

    near_working_days        how long before the target the first one comes
    on_target_day            whether one comes on the morning of the target
    late_every_working_days  how often after the outer date
    supervisor_when_late     the supervisor is told with each late one
    contact_every_working_days  how often while the contact with the resident is outstanding
    """

    near_working_days: int
    on_target_day: bool
    late_every_working_days: int
    supervisor_when_late: bool
    contact_every_working_days: int
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class TriageRules:
    """What happens to a mail that nobody sorts: so many working days before the acknowledgement is due, it is
    taken as the reading with the strictest clock."""

    before_acknowledgement_working_days: int
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Exclusion:
    """A ground on which a person (never mailbot) may decide not to consider a complaint.

    months        how long ago is too long, for age limits
    counted_from  what the months count from ("event", "awareness"): the later one governs
    exceptions    what lifts the ground
    individually  the ground is only ever a proposal on this one complaint, and complaints about our handling
                  of the matter stay in
    """

    ground: str
    says: str
    clauses: tuple[str, ...]
    months: int | None = None
    counted_from: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    individually: bool = False

    def earliest(self, received: dt.date, calendar: Calendar) -> dt.date | None:
        """The earliest day of event (or awareness) that is still in time; on that day is in time."""
        return calendar.look_back(received, self.months) if self.months is not None else None


@dataclass(frozen=True)
class OverlayChange:
    """Something that the Code changes in a landlord's policy: at `enforce` done, at `warn` only listed."""

    where: str
    own: str
    code: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A landlord's policy, resolved and complete. `version` is the day it took effect."""

    id: str
    version: str
    title: str
    landlord: str
    nation: str
    person_noun: str
    valid_from: dt.date
    valid_to: dt.date | None
    overlay: Overlay
    stages: tuple[StageRules, StageRules]
    silence: tuple[SilenceRule, ...]
    service_requests: ServiceRequestRules
    chase: ChaseRules
    triage: TriageRules
    referral_months: int  # how long after the final response the Ombudsman still takes a case
    referral_clauses: tuple[str, ...]
    exclusions: tuple[Exclusion, ...]
    because: Mapping[str, tuple[str, ...]]
    clauses: Mapping[str, Clause]
    ambiguities: tuple[Ambiguity, ...] = ()
    changes: tuple[OverlayChange, ...] = ()
    dead_addresses: tuple[str, ...] = field(
        default=()
    )  # printed in the document, out of date: never mailed out

    def __post_init__(self) -> None:
        if silent := [rule for rule in RULES if not self.because.get(rule)]:
            raise ValueError(f"policy {self.id} answers for no clause of {', '.join(silent)}")
        if unknown := [rule for rule in self.because if rule not in RULES]:
            raise ValueError(f"policy {self.id} knows rules that mailbot does not: {', '.join(unknown)}")
        if lost := [clause for clause in self.cited if clause not in self.clauses]:
            raise ValueError(f"policy {self.id} cites clauses that it does not hold: {', '.join(lost)}")
        object.__setattr__(self, "because", MappingProxyType(dict(self.because)))
        object.__setattr__(self, "clauses", MappingProxyType(dict(self.clauses)))

    @property
    def key(self) -> str:
        """What a case keeps: the policy and its version."""
        return f"{self.id}@{self.version}"

    def stage(self, number: Literal[1, 2] | int) -> StageRules:
        if number not in (1, 2):
            raise ValueError(f"there is no stage {number}: two stages, never more")
        return self.stages[number - 1]

    def why(self, rule: str) -> tuple[str, ...]:
        """The clauses that ask for what `rule` does. KeyError for a name that is not in RULES."""
        return self.because[rule]

    def clause(self, id: str) -> Clause:
        """KeyError for a clause that the policy does not hold."""
        return self.clauses[id]

    def in_force(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def cited(self) -> tuple[str, ...]:
        """Every clause that some rule cites, in no meaningful order but each once."""
        return _joined(
            *self.because.values(),
            *(stage.clauses for stage in self.stages),
            *(rule.clauses for rule in self.silence),
            self.service_requests.clauses,
            self.service_requests.answer.clauses if self.service_requests.answer else (),
            self.chase.clauses,
            self.triage.clauses,
            self.referral_clauses,
            *(exclusion.clauses for exclusion in self.exclusions),
        )


def _joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clause for group in groups for clause in group))
