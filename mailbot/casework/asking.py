"""Putting before a person what mailbot is not sure of, or must not decide: what a mail is, and whether a late request
is followed. Without an answer in time the reading is taken that protects the resident (House 15)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from mailbot.casework import clocks, offered, orders, stages
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Decision,
    Fact,
    Intent,
    Letter,
    MailArrived,
    Question,
    Reading,
    Verdict,
)


def put_question(
    case: Case,
    event: MailArrived,
    rules: Rulebook,
    default: Intent,
    by: dt.date,
    headline: str,
    discretion: tuple[str, ...] = (),
    more: tuple[Fact, ...] = (),
    clauses: tuple[str, ...] = (),
    note: str = "",
) -> Decision:
    """Ask the supervisor what this mail is; `default` is taken at the given day's acknowledgement hour. `clauses`
    raise the question, beside those that have it asked; `note` is what whoever answers must know."""
    case, question = with_question(case, event, rules, default, by)
    readings, default_at = question.readings, question.default_at
    why = tuple(dict.fromkeys((*clauses, *rules.policy.why("triage"))))
    letter = orders.to_staff(
        rules.supervisor,
        Letter.QUESTION,
        Audience.SUPERVISOR,
        why,
        {
            **orders.common(case, rules),
            "number": question.number,
            "sender": {"name": event.sender.name, "address": event.sender.address},
            "subject": event.subject,
            "text": event.text,
            "received_on": event.received_at.isoformat(),
            "readings": [
                {
                    "words": orders.KIND_WORDS[r.intent],
                    "percent": round(100 * r.probability),
                    "reasons": list(r.reasons),
                }
                for r in readings
            ],
            "default_words": orders.KIND_WORDS[default],
            "default_on": rules.day(default_at).isoformat(),
            "answers": offered.late(case, more) if discretion else [*offered.sorting(case), *more],
            "discretion": list(discretion),
            "why": rules.call(headline),
            "note": rules.call(note),
            "attachments": list(event.attachments),
        },
        carries=event.mail,
    )
    return Decision(
        case,
        (letter, clocks.sort_timer(question, rules)),
        f"{headline} Asked {rules.supervisor.name}; without an answer by "
        f"{rules.day(default_at).isoformat()} it is taken as {orders.KIND_WORDS[default]}.",
        why,
    )


def with_question(
    case: Case, event: MailArrived, rules: Rulebook, default: Intent, by: dt.date
) -> tuple[Case, Question]:
    """The case with one more question on it. Whoever puts it also sets its timer."""
    default_at = max(rules.calendar.instant(by, rules.habits.acknowledge_at), event.at)
    readings = event.verdict.readings or (Reading(event.verdict.intent, event.verdict.confidence),)
    question = Question(
        number=len(case.questions) + 1,
        asked_at=event.at,
        mail=event.mail,
        readings=readings,
        default=default,
        default_at=default_at,
        received_at=event.received_at,
        text=event.text,
        sender=event.sender,
        subject=event.subject,
        definition=event.definition,
        outcome_sought=event.outcome_sought,
        flags=tuple(r.flag for r in event.verdict.flags),
        topics=event.verdict.topics,
        suggested=event.suggested,
        vouched=event.vouched,
    )
    return replace(case, questions=(*case.questions, question)), question


PLAUSIBLE = 0.1
"""From this probability on a reading's clock counts while nobody has decided."""


def strictest(verdict: Verdict, default: Intent) -> Intent:
    """What an unsure mail on a case is taken as if nobody decides: of its plausible readings the one whose clock is the
    strictest, else the stage's `default`. A complaint that may stand in an old thread is never left as a reply."""
    if verdict.intent is not Intent.UNSURE:
        return default
    chances = {reading.intent: reading.probability for reading in verdict.readings}
    if default is Intent.ESCALATION_REQUEST and chances.get(default, 0.0) >= PLAUSIBLE:
        return default
    return Intent.NEW_COMPLAINT if chances.get(Intent.NEW_COMPLAINT, 0.0) >= PLAUSIBLE else default


LATE_DISCRETION = (
    "Did our answer reach them in time, and did it say until when they could ask?",
    "Were they ill, away, or in need of help with it?",
    "Is something that we promised still not done?",
)
"""What is weighed before a late request is declined (Code 2.3, 5.11)."""


def ask_about_mail(
    default: Intent,
    headline: str = "Not clear what this mail asks for.",
    discretion: tuple[str, ...] = (),
    clauses: tuple[str, ...] = (),
) -> Callable[[Case, MailArrived, Rulebook], Decision]:
    """A question about a mail on a case that exists; the handler sees the mail all the same. `discretion`: what
    whoever decides is to weigh; then the request may also be declined."""

    def ask(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
        case = stages.heard(case, event)
        taken = strictest(event.verdict, default)
        number = 2 if taken is Intent.ESCALATION_REQUEST else 1
        eve = rules.sort_by(number, event.received_at)
        body = rules.call("Then, after an empty line, the reasons as the resident will read them.")
        decline: Fact = {"label": "Decline it", "line": "#decline late because ", "body": body}
        more = (decline,) if discretion else ()
        asked = put_question(case, event, rules, taken, eve, headline, discretion, more, clauses)
        assert asked.case is not None
        shown = orders.case_mail(
            asked.case,
            rules,
            event,
            asked.because,
            warning=f"{headline} A supervisor has been asked.",
        )
        return replace(asked, effects=(*asked.effects, *shown, *clocks.owe_an_answer(case, rules, event.at)))

    ask.__name__ = f"ask, or take it as {orders.KIND_WORDS[default]}"
    return ask


def answer_all(case: Case, at: dt.datetime, answer: str) -> Case:
    """The case with every open question answered."""
    return replace(
        case,
        questions=tuple(
            replace(q, answered_at=at, answer=answer) if q.answered_at is None else q for q in case.questions
        ),
    )
