"""The skeleton of the self-assessment against the Code (8.1): a line for each provision, with what the record answers
and what a person must write.

mailbot never says "we comply". Where it keeps a provision by itself it says so and gives the figure; where the
landlord's own document differs from the Code it says how; all else is left open and marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mailbot.casework.findings import Finding, Kind
from mailbot.casework.policy import Clause, KeptBy
from mailbot.reports.measures import MEASURES, Rows
from mailbot.reports.paper import Answer
from mailbot.reports.periods import Period

MEASURED: Final[Mapping[str, tuple[str, ...]]] = {
    "1.4": ("service_requests",),
    "1.5": ("turned_into_complaints",),
    "1.6": ("surveyed",),
    "2.2": ("refused",),
    "2.4": ("refused",),
    "5.11": ("declined_stage2",),
    "6.2": ("stage1_acknowledged_code",),
    "6.3": ("stage1_code_time", "stage1_code_time_extended"),
    "6.4": ("extended", "extended_invalid"),
    "6.5": ("extended_invalid",),
    "6.10": ("escalation_rate",),
    "6.11": ("stage2_acknowledged_code",),
    "6.14": ("stage2_code_time", "stage2_code_time_extended"),
    "6.15": ("extended_invalid",),
    "7.1": ("stage1_upheld", "compensation"),
    "9.1": ("learned",),
    "9.7": ("stage1_received", "stage2_received", "determinations", "orders_late"),
}
"""The measures that say something of a provision."""

BY_ITSELF: Final = "mailbot does this on every case and keeps the record of it."
WRITE: Final = "To be written: do we comply, and what shows it?"
ONLY_A_PERSON: Final = "The record of complaints does not answer this."


def answers(
    code: Iterable[Clause], findings: Iterable[Finding], rows: Rows, period: Period
) -> tuple[Answer, ...]:
    """A line for each provision of the Code, in its order."""
    found = list(findings)
    provisions = [clause for clause in code if re.match(r"Code \d", clause.id)]
    return tuple(_answer(clause, found, rows, period) for clause in sorted(provisions, key=_order))


def _order(clause: Clause) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", clause.id))


def _answer(clause: Clause, findings: list[Finding], rows: Rows, period: Period) -> Answer:
    number = clause.id.removeprefix("Code ")
    known = [BY_ITSELF] if clause.kept_by is KeptBy.MAILBOT else []
    for finding in findings:
        if clause.id in finding.code and finding.kind is not Kind.STRICTER:
            own = f" ({', '.join(finding.own)})" if finding.own else ""
            said = "differs" if finding.kind is Kind.BREACH else "is silent"
            known.append(f"Our policy {said}{own}: {finding.says} {finding.enforce}".strip())
    measures = [MEASURES[key] for key in MEASURED.get(number, ())]
    cells = tuple((measure.title, measure.compute(rows, period)) for measure in measures)
    record = " ".join(known) or ("" if cells else ONLY_A_PERSON)
    return Answer(number, clause.says, record, WRITE, cells)
