"""What a landlord's policy asks for: clauses, dates, rights, grounds, contents, closures.

A `Policy` is resolved: the landlord's own words, the statutory Code laid over them, and mailbot's house
defaults where both are silent (`mailbot.casework.layers` lays them together, `mailbot.policyfile` reads the
files). Lifecycle asks it two things: *when* (`Deadline.due`, `ResidentWindow.due`) and *why* (`Policy.why`).

How its windows are read and counted stands in `mailbot.casework.windows`; what a policy may say beyond its
stages (routes, refusals, surveys, reports ...) in `mailbot.casework.provisions`.

Refuses: a rule that nobody knows, a clause that the policy does not hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from mailbot.casework.calendar import LONDON, Calendar
from mailbot.casework.calendar import Unit as Unit
from mailbot.casework.parts import Overlay as Overlay
from mailbot.casework.provisions import (
    Allowance,
    Closures,
    EarlyResolution,
    Panel,
    Receipt,
    Refusal,
    Report,
    Route,
    Survey,
    ThirdParty,
    Understanding,
    Updates,
)
from mailbot.casework.versions import holds
from mailbot.casework.vocabulary import Due
from mailbot.casework.windows import Anchor as Anchor
from mailbot.casework.windows import Deadline as Deadline
from mailbot.casework.windows import Moment as Moment
from mailbot.casework.windows import ResidentWindow as ResidentWindow
from mailbot.casework.windows import Source as Source
from mailbot.casework.windows import Window as Window

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
    "new_issue",  # a further grievance joins the complaint or becomes one of its own
    "recorded",
    "filed",
    "bounced",
    "untrusted",
    "supervisor_told",
    "service_request_chase",
    "reference",
    "approved",  # a response is approved before it goes
    "exclusion_proposed",  # a ground against a complaint was put before a person
    "refused",  # a person refused a complaint
    "declined_stage2",  # a person refused a request for stage 2
    "routed",  # passed on to a team as well
    "restricted",  # only those who have the case see its words
    "survey",
    "no_survey",  # somebody wants none
    "third_party",  # somebody writes for the resident: to whom what goes
    "update",
    "reviewed",  # the review of stage 2 was held
    "understanding",  # what was understood of a request for stage 2 is told and confirmed
    "early_resolution",
    "data_protection",
    "compliment",
    "policy_feedback",
    "rent_information",
    "adjusted",  # how a resident is written to, and what may not go by email
    "handed_in",  # staff pass on or write down what a resident said
    "ombudsman_order",  # what the Ombudsman found and ordered is kept track of
    "learned",  # what a case taught is kept for the reports
    "quality",  # a share of closed cases is looked over by somebody else
    "reported",  # how complaints went is told at the end of a week, month, quarter, half-year or year
    "compensation",  # money is offered in a response
    "proposed",  # a closure or a limit was put before a supervisor
    "contact_limited",  # a supervisor limited how somebody may get in touch
    "confirmed",  # a mail of staff that lacked one thing to act on is confirmed by a fresh mail
    "second_address",  # somebody writes from an address that the case does not know
    "shadow",  # what a shadow run would have done is shown to supervisors
    "by_hand",  # a letter to a resident waits for a person's word
    "held",  # what a handler sends waits a moment, so that it can be taken back
    "dates_changed",  # the calendar changed: dates were counted anew
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


# ------------------------------------------------------------------ rules


@dataclass(frozen=True)
class ExtensionRules:
    """How a response may be put off: counted from the original due date, told before that has passed.

    cap_working_days      the most without good reason, None where the policy sets no end
    beyond_by_agreement   both sides may agree on more than the cap
    ombudsman_when_refused  the Ombudsman's details are promised where the resident does not agree
    """

    cap_working_days: int | None
    needs_reason: bool
    needs_agreement: bool
    ombudsman_details: bool
    clauses: tuple[str, ...]
    beyond_by_agreement: bool = False
    ombudsman_when_refused: bool = False

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
    no_connection        the decider has no connection with the matter at all
    approver             the role that approves a response before it goes, "" for none
    direct               the stage may be asked for without the one before
    decline_clauses      where the landlord keeps a right to decline the stage: always a person's act
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
    no_connection: bool = False
    understanding: Understanding | None = None
    direct: Allowance | None = None
    panel: Panel | None = None
    decline_clauses: tuple[str, ...] = ()

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
            self.understanding.clauses if self.understanding else (),
            self.direct.clauses if self.direct else (),
            self.panel.clauses if self.panel else (),
            self.decline_clauses,
        )


@dataclass(frozen=True)
class SilenceRule:
    """When a resident who says nothing more lets a case close. Never an end to the resident's rights.

    after             what the silence follows (responded, received)
    window            how long it lasts; it is complete when its last day is over
    needs_response    a full answer was given
    needs_attempts    how often we must have tried to reach the resident
    remind_before_working_days  how long before the end the resident is told, 0 for not at all; None (in a
                      file that says nothing of it) until the house's own is laid under it
    blocked_by        what keeps the case open all the same (`SILENCE_BLOCKS`)
    decided_by        who closes then: a supervisor, before whom it is put, or mailbot, where the policy's own words let
                      a silent case be closed
    """

    after: Anchor
    window: Window
    needs_response: bool
    needs_attempts: int
    remind_before_working_days: int | None
    blocked_by: tuple[str, ...]
    clauses: tuple[str, ...]
    decided_by: Literal["supervisor", "mailbot"] = "supervisor"

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
    head_after_working_days  so long after the outer date whoever has the role "head" is told too; 0: never
    contact_every_working_days  how often while the contact with the resident is outstanding
    """

    near_working_days: int
    on_target_day: bool
    late_every_working_days: int
    supervisor_when_late: bool
    contact_every_working_days: int
    clauses: tuple[str, ...]
    head_after_working_days: int = 0


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
    unless        flags of the mail that lift the ground
    except_handling  the document itself keeps complaints about our handling of the matter in
    """

    ground: str
    says: str
    clauses: tuple[str, ...]
    months: int | None = None
    counted_from: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    individually: bool = False
    unless: tuple[str, ...] = ()
    except_handling: bool = False

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
    referral_months: int | None  # how long after the final response the Ombudsman still takes a case
    referral_clauses: tuple[str, ...]
    exclusions: tuple[Exclusion, ...]
    because: Mapping[str, tuple[str, ...]]
    clauses: Mapping[str, Clause]
    ambiguities: tuple[Ambiguity, ...] = ()
    changes: tuple[OverlayChange, ...] = ()
    dead_addresses: tuple[str, ...] = ()  # printed in the document, out of date: never mailed out
    statutory: str = ""  # the id of the Code that can be laid over it, "" for none
    ombudsman: str = "hos"  # whom residents can turn to: a key of config/ombudsman.toml
    early_resolution: EarlyResolution | None = None
    refusal: Refusal = field(default_factory=lambda: Refusal((), ()))
    routes: tuple[Route, ...] = ()
    third_party: ThirdParty | None = None
    survey: Survey | None = None
    updates: Updates | None = None
    reports: tuple[Report, ...] = ()
    data_protection: Deadline | None = None  # to acknowledge a data-protection matter
    ombudsman_mail: Deadline | None = None  # to answer the Ombudsman where its letter names no day
    receipt: Receipt = field(default_factory=Receipt)
    closures: Closures = field(default_factory=Closures)

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
        return holds(self, day)

    def counting(self, calendar: Calendar) -> Calendar:
        """The calendar with the working days as this policy counts them."""
        if calendar.deducts_closures == self.closures.deducted:
            return calendar
        return replace(calendar, deducts_closures=self.closures.deducted)

    def received_on(self, instant: dt.datetime, calendar: Calendar) -> dt.date:
        """Day 0 of what reached the landlord at this instant."""
        day, counted = calendar.london_date(instant), self.counting(calendar)
        if not self.receipt.roll_forward:
            return day
        late = instant.astimezone(LONDON).time() > self.receipt.cutoff
        return counted.next_working(day, inclusive=not late)

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
            self.early_resolution.clauses if self.early_resolution else (),
            self.refusal.clauses,
            *(route.clauses for route in self.routes),
            self.third_party.clauses if self.third_party else (),
            (*self.survey.clauses, *self.survey.opt_out_clauses) if self.survey else (),
            self.updates.clauses if self.updates else (),
            *(report.clauses for report in self.reports),
            self.data_protection.clauses if self.data_protection else (),
            self.ombudsman_mail.clauses if self.ombudsman_mail else (),
            self.receipt.clauses,
            self.closures.clauses,
        )

    def route(self, kind: str) -> Route | None:
        return next((route for route in self.routes if route.kind == kind), None)


def _joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clause for group in groups for clause in group))
