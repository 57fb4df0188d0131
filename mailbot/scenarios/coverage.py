"""Which clause of a policy is kept by which rules, and shown by which scenarios.

Only what a policy says of itself counts: a clause that mailbot keeps needs a scenario of this very policy that
claims it. Whether the claim is true is for the run to say: a scenario is refused that claims what nothing cited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailbot.casework.policy import Clause, KeptBy, Policy
from mailbot.reports.policies import Table, citations, columns
from mailbot.scenarios.reading import Claim

WIDTH = 118


@dataclass(frozen=True)
class Covered:
    clause: Clause
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]

    @property
    def is_gap(self) -> bool:
        return self.clause.kept_by is KeptBy.MAILBOT and not self.scenarios

    def as_json(self) -> dict[str, object]:
        return {
            "clause": self.clause.id,
            "says": self.clause.says,
            "kept_by": self.clause.kept_by.value,
            "rules": list(self.rules),
            "scenarios": list(self.scenarios),
            "gap": self.is_gap,
        }


def shipped_scenarios() -> Path | None:
    """The checkout's scenarios; None in an installed wheel, which has none."""
    folder = Path(__file__).resolve().parents[2] / "tests" / "scenarios"
    return folder if folder.is_dir() else None


def own_clauses(policy: Policy) -> tuple[Clause, ...]:
    """The clauses of the policy's own document, without the Code and the house that stand behind it."""
    every = tuple(policy.clauses.values())
    for origin in ("policy", "code"):
        if own := tuple(clause for clause in every if clause.origin == origin):
            return own
    return every


def cover(policy: Policy, claims: Iterable[Claim]) -> tuple[Covered, ...]:
    """Each own clause that mailbot keeps or that a scenario claims, in the order of the document."""
    rules = citations(policy)
    shown: dict[str, list[str]] = {}
    for claim in claims:
        if claim.policy == policy.id:
            for clause in claim.keeps:
                shown.setdefault(clause, []).append(claim.file)
    return tuple(
        Covered(clause, rules.get(clause.id, ()), tuple(dict.fromkeys(shown.get(clause.id, ()))))
        for clause in own_clauses(policy)
        if clause.kept_by is KeptBy.MAILBOT or clause.id in shown
    )


def as_text(policy: Policy, covered: Sequence[Covered]) -> str:
    rows = tuple(
        (row.clause.id, row.clause.says, "; ".join(row.rules) or "none", "; ".join(row.scenarios) or "NONE")
        for row in covered
    )
    table = Table(("Clause", "It says", "Rules that cite it", "Scenarios"), rows, (2, 4, 3, 3))
    title = f"{policy.title} ({policy.id}): what keeps it, and what shows it"
    lines = [title, "=" * len(title), "", *columns(table, WIDTH), ""]
    gaps = [row.clause.id for row in covered if row.is_gap]
    kept = sum(row.clause.kept_by is KeptBy.MAILBOT for row in covered)
    if gaps:
        lines.append(f"{len(gaps)} of {kept} clauses that mailbot keeps have no scenario: {'; '.join(gaps)}")
    else:
        lines.append(f"Each of the {kept} clauses that mailbot keeps has a scenario.")
    return "\n".join(line.rstrip() for line in lines) + "\n"
