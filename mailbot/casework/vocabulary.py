"""The words of the house: stages, intents, acts, timers, letters, events, effects, and the case itself.

Everything here is frozen and knows nothing of storage, mail or clocks. Times are aware UTC datetimes,
deadlines are Europe/London dates. Clauses are strings as the policy file spells them ("3.2 b3"), those of
the statutory Code carry its name ("Code 6.2"), those of the house "House 1".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from mailbot.casework.kinds import Flag as Flag
from mailbot.casework.kinds import Intent as Intent
from mailbot.casework.kinds import Raised as Raised
from mailbot.casework.kinds import Reading as Reading
from mailbot.casework.kinds import ReplyKind as ReplyKind
from mailbot.casework.kinds import Stage as Stage
from mailbot.casework.kinds import Topic as Topic
from mailbot.casework.kinds import Verdict as Verdict
from mailbot.casework.parties import DAYS as DAYS
from mailbot.casework.parties import Party as Party
from mailbot.casework.parties import Person as Person
from mailbot.casework.parties import Role as Role

# ------------------------------------------------------------------ dates


@dataclass(frozen=True, slots=True)
class Due:
    """The two dates of a duty: people work to `target`, a breach is reported on `outer` (both inclusive,
    Europe/London). `clauses` are those that gave the dates, the governing ones first."""

    target: dt.date
    outer: dt.date
    clauses: tuple[str, ...] = ()


# ------------------------------------------------------------------ the case


@dataclass(frozen=True, slots=True)
class Extension:
    to: dt.date
    reason: str
    told_at: dt.datetime
    clauses: tuple[str, ...] = ()
    answer: str = ""  # what the resident said of it: "agreed", "refused"


@dataclass(frozen=True, slots=True)
class Draft:
    """A response that waits for a word of approval. `approvers`: the staff keys who may give it."""

    text: str
    decision: str
    by: str
    at: dt.datetime
    mail: str
    approvers: tuple[str, ...]
    amount: int | None = None  # of money that it offers, in pence


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One stage of a case. Clocks count from `requested_at`: the server's receipt date of the mail that asked."""

    requested_at: dt.datetime
    request_mail: str
    definition: str  # what we understood, in the resident's own words
    outcome_sought: str
    acknowledge: Due
    respond: Due
    handler: str = ""
    acknowledged_at: dt.datetime | None = None
    acknowledgement_confirmed: bool = False  # the handler has released or sent it
    unnamed: bool = False  # it was acknowledged in the team's name: nobody had it by its day
    contact: Due | None = None
    contacted_at: dt.datetime | None = None
    responded_at: dt.datetime | None = None
    decision: str = ""  # upheld, partly upheld, not upheld
    extension: Extension | None = None
    window: Due | None = None  # the resident's time to ask for the next stage, where the policy sets one
    review: Due | None = None  # of stage 2, where the policy has one before the outcome
    reviewed_at: dt.datetime | None = None
    draft: Draft | None = None
    approved_by: str = ""
    by_hand: str = ""  # its acknowledgement goes only by a person's word: "asked", or "withheld" by them
    compensation: int | None = None  # that its response offers, in pence; None where it did not say

    @property
    def promised(self) -> Due:
        """The response dates that now bind: the extension's, once it was told in time."""
        if self.extension:
            return Due(self.extension.to, self.extension.to, self.extension.clauses)
        return self.respond


@dataclass(frozen=True, slots=True)
class Action:
    """Something promised to the resident."""

    number: int
    text: str
    due: dt.date | None
    done_at: dt.datetime | None = None
    ordered: bool = False  # by the Ombudsman: done only with its evidence
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a person must decide. If nobody does by `default_at`, the safe reading is taken."""

    number: int
    asked_at: dt.datetime
    mail: str
    readings: tuple[Reading, ...]
    default: Intent
    default_at: dt.datetime
    answered_at: dt.datetime | None = None
    answer: str = ""
    received_at: dt.datetime | None = None
    text: str = ""
    sender: Party | None = None
    subject: str = ""
    definition: str = ""
    outcome_sought: str = ""
    flags: tuple[Flag, ...] = ()
    topics: tuple[Topic, ...] = ()
    suggested: str = ""  # the case that the mail may belong to
    vouched: bool = True


class Matter(StrEnum):
    """What a case is about, where it is no complaint and no request."""

    COMPLAINT = "complaint"  # or a service request that may become one
    DATA_PROTECTION = "data_protection"  # linked to a complaint or alone, with a clock of its own
    OMBUDSMAN = "ombudsman"  # the Ombudsman's own mail about no case that we know


@dataclass(frozen=True, slots=True)
class Proposal:
    """What only a supervisor decides: a ground against a complaint or against a request for stage 2, closing for
    silence or for a handler's reason, limits on contact.

    kind      "exclusion", "non_escalation", "closure" or "contact_limit"
    ground    the policy's; for a closure "silence" or "reason"; for limits what they are
    decision  "refused", "accepted" (the complaint goes on), "approved" (it is done), or "lapsed" (nobody decided on it,
              because something else settled the matter)
    text      what the resident reads of it; `evidence`: what shows it; `review`: when it is looked at again"""

    number: int
    kind: str
    ground: str
    clauses: tuple[str, ...]
    proposed_at: dt.datetime
    by: str = ""  # a staff key, "" for mailbot
    reason: str = ""
    decided_at: dt.datetime | None = None
    decision: str = ""
    decided_by: str = ""
    text: str = ""
    evidence: tuple[str, ...] = ()
    review: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How we write to this resident, as they asked or a person saw fit. `bars_email`: no letter goes by email."""

    number: int
    text: str
    agreed_at: dt.datetime
    bars_email: bool = False
    review: dt.date | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Determination:
    """What the Ombudsman found, as a member of staff wrote it down; `mail` may hold the letter itself."""

    at: dt.datetime
    found: str
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Learning:
    """What a case taught, in a member of staff's words. `theme`: theirs, "" where they named none."""

    at: dt.datetime
    by: str
    text: str
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a member of staff wrote down of a case for the figures. `what`: "tenure", "estate", "service",
    "contractor" or "compensation"; of the last, `said` is pounds and pence ("150.00")."""

    at: dt.datetime
    by: str
    what: str
    said: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An address that is no party to the case and from which somebody wrote on it. Nothing of the case goes there
    unless the resident says from the address that we know that it may, or a member of staff does (House 44).

    asked_at  when the resident was asked; None: that was not safe, and a person decides
    answer    "yes" or "no"; "" while nobody has said
    mails     what came from there meanwhile, to be read as theirs if the answer is yes
    """

    address: str
    name: str
    first_at: dt.datetime
    asked_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    answer: str = ""
    mails: tuple[MailArrived, ...] = ()


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What a mail of staff asks for that lacks one thing to act on (`lacks`: token, authentication, role), until
    `person` (a staff key) confirms it."""

    number: int
    person: str
    mail: str
    at: dt.datetime
    lacks: str
    acts: tuple[StaffActed, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a member of staff sends to the resident, while they can still take it back."""

    number: int
    act: StaffActed
    goes_at: dt.datetime


@dataclass(frozen=True, slots=True)
class HeldLetter:
    """A letter to a resident that waits until somebody says whether it goes. `why` it was held."""

    number: int
    order: SendLetter
    since: dt.datetime
    why: str = ""
    row: int = 0  # the letter in the outbox that could not go, 0 for one that never was there


@dataclass(frozen=True, slots=True)
class Case:
    """A matter of one resident. Immutable: every step makes a new one, `version` counts them."""

    reference: str
    policy: str  # the policy's id and version, as in force on receipt: "mtvh@2021-08-23"
    mailbox: str
    stage: Stage
    subject: str
    parties: tuple[Party, ...]
    received_at: dt.datetime
    version: int = 0
    handler: str = ""
    supervisor: str = ""
    stage1: StageRecord | None = None
    stage2: StageRecord | None = None
    request_mail: str = ""  # the first mail
    request_text: str = ""  # its new text, cut to what a letter can quote
    was_service_request: bool = False
    service_answered_at: dt.datetime | None = None
    topics: tuple[Topic, ...] = ()
    flags: tuple[Flag, ...] = ()
    actions: tuple[Action, ...] = ()
    questions: tuple[Question, ...] = ()
    attempts: tuple[dt.datetime, ...] = ()  # of ours to reach the resident
    closed_at: dt.datetime | None = None
    reopened_at: dt.datetime | None = None  # when it was last taken out of CLOSED
    closed_because: str = ""  # agreed, silence, withdrawn, service_request_answered, sorted_as_other
    last_resident_word_at: dt.datetime | None = None
    last_landlord_word_at: dt.datetime | None = None
    unreachable: tuple[str, ...] = ()  # party addresses whose mail came back
    had_part: tuple[str, ...] = ()  # staff who handled stage 1: none of them takes stage 2
    representative: bool = False  # somebody writes for the resident, whose permission we ask for
    authority: str = ""  # of whoever writes for the resident: needed, given, refused
    matter: Matter = Matter.COMPLAINT
    linked: tuple[str, ...] = ()  # references of cases that came of the same mail
    vouched: bool = True  # its writer was confirmed by our border, once at least
    restricted: bool = False  # nothing of its words stands in notices, lists or digests
    routes: tuple[str, ...] = ()  # the kinds of matter that it raised and that were passed on
    proposals: tuple[Proposal, ...] = ()
    surveyed_at: dt.datetime | None = None
    waiting: tuple[Waiting, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    held_until: dt.date | None = None  # until then nothing goes to the resident by itself
    held_because: str = ""
    conflicts: tuple[str, ...] = ()  # staff who may not have it
    determinations: tuple[Determination, ...] = ()
    how_received: str = ""  # phone, post, ...: "" for mail
    unconfirmed: tuple[Unconfirmed, ...] = ()
    stakeholder: bool = False  # it has no way to the Ombudsman, by the policy's own words: letters name none
    claims: tuple[Claim, ...] = ()  # addresses that wrote on it and are no party's
    learned: tuple[Learning, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    unsent: tuple[HeldLetter, ...] = ()

    @property
    def resident(self) -> Party:
        """The party whom letters go to."""
        return next((p for p in self.parties if p.role is Role.RESIDENT), self.parties[0])

    @property
    def current(self) -> StageRecord | None:
        """The record of the stage that the case last reached, None before any complaint."""
        return self.stage2 or self.stage1

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(q for q in self.questions if q.answered_at is None)

    @property
    def open_proposals(self) -> tuple[Proposal, ...]:
        return tuple(p for p in self.proposals if p.decided_at is None)

    @property
    def third_parties(self) -> tuple[Party, ...]:
        """Whoever writes for the resident, and is not whom letters go to."""
        others = (p for p in self.parties if p.role in (Role.REPRESENTATIVE, Role.OFFICE))
        return tuple(p for p in others if p != self.resident)

    @property
    def knows_resident(self) -> bool:
        """The resident is a party, and not only somebody who writes for them."""
        return self.resident.role is Role.RESIDENT

    @property
    def further_addresses(self) -> tuple[Party, ...]:
        """Further addresses of the resident's: what goes to them goes there as well."""
        return tuple(p for p in self.parties if p.role is Role.RESIDENT and p != self.resident)

    @property
    def agreed(self) -> tuple[Adjustment, ...]:
        """The adjustments that hold now."""
        return tuple(a for a in self.adjustments if a.ended_at is None)

    def told(self, what: str) -> str:
        """What was last recorded of this ("estate"), "" where nothing was."""
        return next((r.said for r in reversed(self.recorded) if r.what == what), "")

    @property
    def open_actions(self) -> tuple[Action, ...]:
        return tuple(a for a in self.actions if a.done_at is None)

    def is_party(self, address: str) -> bool:
        return any(p.address == address.lower() for p in self.parties)

    def is_residents(self, address: str) -> bool:
        """Whether it is an address of the resident's own, and not of somebody who writes for them."""
        return any(p.address == address.lower() and p.role is Role.RESIDENT for p in self.parties)


# ------------------------------------------------------------------ what happens


class Timer(StrEnum):
    """What falls due. A timer is a row (case, kind, subject, due_at); there is at most one of each."""

    ASSIGN = "assign"  # nobody has the case
    SORT = "sort"  # a question is unanswered (subject: its number)
    ACKNOWLEDGE = "acknowledge"  # the acknowledgement goes out by itself
    CONTACT = "contact"  # the handler's contact with the resident
    RESPONSE_NEAR = "response_near"  # some working days before the target
    RESPONSE_DUE = "response_due"  # the morning of the target day
    RESPONSE_LATE = "response_late"  # the outer date has passed; again every working day
    REMIND_WINDOW = "remind_window"  # tell the resident that the case will close
    CLOSE_SILENT = "close_silent"  # policy-defined silence is complete
    ACTION_DUE = "action_due"  # something promised (subject: its number)
    SERVICE_CHASE = "service_chase"  # a service request without an answer
    REVIEW = "review"  # the review of stage 2 that its outcome counts from
    UPDATE = "update"  # it takes longer: the resident is to hear how it stands
    SURVEY = "survey"  # a closed case: how was it handled?
    ADJUSTMENT = "adjustment"  # an adjustment is to be reviewed (subject: its number)
    CONFIRM = "confirm"  # a mail of staff that was put by lapses (subject: its number)
    SEND = "send"  # what a handler sent goes out; until then they may take it back (subject: its number)
    RELEASE = "release"  # a held letter waits for somebody's word (subject: its number)


class Act(StrEnum):
    """What staff can do by mail. The value is the command word (`#contacted`)."""

    REPLY = "reply"  # a plain reply to a case mail: goes to the resident
    CONFIRM = "acknowledge"
    CONTACTED = "contacted"
    RESPOND = "respond"
    EXTEND = "extend"
    ACTION = "action"
    DONE = "done"
    NOTE = "note"
    ASSIGN = "assign"
    CLOSE = "close"
    REOPEN = "reopen"
    ESCALATE = "escalate"
    SORT = "sort"
    TRIED = "tried"
    UPDATE = "update"
    REVIEWED = "reviewed"
    APPROVE = "approve"
    RETURN = "return"
    DECLINE = "decline"
    ACCEPT = "accept"
    RESIDENT = "resident"
    AUTHORITY = "authority"
    RESTRICT = "restrict"
    ADJUST = "adjust"
    LANGUAGE = "language"
    HOLD = "hold"
    NEW = "new"
    MERGE = "merge"
    SPLIT = "split"
    CONFLICT = "conflict"
    DETERMINATION = "determination"
    ORDER = "order"
    LEARNED = "learned"
    RECORD = "record"
    CANCEL = "cancel"
    VERIFY = "confirm"
    RELEASE = "release"
    DISCARD = "discard"
    HELP = "help"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class MailArrived:
    """A mail of a resident (or of a stranger) about this case, or about none yet.

    at           when we attend to it
    received_at  when it reached the landlord (the server's receipt date): clocks run from here
    mail         its id in storage
    text         the new text; the whole text for a first contact
    trusted      the sender is a party to the case (or there is no case yet)
    """

    at: dt.datetime
    received_at: dt.datetime
    mail: str
    sender: Party
    subject: str
    text: str
    verdict: Verdict
    trusted: bool = True
    attachments: tuple[str, ...] = ()
    how_found: str = ""  # "reply address", "in-reply-to", "subject", "body", "own first mail", ""
    definition: str = ""  # their own words, trimmed to what a letter can quote
    outcome_sought: str = ""  # the sentence that says what they want, "" if they did not say
    suggested: str = ""  # no case was found, but this may be it: a person is to say
    told: bool = False  # people were alarmed when it arrived: it comes again after a question was settled
    answers: str = ""  # the kind of our letter that it answers: "survey"
    answers_about: str = ""  # the address that the letter asked about, where it was sent to this very sender
    vouched: bool = True  # our border confirms the sender: an automatic letter may repeat their words
    from_ombudsman: bool = False  # sent by the Ombudsman, and the receiving server vouches for that
    matter: Matter = Matter.COMPLAINT  # set where a part of a mail gets a case of its own
    linked: str = ""  # the case that the same mail belongs to
    handed_in_by: str = ""  # the staff key of whoever passed on or wrote down what the sender said
    channel: str = ""  # phone, post, ...: how it came, "" for mail
    history: str = ""  # the latest lines of the journal before this mail, for whoever has the case


@dataclass(frozen=True, slots=True)
class TimerFell:
    """A timer is due. `at` is the as-of time: never later than the last successful look at the mailbox."""

    at: dt.datetime
    timer: Timer
    due_at: dt.datetime
    subject: str = ""


@dataclass(frozen=True, slots=True)
class StaffActed:
    """A member of staff acted by mail, and was trusted to.

    `text` is what is meant for the resident (REPLY, RESPOND) or the note; `words` the command's argument.
    """

    at: dt.datetime
    who: str
    act: Act
    words: str = ""
    text: str = ""
    mail: str = ""
    until: dt.date | None = None
    working_days: int | None = None
    number: int | None = None
    reason: str = ""
    intent: Intent | None = None
    person: str = ""
    ground: str = ""
    address: str = ""
    name: str = ""  # of a resident
    channel: str = ""  # how a complaint came: phone, post
    amount: int | None = None  # of money that a response offers, in pence; None: it does not say
    left_inside: bool = False  # the mail held text that no act took: the echo says that it was not sent


@dataclass(frozen=True, slots=True)
class Bounced:
    """One of our letters to a party came back for good (RFC 3464 action: failed)."""

    at: dt.datetime
    mail: str
    address: str
    letter: str
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class DatesChanged:
    """Days count differently from now on. `timers`: those of the case as they stand. `policy`: it was its file
    that changed, and not the calendar."""

    at: dt.datetime
    timers: tuple[SetTimer, ...] = ()
    policy: bool = False


@dataclass(frozen=True, slots=True)
class LetterHeld:
    """A letter of this case could not go, or may not go by itself: somebody is to say whether it does."""

    at: dt.datetime
    order: SendLetter
    why: str
    row: int = 0  # in the outbox
    quiet: bool = False  # people were asked about enough letters in this hour: the reminders tell of it


Event: TypeAlias = MailArrived | TimerFell | StaffActed | Bounced | DatesChanged | LetterHeld

# ------------------------------------------------------------------ what is to be done


class Audience(StrEnum):
    RESIDENT = "resident"
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    DUTY = "duty"  # whoever is called out for emergencies


class Letter(StrEnum):
    """Every letter that a rule can send. templates/letters.toml says audience, clause and facts of each."""

    ACKNOWLEDGEMENT = "acknowledgement"
    SERVICE_REQUEST_RECEIPT = "service_request_receipt"
    HANDLER_REPLY = "handler_reply"
    RESPONSE = "response"
    FINAL_RESPONSE = "final_response"
    EXTENSION_NOTICE = "extension_notice"
    CLOSING_REMINDER = "closing_reminder"
    CLOSURE = "closure"
    REOPENED = "reopened"
    SIGNPOSTING = "signposting"
    REFUSAL = "refusal"
    NON_ESCALATION = "non_escalation"
    UPDATE = "update"
    SURVEY = "survey"
    THIRD_PARTY_RECEIPT = "third_party_receipt"
    AUTHORITY_REQUEST = "authority_request"
    ADDRESS_REQUEST = "address_request"
    CONTACT_LIMIT = "contact_limit"
    OFFICE_REPLY = "office_reply"
    DATA_PROTECTION_ACKNOWLEDGEMENT = "data_protection_acknowledgement"
    FEEDBACK_RECEIPT = "feedback_receipt"
    CASE_ASSIGNED = "case_assigned"
    CASE_MAIL = "case_mail"
    CONFIRM_ACKNOWLEDGEMENT = "confirm_acknowledgement"
    CHASER = "chaser"
    COMMAND_DONE = "command_done"
    COMMAND_REFUSED = "command_refused"
    CONFIRM_ACT = "confirm_act"
    APPROVAL_REQUEST = "approval_request"
    ROUTED = "routed"
    QUESTION = "question"
    PROPOSAL = "proposal"
    ALERT = "alert"
    DIGEST = "digest"
    RELEASE_REQUEST = "release_request"
    SHADOW_DRAFTS = "shadow_drafts"
    SHADOW_DAY = "shadow_day"
    REPORT = "report"
    QUALITY_SAMPLE = "quality_sample"


if TYPE_CHECKING:
    Fact: TypeAlias = "str | int | float | bool | list[Fact] | dict[str, Fact] | None"
else:
    Fact = Any  # a type that names itself is more than whoever stores a case by its types can follow


@dataclass(frozen=True, slots=True)
class SendLetter:
    """Order: write this letter. `to` is an address; facts are plain values, dates as ISO strings."""

    letter: Letter
    audience: Audience
    to: str
    because: tuple[str, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    answers: str = ""  # the mail that it answers: gives In-Reply-To and References
    person: str = ""  # staff key of the recipient, "" for residents
    carries: str = ""  # a mail whose attachments go along
    released: bool = False  # somebody looked at it and said that it goes: no cap holds it
    waits: bool = False  # of no case: it is held from the beginning, until a supervisor says whether it goes


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Order: set or move this timer."""

    timer: Timer
    due_at: dt.datetime
    because: tuple[str, ...]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class CancelTimer:
    timer: Timer
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Order: put this sentence into the journal, and nothing else."""

    text: str
    because: tuple[str, ...] = ()


Effect: TypeAlias = SendLetter | SetTimer | CancelTimer | Note


@dataclass(frozen=True, slots=True)
class Decision:
    """The new case (None: no case, the mail is filed), the orders, and the sentence for the journal."""

    case: Case | None
    effects: tuple[Effect, ...] = ()
    summary: str = ""
    because: tuple[str, ...] = ()
    refused: str = ""  # a staff act that could not be done: why, and what to write instead
    opens: MailArrived | None = None  # the mail is another matter: step again with this event and no case
    moves: tuple[str, MailArrived] | None = None  # the mail belongs to that case: step again there
    links: MailArrived | None = None  # a part of the mail gets a case of its own beside this one
