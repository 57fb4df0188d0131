"""The picture of a chronology: one case of the month (see desk.py), as its evidence pack shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import desk

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import SendLetter
from mailbot.places import templates_dir
from mailbot.policyfile import load_policy
from mailbot.postroom.letters import Written
from mailbot.reports.chronology import Paper, Source, page

SHOWN = "Mould in both bedrooms, no answer since January"


def chronology(policy: Policy, now: dt.datetime, write: Callable[[SendLetter, dt.datetime], Written]) -> str:
    """The page on that morning; `write` writes a letter of the core."""
    played = next(p for p in desk.play(desk.STORIES, policy, now) if p.case.subject == SHOWN)
    sent = {}
    for letter in played.letters:
        written = write(letter.order, letter.created_at)
        sent[letter.message_id] = Paper("", letter.order.to, written.subject, written.text)
    return page(
        Source(
            case=played.case,
            journal=played.journal,
            letters=played.letters,
            mails={},
            sent=sent,
            policy=policy,
            code=load_policy("code-2024"),
            calendar=Calendar("ENG"),
            people=desk.PEOPLE,
            landlord="Brackenfield Homes",
            now=now,
            verified=f"All {len(played.journal)} lines of this case are as they were written.",
        ),
        templates_dir(),
    )
