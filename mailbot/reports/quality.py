"""A sample of the closed cases for the quality reviewers, and what to look at in each (House 51, mhs Investigate).

Which cases: those whose reference, hashed with the landlord's own key, falls under the configured share. Nobody can
guess the choice beforehand, and anybody who has the key makes the same one again. Pure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Fact
from mailbot.reports.ledger import Row, StageRow
from mailbot.reports.periods import spelled


def is_chosen(reference: str, share: float, key: bytes) -> bool:
    """Whether the case belongs to the sample."""
    digest = hmac.new(key, f"quality:{reference}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def sample(rows: Iterable[Row], first: dt.date, last: dt.date, share: float, key: bytes) -> tuple[Row, ...]:
    """The chosen ones of the complaints that were closed between these days, both included."""
    return tuple(
        row
        for row in rows
        if row.is_complaint
        and row.closed is not None
        and first <= row.closed <= last
        and is_chosen(row.reference, share, key)
    )


# ------------------------------------------------------------------ the checklist


@dataclass(frozen=True)
class Check:
    """A question to the reviewer, the clauses that it stands for and what these say."""

    asks: str
    clauses: tuple[str, ...]
    says: tuple[str, ...]


_QUESTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "Was it taken on the day it came, and acknowledged with what the policy asks for?",
        ("opened", "acknowledged"),
    ),
    ("Did one person have it, without a conflict of interest?", ("one_contact", "conflict")),
    ("Was the resident spoken to, and heard?", ("contact",)),
    ("Was the complaint understood in full, and what joined it later?", ("understanding", "new_issue")),
    ("Was every point answered, with reasons and in plain words?", ("responded", "final_response")),
    (
        "Where it took longer: was the resident told why, until when, and how things stood?",
        ("extended", "update"),
    ),
    ("Does the remedy fit, and was everything promised done?", ("actions",)),
    ("Was stage 2 decided by somebody who had no part in stage 1?", ("stage2_person", "escalated")),
    ("Was the way on told: stage 2, the Ombudsman, others?", ("signposting", "reminder")),
    ("Were needs known and kept to: how to write, what to mind?", ("adjusted", "safeguarding")),
    ("Was it closed for a reason that stands?", ("closed_agreed", "closed_silence", "closed_withdrawn")),
    ("What does it teach, and is that recorded (#learned)?", ("learned",)),
)


def checklist(policy: Policy) -> tuple[Check, ...]:
    """What the policy wants looked at, question by question, with its own clauses; those that it leaves to people and
    that speak of looking into a complaint stand last."""
    made, told = [], set()
    for asks, rules in _QUESTIONS:
        cited = tuple(dict.fromkeys(clause for rule in rules for clause in policy.why(rule)))
        own = [c for c in cited if policy.clause(c).origin != "house"] or list(cited)
        told.update(own)
        made.append(Check(asks, tuple(own), tuple(policy.clause(c).says for c in own)))
    left = [
        clause
        for clause in policy.clauses.values()
        if clause.origin == "policy" and clause.id.lower().startswith("investigate") and clause.id not in told
    ]
    if left:
        made.append(
            Check(
                "Was it looked into as the policy wants?",
                tuple(c.id for c in left),
                tuple(c.says for c in left),
            )
        )
    return tuple(made)


# ------------------------------------------------------------------ the mail


def facts_of(
    rows: Sequence[Row], closed: int, policy: Policy, first: dt.date, last: dt.date, share: float
) -> dict[str, Fact]:
    """What the mail to a reviewer tells. `closed`: how many complaints were closed in that time in all."""
    cases: list[Fact] = [{"reference": row.reference, "lines": list(_lines(row))} for row in rows]
    return {
        "headline": f"{len(rows)} of {closed} closed complaints to look at",
        "days": f"{first.day} {first:%B} to {spelled(last)}",
        "share": f"{100 * share:g}%",
        "policy": policy.title,
        "cases": cases,
        "checks": [
            {"asks": check.asks, "clauses": ", ".join(check.clauses), "says": " ".join(check.says)}
            for check in checklist(policy)
        ],
    }


def _lines(row: Row) -> Iterable[Fact]:
    told = f"received {spelled(row.received)}, {row.topic.lower()}"
    yield (
        told
        if not row.restricted
        else f"received {spelled(row.received)} (restricted: ask its handler for it)"
    )
    for stage in row.stages:
        yield _stage(stage)
    if row.closed:
        yield f"closed {spelled(row.closed)}: {row.closed_because.replace('_', ' ')}"
    if row.reopened:
        yield f"opened again {len(row.reopened)} times" if len(row.reopened) > 1 else "opened again once"
    if not row.learned:
        yield "no learning recorded"


def _stage(stage: StageRow) -> str:
    parts = [f"stage {stage.number}"]
    if stage.acknowledged:
        late = "late" if stage.acknowledged > stage.acknowledge_by else "in time"
        parts.append(f"acknowledged {spelled(stage.acknowledged)}, {late}")
    if stage.extensions:
        parts.append(f"put off to {spelled(stage.extended_to)}")
    if stage.answered:
        late = "late" if stage.answered > stage.extended_to else "in time"
        parts.append(
            f"answered {spelled(stage.answered)}, {late}, {stage.decision or 'no decision recorded'}"
        )
    else:
        parts.append("not answered")
    return "; ".join(parts)
