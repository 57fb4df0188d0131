"""Cases, people and a rulebook for the tests of the core."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Case,
    Event,
    Intent,
    MailArrived,
    Party,
    Person,
    Raised,
    Reading,
    ReplyKind,
    SendLetter,
    SetTimer,
    StaffActed,
    Timer,
    Verdict,
)
from mailbot.places import config_dir
from mailbot.policyfile import load_policy

SAM = Person(
    "sam", "Sam Okafor", "sam@landlord.example.org", phone="01632 960101", title="Complaints Officer"
)
PRIYA = Person("priya", "Priya Shah", "priya@landlord.example.org", phone="01632 960102")
MORGAN = Person("morgan", "Morgan Bell", "morgan@landlord.example.org", roles=("stage2",))
ALEX = Person("alex", "Alex Reid", "alex@landlord.example.org", roles=("supervisor",))
DANA = Person("dana", "Dana Cole", "dana@landlord.example.org", roles=("duty",))
PEOPLE = (SAM, PRIYA, MORGAN, ALEX, DANA)

RESIDENT = Party("jo.finch@example.com", "Jo Finch")


@cache
def policy(name: str = "mtvh") -> Policy:
    return load_policy(name, config_dir() / "policies")


def rulebook(
    name: str = "mtvh",
    people: tuple[Person, ...] = PEOPLE,
    loads: dict[str, int] | None = None,
    habits: Habits | None = None,
) -> Rulebook:
    return Rulebook(
        policy=policy(name),
        calendar=Calendar("ENG"),
        desk=Desk(people, loads or {}),
        mailbox="complaints",
        reference="CC-2026-000001-6",
        habits=habits or Habits(),
    )


def by_itself(rules: Rulebook) -> Rulebook:
    """The rulebook of a landlord whose policy's own words let a silent case be closed."""
    silence = tuple(replace(rule, decided_by="mailbot") for rule in rules.policy.silence)
    return replace(rules, policy=replace(rules.policy, silence=silence))


def at(day: str, time: str = "10:00") -> dt.datetime:
    """A moment by London's clock."""
    return Calendar.instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


def mail(
    intent: Intent,
    day: str,
    time: str = "10:00",
    *,
    kind: ReplyKind | None = None,
    flags: tuple[Raised, ...] = (),
    trusted: bool = True,
    text: str = "The kitchen ceiling leaks and nobody has come.",
    received: dt.datetime | None = None,
    suggested: str = "",
) -> MailArrived:
    when = at(day, time)
    return MailArrived(
        at=when,
        received_at=received or when,
        mail=f"mail-{day}",
        sender=RESIDENT,
        subject="Leak in the kitchen",
        text=text,
        verdict=Verdict(intent, (Reading(intent, 0.93, ("nobody has come",)),), reply_kind=kind, flags=flags),
        trusted=trusted,
        definition=text,
        outcome_sought="Please mend it.",
        suggested=suggested,
    )


def letters(effects: tuple[object, ...]) -> list[SendLetter]:
    return [e for e in effects if isinstance(e, SendLetter)]


def timers(effects: tuple[object, ...]) -> dict[Timer, dt.date]:
    """What was set, by London date; the last order for a timer counts."""
    return {e.timer: Calendar.london_date(e.due_at) for e in effects if isinstance(e, SetTimer)}


__all__ = [
    "ALEX", "DANA", "MORGAN", "PEOPLE", "PRIYA", "RESIDENT", "SAM", "Case", "Event", "StaffActed",
    "at", "by_itself", "letters", "mail", "policy", "rulebook", "timers",
]  # fmt: skip
