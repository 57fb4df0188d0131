"""Hand-made cases for the digest of Monday 30 March 2026, and the month that docs/pictures plays."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Action,
    Audience,
    Case,
    Due,
    Fact,
    Intent,
    Letter,
    Party,
    Person,
    Question,
    SendLetter,
    Stage,
    StageRecord,
)
from mailbot.places import config_dir, templates_dir
from mailbot.policyfile import load_policy
from mailbot.postroom.letters import Stationery, Written
from mailbot.reports.digest import Morning, Reader, digest_facts

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "pictures"))

import desk
import make
import paper

MONDAY = dt.date(2026, 3, 30)  # Good Friday is 3 April, Easter Monday 6 April
MORNING = dt.datetime(2026, 3, 30, 6, 30, tzinfo=dt.UTC)  # 07:30 in London: summer time began yesterday
POLICY = load_policy("mtvh", config_dir() / "policies")
SAM = Person("sam", "Sam Okafor", "sam@landlord.example.org", team="Repairs")
KIM = Person("kim", "Kim Li", "kim@landlord.example.org", team="Estates")
ALEX = Person("alex", "Alex Reid", "alex@landlord.example.org", roles=("supervisor",))
RULES = Rulebook(POLICY, Calendar("ENG"), Desk((SAM, KIM, ALEX)), "complaints", "")
STATIONERY = Stationery(templates_dir())
LONG_AGO = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)

__all__ = [
    "ALEX", "KIM", "LONG_AGO", "MONDAY", "MORNING", "POLICY", "RULES", "SAM", "STATIONERY",
    "asked", "buttons", "case", "day", "desk", "digest", "make", "morning", "paper", "rows", "section", "titles",
    "with_action", "written",
]  # fmt: skip


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def case(number: int, target: str = "2026-04-20", outer: str = "", **changes: Any) -> Case:
    """An open, acknowledged complaint of Sam's, whose response is due on `target` and at the latest `outer`."""
    record = StageRecord(
        requested_at=LONG_AGO,
        request_mail="m",
        definition="My sister's kitchen is on fire",
        outcome_sought="",
        acknowledge=Due(day("2026-03-09"), day("2026-03-09")),
        respond=Due(day(target), day(outer or target)),
        handler="sam",
        acknowledged_at=LONG_AGO,
    )
    made = Case(
        reference=f"CC-2026-{number:06d}-X",
        policy="mtvh@2021-08-23",
        mailbox="complaints",
        stage=Stage.STAGE1_OPEN,
        subject=f"Matter {number}",
        parties=(Party("jo.finch@example.com", "Jo Finch"),),
        received_at=LONG_AGO,
        handler="sam",
        stage1=record,
        request_text="My sister's kitchen is on fire",
    )
    return replace(made, **changes)


def asked(number: int, default_at: dt.datetime, default: Intent = Intent.NEW_COMPLAINT) -> Case:
    """A mail that a person is to sort."""
    question = Question(1, MORNING, "m", (), default, default_at)
    return case(number, stage=Stage.UNSORTED, stage1=None, handler="", questions=(question,))


def with_action(number: int, due: str, done: bool = False) -> Case:
    """An answered complaint with one promise left."""
    action = Action(1, "mend the gate", day(due), LONG_AGO if done else None)
    return case(number, stage=Stage.STAGE1_RESPONDED, actions=(action,))


def morning(*cases: Case, **changes: Any) -> Morning:
    given: dict[str, Any] = {
        "day": MONDAY,
        "now": MORNING,
        "since": dt.datetime(2026, 3, 27, 7, 30, tzinfo=dt.UTC),
        "rules": RULES,
        "policy_of": lambda case: POLICY,
        "cases": cases,
        "looks": {"complaints": MORNING},
    }
    return Morning(**{**given, **changes})


def digest(*cases: Case, reader: Reader | None = None, **changes: Any) -> dict[str, Fact]:
    """The digest of Alex, who supervises every team."""
    return digest_facts(morning(*cases, **changes), reader or Reader(ALEX.key))


def titles(facts: dict[str, Fact]) -> list[str]:
    return [s["title"] for s in facts["sections"]]  # type: ignore[union-attr,index,call-overload,misc]


def section(facts: dict[str, Fact], title: str) -> Any:
    (found,) = [s for s in facts["sections"] if s["title"] == title]  # type: ignore[union-attr,index,call-overload]
    return found


def rows(facts: dict[str, Fact], title: str) -> list[list[str]]:
    """Each line of a table: the reference, what it is known by, and its cells."""
    return [
        [row["under"] or row["lead"], row["lead"], *row["cells"]] for row in section(facts, title)["rows"]
    ]


def buttons(facts: dict[str, Fact], title: str) -> list[list[str]]:
    """What can be pressed on each line: the prepared command, or the colleague whom it writes to."""
    return [[b.get("line") or b["to"] for b in row["buttons"]] for row in section(facts, title)["rows"]]


def written(facts: dict[str, Fact]) -> Written:
    """The digest as supervisors read it."""
    order = SendLetter(Letter.DIGEST, Audience.SUPERVISOR, ALEX.address, (), facts, person=ALEX.key)
    return make.write(STATIONERY, make.letterhead(POLICY), order, MORNING)
