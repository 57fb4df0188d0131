"""What a case and a mail can be: stages, intents, topics, flags, and what the classifiers say of a mail.

The first words of the vocabulary, in a file of their own; everybody imports them from `vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands. The names that people read ("Stage 1", "Appeal") come from the policy file."""

    NONE = "none"  # no case yet: a mail that stands alone
    UNSORTED = "unsorted"  # a person is to say what it is; the strictest clock of its readings runs
    SERVICE_REQUEST = "service_request_open"
    STAGE1_OPEN = "stage1_open"
    STAGE1_RESPONDED = "stage1_responded"
    STAGE2_OPEN = "stage2_open"
    STAGE2_RESPONDED = "stage2_responded"
    CLOSED = "closed"


class Intent(StrEnum):
    """What a mail wants of the mailbox (the corpus guide, classifiers/corpus/LABELS.md)."""

    NEW_COMPLAINT = "new_complaint"
    SERVICE_REQUEST = "service_request"
    ESCALATION_REQUEST = "escalation_request"
    REPLY = "reply"
    OTHER = "other"
    UNSURE = "unsure"  # never a label: the classifier asks a person


class ReplyKind(StrEnum):
    PROVIDES_INFORMATION = "provides_information"
    CHASES_UPDATE = "chases_update"
    ACCEPTS_OUTCOME = "accepts_outcome"
    WITHDRAWS = "withdraws"
    AGREES_EXTENSION = "agrees_extension"
    REFUSES_EXTENSION = "refuses_extension"
    CONFIRMS_SUMMARY = "confirms_summary"
    CORRECTS_SUMMARY = "corrects_summary"
    THANKS = "thanks"


class Topic(StrEnum):
    REPAIRS = "repairs"
    DAMP_MOULD_LEAKS = "damp_mould_leaks"
    HEATING_HOT_WATER = "heating_hot_water"
    BUILDING_SAFETY = "building_safety"
    ESTATE_MANAGEMENT = "estate_management"
    ANTI_SOCIAL_BEHAVIOUR = "anti_social_behaviour"
    CHARGES = "charges"
    STAFF_CONDUCT = "staff_conduct"
    COMMUNICATION = "communication"
    MOVING_AND_LETTINGS = "moving_and_lettings"
    TENANCY = "tenancy"
    HOME_OWNERSHIP = "home_ownership"
    DATA_PROTECTION = "data_protection"
    COMPENSATION = "compensation"
    CONTRACTORS = "contractors"


class Flag(StrEnum):
    """What a person must know before acting. Flags never decide; some of them alert."""

    URGENT_HAZARD = "urgent_hazard"
    SAFEGUARDING = "safeguarding"
    VULNERABILITY = "vulnerability"
    ADJUSTMENT_REQUEST = "adjustment_request"
    REPRESENTATIVE = "representative"
    AUTHORITY_GIVEN = "authority_given"
    MP_OR_COUNCILLOR = "mp_or_councillor"
    LEGAL_ACTION = "legal_action"
    LEGAL_PROCEEDINGS_ISSUED = "legal_proceedings_issued"
    INSURANCE_CLAIM = "insurance_claim"
    NEIGHBOUR_DISPUTE = "neighbour_dispute"
    CHARGES_LEVEL = "charges_level"
    SECTION_20_WORKS = "section_20_works"
    OLDER_THAN_6_MONTHS = "older_than_6_months"
    OLDER_THAN_12_MONTHS = "older_than_12_months"
    ALREADY_CONSIDERED = "already_considered"
    STAFF_COMPLAINT = "staff_complaint"
    POLICY_COMPLAINT = "policy_complaint"
    BUILDING_SAFETY_RISK = "building_safety_risk"
    COMPENSATION_CLAIM = "compensation_claim"
    OMBUDSMAN = "ombudsman"
    SURVEY_OPT_OUT = "survey_opt_out"
    DATA_REQUEST = "data_request"
    ANONYMOUS = "anonymous"
    ABUSIVE = "abusive"
    COMPLIMENT = "compliment"
    SEVERAL_ISSUES = "several_issues"


@dataclass(frozen=True)
class Reading:
    """One way to take a mail: how likely it is (calibrated, 0 to 1) and the words that spoke for it."""

    intent: Intent
    probability: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raised:
    """A flag with the phrase of the mail that raised it. Where no watchword did, but the classifier by the whole mail,
    it has no phrase: `weighed` are the words that weighed most then, and none of them need be the cause."""

    flag: Flag
    phrase: str = ""
    weighed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the classifiers make of a mail. `intent` is UNSURE where a person must decide; `readings` then
    holds the plausible ones, likeliest first."""

    intent: Intent
    readings: tuple[Reading, ...] = ()
    reply_kind: ReplyKind | None = None
    topics: tuple[Topic, ...] = ()
    flags: tuple[Raised, ...] = ()
    reasons: tuple[str, ...] = ()
    model: str = ""  # version of the model that spoke, "" when a rule or a person did

    def has(self, flag: Flag) -> bool:
        return any(r.flag is flag for r in self.flags)

    @property
    def confidence(self) -> float:
        return self.readings[0].probability if self.readings else 1.0
