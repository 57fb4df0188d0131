"""The tables of a policy file, key by key, with what each may hold. By example: config/policies/mtvh.toml; in
words: docs/policies.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from mailbot.casework import policy as p
from mailbot.casework.provisions import ROUTE_FLAGS
from mailbot.casework.vocabulary import Flag
from mailbot.casework.windows import Anchor, Window
from mailbot.mistakes import Strict, nearest


def _window(value: object) -> object:
    return Window.parse(value) if isinstance(value, str) else value


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, dict) else value


_WINDOW_EXAMPLES = ['"5 working days from received"']
WindowText = Annotated[Window, BeforeValidator(_window)]
Cited = Annotated[
    list[str],
    Field(min_length=1, description="a number needs the clause that gives it", examples=['["3.2 b3"]']),
]


_ASKED = (Anchor.RECEIVED, Anchor.REQUESTED, Anchor.LOGGED)


class DutyTable(Strict):
    """`within` sets both dates; `target` and `outer` are the earliest and the latest reading, and then
    `reading` names the ambiguity that it settles."""

    within: WindowText | None = None
    target: WindowText | None = None
    outer: WindowText | None = None
    clauses: Cited
    reading: str = ""

    @model_validator(mode="after")
    def _two_dates(self) -> DutyTable:
        if self.within and (self.target or self.outer):
            raise ValueError("within and target/outer say the same thing twice: keep one of them")
        if not self.within and not (self.target and self.outer):
            raise ValueError(
                'no window: write within = "5 working days from received", or both target and outer'
            )
        target, outer = self.dates
        if (target.unit, target.anchor) == (outer.unit, outer.anchor) and target.n > outer.n:
            raise ValueError(f"the target is later than the outer date: write at most {outer} as target")
        return self

    @property
    def dates(self) -> tuple[Window, Window]:
        target, outer = self.target or self.within, self.outer or self.within
        assert target and outer
        return target, outer

    def source(self) -> p.Source:
        return p.Source(tuple(self.clauses), *self.dates)


Duty = Annotated[list[DutyTable], BeforeValidator(_one_or_several)]


def _anchored(duty: list[DutyTable], allowed: Sequence[Anchor]) -> None:
    for table in duty:
        for window in table.dates:
            if window.anchor not in allowed:
                raise ValueError(f"nothing here can count from {window.anchor}: use {' or '.join(allowed)}")


def _from_asking(window: Window) -> Window:
    if window.anchor not in _ASKED:
        raise ValueError(f"nothing here can count from {window.anchor}: use {' or '.join(_ASKED)}")
    return window


class ClauseTable(Strict):
    id: str = Field(min_length=1, examples=['"3.2 b3"'])
    says: str = Field(min_length=1, description="what it says, in our words", examples=['"..."'])
    kept_by: Literal["mailbot", "person", "document"] = Field(examples=['"mailbot"'])


class AmbiguityTable(Strict):
    id: str = Field(min_length=1, examples=['"A1"'])
    clauses: Cited
    question: str = Field(min_length=1, examples=['"From when do the ten days count?"'])
    reading: str = Field(
        min_length=1, description="how the contradiction is read", examples=['"Target from receipt, ..."']
    )


class ExtensionTable(Strict):
    cap_working_days: int | None = Field(default=None, ge=1)
    needs_reason: bool = False
    needs_agreement: bool = False
    ombudsman_details: bool = False
    beyond_by_agreement: bool = False
    ombudsman_when_refused: bool = False
    clauses: Cited
    reading: str = ""


class GroundTable(Strict):
    tag: str = Field(min_length=1)
    says: str = Field(min_length=1)
    clauses: Cited


class GroundsTable(Strict):
    """`gate`: a request outside the grounds need not be followed. Without it they are only tags."""

    gate: bool = Field(examples=["false"])
    clauses: Cited
    reading: str = ""
    ground: list[GroundTable] = Field(default_factory=list)


class DifferentPersonTable(Strict):
    required: bool = True
    connection: bool = Field(default=False, description="the decider has no connection with it at all")
    supported_by: str = Field(default="", description="somebody of stage 1 who supports the decider")
    clauses: Cited
    reading: str = ""


class ApproverTable(Strict):
    role: str = Field(min_length=1)
    clauses: Cited


class UnderstandingTable(Strict):
    within: WindowText = Field(examples=_WINDOW_EXAMPLES)
    confirm_working_days: int = Field(ge=1)
    gate: bool = Field(examples=["true"])
    clauses: Cited
    reading: str = ""

    @field_validator("within")
    @classmethod
    def _from_the_request(cls, value: Window) -> Window:
        return _from_asking(value)


class AllowanceTable(Strict):
    allowed: bool = Field(examples=["true"])
    clauses: Cited
    reading: str = ""


class PanelTable(Strict):
    says: str = Field(min_length=1)
    needs_consent: bool = False
    clauses: Cited


class CitedTable(Strict):
    clauses: Cited
    reading: str = ""


class StageTable(Strict):
    number: Literal[1, 2] = Field(examples=["1"])
    name: str = ""
    acknowledge: Duty | None = None
    acknowledgement_contains: dict[str, Cited] = Field(default_factory=dict)
    contact: Duty | None = None
    respond: Duty | None = None
    review: Duty | None = None
    response_contains: dict[str, Cited] = Field(default_factory=dict)
    extension: ExtensionTable | None = None
    window: Duty | None = None
    grounds: GroundsTable | None = None
    different_person: DifferentPersonTable | None = None
    approver: ApproverTable | None = None
    understanding: UnderstandingTable | None = None
    direct: AllowanceTable | None = None
    panel: PanelTable | None = None
    decline: CitedTable | None = None

    @field_validator("acknowledgement_contains", "response_contains")
    @classmethod
    def _known_contents(cls, value: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        known = p.RESPONSE_CONTENTS if info.field_name == "response_contains" else p.ACKNOWLEDGEMENT_CONTENTS
        for content in value:
            if content not in known:
                raise ValueError(f"no letter can carry {content!r}: {nearest(content, known)}")
        return value

    @field_validator("acknowledge", "contact", "respond", "review", "window")
    @classmethod
    def _countable(cls, value: list[DutyTable] | None, info: ValidationInfo) -> list[DutyTable] | None:
        allowed = {
            "acknowledge": _ASKED,
            "contact": (*_ASKED, Anchor.ACKNOWLEDGED),
            "review": (*_ASKED, Anchor.ACKNOWLEDGED, Anchor.CONTACTED),
            "respond": (*_ASKED, Anchor.ACKNOWLEDGED, Anchor.CONTACTED, Anchor.REVIEWED),
            "window": (Anchor.RESPONDED, Anchor.CLOSED),
        }
        if value:
            _anchored(value, allowed[str(info.field_name)])
        return value

    @model_validator(mode="after")
    def _reviewed_is_dated(self) -> StageTable:
        used = {window.anchor for table in self.respond or () for window in table.dates}
        if Anchor.REVIEWED in used and not self.review:
            raise ValueError("the response counts from a review that has no date: add a [stage.review]")
        return self


Block = Literal["open_actions", "open_questions", "unread_mail", "delay_notice", "escalation_window"]


class SilenceTable(Strict):
    within: WindowText = Field(examples=['"20 working days from responded"'])
    needs_response: bool = Field(examples=["true"])
    needs_attempts: int = Field(default=0, ge=0)
    remind_before_working_days: int | None = Field(default=None, ge=0)
    blocked_by: list[Block] = Field(default_factory=list)
    decided_by: Literal["supervisor", "mailbot"] = "supervisor"
    clauses: Cited
    reading: str = ""

    @field_validator("within")
    @classmethod
    def _after_a_word_of_ours(cls, value: Window) -> Window:
        if value.anchor not in (Anchor.RESPONDED, Anchor.RECEIVED):
            raise ValueError(f"a silence cannot follow {value.anchor}: use responded or received")
        return value


class SilenceFloorTable(Strict):
    needs_response: bool
    blocked_by: list[Block]
    clauses: Cited


class ServiceRequestTable(Strict):
    answer: Duty | None = None
    chase_every_working_days: int = Field(default=0, ge=0)
    clauses: Cited
    reading: str = ""


class ChaseTable(Strict):
    near_working_days: int = Field(ge=0)
    on_target_day: bool
    late_every_working_days: int = Field(ge=1)
    supervisor_when_late: bool
    head_after_working_days: int = Field(default=0, ge=0)
    contact_every_working_days: int = Field(ge=1)
    clauses: Cited


class TriageTable(Strict):
    before_acknowledgement_working_days: int = Field(ge=0)
    clauses: Cited


class ReferralTable(Strict):
    """`wait_weeks` and `only_for` are what a document says and what holds no longer: checked, never told."""

    months: int | None = Field(default=None, ge=1)
    wait_weeks: int | None = Field(default=None, ge=1)
    only_for: str = ""
    clauses: Cited
    reading: str = ""


class ExclusionTable(Strict):
    ground: str = Field(min_length=1, examples=['"age"'])
    says: str = Field(min_length=1)
    months: int | None = Field(default=None, ge=1)
    counted_from: list[Literal["event", "awareness"]] = Field(default_factory=list)
    exceptions: list[str] = Field(default_factory=list)
    unless: list[str] = Field(default_factory=list, description="flags of the mail that lift the ground")
    except_handling: bool = False
    clauses: Cited
    reading: str = ""

    @field_validator("unless")
    @classmethod
    def _known_flags(cls, value: list[str]) -> list[str]:
        for flag in value:
            if flag not in list(Flag):
                raise ValueError(f"no mail has the flag {flag!r}: {nearest(flag, list(Flag))}")
        return value

    @model_validator(mode="after")
    def _months_count_from_something(self) -> ExclusionTable:
        if self.months is not None and not self.counted_from:
            raise ValueError('months from when?: add counted_from = ["event"], or awareness, or both')
        return self


class OnMeritsTable(Strict):
    clauses: Cited


class EarlyResolutionTable(Strict):
    name: str = Field(min_length=1, examples=['"quick resolution"'])
    aim: Duty | None = None
    before_logging: bool = False
    offers_choice: bool = False
    written_outcome: bool = True
    clauses: Cited
    reading: str = ""

    @field_validator("aim")
    @classmethod
    def _from_receipt(cls, value: list[DutyTable] | None) -> list[DutyTable] | None:
        if value:
            _anchored(value, _ASKED)
        return value


class RefusalTable(Strict):
    contains: list[Literal["reasons", "ombudsman", "instead"]] = Field(min_length=1)
    clauses: Cited


class RouteTable(Strict):
    kind: str = Field(examples=['"legal"'])
    to: str = Field(min_length=1, examples=['"legal"'])
    tells: str = ""
    restricted: bool = False
    one_stage: bool = False
    ends_complaint: bool = False
    no_ombudsman: bool = False
    words: list[str] = Field(default_factory=list)
    clauses: Cited
    reading: str = ""

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value: str) -> str:
        if value not in ROUTE_FLAGS:
            raise ValueError(f"there is no such kind of matter: {nearest(value, ROUTE_FLAGS)}")
        return value


class ThirdPartyTable(Strict):
    authority: Literal["shown", "asked", ""] = ""
    response_to: Literal["resident", "either"] = "resident"
    confirm_receipt: bool = True
    clauses: Cited
    reading: str = ""


class SurveyTable(Strict):
    after_working_days: int = Field(ge=1, examples=["5"])
    opt_out: bool = True
    clauses: Cited
    opt_out_clauses: list[str] = Field(default_factory=list)


class ReportTable(Strict):
    cycle: Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "annual", "as required"]
    to: str = Field(min_length=1)
    holds: str = Field(min_length=1)
    clauses: Cited


class UpdatesTable(Strict):
    every_working_days: int | None = Field(default=None, ge=1)
    clauses: Cited


class WithinTable(Strict):
    """A duty that counts from a mail alone: to acknowledge a data-protection matter, to answer the Ombudsman."""

    within: WindowText = Field(examples=_WINDOW_EXAMPLES)
    clauses: Cited

    @field_validator("within")
    @classmethod
    def _from_the_mail(cls, value: Window) -> Window:
        return _from_asking(value)


def _time_of_day(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
        except ValueError:
            raise ValueError('this is no time of day: write it like "17:00"') from None
    return value


class ReceiptTable(Strict):
    roll_forward: bool = Field(examples=["false"])
    cutoff: Annotated[dt.time, BeforeValidator(_time_of_day)] = dt.time(17)
    clauses: Cited


class ClosuresTable(Strict):
    deducted: bool = Field(examples=["false"])
    clauses: Cited


class PolicyTable(Strict):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", examples=['"mtvh"'])
    origin: Literal["policy", "code", "house"] = "policy"
    title: str = Field(min_length=1, examples=['"Complaints Policy"'])
    landlord: str = Field(min_length=1, examples=['"Metropolitan Thames Valley Housing"'])
    nation: Literal["ENG", "WLS", "SCT", "NIR"] = "ENG"
    person_noun: str = Field(default="resident", min_length=1)
    valid_from: dt.date = Field(examples=["2021-08-23"])
    valid_to: dt.date | None = None
    dead_addresses: list[str] = Field(default_factory=list)
    without_house: list[Literal["contact", "silence", "referral"]] = Field(default_factory=list)
    clause: list[ClauseTable] = Field(min_length=1, description="[[clause]] tables")
    ambiguity: list[AmbiguityTable] = Field(default_factory=list)
    stage: list[StageTable] = Field(description="[[stage]] tables, numbers 1 and 2")
    silence: list[SilenceTable] = Field(default_factory=list)
    silence_floor: SilenceFloorTable | None = None
    service_requests: ServiceRequestTable | None = None
    chase: ChaseTable | None = None
    triage: TriageTable | None = None
    referral: ReferralTable | None = None
    exclusion: list[ExclusionTable] = Field(default_factory=list)
    on_merits: OnMeritsTable | None = None
    because: dict[str, Cited] = Field(default_factory=dict)
    code: str | None = None  # the statutory Code that can be laid over it; None: the nation's own
    ombudsman: str = Field(default="hos", min_length=1)
    early_resolution: EarlyResolutionTable | None = None
    refusal: RefusalTable | None = None
    route: list[RouteTable] = Field(default_factory=list)
    third_party: ThirdPartyTable | None = None
    survey: SurveyTable | None = None
    report: list[ReportTable] = Field(default_factory=list)
    updates: UpdatesTable | None = None
    data_protection: WithinTable | None = None
    ombudsman_mail: WithinTable | None = None
    receipt: ReceiptTable | None = None
    closures: ClosuresTable | None = None

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> PolicyTable:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from: exchange them")
        return self
