"""What a policy may say beyond the dates of its stages: what is tried early, who is told, who may act for whom, what
a refusal holds, what follows a closed case, what is reported.

Each provision cites its clauses. None of them lets mailbot decide against a resident: a refusal and a declined
stage are a person's, a route passes a mail on and lets the complaint go on, an understanding that waits for a
confirmation is asked for and never waited for where the Code is enforced.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from mailbot.casework.vocabulary import Flag
from mailbot.casework.windows import Deadline

Clauses: TypeAlias = tuple[str, ...]

#: The kinds of matter that a policy sends on to somebody, and the flags of a mail that raise each.
ROUTE_FLAGS: Final[Mapping[str, tuple[Flag, ...]]] = {
    "anti_social_behaviour": (Flag.NEIGHBOUR_DISPUTE,),
    "asb_handling": (),
    "building_safety": (Flag.BUILDING_SAFETY_RISK,),
    "staff_conduct": (Flag.STAFF_COMPLAINT,),
    "policy_content": (Flag.POLICY_COMPLAINT,),
    "legal": (Flag.LEGAL_ACTION, Flag.LEGAL_PROCEEDINGS_ISSUED),
    "insurance": (Flag.INSURANCE_CLAIM,),
    "data_protection": (Flag.DATA_REQUEST,),
    "anonymous": (Flag.ANONYMOUS,),
    "stakeholder": (),
    "compliment": (Flag.COMPLIMENT,),
    "feedback": (Flag.POLICY_COMPLAINT,),
    "rent_withholding": (),
    "charges": (Flag.CHARGES_LEVEL, Flag.SECTION_20_WORKS),
    "elected_member": (Flag.MP_OR_COUNCILLOR,),
    "behaviour": (Flag.ABUSIVE,),
}

#: The grounds that mailbot can see in a mail, and by which flags. Only ever proposed to a person.
GROUND_FLAGS: Final[Mapping[str, tuple[Flag, ...]]] = {
    "age": (Flag.OLDER_THAN_6_MONTHS, Flag.OLDER_THAN_12_MONTHS),
    "legal_proceedings": (Flag.LEGAL_PROCEEDINGS_ISSUED,),
    "legal_letter": (Flag.LEGAL_ACTION,),
    "already_handled": (Flag.ALREADY_CONSIDERED,),
    "insurance_claim": (Flag.INSURANCE_CLAIM,),
    "anti_social_behaviour": (Flag.NEIGHBOUR_DISPUTE,),
    "charges_level": (Flag.CHARGES_LEVEL,),
    "section_20_works": (Flag.SECTION_20_WORKS,),
    "anonymous": (Flag.ANONYMOUS,),
    "behaviour": (Flag.ABUSIVE,),
    "policy_content": (Flag.POLICY_COMPLAINT,),
}

#: What a letter that refuses can be asked to hold. `instead`: what is done instead.
REFUSAL_CONTENTS: Final = ("reasons", "ombudsman", "instead")

#: How often something is reported.
CYCLES: Final = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "annual", "as required")


@dataclass(frozen=True)
class EarlyResolution:
    """Something that is tried before or beside the stages: "quick resolution", "concern".

    aim              when it should be settled, None where the policy sets no time
    before_logging   the document puts it before logging: a hidden stage 0, which the Code forbids (5.2)
    offers_choice    the person is asked whether they want a complaint (Code 1.3)
    written_outcome  how it ended is written to the person
    """

    name: str
    aim: Deadline | None
    before_logging: bool
    offers_choice: bool
    written_outcome: bool
    clauses: Clauses


@dataclass(frozen=True)
class Understanding:
    """The landlord writes down what it understood of a request for stage 2 and asks for a confirmation.

    `gate`: the policy would wait for the confirmation before it considers the request."""

    letter: Deadline
    confirm_working_days: int
    gate: bool
    clauses: Clauses


@dataclass(frozen=True)
class Allowance:
    """Something that a policy allows or does not."""

    allowed: bool
    clauses: Clauses


@dataclass(frozen=True)
class Panel:
    """Somebody who sits with the decider, and whether the resident must agree to it."""

    says: str
    needs_consent: bool
    clauses: Clauses


@dataclass(frozen=True)
class Refusal:
    """What a letter that refuses a complaint or a stage must hold."""

    contains: tuple[str, ...]
    clauses: Clauses


@dataclass(frozen=True)
class Route:
    """A kind of matter that goes to somebody as well; the complaint goes on.

    to          the role in the staff file; the supervisor where nobody holds it
    tells       a paragraph for the acknowledgement, "" for none
    restricted  nothing of the text stands in notices, lists or digests
    words       phrases that raise it, beside the flags of ROUTE_FLAGS
    no_ombudsman  whoever says that they write for such a body is told of no Ombudsman
    one_stage, ends_complaint  what a document says of it and mailbot never does: that it has a single stage, that a
                complaint may be ended over it. Held so that a check finds it.
    """

    kind: str
    to: str
    clauses: Clauses
    tells: str = ""
    restricted: bool = False
    words: tuple[str, ...] = ()
    one_stage: bool = False
    ends_complaint: bool = False
    no_ombudsman: bool = False

    def raised_by(self, flags: frozenset[Flag], text: str) -> bool:
        """Whether a mail with these flags and this text belongs to it."""
        if not flags.isdisjoint(ROUTE_FLAGS[self.kind]):
            return True
        plain = _plain(text) if self.words else ""
        return any(word in plain for word in self.words)


@functools.lru_cache(maxsize=4)
def _plain(text: str) -> str:
    """In small letters on one line. Kept for a moment: a mail is asked about for one route after the other."""
    return " ".join(text.lower().split())


@dataclass(frozen=True)
class ThirdParty:
    """Somebody who writes for a resident.

    authority        "shown": the landlord must have seen it before it tells them anything private; "asked": it is
                     asked for; "": nothing is said
    response_to      "resident": the answer goes to the resident unless they allow otherwise
    confirm_receipt  the writer is told that it came and to whom the answer goes
    """

    authority: Literal["shown", "asked", ""]
    response_to: Literal["resident", "either"]
    confirm_receipt: bool
    clauses: Clauses


@dataclass(frozen=True)
class Survey:
    """Asking afterwards how a complaint was handled, so many working days after it was closed."""

    after_working_days: int
    opt_out: bool
    clauses: Clauses
    opt_out_clauses: Clauses


@dataclass(frozen=True)
class Report:
    """What is reported to whom, and how often (`CYCLES`)."""

    cycle: str
    to: str
    holds: str
    clauses: Clauses


@dataclass(frozen=True)
class Updates:
    """How often the person hears from the landlord once it takes longer; None: the text asks for it and names no
    number."""

    every_working_days: int | None
    clauses: Clauses


@dataclass(frozen=True)
class Receipt:
    """On which day something counts as received. `roll_forward`: what comes after `cutoff` (Europe/London) or on no
    working day counts from the next working day; otherwise from the day on which it came, whatever the hour."""

    roll_forward: bool = False
    cutoff: dt.time = dt.time(17)
    clauses: Clauses = ()

    def __str__(self) -> str:
        if not self.roll_forward:
            return "on the day on which it comes, whatever the hour"
        return f"after {self.cutoff:%H:%M} or on no working day: on the next working day"


@dataclass(frozen=True)
class Closures:
    """Whether the days on which the landlord's office is shut are taken off its working days."""

    deducted: bool = False
    clauses: Clauses = ()

    def __str__(self) -> str:
        return "no working days" if self.deducted else "working days like any other"
