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
from mailbot.reports.digest import digest_facts

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "pictures"))

import desk
import make
import paper

MONDAY = dt.date(2026, 3, 30)  # Good Friday is 3 April, Easter Monday 6 April
MORNING = dt.datetime(2026, 3, 30, 6, 30, tzinfo=dt.UTC)  # 07:30 in London: summer time began yesterday
POLICY = load_policy("mtvh", config_dir() / "policies")
SAM = Person("sam", "Sam Okafor", "sam@landlord.example.org")
ALEX = Person("alex", "Alex Reid", "alex@landlord.example.org", roles=("supervisor",))
RULES = Rulebook(POLICY, Calendar("ENG"), Desk((SAM, ALEX)), "complaints", "")
STATIONERY = Stationery(templates_dir())
LONG_AGO = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)

__all__ = [
    "ALEX", "LONG_AGO", "MONDAY", "MORNING", "POLICY", "RULES", "SAM", "STATIONERY",
    "asked", "case", "day", "desk", "digest", "make", "paper", "section", "titles", "with_action", "written",
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


def digest(*cases: Case, **changes: Any) -> dict[str, Fact]:
    given: dict[str, Any] = {
        "day": MONDAY,
        "cases": cases,
        "rules": RULES,
        "closed": (),
        "quarantined": (),
        "filed": 0,
        "troubled": (),
        "looks": {"complaints": MORNING},
        "waiting_letters": 0,
        "now": MORNING,
    }
    return digest_facts(**{**given, **changes})


def titles(facts: dict[str, Fact]) -> list[str]:
    return [s["title"] for s in facts["sections"]]  # type: ignore[union-attr,index,call-overload,misc]


def section(facts: dict[str, Fact], title: str) -> Any:
    (found,) = [s for s in facts["sections"] if s["title"] == title]  # type: ignore[union-attr,index,call-overload]
    return found


def written(facts: dict[str, Fact]) -> Written:
    """The digest as supervisors read it."""
    order = SendLetter(Letter.DIGEST, Audience.SUPERVISOR, ALEX.address, (), facts, person=ALEX.key)
    return make.write(STATIONERY, make.letterhead(POLICY), order, MORNING)
