"""What staff write down of a case for the figures: what it taught, and what no mail says for sure (House 50).

Promises: nothing recorded changes the course of a case, its dates or its letters; the latest word on a thing holds,
and the earlier ones stay with the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from mailbot.casework.acts import no, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Decision, Learning, Recorded, StaffActed

FIELDS: Final = ("tenure", "estate", "service", "contractor", "compensation")
"""What #record takes."""

RENTED: Final = "low cost rental"
OWNED: Final = "low cost ownership"
LEASEHOLD: Final = "leaseholder"
ELSE: Final = "other"
TENURES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("rented", "rent", "rental", "tenant", "social rent", "affordable rent", RENTED), RENTED),
    **dict.fromkeys(("shared ownership", "shared owner", "ownership", OWNED), OWNED),
    **dict.fromkeys(("leaseholder", "leasehold", "lease"), LEASEHOLD),
    **dict.fromkeys(("other", "none", "applicant", "neighbour", "stakeholder", "freeholder"), ELSE),
}
"""How a tenure may be written, and what the figures call it: the regulator's two, a leaseholder's, and everybody's
who holds none of them."""


def learn(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#learned: what the case taught. It stays inside and stands in the reports under its theme."""
    text = "\n".join(t for t in (event.words.strip(), event.text.strip()) if t)
    if not text:
        return no(case, "Say what was learned: #learned we now ring the day before each visit")
    lesson = Learning(event.at, event.who, text, event.name)
    case = replace(case, learned=(*case.learned, lesson))
    under = f" ({event.name})" if event.name else ""
    return yes(case, event, rules, f"What was learned is recorded{under}: {text}", "learned")


def record(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#record: tenure, estate, service, contractor or the compensation offered in all."""
    if event.name not in FIELDS or not event.words.strip():
        return no(
            case, f"Say what it is: #record {FIELDS[0]} shared ownership. It can be {', '.join(FIELDS)}."
        )
    noted = Recorded(event.at, event.who, event.name, event.words.strip())
    case = replace(case, recorded=(*case.recorded, noted))
    said = f"£{noted.said} in all" if noted.what == "compensation" else noted.said
    return yes(case, event, rules, f"Recorded: {noted.what}, {said}.", "recorded")
